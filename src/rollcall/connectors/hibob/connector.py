"""Reads HiBob. Facts: documented on apidocs.hibob.com as of 2026-11-22, apart from what is marked."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Final

import msgspec

from rollcall.connectors.base import (
    EVERYTHING,
    NOTHING_AROUND,
    Access,
    Around,
    Connector,
    Delta,
    Page,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.errors import MissingPermission, WrongCredentials, gettext_noop
from rollcall.connectors.hibob import mapping, webhooks
from rollcall.connectors.hibob.declaration import ACCOUNTS, EMPLOYEES, HIBOB, SEARCH
from rollcall.connectors.hibob.payloads import FieldInfo
from rollcall.connectors.hibob.question import Question, question
from rollcall.connectors.hibob.reading import BATCH, ONE_ANSWER, PROBE, Reading, everybody, spread
from rollcall.connectors.hibob.session import FIELDS_PATH, Session, wait_for
from rollcall.connectors.pacing import seconds_for
from rollcall.connectors.paging import complete
from rollcall.connectors.webhooks import Call, Heard
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient, Limits

WORTH_TELLING: Final = 30.0
"""Seconds under which a read is a matter of moments."""

NOT_AN_ID: Final = gettext_noop(
    "The ID of a service user looks like SERVICE-12345; its token is a longer text."
)
SEES_NOBODY: Final = gettext_noop(
    "The service user sees nobody: put it in a permission group whose condition covers all lifecycle statuses."
)

_ID: Final = re.compile(r"service-\d+", re.IGNORECASE)
_fields: Final = msgspec.json.Decoder(list[FieldInfo])


class HiBob(Connector):
    """One customer's HiBob. Credentials: ``service_user_id`` and ``service_user_token``."""

    tool: ClassVar[Tool] = HIBOB
    # assumed: the answer about a large company takes tens of seconds
    http_limits: ClassVar[Limits] = Limits(
        read=120.0, whole=300.0, response_bytes=100 * 1024 * 1024, run_bytes=2 * 1024 * 1024 * 1024
    )

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare the headers; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._dialogue = Dialogue(tool=HIBOB.name, permission=EMPLOYEES)
        self._session = Session(self._dialogue, http, credentials)
        self._question: Question | None = None
        self._reading: Reading | None = None

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Put ID and token right where they were swapped. Raises ``WrongCredentials`` for what is no ID."""
        found = dict(credentials)
        name, token = found.get("service_user_id", ""), found.get("service_user_token", "")
        if _ID.fullmatch(token) and not _ID.fullmatch(name):
            found["service_user_id"], found["service_user_token"] = name, token = token, name
        # the ID ends at the first colon (RFC 7617); blanks inside come from a page's layout
        if ":" in name or len(f"{name} {token}".split()) > 2:
            raise Dialogue(tool=HIBOB.name).failure(WrongCredentials, "no service user", remedy=NOT_AN_ID)
        return found

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the service user, by which HiBob counts; a new token starts no new count."""
        return credentials["service_user_id"]

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return what HiBob asks to wait: it says when its count starts anew."""
        return wait_for(answer)

    def test(self) -> Access:
        """Ask for the fields, for everybody's id and for all about a few: three or four requests."""
        asked = self._asked()
        people = everybody(self._dialogue, self._session)
        if not people.ids:
            raise self._dialogue.failure(MissingPermission, "nobody visible", remedy=SEES_NOBODY)
        reading = Reading(self._dialogue, self._session, asked)
        few = spread(people.ids)
        size = reading.size(few)
        needy = reading.needy
        account = reading.accounts(needy[0]) if needy else None
        unreadable = asked.unreadable(reading.came)
        seconds = _seconds(len(people.ids), size, len(needy) / len(few), in_use=bool(account))
        return Access(
            identity=people.company,
            unreadable={
                name: each.permission for each in HIBOB.data for name in each.fields if name in unreadable
            },
            people=len(people.ids),
            seconds=seconds if seconds > WORTH_TELLING else None,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody in pages of 200, from one answer or, where that would be too big, from many."""
        self._reading = Reading(self._dialogue, self._session, self._asked())
        yield from complete(self._dialogue, self._reading.parts)

    def changes(self, since: datetime) -> Delta:
        """Refuse: HiBob cannot tell what changed (documented by absence)."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was sought and came for nobody: HiBob leaves out what is not granted without a word."""
        if self._reading is None or not self._reading.came:
            return frozenset()
        return self._asked().unreadable(self._reading.came)

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:  # noqa: ARG004 - no time is signed
        """Check a call of HiBob. Raises ``NotGenuine``."""
        return webhooks.hear(secret, call)

    def _asked(self) -> Question:
        """Return what to ask for, from the fields that exist: a question that needs no permission."""
        if self._question is None:
            answer = self._session.get(FIELDS_PATH)
            if answer.status == HTTPStatus.FORBIDDEN:
                raise self._session.refused()
            listed = decode(self._dialogue, answer, _fields)
            self._question = question(listed, self.wanted)
        return self._question


def _seconds(people: int, size: float, needy: float, *, in_use: bool) -> float:
    """Return how long a full read takes: batches of people, and one request for each who keeps a list of accounts."""
    at_once = people <= BATCH or size * people <= ONE_ANSWER
    searches = 3 if at_once else 2 + -(-people // BATCH)
    lists = round(people * needy) if in_use else min(PROBE, round(people * needy))
    return seconds_for(SEARCH, searches) + seconds_for(ACCOUNTS, lists)
