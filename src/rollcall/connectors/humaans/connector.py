"""Reads Humaans: four lists that say more about people, then the people themselves.

Facts: documented on docs.humaans.io/api as of 2026-11-22, apart from what is marked *assumed*.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

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
from rollcall.connectors.client import GOOD, Dialogue, decode, send
from rollcall.connectors.errors import WrongCredentials
from rollcall.connectors.humaans import mapping, payloads
from rollcall.connectors.humaans.declaration import HUMAANS, PRIVATE, PUBLIC
from rollcall.connectors.humaans.lists import COMPANIES, FORBIDDEN, LIMIT, Lists
from rollcall.connectors.humaans.payloads import Frame
from rollcall.connectors.joining import part
from rollcall.connectors.paging import Part, by_offset, complete, framed, ids_of
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

PEOPLE: Final = "/api/people"
TOKEN: Final = "/api/token-info"  # noqa: S105 - a path

PRIVATE_FIELDS: Final = ("personal_email", "bank_account")
"""What private:read gates (documented for "personal fields" and bank accounts)."""


class Humaans(Connector):
    """One customer's Humaans. Credentials: ``api_token``.

    N people cost N/250 requests, their job roles and bank accounts a 250th of their number.
    """

    tool: ClassVar[Tool] = HUMAANS

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._dialogue = Dialogue(tool=HUMAANS.name, permission=PUBLIC)
        self._missing: frozenset[str] = frozenset()

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Take the word ``Bearer`` and line breaks out of a pasted token."""
        words = credentials.get("api_token", "").strip("\"'").split()
        if words and words[0].casefold().rstrip(":") == "bearer":
            words = words[1:]
        if not words:
            raise Dialogue(tool=HUMAANS.name).failure(WrongCredentials, "no token")
        return {**credentials, "api_token": "".join(words)}

    def test(self) -> Access:
        """Ask for the token's scopes, the companies, one person, and one row of each other list."""
        lists = self._lists()
        private = self._is_private()
        people = decode(self._dialogue, self._ask(PEOPLE, 1, 0), payloads.listed)
        missing = lists.tried() | (set(PRIVATE_FIELDS) if private is False else set())
        name, identity = self._company()
        return Access(
            company=name,
            identity=identity,
            unreadable={
                each: data.permission
                for data in HUMAANS.data
                for each in data.fields
                if each in missing - self.wanted.leave_out
            },
            people=people.total,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody: people who left stay in the list, and who is to come is in it (assumed)."""
        private = self._is_private()
        lists = self._lists()
        lists.load()
        hidden = set() if private else {"personal_email"}
        self._missing = frozenset(lists.missing | hidden)
        frame = Frame(private=bool(private), leave_out=tuple(sorted(self.wanted.leave_out)))
        yield from complete(
            self._dialogue,
            lambda: by_offset(lambda skip: self._part(lists, msgspec.json.encode(frame), skip), LIMIT),
        )

    def changes(self, since: datetime) -> Delta:
        """Refuse: see the declaration."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what the token's scopes, or lists that were refused or said nothing, keep from us."""
        return self._missing - self.wanted.leave_out

    def _lists(self) -> Lists:
        return Lists(self._dialogue, self._ask, self.wanted.leave_out, datetime.now(UTC).date())

    def _is_private(self) -> bool | None:
        """Return whether the token has private:read; None if Humaans does not say."""
        answer = self._get(TOKEN)
        if answer.status == FORBIDDEN:
            return None
        told = decode(self._dialogue, answer, payloads.token_info)
        scopes = told.scopes if told.scopes is not None else (told.scope or "").split()
        return PRIVATE in scopes if scopes else None

    def _company(self) -> tuple[str | None, str | None]:
        """Return name and id of the first company: with several, the one that was made first (assumed)."""
        answer = self._ask(COMPANIES, LIMIT, 0)
        if answer.status not in GOOD:
            return None, None
        rows: list[tuple[str, str, Any]] = []
        found = decode(self._dialogue, answer, payloads.listed)
        part(
            self._dialogue,
            found.data,
            lambda number, row: rows.append((str(row.get("createdAt", "")), number, row.get("name"))),
        )
        _, number, name = min(rows, default=("", "", None))
        return name if isinstance(name, str) else None, number or None

    def _part(self, lists: Lists, frame: bytes, skip: int) -> Part:
        found = decode(self._dialogue, self._ask(PEOPLE, LIMIT, skip), payloads.listed)
        numbers = ids_of(self._dialogue, bytes(found.data), payloads.heads, lambda row: row.id)
        rows = b",".join(lists.composed(raw) for raw in payloads.raws.decode(found.data))
        return Part(page=framed(frame, b"[" + rows + b"]"), ids=numbers, total=found.total)

    def _ask(self, path: str, limit: int, skip: int) -> Answer:
        return self._get(path, {"$limit": limit, "$skip": skip})

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.credentials['api_token']}", "Accept": "application/json"}
        return send(self._dialogue, self.http.get, path, params=params, headers=headers)
