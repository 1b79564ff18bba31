"""Version 2: persons by cursor, the employments of each, and lists of names for the ids."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Raw

from rollcall.connectors.base import Delta, Page, Wanted
from rollcall.connectors.client import Dialogue, decode, expect, send
from rollcall.connectors.errors import (
    Incomplete,
    MissingPermission,
    SourceError,
    UnexpectedAnswer,
    WrongCredentials,
)
from rollcall.connectors.paging import (
    CursorExpired,
    Part,
    by_cursor,
    complete,
    framed,
    ids_of,
)
from rollcall.connectors.personio import webhooks
from rollcall.connectors.personio.declaration import WEBHOOKS
from rollcall.connectors.personio.mapping import BANK, current
from rollcall.connectors.personio.names import Names, named
from rollcall.connectors.personio.payloads import Frame, IdV2, ListV2, SignInV2, Unit
from rollcall.connectors.personio.session import Session, next_since
from rollcall.http_client import HttpClient

T = TypeVar("T")

# documented: 51 is refused
LIMIT: Final = 50
PERSONS: Final = "/v2/persons"
SIGN_IN_REFUSED: Final = frozenset({400, 401, 403})
# No right to a list of names, or not there without the beta header: people go on without those names (A7).
NAMES_REFUSED: Final = frozenset({401, 403, 404})
CURSOR_REFUSED: Final = frozenset({400, 404, 410})
NOT_FOUND: Final = 404
# the right is missing: 401 after a renewal, 403 elsewhere (seen)
ORDER_REFUSED: Final = frozenset({401, 403})
# so many pages are counted for a test: a thousand people
COUNTED_PAGES: Final = 20
# three of the lists wanted it until autumn 2026; harmless elsewhere (assumed)
BETA: Final = {"Beta": "true"}

# list -> fields of Employee that its names are for
LISTS: Final = {
    "/v2/legal-entities": ("legal_entity", "country"),
    "/v2/org-units": ("department", "team"),
    "/v2/workplaces": ("work_location",),
    "/v2/cost-centers": ("cost_center",),
}

# where a field comes from: a key of the person, or of the employment
PERSON: Final = {
    "work_email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "preferred_name": "preferred_name",
}
EMPLOYMENT: Final = {
    "status": "status",
    "start_date": "employment_start_date",
    "end_date": "employment_end_date",
    "last_working_day": "termination",
    "manager_id": "supervisor",
    "job_title": "position",
    "employment_type": "type",
    "legal_entity": "legal_entity",
    "country": "legal_entity",
    "work_location": "office",
    "department": "org_units",
    "team": "org_units",
    "cost_center": "cost_centers",
}

_tokens: Final = msgspec.json.Decoder(SignInV2)
_lists: Final = msgspec.json.Decoder(ListV2)
_ids: Final = msgspec.json.Decoder(list[IdV2])
_units: Final = msgspec.json.Decoder(list[Unit])
_orders: Final = msgspec.json.Decoder(webhooks.Ordered)
_rows: Final = msgspec.json.Decoder(list[Raw])
_employments: Final = msgspec.json.Decoder(list[dict[str, Any]])
_object: Final = msgspec.json.Decoder(dict[str, Any])


class Version2:
    """Reads N people with N/50 + N + about 5 requests."""

    def __init__(
        self,
        dialogue: Dialogue,
        http: HttpClient,
        credentials: Mapping[str, str],
        wanted: Wanted,
        frame: Frame,
    ) -> None:
        self._dialogue, self._http, self._credentials = dialogue, http, credentials
        self._frame = msgspec.json.encode(frame)
        self._session = Session(dialogue, http, self._sign_in, renew_on=frozenset({401}))
        self._leave_out = wanted.leave_out
        self._bank = {*(frame.bank.values() or BANK)}
        self._came: set[str] = set()

    def count(self) -> tuple[int, bool]:
        """Return how many people there are, and whether that is all: big companies are not counted to the end.

        Version 2 tells no total. Raises unless these credentials may read persons.
        """
        found, cursor = 0, None
        for _ in range(COUNTED_PAGES):
            listed = self._page(PERSONS, cursor)
            found += len(self._items(listed, _rows))
            cursor = self._next(listed)
            if cursor is None:
                return found, True
        return found, False

    def order(self, url: str, secret: str) -> str:
        """Order calls to ``url``; return what the order is called."""
        try:
            answer = self._session.write("POST", webhooks.PATH, webhooks.order(url, secret))
        except WrongCredentials:
            # good ones that version 2 refuses: without it there are no calls
            raise self._without_webhooks("sign-in v2 refused") from None
        if answer.status in ORDER_REFUSED:
            raise self._without_webhooks(f"status {answer.status}")
        told = decode(self._dialogue, answer, _orders)
        number = told.id if told.data is None else told.data.id
        if number is None:
            raise self._dialogue.failure(UnexpectedAnswer, "a webhook without id")
        return str(number)

    def cancel(self, order: str) -> None:
        """Take an order back; gone already is fine."""
        answer = self._session.write("DELETE", f"{webhooks.PATH}/{quote(order, safe='')}")
        if answer.status in ORDER_REFUSED:
            raise self._without_webhooks(f"status {answer.status}")
        if answer.status != NOT_FOUND:
            expect(self._dialogue, answer)

    def _without_webhooks(self, detail: str) -> SourceError:
        return self._dialogue.failure(MissingPermission, detail, permission=WEBHOOKS)

    def nameless(self) -> frozenset[str]:
        """Return fields of Employee whose names may not be read."""
        refused = [
            names
            for path, names in LISTS.items()
            if self._session.get(path, [("limit", 1)], BETA).status in NAMES_REFUSED
        ]
        return frozenset(name for names in refused for name in names)

    def pages(self) -> Iterator[Page]:
        """Yield everybody; inactive people are included unless filtered (documented)."""
        self._came = set()
        yield from complete(self._dialogue, lambda: self._read(()))

    def changes(self, since: datetime) -> Delta:
        """Return people whose own row changed.

        A change of employment alone may not show here (assumed), and a deletion never does: a nightly full
        read is needed.
        """
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        first = self._session.get(PERSONS, [("limit", 1)])
        filters = (("updated_at.gt", moment),)
        pages = complete(self._dialogue, lambda: self._read(filters))
        records = [record for page in pages for record in page.records()]
        return Delta(records=records, deleted=(), next_since=next_since(first))

    def unreadable(self) -> frozenset[str]:
        """Return fields that were in no page."""
        if not self._came:
            return frozenset()
        sought = {*PERSON, *EMPLOYMENT, "bank_account"} - self._leave_out
        return frozenset(sought - self._came)

    def _sign_in(self) -> str:
        form = {"grant_type": "client_credentials"}
        form |= {name: self._credentials[name] for name in ("client_id", "client_secret")}
        answer = send(
            self._dialogue,
            self._http.post,
            "/v2/auth/token",
            data=form,
            headers={"Accept": "application/json"},
            safe_to_repeat=True,
        )
        if answer.status in SIGN_IN_REFUSED:
            raise self._dialogue.failure(WrongCredentials, f"sign-in v2, status {answer.status}")
        return decode(self._dialogue, answer, _tokens).access_token

    def _read(self, filters: tuple[tuple[str, Any], ...]) -> Iterator[Part]:
        names = {path: self._units(path) for path in LISTS}

        def fetch(cursor: str | None) -> Part:
            listed = self._page(PERSONS, cursor, filters)
            rows = bytes(listed.data)
            ids = ids_of(self._dialogue, rows, _ids, lambda row: row.id)
            people = [
                self._composed(raw, number, names)
                for raw, number in zip(_rows.decode(rows), ids, strict=True)
            ]
            page = framed(self._frame, b"[" + b",".join(people) + b"]")
            return Part(page=page, ids=ids, cursor=self._next(listed))

        return by_cursor(fetch)

    def _page(self, path: str, cursor: str | None, filters: tuple[tuple[str, Any], ...] = ()) -> ListV2:
        more = [("cursor", cursor)] if cursor is not None else []
        answer = self._session.get(path, [("limit", LIMIT), *filters, *more], BETA)
        if more and answer.status in CURSOR_REFUSED:
            raise CursorExpired
        return decode(self._dialogue, answer, _lists)

    def _next(self, listed: ListV2) -> str | None:
        """Return the cursor of the next page: the link itself may name another origin than ours."""
        if listed.meta.links.next is None:
            return None
        try:
            cursor = httpx.URL(listed.meta.links.next.href).params.get("cursor")
        except httpx.InvalidURL:
            cursor = None
        if not cursor:
            raise self._dialogue.failure(UnexpectedAnswer, "a next link without cursor")
        return str(cursor)

    def _composed(self, raw: Raw, number: str | None, names: Mapping[str, Names | None]) -> bytes:
        """Return the person, the employment that counts, and its names: equal bytes are an equal person."""
        employment = current(self._employments(number)) if number else None
        known = named(
            employment or {},
            {field: names[path] for path, fields in LISTS.items() for field in fields},
        )
        self._note(raw, employment, known)
        return b"".join(
            (
                b'{"person":',
                bytes(raw),
                b',"employment":',
                msgspec.json.encode(employment),
                b',"names":',
                msgspec.json.encode(known),
                b"}",
            )
        )

    def _employments(self, number: str) -> list[dict[str, Any]]:
        """Return all employments of a person, newest first (documented).

        None if the person is gone by now.
        """
        return (
            self._whole(
                f"{PERSONS}/{quote(number, safe='')}/employments",
                _employments,
                frozenset({NOT_FOUND}),
            )
            or []
        )

    def _units(self, path: str) -> Names | None:
        """Return the units of a list, or None if it may not be read."""
        units = self._whole(path, _units, NAMES_REFUSED)
        return None if units is None else {str(unit.id): unit for unit in units}

    def _whole(
        self, path: str, decoder: msgspec.json.Decoder[list[T]], refused: frozenset[int]
    ) -> list[T] | None:
        """Return a list read to its end, or None if the first page is refused."""
        answer = self._session.get(path, [("limit", LIMIT)], BETA)
        if answer.status in refused:
            return None
        listed = decode(self._dialogue, answer, _lists)
        found = self._items(listed, decoder)
        seen: set[str] = set()
        while (cursor := self._next(listed)) is not None:
            if cursor in seen:
                raise self._dialogue.failure(Incomplete, "cursor came back")
            seen.add(cursor)
            listed = self._page(path, cursor)
            found += self._items(listed, decoder)
        return found

    def _items(self, listed: ListV2, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
        try:
            return decoder.decode(listed.data)
        except msgspec.DecodeError:
            raise self._dialogue.failure(UnexpectedAnswer, "another shape than documented") from None

    def _note(self, raw: Raw, employment: Mapping[str, Any] | None, known: Mapping[str, Any]) -> None:
        """Remember which fields somebody has: outside the whitelist they are missing for all."""
        try:
            person = _object.decode(raw)
        except msgspec.DecodeError:
            # the record will be set aside; the others tell
            return
        self._came.update(name for name, key in PERSON.items() if key in person)
        listed = person.get("custom_attributes")
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and {str(each.get("id")), str(each.get("global_id"))} & self._bank:
                self._came.add("bank_account")
        if employment is not None:
            named_by_list = {name for names in LISTS.values() for name in names}
            self._came.update(
                name for name, key in EMPLOYMENT.items() if key in employment and name not in named_by_list
            )
        self._came.update(known)
