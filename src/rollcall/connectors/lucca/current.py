"""The new API: employees with what applies to them in one pass, their personal records in another.

N people cost N/100 requests, as many for bank details and private addresses, and four lists.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

import httpx
import msgspec
from msgspec import Raw, Struct

from rollcall.connectors.base import Page, Wanted
from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.errors import UnexpectedAnswer
from rollcall.connectors.lucca.declaration import (
    ATTRIBUTES,
    DEPARTMENTS,
    EMPLOYEES,
    EMPLOYMENTS,
    ESTABLISHMENTS,
    LEGAL_ENTITIES,
    PERSONAL,
    QUALIFICATIONS,
    SCOPES,
)
from rollcall.connectors.lucca.payloads import Attribute, Frame, IdRow, ListNew, Reference, Unit
from rollcall.connectors.lucca.requests import NO_PAGE, REFUSED, Params, Smaller
from rollcall.connectors.lucca.session import Session
from rollcall.connectors.paging import CursorExpired, Part, by_cursor, complete, framed, ids_of
from rollcall.http_client import Answer

T = TypeVar("T")

PEOPLE: Final = "/lucca-api/employees"
RECORDS: Final = "/lucca-api/employee-personal-records"
OWN: Final = "/lucca-api/employee-attributes"
STATUSES_ASKED: Final = "active,upcoming,deactivated"
SIZES: Final = (100, 50, 25)
OWN_SIZE: Final = 1000
CURSOR_REFUSED: Final = frozenset({400, 404, 410})
"""What an answer may be for a cursor that Lucca does not know any more (assumed)."""

# field of Employee -> list, scope, where its id stands, attribute of the unit
LISTS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    "department": ("/lucca-api/departments", DEPARTMENTS, "position", "department", "name"),
    "work_location": (
        "/lucca-api/business-establishments",
        ESTABLISHMENTS,
        "position",
        "businessEstablishment",
        "name",
    ),
    "time_zone": (
        "/lucca-api/business-establishments",
        ESTABLISHMENTS,
        "position",
        "businessEstablishment",
        "timezone_id",
    ),
    "legal_entity": ("/lucca-api/legal-entities", LEGAL_ENTITIES, "employment", "legalEntity", "legal_name"),
    "country": ("/lucca-api/legal-entities", LEGAL_ENTITIES, "employment", "legalEntity", "country_code"),
    "employment_type": ("/lucca-api/employment-templates", EMPLOYMENTS, "employment", "template", "term"),
}

EMPLOYEE: Final = ("id", "givenName", "familyName", "employeeNumber", "status", "email")
"""What is kept of an employee: birthday, phone and portrait come too; the moment of the last change is no fact."""

KEPT: Final = ("email", "bankAccount")
"""What is kept of a personal record: birth, nationality and gender come too and are dropped at once."""

TITLES: Final = "/lucca-api/job-qualifications"

# field of Employee -> part of a row it comes from, and its key there; where the key is missing for all, it is hidden
KEYS: Final = {
    "start_date": ("employment", "start"),
    "end_date": ("employment", "end"),
    "manager_id": ("position", "manager"),
    "job_title": ("position", "jobTitle"),
    "personal_email": ("personal", "email"),
    "bank_account": ("personal", "bankAccount"),
    "work_email": ("employee", "email"),
}

ORDINARY: Final = "employee"
"""Audience of templates for people on the payroll; the others say more than the term of the contract."""

_lists: Final = msgspec.json.Decoder(ListNew)
_ids: Final = msgspec.json.Decoder(list[IdRow])
_rows: Final = msgspec.json.Decoder(list[Raw])
_members: Final = msgspec.json.Decoder(dict[str, Raw])
_units: Final = msgspec.json.Decoder(list[Unit])
_records: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_attributes: Final = msgspec.json.Decoder(list[Attribute])
_reference: Final = msgspec.json.Decoder(Reference | None)


Opened: TypeAlias = Mapping[str, Raw] | None
"""Part of a row: its members, or None for a reference to nothing."""


class _Position(Struct, rename="camel"):
    job_title: Any = None
    job_qualification: Reference | None = None


_opened: Final[msgspec.json.Decoder[Opened]] = msgspec.json.Decoder(dict[str, Raw] | None)
_position: Final = msgspec.json.Decoder(_Position | None)


class Current:
    """Reads by client credentials."""

    def __init__(self, session: Session, wanted: Wanted, frame: Frame) -> None:
        """Keep the parts; nothing is sent yet."""
        self._session, self._wanted, self._frame = session, wanted, msgspec.json.encode(frame)
        self._dialogue: Dialogue = session.dialogue
        self._own = sorted({*frame.fields.values(), *frame.custom})
        self._smaller = Smaller(SIZES)
        self._refused: set[str] = set()
        self._came: set[str] = set()
        self._titles: Mapping[str, Unit] | None = None

    def check(self) -> int | None:
        """Return how many people there are: one request and one for the token. Raises ``SourceError``."""
        params = {"status": STATUSES_ASKED, "limit": 1, "include": "links,totalCount"}
        answer = self._session.checked(self._session.get(PEOPLE, params), EMPLOYEES)
        return decode(self._dialogue, answer, _lists).total_count

    def lacking(self) -> frozenset[str]:
        """Return fields whose scope the key does not have."""
        return frozenset(name for name, scope in SCOPES.items() if not self._session.may(scope))

    def pages(self) -> Iterator[Page]:
        """Yield everybody: those who have left and those to come too."""
        self._came, self._refused, self._titles = set(), set(), None
        yield from complete(self._dialogue, self._read)

    def unreadable(self) -> frozenset[str]:
        """Return what a scope is missing for, and what came for nobody."""
        if not self._came:
            return frozenset()
        sought = {*KEYS, *LISTS}
        return frozenset((sought - self._came) | self._refused) - self._wanted.leave_out

    def _read(self) -> Iterator[Part]:
        names = {path: self._named(path, scope) for path, scope in self._lists()}
        personal = self._personal()
        own = self._attributes()

        def fetch(cursor: str | None) -> Part:
            params = {"status": STATUSES_ASKED, "sort": "id", "include": "embedded,links,totalCount"}
            answer = self._session.checked(self._page(PEOPLE, params, cursor), EMPLOYEES)
            listed = decode(self._dialogue, answer, _lists)
            rows = bytes(listed.items)
            ids = ids_of(self._dialogue, rows, _ids, lambda row: row.id)
            people = [
                self._composed(raw, listed, names, personal.get(number or ""), own.get(number or "", {}))
                for raw, number in zip(_rows.decode(rows), ids, strict=True)
            ]
            page = framed(self._frame, b"[" + b",".join(people) + b"]")
            return Part(page=page, ids=ids, total=listed.total_count, cursor=self._next(listed))

        yield from by_cursor(fetch)

    def _lists(self) -> Sequence[tuple[str, str]]:
        """Return the lists of names that somebody wants, each once."""
        wanted = [each[:2] for name, each in LISTS.items() if name not in self._wanted.leave_out]
        return list(dict.fromkeys(wanted))

    def _page(self, path: str, params: Params, cursor: str | None, size: int | None = None) -> Answer:
        more = {} if cursor is None else {"page": cursor}

        def ask(limit: int) -> Answer:
            return self._session.get(path, {**params, "limit": size or limit, **more})

        answer = self._smaller.asked(ask)
        if more and answer.status in CURSOR_REFUSED:
            raise CursorExpired
        return answer

    def _next(self, listed: ListNew) -> str | None:
        """Return the cursor of the next page: the link itself leaves out what to include."""
        if listed.links.next is None:
            return None
        try:
            cursor = httpx.URL(listed.links.next.href).params.get("page")
        except httpx.InvalidURL:
            cursor = None
        if not cursor:
            raise self._dialogue.failure(UnexpectedAnswer, "a next link without page")
        return str(cursor)

    def _whole(
        self, path: str, params: Params, decoder: msgspec.json.Decoder[list[T]], size: int | None = None
    ) -> Iterator[T] | None:
        """Return the rows of a list, read on while they are used, or None if it may not be read."""
        params = {**params, "include": "links"}
        first = self._page(path, params, None, size)
        if first.status in REFUSED:
            return None
        return self._read_on(path, params, decoder, first, size)

    def _read_on(
        self,
        path: str,
        params: Params,
        decoder: msgspec.json.Decoder[list[T]],
        first: Answer,
        size: int | None,
    ) -> Iterator[T]:
        once = [first]
        found: list[T] = []

        def fetch(cursor: str | None) -> Part:
            answer = once.pop() if once else self._page(path, params, cursor, size)
            listed = decode(self._dialogue, answer, _lists)
            found[:] = self._items(listed.items, decoder)
            return Part(page=NO_PAGE, ids=(), cursor=self._next(listed))

        for _part in by_cursor(fetch):
            yield from found

    def _items(self, items: Raw, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
        try:
            return decoder.decode(items)
        except msgspec.DecodeError:
            raise self._dialogue.failure(UnexpectedAnswer, "another shape than documented") from None

    def _named(self, path: str, scope: str) -> Mapping[str, Unit] | None:
        units = self._whole(path, {}, _units) if self._session.may(scope) else None
        return None if units is None else {str(unit.id): unit for unit in units}

    def _personal(self) -> Mapping[str, bytes]:
        """Return bank details and private address of everybody, by the id of the person."""
        fields = {"personal_email", "bank_account"}
        if self._wanted.leave_out >= fields:
            return {}
        rows = self._whole(RECORDS, {}, _records) if self._session.may(PERSONAL) else None
        if rows is None:
            self._refused |= fields
        found: dict[str, bytes] = {}
        for row in rows or ():
            try:
                owner = self._referred(row.get("employee"))
            except msgspec.ValidationError:
                # nobody's: without a record that person's details are not delivered
                continue
            if owner is not None:
                found[owner] = msgspec.json.encode({name: row[name] for name in KEPT if name in row})
        return found

    def _attributes(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the customer's own attributes that were asked for by name, as they are today."""
        if not self._own:
            return {}
        params = {
            "definition.id": ",".join(self._own),
            "applicability.asOf": datetime.now(UTC).date().isoformat(),
        }
        rows = self._whole(OWN, params, _attributes, OWN_SIZE) if self._session.may(ATTRIBUTES) else None
        if rows is None:
            self._refused |= {"custom", "cost_center", "team"} & {*self._wanted.mapped, "custom"}
        found: dict[str, dict[str, Any]] = {}
        for row in rows or ():
            found.setdefault(str(row.employee.id), {})[str(row.definition.id)] = row.value
        return found

    def _composed(
        self,
        raw: Raw,
        listed: ListNew,
        names: Mapping[str, Mapping[str, Unit] | None],
        personal: bytes | None,
        own: Mapping[str, Any],
    ) -> bytes:
        """Return the employee with what applies to them: equal bytes are an equal person."""
        try:
            members = _members.decode(raw)
            parts = {
                "employment": self._applicable(members, "applicableEmployment", listed.embedded.employment),
                "position": self._applicable(members, "applicableJobPosition", listed.embedded.position),
            }
            whole = {name: part for name, part in parts.items() if part is not None}
            opened = {name: _opened.decode(part) for name, part in whole.items()}
            known = {**self._known(opened, names), **self._title(whole.get("position"))}
        except msgspec.ValidationError:
            # it will be set aside
            return b'{"employee":' + bytes(raw) + b',"is_odd":true}'
        kept = msgspec.json.encode({name: members[name] for name in EMPLOYEE if name in members})
        whole = {"employee": Raw(kept), **whole}
        opened["employee"] = members
        if personal is not None:
            whole["personal"] = Raw(personal)
            opened["personal"] = _opened.decode(personal)
        self._note(opened, known)
        return msgspec.json.encode({**whole, "names": known, "attributes": dict(sorted(own.items()))})

    def _applicable(self, members: Mapping[str, Raw], name: str, embedded: Mapping[str, Raw]) -> Raw | None:
        """Return what is referred to, JSON's null for a reference to nothing, None if it is not shown."""
        if name not in members:
            return None
        number = self._referred(members[name])
        return Raw(b"null") if number is None else embedded.get(number)

    def _referred(self, raw: Raw | None) -> str | None:
        reference = None if raw is None else _reference.decode(raw)
        return None if reference is None else str(reference.id)

    def _known(
        self, parts: Mapping[str, Opened], names: Mapping[str, Mapping[str, Unit] | None]
    ) -> dict[str, str | None]:
        """Return field -> name of what the parts refer to; left out where nobody can tell."""
        found: dict[str, str | None] = {}
        for field, (path, _scope, part, key, attribute) in LISTS.items():
            units = names.get(path)
            if part not in parts or units is None:
                continue
            members = parts[part]
            if members is None or (number := self._referred(members.get(key))) is None:
                found[field] = None
                continue
            unit = units.get(number)
            if unit is not None:
                found[field] = _kind(unit) if field == "employment_type" else getattr(unit, attribute)
        return found

    def _title(self, raw: Raw | None) -> dict[str, str | None]:
        """Return the name of a qualification where it stands for the title; the list is read on first need."""
        position = _position.decode(raw or b"null")
        if position is None or position.job_title or position.job_qualification is None:
            return {}
        if self._titles is None:
            self._titles = self._named(TITLES, QUALIFICATIONS) or {}
        unit = self._titles.get(str(position.job_qualification.id))
        title = unit and _profession(unit)
        return {"job_title": title} if title else {}

    def _note(self, parts: Mapping[str, Opened], known: Mapping[str, Any]) -> None:
        """Remember which fields somebody has; what they have none of counts, being known."""
        self._came.update(("id", *known))
        for field, (part, key) in KEYS.items():
            if field not in self._came and part in parts:
                members = parts[part]
                if members is None or key in members:
                    self._came.add(field)


def _profession(unit: Unit) -> str | None:
    """Return what a qualification is called, else its profession (the names of both are assumed)."""
    name = unit.profession.get("name") if isinstance(unit.profession, dict) else unit.profession
    return unit.name or (name if isinstance(name, str) else None)


def _kind(unit: Unit) -> str | None:
    """Return for whom a template is where that says more than its term: students, externals and so on."""
    return unit.term if unit.audience in (None, ORDINARY) else unit.audience
