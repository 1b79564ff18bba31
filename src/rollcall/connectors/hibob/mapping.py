"""One person of HiBob as an ``Employee``. Pure.

Field ids documented on apidocs.hibob.com; those of the category Financial are assumed in their spelling, so
``question`` looks them up among the fields that exist.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.hibob.payloads import Composed, Frame, Framed, at, nested
from rollcall.engine.snapshot import BankAccount, Employee, Status, Text

# field of Employee -> id of HiBob's field
NAMES: Final[Mapping[str, str]] = {
    "employee_number": "work.employeeIdInCompany",
    "work_email": "root.email",
    "personal_email": "home.privateEmail",
    "first_name": "root.firstName",
    "last_name": "root.surname",
    "preferred_name": "root.displayName",
    "start_date": "work.startDate",
    "end_date": "internal.terminationDate",
    "job_title": "work.title",
    "department": "work.department",
    "team": "work.team",
    "work_location": "work.site",
    "country": "address.country",
    "employment_type": "payroll.employment.type",
}

STATUS: Final = "internal.status"
LIFE_CYCLE: Final = "internal.lifecycleStatus"
MANAGER: Final = "work.reportsTo"
MANAGER_ID: Final = "work.manager"

# field of BankAccount -> id of HiBob's field
BANK: Final[Mapping[str, str]] = {
    "iban": "financial.iban",
    "bic": "financial.swift",
    "holder": "financial.accountName",
    "account_number": "financial.accountNumber",
    "sort_code": "financial.sortCode",
    "routing_number": "financial.routingNumber",
}

# field of BankAccount -> column of the list of accounts
COLUMNS: Final[Mapping[str, str]] = {
    "iban": "iban",
    "bic": "bicOrSwift",
    "account_number": "accountNumber",
    "routing_number": "routingNumber",
}

LISTS: Final = frozenset({"work.title", "work.department"})
"""Hold ids of list items (documented); which others do is told by the list of fields."""

OTHER: Final = "* leave"
"""A leave of the customer's own (documented). Known by that word; any other word of theirs stays unknown (assumed)."""

_LIVES: Final = {
    "hired": Status.UPCOMING,
    "employed": Status.ACTIVE,
    "garden leave": Status.ON_LEAVE,
    "parental leave": Status.ON_LEAVE,
    "long leave": Status.ON_LEAVE,
    "terminated": Status.INACTIVE,
}

# (internal.status, internal.lifecycleStatus), "" where it is missing. Words documented, how they go together
# assumed. A pair that is not here is a contradiction or a new word: unknown, so nobody is removed on it.
STATUSES: Final[Mapping[tuple[str, str], Status]] = {
    **{("active", life): status for life, status in _LIVES.items() if life != "terminated"},
    **{("inactive", life): status for life, status in _LIVES.items() if life != "employed"},
    **{("", life): status for life, status in _LIVES.items()},
    ("active", OTHER): Status.ON_LEAVE,
    ("inactive", OTHER): Status.ON_LEAVE,
    ("active", ""): Status.ACTIVE,
    ("inactive", ""): Status.INACTIVE,
}

_decoder: Final = msgspec.json.Decoder(Framed)


