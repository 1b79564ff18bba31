"""Reads Factorial: four lists that say more about employees, then the employees themselves.

Facts: documented on apidoc.factorialhr.com as of 2026-11-22, apart from what is marked *assumed*.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
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
from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import WrongCredentials
from rollcall.connectors.factorial import mapping, payloads
from rollcall.connectors.factorial.declaration import EMPLOYEES, FACTORIAL
from rollcall.connectors.factorial.lists import Lists, head_of, next_cursor
from rollcall.connectors.factorial.payloads import Credentials, Frame
from rollcall.connectors.paging import Part, by_cursor, complete, framed, ids_of
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

VERSION: Final = "2026-07-01"
"""Of the API, part of every path. A new one comes each quarter; old ones go after about a year (documented)."""

ROOT: Final = f"/api/{VERSION}/resources"
COMPANY: Final = "/api_public/credentials"
PEOPLE: Final = "/employees/employees"

LIMIT: Final = 100
"""As in the documents' example; no maximum is published."""


class Factorial(Connector):
    """One customer's Factorial. Credentials: ``api_key``.

    N people cost N/100 requests, their contract versions a hundredth of their number.
    """

    tool: ClassVar[Tool] = FACTORIAL

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._dialogue = Dialogue(tool=FACTORIAL.name, permission=EMPLOYEES)
        self._lists: Lists | None = None
        self._somebody = self._bank_came = False

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Take the header's name and line breaks out of a pasted key."""
        words = credentials.get("api_key", "").strip("\"'").split()
        if words and words[0].casefold().rstrip(":") == "x-api-key":
            words = words[1:]
        if not words:
            raise Dialogue(tool=FACTORIAL.name).failure(WrongCredentials, "no key")
        return {**credentials, "api_key": "".join(words)}

    def test(self) -> Access:
        """Ask whose key it is, for a hundred people, and for one row of each other list: six requests."""
        company = self._company()
        lists = self._joined()
        answer = self._ask(PEOPLE, None, None)
        found = decode(self._dialogue, answer, payloads.listed)
        self._bank_came = False
        rows = self._part(lists, found).ids
        missing = lists.tried() | (set() if self._bank_came or not rows else {"bank_account"})
        return Access(
            company=company.legal_name or company.name,
            identity=None if company.company_id is None else str(company.company_id),
            unreadable={
                each: data.permission
                for data in FACTORIAL.data
                for each in data.fields
                if each in missing - self.wanted.leave_out
            },
            people=found.meta.total,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody: without a filter the list has people who left, too (assumed)."""
        self._lists, self._somebody = self._joined(), False
        self._lists.load()
        yield from complete(self._dialogue, self._parts)

    def changes(self, since: datetime) -> Delta:
        """Refuse: see the declaration."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what comes from lists that were refused, and bank details if nobody had any.

        A role that may not see them gets empty ones (assumed).
        """
        if self._lists is None or not self._somebody:
            return frozenset()
        hidden = set() if self._bank_came else {"bank_account"}
        return frozenset((self._lists.missing | hidden) - self.wanted.leave_out)

    def _joined(self) -> Lists:
        return Lists(self._dialogue, self._ask, self.wanted.leave_out, datetime.now(UTC).date())

    def _company(self) -> Credentials:
        answer = self._get(COMPANY)
        if answer.status == HTTPStatus.FORBIDDEN:
            # without it another company's key goes unnoticed, and people can be read all the same
            return Credentials()
        if b'"data"' not in answer.body:
            return decode(self._dialogue, answer, payloads.credentials)
        told = decode(self._dialogue, answer, payloads.wrapped).data
        if isinstance(told, list):
            return told[0] if told else Credentials()
        return told

    def _parts(self) -> Iterator[Part]:
        # from the beginning for a second look, so that both looks give the same bytes
        self._bank_came = False
        lists = self._lists or self._joined()

        def fetch(cursor: str | None) -> Part:
            found = decode(self._dialogue, self._ask(PEOPLE, None, cursor), payloads.listed)
            return self._part(lists, found)

        return by_cursor(fetch)

    def _part(self, lists: Lists, found: payloads.Listed) -> Part:
        ids = ids_of(self._dialogue, bytes(found.data), payloads.heads, lambda row: row.id)
        raws = payloads.raws.decode(found.data)
        heads = [head_of(raw) for raw in raws]
        self._somebody |= bool(raws)
        self._bank_came |= any(each.bank_number for each in heads)
        rows = b",".join(lists.composed(raw, each) for raw, each in zip(raws, heads, strict=True))
        frame = Frame(bank=self._bank_came, leave_out=tuple(sorted(self.wanted.leave_out)))
        return Part(
            page=framed(msgspec.json.encode(frame), b"[" + rows + b"]"),
            ids=ids,
            total=found.meta.total,
            cursor=next_cursor(self._dialogue, found),
        )

    def _ask(self, path: str, limit: int | None, cursor: str | None) -> Answer:
        more = {} if cursor is None else {"after_id": cursor}
        return self._get(path, {"limit": limit or LIMIT, **more})

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        headers = {"x-api-key": self.credentials["api_key"], "Accept": "application/json"}
        return send(self._dialogue, self.http.get, ROOT + path, params=params, headers=headers)
