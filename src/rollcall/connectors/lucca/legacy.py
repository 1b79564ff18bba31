"""The legacy API: users of v3 by offset, establishments and legal units of v4 for the names they refer to.

N people cost N/1000 requests and four.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from rollcall.connectors import parsing
from rollcall.connectors.base import Delta, Wanted
from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import UnexpectedAnswer
from rollcall.connectors.lucca.mapping import AXIS, EXTENDED, LEGACY
from rollcall.connectors.lucca.payloads import (
    Definition,
    Establishment,
    Frame,
    IdRow,
    LegalUnit,
    ListV3,
    ListV4,
    Named,
    Reference,
)
from rollcall.connectors.lucca.requests import NO_PAGE, REFUSED, Params, Smaller
from rollcall.connectors.paging import Part, by_number, by_offset, complete, framed, ids_of
from rollcall.http_client import Answer, HttpClient

T = TypeVar("T")

USERS: Final = "/api/v3/users"
AXES: Final = "/api/v3/axes"
DEFINITIONS: Final = "/api/v3/extensionuserdefinitions"
ESTABLISHMENTS: Final = "/organization/structure/api/establishments"
LEGAL_UNITS: Final = "/organization/structure/api/legal-units"

SIZES: Final = (1000, 250, 50)
SAMPLE: Final = 20
V4_SIZE: Final = 100

ZONES: Final = timedelta(days=1)
"""``modifiedAt`` has no zone: it is taken for the server's time, wherever that is (assumed)."""

OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: clocks differ (assumed)."""

UNSURE: Final = frozenset({"personal_email"})
"""Documented as writable, readable is assumed: left out where asking for it is refused."""

BAD_REQUEST: Final = 400

AXES_KNOWN: Final = {
    "cost_center": re.compile(
        r"cost[ _-]?cent|cent(?:re|ro)s? de (?:co[uûú]t|coste)|kostenstelle|section analytique", re.IGNORECASE
    ),
    "team": re.compile(r"(?<!\w)(?:teams?|[eé]quipes?|equipos?)(?!\w)", re.IGNORECASE),
}
"""What accounts call the axes of cost centres and teams (assumed): their numbers differ by account (seen)."""

KEYS: Final = {name: key.lower() for name, (key, _) in LEGACY.items()}
"""Field of Employee -> key of a user, whose case of letters varies (seen)."""

_AXIS: Final = AXIS.lower()

PLACES: Final = ("legal_entity", "country", "time_zone")

_users: Final = msgspec.json.Decoder(ListV3)
_ids: Final = msgspec.json.Decoder(list[IdRow])
_rows: Final = msgspec.json.Decoder(list[Raw])
_members: Final = msgspec.json.Decoder(dict[str, Raw])
_object: Final = msgspec.json.Decoder(dict[str, Any])
_reference: Final = msgspec.json.Decoder(Reference | None)
_v4: Final = msgspec.json.Decoder(ListV4)
_axes: Final = msgspec.json.Decoder(list[Named])
_definitions: Final = msgspec.json.Decoder(list[Definition])
_establishments: Final = msgspec.json.Decoder(list[Establishment])
_legal_units: Final = msgspec.json.Decoder(list[LegalUnit])


class Names(Struct, frozen=True, kw_only=True):
    """What users refer to by number; None where it may not be read."""

    establishments: Mapping[str, Establishment] | None
    legal_units: Mapping[str, LegalUnit] | None
    # custom list field -> number of an entry -> its name
    entries: Mapping[str, Mapping[str, str | None]]


class Legacy:
    """Reads by an API key."""

    def __init__(self, dialogue: Dialogue, http: HttpClient, key: str, wanted: Wanted, frame: Frame) -> None:
        """Keep the parts; nothing is sent yet."""
        self._dialogue, self._http, self._wanted, self._frame = dialogue, http, wanted, frame
        self._headers = {"Authorization": f"lucca application={key}", "Accept": "application/json"}
        self._smaller = Smaller(SIZES)
        self._unsure = UNSURE
        self._came: set[str] = set()

    def check(self) -> int:
        """Return how many users there are, having looked at a few; four requests. Raises ``SourceError``."""
        self._came = set()
        answer = self._asked_users(0, SAMPLE, ())
        names = self._names(sample=True)
        part = self._part(answer, names, self._recognised())
        return len(part.ids) if part.total is None else part.total

    def pages(self) -> Iterator[Any]:
        """Yield everybody; the role of the key decides whether future and former employees are among them."""
        self._came = set()
        yield from complete(self._dialogue, lambda: self._read(()))

    def changes(self, since: datetime) -> Delta:
        """Return users modified since. Neither deletions nor new names of what they refer to are among them."""
        clock = self._clock(self._get(USERS, {"paging": "0,1", "fields": "id"}))
        moment = (since.astimezone(UTC) - ZONES).strftime("%Y-%m-%dT%H:%M:%S")
        filters = (("modifiedAt", f"since,{moment}"),)
        pages = complete(self._dialogue, lambda: self._read(filters))
        records = [record for page in pages for record in page.records()]
        return Delta(records=records, deleted=(), next_since=clock - OVERLAP)

    def unreadable(self) -> frozenset[str]:
        """Return fields that came for nobody: without the right they are absent (documented)."""
        if not self._came:
            return frozenset()
        sought = {*LEGACY, *PLACES, *AXES_KNOWN, "bank_account"} - self._wanted.leave_out
        return frozenset(sought - self._came)

    def _clock(self, answer: Answer) -> datetime:
        try:
            moment = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            moment = datetime.now(UTC)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _get(self, path: str, params: Params) -> Answer:
        return send(self._dialogue, self._http.get, path, params=params, headers=self._headers)

    def _fields(self) -> str:
        """Return what to ask for: without this only a few fields come."""
        nested = {"manager": "[id]", "culture": "[id]"}
        keys = {
            key + (nested.get(key, "[id,name]") if inner else "")
            for name, (key, inner) in LEGACY.items()
            if name not in self._wanted.leave_out and name not in UNSURE - self._unsure
        }
        if not self._wanted.leave_out.issuperset(PLACES):
            keys.add("legalEntity[id,name]")
        if not self._wanted.leave_out.issuperset({"custom", "bank_account", "cost_center", "team"}):
            keys |= {EXTENDED, "userAxisValues"}
        return ",".join(["id", *sorted(keys), "collection.count"])

    def _asked_users(self, offset: int, size: int, filters: Sequence[tuple[str, str]]) -> Answer:
        def ask(limit: int) -> Answer:
            params = {
                "formerEmployees": "true",
                "orderBy": "id,asc",
                "paging": f"{offset},{min(limit, size)}",
                "fields": self._fields(),
                **dict(filters),
            }
            return self._get(USERS, params)

        answer = self._smaller.asked(ask)
        if answer.status == BAD_REQUEST and self._unsure:
            self._unsure = frozenset()
            answer = self._smaller.asked(ask)
        return answer

    def _read(self, filters: Sequence[tuple[str, str]]) -> Iterator[Part]:
        names, frame = self._names(sample=False), self._recognised()

        def fetch(offset: int) -> Part:
            return self._part(self._asked_users(offset, SIZES[0], filters), names, frame)

        # without a total, any page of the smallest size or more may have another one after it
        yield from by_offset(fetch, SIZES[-1])

    def _part(self, answer: Answer, names: Names, frame: Frame) -> Part:
        data = decode(self._dialogue, answer, _users).data
        rows = bytes(data.items)
        ids = ids_of(self._dialogue, rows, _ids, lambda row: row.id)
        people = [self._composed(raw, names, frame) for raw in _rows.decode(rows)]
        page = framed(msgspec.json.encode(frame), b"[" + b",".join(people) + b"]")
        return Part(page=page, ids=ids, total=data.count)

    def _composed(self, raw: Raw, names: Names, frame: Frame) -> bytes:
        """Return the user with the names of what they refer to: equal bytes are an equal person."""
        try:
            members = {name.lower(): value for name, value in _members.decode(raw).items()}
            place = _reference.decode(members.get("legalentity", Raw(b"null")))
            extended = _object.decode(members.get(EXTENDED.lower(), Raw(b"{}")))
        except msgspec.ValidationError:
            # it will be set aside, or lacks only what is of another type than documented
            return b'{"user":' + bytes(raw) + b"}"
        known = _named(place, names) if "legalentity" in members else {}
        picked = {
            key: name
            for key, entries in names.entries.items()
            if (name := entries.get(_number(extended.get(key)))) is not None
        }
        self._note(members, extended, known, frame)
        return b"".join(
            (
                b'{"user":',
                bytes(raw),
                b',"names":',
                msgspec.json.encode(known),
                b',"picked":',
                msgspec.json.encode(picked),
                b"}",
            )
        )

    def _note(
        self, members: Mapping[str, Raw], extended: Mapping[str, Any], known: Mapping[str, Any], frame: Frame
    ) -> None:
        """Remember which fields somebody has."""
        self._came.update(name for name, key in KEYS.items() if key in members)
        self._came.update(("id", *known))
        own = {*extended, *(AXIS + name[len(AXIS) :] for name in members if name.startswith(_AXIS))}
        self._came.update(name for name, key in frame.fields.items() if key in own)
        bank = set(frame.bank.values())
        if "bank_account" not in self._came and any(
            key in bank if bank else parsing.bank_part(key, None) for key in extended
        ):
            self._came.add("bank_account")

    def _names(self, *, sample: bool) -> Names:
        entries = {} if sample else self._entries()
        if self._wanted.leave_out.issuperset(PLACES):
            return Names(establishments=None, legal_units=None, entries=entries)
        establishments = self._units(ESTABLISHMENTS, _establishments)
        legal_units = self._units(LEGAL_UNITS, _legal_units)
        return Names(
            establishments=None
            if establishments is None
            else {str(each.id): each for each in establishments},
            legal_units=None if legal_units is None else {str(each.id): each for each in legal_units},
            entries=entries,
        )

    def _entries(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the entries of the customer's list fields, whose values are numbers."""
        if "custom" in self._wanted.leave_out and not self._wanted.mapped:
            return {}
        fields = "id,formatKey,extensionUserPropertyListEntries"
        found = self._whole_v3(DEFINITIONS, {"fields": fields, "formatKey": "select"}, _definitions)
        return {
            each.id: {str(entry.id): entry.name for entry in each.extension_user_property_list_entries or ()}
            for each in found or ()
        }

    def _recognised(self) -> Frame:
        """Return the frame with the axes of cost centres and teams, where the admin has not named them."""
        sought = AXES_KNOWN.keys() - {*self._frame.fields, *self._wanted.leave_out}
        axes = (self._whole_v3(AXES, {"fields": "id,name"}, _axes) if sought else None) or ()
        found = {
            field: f"{AXIS}{each.id}"
            for field in sorted(sought)
            for each in reversed(axes)
            if AXES_KNOWN[field].search(each.name or "")
        }
        return msgspec.structs.replace(self._frame, fields={**self._frame.fields, **found})

    def _whole_v3(self, path: str, params: Params, decoder: msgspec.json.Decoder[list[T]]) -> list[T] | None:
        answer = self._get(path, {"paging": f"0,{SIZES[0]}", **params})
        if answer.status in REFUSED:
            return None
        return self._items(decode(self._dialogue, answer, _users).data.items, decoder)

    def _units(self, path: str, decoder: msgspec.json.Decoder[list[T]]) -> list[T] | None:
        """Return a list of v4 read to its end, or None if it may not be read."""
        found: list[T] = []
        first = self._get(path, _v4_params(1))
        if first.status in REFUSED:
            return None
        once = [first]

        def fetch(number: int) -> Part:
            listed = decode(self._dialogue, once.pop() if once else self._get(path, _v4_params(number)), _v4)
            items = self._items(listed.items, decoder)
            found.extend(items)
            more = len(items) == V4_SIZE if listed.count is None else len(found) < listed.count
            return Part(page=NO_PAGE, ids=[""] * len(items), pages=number + more)

        for _part in by_number(fetch):
            pass
        return found

    def _items(self, items: Raw, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
        try:
            return decoder.decode(items)
        except msgspec.DecodeError:
            raise self._dialogue.failure(UnexpectedAnswer, "another shape than documented") from None


def _v4_params(number: int) -> Params:
    return {"page": number, "limit": V4_SIZE, "fields.root": "count"}


def _named(place: Reference | None, names: Names) -> dict[str, str | None]:
    """Return legal entity, country and zone of a user's establishment, as far as they may be read.

    What v3 calls legal entity is an establishment; the legal entity is its legal unit (documented).
    """
    if names.establishments is None:
        return {}
    if place is None:
        return dict.fromkeys(PLACES)
    establishment = names.establishments.get(str(place.id))
    if establishment is None:
        return {}
    found: dict[str, str | None] = {"time_zone": establishment.time_zone_id}
    unit = (names.legal_units or {}).get(str(establishment.legal_unit_id))
    if unit is not None:
        country = unit.country and unit.country.code
        found |= {"legal_entity": unit.name, **({"country": country} if country else {})}
    return found


def _number(entry: Any) -> str:
    value = entry.get("value") if isinstance(entry, dict) else entry
    return str(value)
