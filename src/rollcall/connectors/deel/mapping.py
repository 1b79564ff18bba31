"""One person of Deel as an ``Employee``. Pure. Names documented on developer.deel.com.

The derivation of the status is assumed over documented words.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.deel.payloads import Frame, Framed, Row
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import BankAccount, Day, Employee, Status, Text

PERSON_STATUSES: Final = {
    "NOT_STARTED": Status.UPCOMING,
    "ACTIVE": Status.ACTIVE,
    # works until the last day, which the dates tell
    "OFFBOARDING": Status.ACTIVE,
    "INACTIVE": Status.INACTIVE,
}
"""``person_status``: null or absent where the token lacks people_person_status.view (documented)."""

STATUSES: Final = {
    "draft": Status.UPCOMING,
    "pending_invite": Status.UPCOMING,
    "invited": Status.UPCOMING,
    "in_review": Status.UPCOMING,
    "quote_requires_changes": Status.UPCOMING,
    "onboarding": Status.UPCOMING,
    "onboarding_at_risk": Status.UPCOMING,
    "onboarding_overdue": Status.UPCOMING,
    # not there yet if the start date is ahead: the engine reads the dates, we read no clock
    "onboarded": Status.ACTIVE,
    "active": Status.ACTIVE,
    "offboarding": Status.ACTIVE,
    "inactive": Status.INACTIVE,
    # seen
    "no_active_contracts": Status.INACTIVE,
}
"""``hiring_status``."""

LONG_LEAVE: Final = "LONG_TERM_LEAVE"
"""Other leave is a holiday. That ``ooo`` tells of the present only is assumed."""

# field of BankAccount -> name in the answer
BANK: Final = {
    "iban": "iban",
    "bic": "swift_bic",
    "holder": "full_name",
    "account_number": "account_number",
    "sort_code": "sort_code",
    "routing_number": "ach_routing_number",
    "currency": "currency_code",
}

# field of Employee -> keys of the person, any of which brings it
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "employee_number": ("external_id", "worker_id"),
    "work_email": ("emails", "employments"),
    "personal_email": ("emails",),
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "preferred_name": ("preferred_first_name",),
    "status": ("person_status", "hiring_status"),
    "start_date": ("start_date", "employments"),
    "end_date": ("completion_date", "direct_employee_termination_last_day", "employments"),
    "manager_id": ("direct_manager",),
    "manager_email": ("direct_manager",),
    "job_title": ("job_title", "employments"),
    "department": ("department",),
    "team": ("employments",),
    "work_location": ("work_location",),
    "country": ("country", "employments"),
    "legal_entity": ("client_legal_entity", "employments"),
    "employment_type": ("hiring_type", "employments"),
    "time_zone": ("timezone", "employments"),
}

# the customer's own attributes cost one request a person; this one comes with the list
CUSTOM: Final = ("seniority",)

_decoder: Final = msgspec.json.Decoder(Framed)


def employee(record: bytes) -> Employee:
    """Map one framed and composed row. Raises ``UnreadableRecord`` naming Deel's field."""
    try:
        framed = _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("person") from None
    number = parsing.person_id(framed.row.person.get("id", UNSET), "id")
    try:
        return _mapped(number, framed.row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None


def _mapped(number: str, row: Row, frame: Frame) -> Employee:
    person = row.person
    employments = _objects(person.get("employments"), "employments")
    chosen = current(employments)
    work, personal = _emails(person, chosen)
    manager = _object(person.get("direct_manager", UNSET), "direct_manager")
    fields: dict[str, Any] = {
        "employee_number": _number(row, chosen),
        "work_email": work,
        "personal_email": personal,
        "first_name": parsing.text(person.get("first_name", UNSET), "first_name"),
        "last_name": parsing.text(person.get("last_name", UNSET), "last_name"),
        "preferred_name": _preferred(person),
        "status": _status(person, employments, row.more),
        **_dates(row, employments, chosen),
        "manager_id": _inside(manager, "id", parsing.optional_id),
        "manager_email": _inside(manager, "work_email"),
        "job_title": _either(person, chosen, "job_title"),
        "department": _named(person, "department"),
        "team": _named(chosen, "team") if "employments" in person else UNSET,
        "work_location": parsing.text(person.get("work_location", UNSET), "work_location"),
        "country": _either(person, chosen, "country", parsing.country),
        "legal_entity": _first(_named(person, "client_legal_entity"), _named(chosen, "client_legal_entity")),
        "cost_center": _cost_centre(row, chosen),
        "employment_type": _either(person, chosen, "hiring_type"),
        "time_zone": _either(person, chosen, "timezone"),
        "bank_account": _bank_account(row.banks),
        "custom": _custom(person),
    }
    return Employee(id=number, **{name: fields[name] for name in fields.keys() - {*frame.leave_out}})


def current(employments: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the employment that counts: of those not ended the latest begun, else the latest ended."""
    open_ones = [each for each in employments if each.get("is_ended") is not True]

    def begun(each: Mapping[str, Any]) -> str:
        return str(each.get("start_date") or "")

    def ended(each: Mapping[str, Any]) -> tuple[str, str]:
        return str(each.get("termination_last_day") or each.get("completion_date") or ""), begun(each)

    if open_ones:
        return max(open_ones, key=begun)
    return max(employments, key=ended, default={})


def _status(
    person: Mapping[str, Any], employments: list[dict[str, Any]], more: Mapping[str, Any] | None
) -> Status | UnsetType:
    overall = parsing.text(person.get("person_status", UNSET), "person_status")
    hiring = parsing.text(person.get("hiring_status", UNSET), "hiring_status")
    if isinstance(overall, str):
        found = PERSON_STATUSES.get(overall.strip().upper(), Status.UNKNOWN)
    elif isinstance(hiring, str):
        found = STATUSES.get(hiring.strip().lower(), Status.UNKNOWN)
    else:
        return UNSET if hiring is UNSET else Status.UNKNOWN
    if found != Status.UNKNOWN and employments and all(each.get("is_ended") is True for each in employments):
        return Status.INACTIVE
    absence = (more or {}).get("ooo")
    long_leave = isinstance(absence, dict) and absence.get("leave_type") == LONG_LEAVE
    return Status.ON_LEAVE if found == Status.ACTIVE and long_leave else found


def _dates(row: Row, employments: list[dict[str, Any]], chosen: Mapping[str, Any]) -> dict[str, Day]:
    """Return first and last days.

    With several employments the first day is that of the earliest not ended: a next contract that begins later
    makes nobody a future hire. A last day before the present employment belongs to an earlier one.
    """
    person, more = row.person, row.more
    open_days = [
        day
        for each in employments
        if each.get("is_ended") is not True
        if isinstance(day := _day(each, "start_date"), date)
    ]
    start = min(open_days) if open_days else _first(_day(chosen, "start_date"), _day(person, "start_date"))
    end = _first(
        _day(person, "direct_employee_termination_last_day"),
        _day(chosen, "termination_last_day"),
        _day(chosen, "completion_date") if chosen else _day(person, "completion_date"),
    )
    last = _day(more or {}, "worker_termination_last_date_of_work")
    begun = _day(chosen, "start_date") if chosen.get("is_ended") is not True else UNSET
    return {"start_date": start, "end_date": _since(begun, end), "last_working_day": _since(begun, last)}


def _since(begun: Day, last: Day) -> Day:
    return None if isinstance(begun, date) and isinstance(last, date) and last < begun else last


def _day(of: Mapping[str, Any], name: str) -> Day:
    # date-times in lists, dates in details (documented)
    return parsing.day(of.get(name, UNSET), name)


def _first(*values: Any) -> Any:
    """Return the first that is there; else None if any was delivered empty; else UNSET."""
    for value in values:
        if value is not UNSET and value is not None:
            return value
    return None if any(value is None for value in values) else UNSET


def _either(
    person: Mapping[str, Any],
    chosen: Mapping[str, Any],
    name: str,
    parse: Callable[[Any, str], Any] = parsing.text,
) -> Any:
    return _first(parse(person.get(name, UNSET), name), parse(chosen.get(name, UNSET), name))


def _emails(person: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[Text, Text]:
    """Return work and personal address. ``primary`` is the one to sign in with, which may be either."""
    listed = person.get("emails", UNSET)
    by_type = {
        str(each.get("type")): parsing.text(each.get("value", UNSET), "emails")
        for each in _objects(listed, "emails")
    }
    other = parsing.text(chosen.get("work_email", UNSET), "work_email")
    delivered = UNSET if listed is UNSET else None
    work = _first(by_type.get("work", UNSET), other, delivered)
    primary = by_type.get("primary", UNSET)
    personal = _first(by_type.get("personal", UNSET), primary if primary != work else UNSET, delivered)
    return work, personal


def _number(row: Row, chosen: Mapping[str, Any]) -> Text:
    """Return the customer's own number, else the one of the employment, else Deel's."""
    asked = _objects((row.more or {}).get("employments"), "employments")
    numbers = [each.get("employee_number", UNSET) for each in (*asked, chosen)]
    found: Text = _first(
        parsing.optional_id(row.person.get("external_id", UNSET), "external_id"),
        *(parsing.optional_id(each, "employee_number") for each in numbers),
        parsing.optional_id(row.person.get("worker_id", UNSET), "worker_id"),
    )
    return found


def _preferred(person: Mapping[str, Any]) -> Text:
    """Return the name a person goes by; a preferred last name alone stands behind the first name."""
    first = parsing.text(person.get("preferred_first_name", UNSET), "preferred_first_name")
    last = parsing.text(person.get("preferred_last_name", UNSET), "preferred_last_name")
    if not isinstance(last, str):
        return first
    given = first if isinstance(first, str) else parsing.text(person.get("first_name", UNSET), "first_name")
    return f"{given} {last}" if isinstance(given, str) else last


def _named(of: Mapping[str, Any], name: str) -> Text:
    """Return the name of a department, team or entity.

    A department's ``parent`` is a name here and an id elsewhere: not read.
    """
    return _inside(_object(of.get(name, UNSET), name), "name")


def _inside(
    of: Mapping[str, Any] | UnsetType | None,
    name: str,
    parse: Callable[[Any, str], Text] = parsing.text,
) -> Text:
    if of is None or isinstance(of, UnsetType):
        return of
    return parse(of.get(name, UNSET), name)


def _cost_centre(row: Row, chosen: Mapping[str, Any]) -> Text:
    if row.contracts is None:
        return UNSET
    own = row.contracts.get(str(chosen.get("id")))
    return own or next((name for name in row.contracts.values() if name), None)


def _bank_account(banks: list[dict[str, Any]] | None) -> BankAccount | UnsetType | None:
    """Return the active account, the newest of several; which words ``status`` has is assumed."""
    if banks is None:
        return UNSET
    if not banks:
        return None

    def rank(each: Mapping[str, Any]) -> tuple[bool, str]:
        changed = each.get("updated_at") or each.get("created_at")
        return str(each.get("status")).lower() == "active", str(changed or "")

    bank = max(banks, key=rank)
    return parsing.bank_account(
        {part: parsing.account_part(part, bank.get(name, UNSET), name) for part, name in BANK.items()}
    )


def _custom(person: Mapping[str, Any]) -> dict[str, str | None]:
    found = {name: parsing.as_text(person.get(name, UNSET)) for name in CUSTOM}
    return {name: value for name, value in found.items() if not isinstance(value, UnsetType)}


def _object(value: Any, name: str) -> dict[str, Any] | UnsetType | None:
    if value is None or isinstance(value, dict | UnsetType):
        return value
    raise UnreadableRecord(name)


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    if value is None or value is UNSET:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UnreadableRecord(name)
    return value


def came(person: Mapping[str, Any]) -> set[str]:
    """Return the fields of ``KEYS`` that this person was delivered with, empty or not."""
    return {name for name, brings in KEYS.items() if any(key in person for key in brings)}
