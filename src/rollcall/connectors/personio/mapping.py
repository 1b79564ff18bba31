"""One record of Personio, of either version, as an ``Employee``. Pure.

Field names and statuses documented on developer.personio.de; ``bic`` as universal id is assumed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.personio.payloads import (
    AttributeV1,
    Frame,
    FramedV1,
    FramedV2,
    PersonV2,
    RowV1,
)
from rollcall.engine.snapshot import Employee, Status, Text

STATUSES: Final = {
    "onboarding": Status.UPCOMING,
    "active": Status.ACTIVE,
    "leave": Status.ON_LEAVE,
    "inactive": Status.INACTIVE,
}

# field of Employee -> attribute of version 1
ATTRIBUTES: Final[Mapping[str, str]] = {
    "work_email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "preferred_name": "preferred_name",
    "status": "status",
    "start_date": "hire_date",
    "end_date": "termination_date",
    "last_working_day": "last_working_day",
    "manager_id": "supervisor",
    "manager_email": "supervisor",
    "job_title": "position",
    "department": "department",
    "team": "team",
    "work_location": "office",
    "country": "holiday_calendar",
    "legal_entity": "subcompany",
    "cost_center": "cost_centers",
    "employment_type": "employment_type",
}

BANK: Final = ("iban", "bic")
OWN: Final = "dynamic_"
MOVED: Final = "SUB_COMPANY_SWITCH"

# An attribute of the customer's own: key, universal id, label, value
Own: TypeAlias = tuple[str, str | None, Any, Any]

_v1: Final = msgspec.json.Decoder(FramedV1)
_v2: Final = msgspec.json.Decoder(FramedV2)
_texts: Final = msgspec.json.Decoder(list[Any])


def employee_v1(record: bytes) -> Employee:
    """Map one framed row of version 1. Raises ``UnreadableRecord`` naming Personio's attribute."""
    try:
        framed = _v1.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("attributes") from None
    number = parsing.person_id(_value(framed.row, "id"), "id")
    return _whole(number, framed.frame, lambda: _fields_v1(framed.row), _own_v1(framed.row))


def employee_v2(record: bytes) -> Employee:
    """Map one framed and composed row of version 2. Raises ``UnreadableRecord`` naming Personio's field."""
    try:
        framed = _v2.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("person") from None
    number = parsing.person_id(framed.row.person.get("id", UNSET), "id")
    return _whole(number, framed.frame, lambda: _fields_v2(framed.row), _own_v2(framed.row))


def _whole(number: str, frame: Frame, fields: Callable[[], dict[str, Any]], own: Iterator[Own]) -> Employee:
    try:
        found = fields() | _chosen(frame, list(own))
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    for name in frame.leave_out:
        found.pop(name, None)
    return Employee(id=number, **found)


def _chosen(frame: Frame, own: list[Own]) -> dict[str, Any]:
    """Return what comes from the customer's own attributes.

    Mapped fields, bank details, the others as they are.
    """
    by_name = {key: value for key, _, _, value in own}
    by_name |= {known: value for _, known, _, value in own if known}
    fields = {
        field: PARSERS.get(field, parsing.text)(by_name.get(name, UNSET), name)
        for field, name in frame.fields.items()
    }
    bank = {
        part: parsing.account_part(part, by_name.get(name, UNSET), name)
        for part, name in (frame.bank or dict(zip(BANK, BANK, strict=True))).items()
    }
    taken = {*frame.fields.values(), *frame.bank.values(), *BANK}
    shown = frame.custom or {
        key: key for key, known, label, _ in own if not {key, known} & taken and not _looks_private(label)
    }
    custom = {title: parsing.as_text(by_name.get(name, UNSET)) for name, title in shown.items()}
    return fields | {
        "bank_account": parsing.bank_account(bank),
        "custom": {title: value for title, value in custom.items() if value is not UNSET},
    }


def _looks_private(label: Any) -> bool:
    # labels recognise nothing, but an account number must not turn up among the filters because of that
    return isinstance(label, str) and parsing.bank_part("", label) is not None


def _status(value: Any, name: str) -> Status | UnsetType:
    written = parsing.text(value, name)
    if isinstance(written, UnsetType):
        return UNSET
    return STATUSES.get((written or "").strip().lower(), Status.UNKNOWN)


def _kind(value: Any, name: str) -> Text:
    # version 1 writes "internal", version 2 "INTERNAL": one spelling, so that filters survive a change
    # of version
    written = parsing.text(value, name)
    return written.lower() if isinstance(written, str) else written


PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "status": _status,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "last_working_day": parsing.day,
    "manager_id": parsing.optional_id,
    "country": parsing.country,
    "employment_type": _kind,
}


def _value(row: RowV1, key: str) -> Any:
    attribute = row.attributes.get(key)
    return UNSET if attribute is None else attribute.value


