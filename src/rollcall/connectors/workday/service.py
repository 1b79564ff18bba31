"""One tenant's SOAP services: a question out, the elements we want back, or an error."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from rollcall.connectors.client import GOOD, Dialogue, http_failure
from rollcall.connectors.errors import (
    MissingPermission,
    SourceError,
    ToolFailing,
    UnexpectedAnswer,
    WrongCredentials,
)
from rollcall.connectors.workday.cutting import Refused, cut, parsed
from rollcall.connectors.workday.envelope import VERSION, envelope, request, sendable
from rollcall.connectors.workday.faults import FAULT, failure, fault_error, fault_in, meaning
from rollcall.http_client import Answer, BrokenBody, HttpClient, HttpError, TimedOut

SIZES: Final = (999, 333, 111, 37)
"""Workers a page, the largest allowed first (documented). Each divides the one before.

So a read can go on with smaller pages where it stands.
"""

_DIGITS: Final = 9
_XML: Final = re.compile(
    r"(?:text|application)/(?:[\w.-]+\+)?xml\s*(?:;\s*charset=\"?([\w-]+)\"?\s*)?(?:;.*)?", re.IGNORECASE
)
# too much was asked for at once: a page of so many workers takes longer than we or a gateway wait (assumed)
_HEAVY: Final = frozenset({"whole", "read", "too_large", "cut"})
# it is there and the user signed in, but may not use it or it is called otherwise
_NO_SUCH: Final = (MissingPermission, UnexpectedAnswer)


class Operation(Struct, frozen=True):
    """A list that a service gives out."""

    service: str
    name: str
    # one of its elements
    item: str


WORKERS: Final = Operation("Human_Resources", "Get_Workers_Request", "Worker")
ELECTIONS: Final = Operation(
    "Cash_Management", "Get_Payment_Election_Enrollments_Request", "Payment_Election_Enrollment"
)


class Clock(Struct, frozen=True):
    """The server's time, and its day where the tenant is at home, in ISO 8601."""

    at: datetime
    day: str


class Listed(Struct, frozen=True):
    """One page: its elements as bytes, and how many there are on all pages."""

    items: Sequence[bytes]
    total: int


class TooMuch(Exception):
    """The answer was too large or too slow; ``error`` is what to raise where less cannot be asked for."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error


def wait_for(answer: Answer, otherwise: float | None) -> float | None:
    """Return how long to wait before asking again; for ever after a fault that asking again would not mend.

    A wrong password above all: repeated failures lock the user (documented).
    """
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        fault = fault_in(answer.body)
        if fault is not None and meaning(fault) is not ToolFailing:
            return math.inf
    return otherwise


class Service:
    """Speaks for one Integration System User. One question at a time, as Workday likes it (assumed)."""

    def __init__(self, dialogue: Dialogue, http: HttpClient, credentials: Mapping[str, str]) -> None:
        self._dialogue, self._http = dialogue, http
        self._tenant = credentials["tenant"]
        self._login = (f"{credentials['username']}@{self._tenant}", credentials["password"])
        self._sizes = {operation.name: list(SIZES) for operation in (WORKERS, ELECTIONS)}

    def clock(self) -> Clock:
        """Return the server's time: by its own operation, else by the header of the answer (latter assumed)."""
        wanted = {"Server_Timestamp_Data": "Server_Timestamp"}
        try:
            answer = self._send(WORKERS.service, request("Server_Timestamp_Get"))
        except TooMuch as slow:
            raise slow.error from None
        fault = fault_in(answer.body)
        if fault is None or meaning(fault) not in _NO_SUCH:
            for told in self._cut(answer, wanted)["Server_Timestamp_Data"]:
                if found := _clock(" ".join(parsed(told).itertext()).strip()):
                    return found
        try:
            # always GMT (RFC 9110, 5.6.7)
            at = parsedate_to_datetime(answer.headers.get("date", "")).replace(tzinfo=UTC)
        except ValueError:
            raise self._dialogue.failure(UnexpectedAnswer, "no time of the server") from None
        return Clock(at, at.date().isoformat())

    def page(self, operation: Operation, body: str) -> Listed:
        """Return one page. Raises ``TooMuch`` or ``SourceError``."""
        answer = self._send(operation.service, body)
        wanted = {operation.item: "Response_Data", "Total_Results": "Response_Results"}
        found = self._cut(answer, wanted)
        totals = [parsed(each).text or "" for each in found["Total_Results"]]
        # no company has a billion people, and Python turns no 5,000 digits into a number (E8)
        if len(totals) != 1 or not totals[0].strip().isdecimal() or len(totals[0].strip()) > _DIGITS:
            raise self._dialogue.failure(UnexpectedAnswer, "no total")
        return Listed(found[operation.item], int(totals[0]))

    def small(self, operation: Operation, body: str) -> Listed:
        """Return a page that is small already."""
        try:
            return self.page(operation, body)
        except TooMuch as slow:
            raise slow.error from None

    def as_many(self, operation: Operation, ask: Callable[[int], str]) -> tuple[Listed, int]:
        """Return a page as large as Workday manages, and its size; ``ask`` makes the request for a size.

        What turned out too large is not asked for again in this run.
        """
        sizes = self._sizes[operation.name]
        while True:
            try:
                return self.page(operation, ask(sizes[0])), sizes[0]
            except TooMuch as heavy:
                if len(sizes) == 1:
                    raise heavy.error from None
                del sizes[0]

    def _send(self, service: str, body: str) -> Answer:
        path = f"/ccx/service/{quote(self._tenant, safe='')}/{service}/{VERSION}"
        if not all(sendable(each) for each in self._login):
            raise failure(self._dialogue, WrongCredentials, "a character that XML cannot carry")
        try:
            answer = self._http.post(
                path,
                content=envelope(*self._login, body),
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
                # a question; see ``wait_for`` for answers that end it
                safe_to_repeat=True,
            )
        except HttpError as error:
            told = http_failure(self._dialogue, error)
            if isinstance(error, (TimedOut, BrokenBody)) and error.code in _HEAVY:
                raise TooMuch(told) from None
            raise told from None
        if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
            raise TooMuch(self._dialogue.status_error(answer.status))
        return answer

    def _cut(self, answer: Answer, wanted: Mapping[str, str]) -> dict[str, list[bytes]]:
        """Return the elements of a good answer. Raises the error that a fault or a status means (T10-T12)."""
        if answer.status not in GOOD:
            fault = fault_in(answer.body)
            raise fault_error(self._dialogue, fault) if fault else self._status_error(answer.status)
        written = _XML.fullmatch(answer.headers.get("content-type", "").strip())
        if written is None or (written[1] or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise self._dialogue.failure(UnexpectedAnswer, "not XML by its content type")
        try:
            found = cut(answer.body, {**wanted, **FAULT})
        except Refused as error:
            raise self._dialogue.failure(UnexpectedAnswer, str(error)) from None
        if found["Fault"] and (fault := fault_in(answer.body)):
            raise fault_error(self._dialogue, fault)
        return found

    def _status_error(self, status: int) -> SourceError:
        error = self._dialogue.status_error(status)
        return failure(self._dialogue, type(error), error.detail)


def _clock(text: str) -> Clock | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    # a time without zone could be any (V3)
    return Clock(at, text[:10]) if at.tzinfo else None
