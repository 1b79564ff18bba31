"""Reads PayFit: every collaborator, joined with the contracts that are listed apart.

Facts: documented on developers.payfit.io as of 2026-11-22, apart from what is marked. There is no "what changed
since": N people cost N/50 requests, as many again for their contracts, once more in France, and two.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias

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
from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.errors import UnexpectedAnswer, WrongCredentials
from rollcall.connectors.oauth import ACCESS_TOKEN
from rollcall.connectors.paging import (
    CursorExpired,
    Part,
    StartOver,
    by_cursor,
    complete,
    framed,
    ids_of,
)
from rollcall.connectors.payfit import mapping
from rollcall.connectors.payfit.declaration import ACCOUNTS, BANK, CONTRACTS, PAYFIT
from rollcall.connectors.payfit.payloads import (
    CONTRACT,
    NATURE,
    PERSON,
    Collaborators,
    Contracts,
    Frame,
    IdRow,
)
from rollcall.connectors.payfit.session import HOW_TO, Session, Standing
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

LIMIT: Final = 50
"""The most that is promised; without it there are 10 a page."""

CURSOR_REFUSED: Final = frozenset({400, 404, 410})
"""A token of a page that PayFit does not know any more (assumed)."""

DETAIL_REFUSED: Final = frozenset({403, 404})
"""No scope for contracts, or no such list in this country: people go on without (A7)."""

# key of a collaborator -> fields of Employee that come from it; absent for all, they are not granted (documented)
KEYS: Final = {
    "emails": ("work_email",),
    "managerId": ("manager_id",),
    "teamName": ("team",),
    "iban": ("bank_account",),
}

# the contracts of a person, trimmed, a line each, by the id of the person
Joined: TypeAlias = Mapping[str, bytes]

_collaborators: Final = msgspec.json.Decoder(Collaborators)
_contracts: Final = msgspec.json.Decoder(Contracts)
_ids: Final = msgspec.json.Decoder(list[IdRow])
_rows: Final = msgspec.json.Decoder(list[Raw])
_members: Final = msgspec.json.Decoder(dict[str, Raw])
_contract_rows: Final = msgspec.json.Decoder(list[dict[str, Any]])


class PayFit(Connector):
    """One company at PayFit. Credentials: ``api_key``, or ``access_token`` and ``company_id`` of its OAuth."""

    tool: ClassVar[Tool] = PAYFIT

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare the headers; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._session = Session(credentials, http, around.others.get(ACCOUNTS, http))
        self._dialogue: Dialogue = self._session.dialogue
        self._lacking: frozenset[str] = frozenset()
        self._came: set[str] = set()

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Take a key as people copy it, with ``Bearer`` before it or in quotes; refuse what is no key."""
        given = dict(credentials)
        if "api_key" in given:
            key = given["api_key"].strip().strip("\"'")
            key = key[7:].strip() if key.lower().startswith("bearer ") else key
            if not key or "://" in key or not key.isascii() or any(letter.isspace() for letter in key):
                words = Dialogue(tool=PAYFIT.name)
                raise words.failure(WrongCredentials, "no key by its form", remedy=HOW_TO)
            given["api_key"] = key
        return given

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the key itself, or one word for all that the operator's app has been let into: it counts once."""
        return "app" if ACCESS_TOKEN in credentials else credentials["api_key"]

    def test(self) -> Access:
        """Ask what the key is and which company it is of: two requests."""
        standing = self._session.standing()
        permissions = {name: each.permission for each in PAYFIT.data for name in each.fields}
        if standing.company.country in mapping.WITHOUT_BANK:
            # no permission brings what is not there; the guide says so
            permissions["bank_account"] = "" if BANK in standing.scopes else BANK
        lacking = self._ungranted(standing) - self.wanted.leave_out
        return Access(
            company=standing.company.name,
            identity=standing.company.id,
            unreadable={name: permissions[name] for name in sorted(lacking)},
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody in pages of 50, people with a contract in preparation included."""
        self._came = set()
        standing = self._session.standing()
        self._lacking = self._ungranted(standing)
        yield from complete(self._dialogue, lambda: self._read(standing))

    def changes(self, since: datetime) -> Delta:
        """PayFit cannot tell: no object has a date of change."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what a scope is missing for, and what came for nobody."""
        absent = {name for key, names in KEYS.items() if key not in self._came for name in names}
        return (self._lacking | (absent if self._came else frozenset())) - self.wanted.leave_out

    def _ungranted(self, standing: Standing) -> frozenset[str]:
        """Return fields of Employee that will not come: a missing scope leaves them out without a word."""
        lacking = {
            name
            for each in PAYFIT.data
            if each.optional and each.permission not in standing.scopes
            for name in each.fields
        }
        if standing.company.country in mapping.WITHOUT_BANK:
            lacking.add("bank_account")
        return frozenset(lacking)

    def _read(self, standing: Standing) -> Iterator[Part]:
        # contracts first: whoever is hired meanwhile is then among the people at least
        joined, running = self._joined(standing)
        # a record whose id cannot be read may be anybody's: it is set aside and counts as present
        nameless = 0

        def fetch(cursor: str | None) -> Part:
            nonlocal nameless
            answer = self._page(standing.path, "collaborators", cursor)
            listed = decode(self._dialogue, answer, _collaborators)
            rows = bytes(listed.rows)
            ids = ids_of(self._dialogue, rows, _ids, lambda row: row.id)
            running.difference_update(each for each in ids if each)
            nameless += sum(each is None for each in ids)
            people = [
                self._composed(raw, number, joined)
                for raw, number in zip(_rows.decode(rows), ids, strict=True)
            ]
            frame = msgspec.json.encode(self._frame(standing))
            page = framed(frame, b"[" + b",".join(people) + b"]")
            return Part(page=page, ids=ids, cursor=listed.meta.next_page_token or None)

        yield from by_cursor(fetch)
        if len(running) > nameless:
            raise StartOver("a contract is running of somebody who did not come")

    def _frame(self, standing: Standing) -> Frame:
        # null and absent both may mean "not granted" (documented): what is not granted is not delivered
        withheld = tuple(sorted(self._lacking | self.wanted.leave_out))
        return Frame(name=standing.company.name, country=standing.company.country, withheld=withheld)

    def _page(self, path: str, name: str, cursor: str | None) -> Answer:
        more = {} if cursor is None else {"nextPageToken": cursor}
        params = {"maxResults": LIMIT, "includeInProgressContracts": "true", **more}
        answer = self._session.get(f"{path}/{name}", params)
        if more and answer.status in CURSOR_REFUSED:
            raise CursorExpired
        return answer

    def _composed(self, raw: Raw, number: str | None, joined: Joined | None) -> bytes:
        """Return what is kept of a person and their contracts: equal bytes are an equal person."""
        try:
            members = _members.decode(raw)
        except msgspec.ValidationError:
            # not even an object: it will be set aside
            return bytes(raw)
        self._came.update(members)
        kept = msgspec.json.encode({name: members[name] for name in PERSON if name in members})
        if joined is None:
            return b'{"person":' + kept + b"}"
        contracts = b",".join(sorted(joined.get(number or "", b"").splitlines()))
        return b'{"person":' + kept + b',"contracts":[' + contracts + b"]}"

    def _joined(self, standing: Standing) -> tuple[Joined | None, set[str]]:
        """Return the contracts of each person, and whose run; None if contracts may not be read."""
        first = self._first(standing, "contracts")
        if first is None:
            self._lacking |= {"job_title", "employment_type"}
            return None, set()
        natures = self._natures(standing)
        joined: dict[str, bytes] = {}
        running: set[str] = set()
        for row in self._listed(standing, "contracts", first):
            number = str(row.get("collaboratorId"))
            kept = {name: row[name] for name in CONTRACT if name in row}
            key = _contract_id(row)
            if key in natures:
                kept[NATURE] = natures[key]
            joined[number] = joined.get(number, b"") + msgspec.json.encode(kept) + b"\n"
            if row.get("collaboratorId") and mapping.STATUSES.get(str(row.get("status"))) == "active":
                running.add(number)
        return joined, running

    def _natures(self, standing: Standing) -> Mapping[str, Any]:
        """Return the kind of each contract, which only France has in a list of its own."""
        if standing.company.country != mapping.FRANCE or "employment_type" in self.wanted.leave_out:
            return {}
        first = self._first(standing, "contracts-fr")
        if first is None:
            self._lacking |= {"employment_type"}
            return {}
        rows = self._listed(standing, "contracts-fr", first)
        # everybody has a code, and there are few: each is kept once
        codes: dict[str, Any] = {}
        return {
            _contract_id(row): codes.setdefault(repr(row[NATURE]), row[NATURE])
            for row in rows
            if NATURE in row
        }

    def _first(self, standing: Standing, name: str) -> Answer | None:
        """Return the first page of a list of contracts, or None if it may not be read."""
        if CONTRACTS not in standing.scopes:
            return None
        first = self._page(standing.path, name, None)
        return None if first.status in DETAIL_REFUSED else first

    def _listed(self, standing: Standing, name: str, first: Answer) -> Iterator[Mapping[str, Any]]:
        """Yield all rows of a list of contracts, page by page while they are used."""
        once = [first]
        found: list[Mapping[str, Any]] = []

        def fetch(cursor: str | None) -> Part:
            answer = once.pop() if once else self._page(standing.path, name, cursor)
            listed = decode(self._dialogue, answer, _contracts)
            found[:] = self._objects(listed.rows)
            return Part(page=_NO_PAGE, ids=(), cursor=listed.meta.next_page_token or None)

        for _part in by_cursor(fetch):
            yield from found

    def _objects(self, rows: Raw) -> Sequence[Mapping[str, Any]]:
        try:
            return _contract_rows.decode(rows)
        except (msgspec.DecodeError, RecursionError):
            raise self._dialogue.failure(UnexpectedAnswer, "another shape than documented") from None


def _contract_id(row: Mapping[str, Any]) -> str:
    return str(row.get("contractId", row.get("id")))


_NO_PAGE: Final = Page(b"", tuple)
