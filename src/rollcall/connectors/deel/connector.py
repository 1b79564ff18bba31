"""Reads Deel: the list of people twice (as it comes, and with what must be asked for), contracts, accounts.

Facts: documented on developer.deel.com as of 2026-11-22, apart from what is marked *assumed* or *seen*.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec
from msgspec import Raw

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
from rollcall.connectors.client import GOOD, Dialogue
from rollcall.connectors.deel import hooks, mapping
from rollcall.connectors.deel.declaration import DEEL, ORGANISATION, PEOPLE
from rollcall.connectors.deel.extras import CONTRACTS_LIMIT, Extras
from rollcall.connectors.deel.payloads import Frame, Listed, Organisation
from rollcall.connectors.deel.people import LIMIT, ORDER, PATH, read, rows_of
from rollcall.connectors.deel.session import Session
from rollcall.connectors.errors import UnreadableRecord, WrongKind
from rollcall.connectors.oauth import ACCESS_TOKEN
from rollcall.connectors.pacing import seconds_for
from rollcall.connectors.paging import Part, complete, framed
from rollcall.connectors.webhooks import Call, Heard, Registered
from rollcall.engine.snapshot import Employee, Status
from rollcall.http_client import HttpClient

NOTHING_FOUND: Final = 404
"""How Deel says that a list of organisations, departments or teams is empty."""

FORBIDDEN: Final = 403

AT_WORK: Final = frozenset({Status.ACTIVE, Status.ON_LEAVE})

MOMENTS: Final = 10.0
"""Seconds that nobody needs to be told of."""

_lists: Final = msgspec.json.Decoder(Listed)
_organisations: Final = msgspec.json.Decoder(list[Organisation])
_raws: Final = msgspec.json.Decoder(list[Raw])
_objects: Final = msgspec.json.Decoder(dict[str, Any])


class Deel(Connector):
    """One customer's Deel. Credentials: ``api_token``, or those of an authorisation.

    N people cost 2·N/98 requests, the contracts a fiftieth of their number, and one for each employee of Global
    Payroll.
    """

    tool: ClassVar[Tool] = DEEL

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare the parts; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._dialogue = Dialogue(tool=DEEL.name, permission=PEOPLE)
        self._session = Session(self._dialogue, http, credentials, around)
        self._extras = Extras(self._dialogue, self._session, wanted.leave_out)
        self._frame = msgspec.json.encode(Frame(leave_out=tuple(sorted(wanted.leave_out))))
        # None until somebody was read
        self._came: set[str] | None = None

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Take the word ``Bearer`` and line breaks out of a pasted token."""
        if "api_token" not in credentials:
            return credentials
        words = credentials["api_token"].strip("\"'").split()
        if words and words[0].lower().rstrip(":") == "bearer":
            words = words[1:]
        return {**credentials, "api_token": "".join(words)}

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the token: the limit is the organisation's, which a token does not show."""
        return credentials.get("api_token") or credentials.get(ACCESS_TOKEN, "")

    def test(self) -> Access:
        """Ask for the organisation and for one page of every list that is read: five requests."""
        organisation = self._organisation()
        answer = self._session.get(PATH, [("limit", LIMIT), ("offset", 0), *ORDER])
        listed = self._session.read(answer, _lists)
        raws = rows_of(self._dialogue, bytes(listed.data), _raws)
        missing, contracts, accounts = self._extras.tried(raws)
        people = len(raws) if listed.page.total_rows is None else listed.page.total_rows
        accounts = round(accounts * people / max(1, len(raws)))
        seen = list(self._readable(raws))
        return Access(
            company=organisation.name,
            identity=None if organisation.id is None else str(organisation.id),
            unreadable={
                each: data.permission for data in DEEL.data for each in data.fields if each in missing
            },
            people=people,
            active=sum(each.status in AT_WORK for each in seen),
            countries=len({each.country for each in seen if isinstance(each.country, str)}),
            looked_at_all=len(raws) >= people,
            seconds=_estimate(people, contracts, accounts),
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody: people who left stay in the list, so no filter is needed."""
        self._came = None
        self._extras.load()
        yield from complete(self._dialogue, lambda: read(self._dialogue, self._session, self._part))

    def changes(self, since: datetime) -> Delta:
        """Deel has no filter by time of change, and what says when a record changed misses some (assumed)."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was in no record, and what comes from lists that were refused."""
        if self._came is None:
            return frozenset()
        hidden = mapping.KEYS.keys() - self._came
        if self._extras.hides_numbers:
            hidden = {*hidden, "bank_account"}
        return frozenset((hidden | self._extras.refused) - self.wanted.leave_out)

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:  # noqa: ARG004 - no window is defined
        """Check a call of Deel."""
        return hooks.hear(secret, call)

    def register(self, url: str, secret: str) -> Registered:
        """Register for everything about people."""
        return hooks.register(self._session, self._dialogue, url, secret)

    def unregister(self, registration: str) -> None:
        """Take the registration back."""
        hooks.unregister(self._session, self._dialogue, registration)

    def _organisation(self) -> Organisation:
        """Return the organisation of the token. Raises ``WrongKind`` for a personal token."""
        answer = self._session.get("/organizations")
        if answer.status == NOTHING_FOUND:
            return Organisation()
        if answer.status == FORBIDDEN:
            # only tokens of one person know a "me" (assumed)
            if self._session.get(f"{PATH}/me").status in GOOD:
                raise self._dialogue.failure(WrongKind, "a personal token", remedy=ORGANISATION)
            # without that scope another company's token goes unnoticed, and people can be read all the same
            return Organisation()
        listed = self._session.read(answer, _lists)
        found = rows_of(self._dialogue, bytes(listed.data), _organisations)
        return found[0] if found else Organisation()

    def _readable(self, raws: Sequence[Raw]) -> Iterator[Employee]:
        for raw in raws:
            try:
                yield mapping.employee(b'{"as":{},"row":{"person":' + bytes(raw) + b"}}")
            except UnreadableRecord:
                # set aside when everybody is read
                continue

    def _part(self, raws: Sequence[Raw], ids: Sequence[str | None], total: int | None) -> Part:
        """Return a page of people with what the other lists say about each."""
        rows = b"[" + b",".join(self._extras.composed(raw) for raw in raws) + b"]"
        for raw in raws[:1]:
            self._note(raw)
        return Part(page=framed(self._frame, rows), ids=ids, total=total)

    def _note(self, raw: Raw) -> None:
        try:
            self._came = (self._came or set()) | mapping.came(_objects.decode(raw))
        except msgspec.DecodeError:
            # the record will be set aside; the next page tells
            return


def _estimate(people: int, contracts: int, accounts: int) -> float | None:
    """Return the seconds of a full read; None for moments."""
    requests = 2 * math.ceil(people / (LIMIT - 1)) + math.ceil(contracts / CONTRACTS_LIMIT) + accounts
    seconds = seconds_for(DEEL.limits[0], requests)
    return seconds if seconds > MOMENTS else None
