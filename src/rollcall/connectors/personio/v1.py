"""Version 1: one list with everything about a person in one row, leavers included (seen)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from rollcall.connectors.around import decode_around
from rollcall.connectors.base import Delta, Page, Wanted
from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import UnexpectedAnswer, WrongCredentials
from rollcall.connectors.paging import Part, by_offset, complete, framed, ids_of
from rollcall.connectors.personio.mapping import ATTRIBUTES, BANK, OWN
from rollcall.connectors.personio.payloads import (
    AttributesV1,
    EmployeesV1,
    Frame,
    IdV1,
    ListedAttribute,
    RowV1,
    SignInV1,
)
from rollcall.connectors.personio.session import Session, next_since
from rollcall.http_client import Answer, HttpClient

# the largest accepted value (assumed)
LIMIT: Final = 200
PATH: Final = "/v1/company/employees"
# The zone of ``updated_since`` is the account's, which nobody tells (assumed).
ZONES: Final = timedelta(days=1)
# Not for these credentials, or not there any more: version 2 may do.
REFUSED: Final = frozenset({400, 401, 403, 404, 410, 422})

_sign_ins: Final = msgspec.json.Decoder(SignInV1)
_employees: Final = msgspec.json.Decoder(EmployeesV1)
_attributes: Final = msgspec.json.Decoder(AttributesV1)
_ids: Final = msgspec.json.Decoder(list[IdV1])
_raws: Final = msgspec.json.Decoder(list[msgspec.Raw])
_first: Final = msgspec.json.Decoder(RowV1)


class Version1:
    """Reads by offset. ``sought`` maps a field of Employee to the attribute it comes from."""

    def __init__(
        self,
        dialogue: Dialogue,
        http: HttpClient,
        credentials: Mapping[str, str],
        wanted: Wanted,
        frame: Frame,
    ) -> None:
        self._dialogue, self._http, self._credentials = dialogue, http, credentials
        self._leave_out = wanted.leave_out
        self._frame = msgspec.json.encode(frame)
        self._session = Session(dialogue, http, self._sign_in, renew_on=frozenset({401, 403}), rotates=True)
        bank = frame.bank.values() or BANK[:1]
        self.sought = {
            name: key
            for name, key in {
                **ATTRIBUTES,
                "bank_account": next(iter(bank)),
                **frame.fields,
            }.items()
            if name not in wanted.leave_out
        }
        self._came: set[str] = set()
        self.people: int | None = None

    def usable(self) -> bool:
        """Whether these credentials may read version 1; one person is asked for."""
        try:
            answer = self._session.get(PATH, [("limit", 1), ("offset", 0)])
        except WrongCredentials:
            return False
        if answer.status in REFUSED:
            return False
        self.people = self._list(answer).metadata.total_elements
        return True

    def readable(self) -> frozenset[str]:
        """Return the keys and universal ids of the attributes that the credentials may read."""
        listed = self._listed()
        return frozenset({each.key for each in listed} | {each.universal_id or each.key for each in listed})

    def pages(self) -> Iterator[Page]:
        """Yield everybody by offset; no stable order is promised, so totals must agree."""
        self._came = set()
        narrowed = self._narrowed()

        def fetch(offset: int) -> Part:
            return self._part(self._session.get(PATH, [("limit", LIMIT), ("offset", offset), *narrowed]))

        yield from complete(self._dialogue, lambda: by_offset(fetch, LIMIT))

    def changes(self, since: datetime) -> Delta:
        """Return changed people, all in one answer (documented). Deleted people are not in it."""
        moment = (since - ZONES).strftime("%Y-%m-%dT%H:%M:%S")
        answer = self._session.get(PATH, [("updated_since", moment)])
        page = self._part(answer).page
        return Delta(records=page.records(), deleted=(), next_since=next_since(answer))

    def unreadable(self) -> frozenset[str]:
        """Return fields whose attribute was in no page: outside the whitelist it is absent (documented)."""
        if not self._came:
            return frozenset()
        return frozenset(name for name, key in self.sought.items() if key not in self._came)

    def _sign_in(self) -> str:
        body = {name: self._credentials[name] for name in ("client_id", "client_secret")}
        answer = send(self._dialogue, self._http.post, "/v1/auth", json=body, safe_to_repeat=True)
        if answer.status in REFUSED:
            raise self._dialogue.failure(WrongCredentials, f"sign-in v1, status {answer.status}")
        told = decode(self._dialogue, answer, _sign_ins)
        if not told.success or told.data is None:
            raise self._dialogue.failure(WrongCredentials, "sign-in v1, no success")
        return told.data.token

    def _list(self, answer: Answer) -> EmployeesV1:
        return self._succeeded(decode(self._dialogue, answer, _employees))

    def _succeeded(self, listed: EmployeesV1) -> EmployeesV1:
        if not listed.success:
            raise self._dialogue.failure(UnexpectedAnswer, "no success in a good answer")
        return listed

    def _part(self, answer: Answer) -> Part:
        listed, rows, heads = decode_around(self._dialogue, answer, _employees, _ids)
        self._succeeded(listed)
        ids = ids_of(self._dialogue, rows, _ids, lambda row: row.attributes.id.value, heads)
        self._note(rows)
        return Part(
            page=framed(self._frame, rows),
            ids=ids,
            total=listed.metadata.total_elements,
        )

    def _note(self, rows: bytes | memoryview) -> None:
        for raw in _raws.decode(rows)[:1]:
            try:
                row = _first.decode(raw)
            except msgspec.DecodeError:
                # the record will be set aside; the next page tells
                return
            self._came.update(row.attributes)
            self._came.update(str(each.universal_id) for each in row.attributes.values())

    def _narrowed(self) -> list[tuple[str, Any]]:
        """Return which attributes to ask for, if the admin left any out: what is not wanted is not read."""
        if not self._leave_out:
            return []
        kept = {"id", *self.sought.values()}
        return [
            ("attributes[]", each.key)
            for each in self._listed()
            if {each.key, each.universal_id} & kept or self._is_own(each)
        ]

    def _is_own(self, each: ListedAttribute) -> bool:
        if {each.key, each.universal_id} & {*BANK}:
            return "bank_account" not in self._leave_out
        return each.key.startswith(OWN) and "custom" not in self._leave_out

    def _listed(self) -> list[ListedAttribute]:
        listed = decode(self._dialogue, self._session.get(f"{PATH}/attributes"), _attributes)
        return listed.data