def _inside(value: Any, key: str, inner: str) -> Any:
    """Return a part of a nested object of version 1, whose empty form is ``null``.

    ``""`` or ``[]`` (seen).
    """
    if value is UNSET:
        return UNSET
    if value in (None, "", []):
        return None
    attributes = value.get("attributes") if isinstance(value, dict) else None
    if not isinstance(attributes, dict):
        raise UnreadableRecord(key)
    found = attributes.get(inner, UNSET)
    return found.get("value", UNSET) if isinstance(found, dict) else found


_NESTED: Final = {
    "manager_id": "id",
    "manager_email": "email",
    "department": "name",
    "team": "name",
    "work_location": "name",
    "legal_entity": "name",
    "country": "country",
}


def _fields_v1(row: RowV1) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field, key in ATTRIBUTES.items():
        value = _value(row, key)
        if field in _NESTED:
            value = _inside(value, key, _NESTED[field])
        elif field == "cost_center":
            value = _inside(_largest(value, key, "percentage", inside="attributes"), key, "name")
        fields[field] = PARSERS.get(field, parsing.text)(value, key)
    return fields


def _largest(value: Any, key: str, share: str, inside: str = "") -> Any:
    """Return the element with the largest share, the first of equals; None for an empty list."""
    if value is UNSET or value in (None, "", []):
        return value
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UnreadableRecord(key)

    def weight(each: Mapping[str, Any]) -> float:
        found = (each.get(inside) if inside else each) or {}
        number = found.get(share) if isinstance(found, dict) else None
        return float(number) if isinstance(number, int | float) else 0.0

    return max(value, key=weight)


def _own_v1(row: RowV1) -> Iterator[Own]:
    for key, attribute in row.attributes.items():
        known = attribute.universal_id if isinstance(attribute.universal_id, str) else None
        if key.startswith(OWN) or known in BANK:
            yield key, known, attribute.label, _plain(attribute)


def _plain(attribute: AttributeV1) -> Any:
    """Return the value in the notation of version 2.

    Days without a time, choices as a list (seen as JSON text).
    """
    value = attribute.value
    if not isinstance(value, str):
        return value
    if attribute.type == "date":
        day = parsing.day(value, "date")
        return value if isinstance(day, UnsetType) else day and day.isoformat()
    if value.startswith("[") and value.endswith("]"):
        try:
            return _texts.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _own_v2(row: PersonV2) -> Iterator[Own]:
    listed = row.person.get("custom_attributes")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            known = each.get("global_id")
            known = known if isinstance(known, str) else None
            yield each["id"], known, each.get("label"), each.get("value")


def _part(value: Any, key: str, inner: str) -> Any:
    """Return a part of a nested object of version 2, where the object may be missing or null."""
    if value is UNSET or value is None:
        return value
    if not isinstance(value, dict):
        raise UnreadableRecord(key)
    return value.get(inner, UNSET)


def _fields_v2(row: PersonV2) -> dict[str, Any]:
    person, employment, names = row.person, row.employment or {}, row.names
    fields: dict[str, Any] = {
        "work_email": person.get("email", UNSET),
        "first_name": person.get("first_name", UNSET),
        "last_name": person.get("last_name", UNSET),
        "preferred_name": person.get("preferred_name", UNSET),
        "status": employment.get("status", person.get("status", UNSET)),
        "start_date": employment.get("employment_start_date", UNSET),
        "manager_id": _part(employment.get("supervisor", UNSET), "supervisor", "id"),
        "job_title": _part(employment.get("position", UNSET), "position", "title"),
        "employment_type": employment.get("type", UNSET),
        **{field: names.get(field, UNSET) for field in NAMED},
    }
    fields |= _ends(employment)
    return {
        field: PARSERS.get(field, parsing.text)(value, _KEYS_V2.get(field, field))
        for field, value in fields.items()
    }


def _ends(employment: Mapping[str, Any]) -> dict[str, Any]:
    termination = employment.get("termination", UNSET)
    end = employment.get("employment_end_date", UNSET)
    if _part(termination, "termination", "type") == MOVED:
        # a move to another company of the group is no leave, and no newer employment shows where to
        # (assumed):
        # without an end and with an unknown status nobody is archived on it
        left = str(employment.get("status")).lower() == "inactive"
        return {"status": "moved"} if left else {}
    ended = _part(termination, "termination", "termination_date")
    last = _part(termination, "termination", "last_working_day")
    # documented under one name, with another in an example
    last = _part(termination, "termination", "last_working_date") if last is UNSET else last
    return {
        "end_date": end if ended in (UNSET, None) else ended,
        "last_working_day": last,
    }


# from the lists of names, by composing
NAMED: Final = (
    "legal_entity",
    "country",
    "work_location",
    "department",
    "team",
    "cost_center",
)
_KEYS_V2: Final = {
    "work_email": "email",
    "start_date": "employment_start_date",
    "end_date": "termination_date",
    "manager_id": "supervisor",
    "job_title": "position",
    "employment_type": "type",
}


def current(employments: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the employment that counts.

    The first that is not over, else the newest (assumed; newest come first).
    """
    for employment in employments:
        if str(employment.get("status")).upper() != "INACTIVE":
            return employment
    return employments[0] if employments else None