def employee(record: bytes) -> Employee:
    """Map one framed and composed person. Raises ``UnreadableRecord`` naming HiBob's field."""
    try:
        framed = _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("person") from None
    number = parsing.person_id(at(framed.row.person, "root.id"), "root.id")
    try:
        found = _mapped(framed.row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    for name in framed.frame.leave_out:
        found.pop(name, None)
    return Employee(id=number, **found)


def _mapped(row: Composed, frame: Frame) -> dict[str, Any]:
    found = {
        field: _PARSERS.get(field, parsing.text)(_value(row, frame, name), name)
        for field, name in {**NAMES, **frame.fields}.items()
    }
    state, life = (_value(row, frame, name) for name in (STATUS, LIFE_CYCLE))
    custom = {shown: parsing.as_text(_value(row, frame, name)) for name, shown in frame.custom.items()}
    return {
        "status": status(state, life),
        **_manager(_value(row, frame, MANAGER), _value(row, frame, MANAGER_ID)),
        "bank_account": _bank(row, frame),
        "custom": {shown: value for shown, value in custom.items() if not isinstance(value, UnsetType)},
        **found,
    }


def _value(row: Composed, frame: Frame, name: str) -> Any:
    """Return the field's value, a label for ids of list items; missing is empty, unless nobody has the field."""
    path = frame.paths.get(name)
    value = at(row.person, name, path)
    if value is UNSET:
        return UNSET if name in frame.hidden else None
    if name in LISTS or name in frame.lists:
        return labelled(row, name, path, value)
    return value


def labelled(row: Composed, name: str, path: str | None, value: Any) -> Any:
    """Return the label of a list item: the one beside it, the one we looked up, the value of old accounts."""
    if value in (None, "", []):
        return None
    if not isinstance(value, str | int | list) or isinstance(value, bool):
        raise UnreadableRecord(name)
    return label(row.person, path or name) or row.labels.get(name) or _own_label(value)


def label(person: Mapping[str, Any], path: str) -> str | None:
    """Return the label that stands beside a value. Only for lists: days stand there in anybody's notation."""
    found = parsing.as_text(nested(person.get("humanReadable"), path))
    return found if isinstance(found, str) else None


def _own_label(value: str | int | list[Any]) -> Any:
    # seen: old accounts send the label; an id that no list knows says nothing
    written = parsing.as_text(value)
    if isinstance(written, str) and not any(each.strip().isdigit() for each in written.split(",")):
        return written
    return UNSET


def status(state: Any, life: Any) -> Status | UnsetType:
    """Return what the two statuses say together (see ``STATUSES``)."""
    said, lives = parsing.text(state, STATUS), parsing.text(life, LIFE_CYCLE)
    if isinstance(said, UnsetType) and isinstance(lives, UnsetType):
        return UNSET
    word, stage = ((each or "").strip().lower() for each in (said or None, lives or None))
    if stage not in _LIVES and stage.endswith("leave"):
        stage = OTHER
    return STATUSES.get((word, stage), Status.UNKNOWN)


def _manager(person: Any, number: Any) -> dict[str, Any]:
    """Return id and e-mail of the manager; ``work.manager`` is the id alone."""
    if person is UNSET:
        return {"manager_id": parsing.optional_id(number, MANAGER_ID)}
    if person is None:
        return {"manager_id": parsing.optional_id(number or None, MANAGER_ID), "manager_email": None}
    if not isinstance(person, dict):
        raise UnreadableRecord(MANAGER)
    return {
        "manager_id": parsing.optional_id(person.get("id", number), MANAGER),
        "manager_email": parsing.text(person.get("email", UNSET), MANAGER),
    }


def single_account(row: Composed, frame: Frame) -> dict[str, Text]:
    """Return the parts of the account that stands in the answer itself."""
    names = frame.bank or BANK
    return {
        part: parsing.account_part(part, at(row.person, name, frame.paths.get(name)), name)
        for part, name in names.items()
    }


def _bank(row: Composed, frame: Frame) -> BankAccount | UnsetType | None:
    """Return the single account, else the one of the list with the largest amount, else the first (assumed)."""
    parts = single_account(row, frame)
    if any(isinstance(part, str) for part in parts.values()):
        return parsing.bank_account(parts)
    if isinstance(row.accounts, UnsetType):
        return UNSET
    if not row.accounts:
        return None
    chosen = max(row.accounts, key=_amount)
    return parsing.bank_account(
        {part: parsing.account_part(part, chosen.get(name, UNSET), name) for part, name in COLUMNS.items()}
    )


def _amount(account: Mapping[str, Any]) -> float:
    amount = account.get("amount")
    return float(amount) if isinstance(amount, int | float) else 0.0


_PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "employee_number": parsing.optional_id,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "last_working_day": parsing.day,
    "country": parsing.country,
}
