"""One employee of Factorial as an ``Employee``. Pure. Field names documented on apidoc.factorialhr.com."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.factorial import payloads
from rollcall.connectors.factorial.payloads import Composed, Frame
from rollcall.engine.snapshot import BankAccount, Day, Employee, Status, Text

# field of Employee -> key of an employee
EMPLOYEE: Final[Mapping[str, str]] = {
    "employee_number": "company_identifier",
    "first_name": "first_name",
    "last_name": "last_name",
    "preferred_name": "preferred_name",
    "work_email": "login_email",
    "end_date": "terminated_on",
    "manager_id": "manager_id",
    "country": "country",
}

# field of Employee -> key of a contract version
CONTRACT: Final[Mapping[str, str]] = {"job_title": "job_title", "start_date": "starts_on"}

# field of Employee -> key of an employee that another list has the name for
NAMES: Final[Mapping[str, str]] = {"work_location": "location_id", "legal_entity": "legal_entity_id"}

# format of a bank number -> field of BankAccount
FORMATS: Final[Mapping[str, str]] = {"iban": "iban", "clabe": "account_number", "other": "account_number"}

# format of a bank number that is two in one -> field of BankAccount, how many digits it has, how many follow at least.
# Written with whatever between them (assumed), so the digits alone are looked at. One format is in neither table:
# nobody can tell where the name of the bank ends in bank_name_and_account_number.
SPLIT: Final[Mapping[str, tuple[str, int, int]]] = {
    "sort_code_and_account_number": ("sort_code", 6, 6),
    "routing_number_and_account_number": ("routing_number", 9, 4),
}

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)


def employee(record: bytes) -> Employee:
    """Map one framed and composed employee. Raises ``UnreadableRecord`` naming Factorial's field."""
    try:
        framed = payloads.framed.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("employee") from None
    number = parsing.person_id(framed.row.employee.get("id", UNSET), "id")
    try:
        found = _mapped(framed.row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    for name in framed.frame.leave_out:
        found.pop(name, None)
    return Employee(id=number, **found)


def _mapped(row: Composed, frame: Frame) -> dict[str, Any]:
    told = row.employee
    found = {
        field: _PARSERS.get(field, parsing.text)(source.get(key, UNSET), key)
        for source, keys in ((told, EMPLOYEE), (row.contract, CONTRACT))
        for field, key in keys.items()
    }
    return {
        **found,
        **{field: _name(row, field, key) for field, key in NAMES.items()},
        "team": parsing.text(row.names.get("team", UNSET), "team"),
        "personal_email": _personal(told),
        "status": status(told.get("active", UNSET), found["end_date"]),
        "bank_account": bank_account(told, certain=frame.bank),
    }


def status(active: Any, end: Day) -> Status | UnsetType:
    """Return what ``active`` says; of somebody active with a day of termination the dates decide alone.

    Assumed: whoever was terminated by today has left, whether or not ``active`` has followed. There is no word for
    people who have not started yet: the engine knows them by the start of their contract.
    """
    if active is False:
        return Status.INACTIVE
    if active is True:
        return UNSET if end is not None and not isinstance(end, UnsetType) else Status.ACTIVE
    return UNSET if active is UNSET else Status.UNKNOWN


def _name(row: Composed, field: str, key: str) -> Text:
    number = parsing.optional_id(row.employee.get(key, UNSET), key)
    return parsing.text(row.names.get(field, UNSET), key) if isinstance(number, str) else number


def _personal(told: Mapping[str, Any]) -> Text:
    """Return the personal address, which stands under two keys (documented); the login is none (assumed)."""
    own, other = (parsing.text(told.get(key, UNSET), key) for key in ("personal_email", "email"))
    if isinstance(other, str) and other == told.get("login_email"):
        other = None
    return own if isinstance(own, str) or other is UNSET else other


def bank_account(told: Mapping[str, Any], *, certain: bool) -> BankAccount | UnsetType | None:
    """Return the account. Unless ``certain``, an empty number may be a hidden one: not delivered (assumed)."""
    number = parsing.account_part("account_number", told.get("bank_number", UNSET), "bank_number")
    if not isinstance(number, str):
        return None if number is None and certain else UNSET
    form = parsing.text(told.get("bank_number_format", UNSET), "bank_number_format")
    parts = _numbers(number, form if isinstance(form, str) else "")
    if not parts:
        # a number that nobody can read: what is known stays
        return UNSET
    bic = parsing.account_part("bic", told.get("swift_bic", UNSET), "swift_bic")
    return parsing.bank_account({**parts, "bic": bic})


def _numbers(number: str, form: str) -> dict[str, Text]:
    """Return the parts of a bank number by its format; none where that cannot be told."""
    form = form.casefold()
    if form in SPLIT:
        part, length, rest = SPLIT[form]
        digits = re.sub(r"\D", "", number, flags=re.ASCII)
        whole = len(digits) >= length + rest
        return {part: digits[:length], "account_number": digits[length:]} if whole else {}
    if not form and _IBAN.fullmatch(number):
        form = "iban"
    return {FORMATS[form]: number} if form in FORMATS else {}


_PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "employee_number": parsing.optional_id,
    "manager_id": parsing.optional_id,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "country": parsing.country,
}
