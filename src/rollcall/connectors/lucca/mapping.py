"""One record of Lucca, of either API, as an ``Employee``. Pure.

Field names documented on developers.lucca.fr as of 2026-11-22.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.lucca.payloads import CurrentRow, Frame, FramedCurrent, FramedLegacy, LegacyRow
from rollcall.engine.snapshot import BankAccount, Day, Employee, Status, Text

STATUSES: Final = {
    "active": Status.ACTIVE,
    "upcoming": Status.UPCOMING,
    "deactivated": Status.INACTIVE,
}
"""Of the new API. The legacy one has none: the dates decide (see ``_legacy_status``)."""

LANGUAGES: Final = {
    1036: "fr",
    1033: "en-US",
    2057: "en-GB",
    1031: "de",
    3082: "es",
    1034: "es",
    1040: "it",
    2067: "nl-BE",
}
"""Windows' number of a language -> BCP 47. Four are documented, the others standard."""

# field of Employee -> key of a v3 user, key inside it
LEGACY: Final[Mapping[str, tuple[str, str]]] = {
    "first_name": ("firstName", ""),
    "last_name": ("lastName", ""),
    "work_email": ("mail", ""),
    "personal_email": ("personalEmail", ""),
    "employee_number": ("employeeNumber", ""),
    "start_date": ("dtContractStart", ""),
    "end_date": ("dtContractEnd", ""),
    "job_title": ("jobTitle", ""),
    "manager_id": ("manager", "id"),
    "department": ("department", "name"),
    "work_location": ("legalEntity", "name"),
    "language": ("culture", "id"),
    # professional category: the nearest to a kind of contract that v3 has in words
    "employment_type": ("csp", "name"),
}

CURRENT: Final[Mapping[str, str]] = {
    "first_name": "givenName",
    "last_name": "familyName",
    "employee_number": "employeeNumber",
    "work_email": "email",
    "start_date": "employment.start",
    "end_date": "employment.end",
    "job_title": "jobPosition.jobTitle",
    "manager_id": "jobPosition.manager",
    "personal_email": "personalRecord.email",
}
"""Field of Employee -> what the new API calls it, for messages."""

EXTENDED: Final = "extendedData"
AXIS: Final = "userAxisValues_"
_EXTENDED: Final = EXTENDED.lower()
_AXIS: Final = AXIS.lower()

_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_SORT_CODE: Final = re.compile(r"\d{6}|\d{2}-\d{2}-\d{2}")

_legacy: Final = msgspec.json.Decoder(FramedLegacy)
_current: Final = msgspec.json.Decoder(FramedCurrent)


def legacy(record: bytes) -> Employee:
    """Map one framed user of v3. Raises ``UnreadableRecord`` naming Lucca's field."""
    try:
        framed = _legacy.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("user") from None
    # answers write keys in another case than asked (seen)
    user = {name.lower(): value for name, value in framed.row.user.items()}
    number = parsing.person_id(user.get("id", UNSET), "id")
    own = dict(_own(framed.row))
    return _whole(number, framed.frame, lambda: _legacy_fields(user, framed.row, framed.frame, own), own)


def current(record: bytes) -> Employee:
    """Map one framed employee of the new API. Raises ``UnreadableRecord`` naming Lucca's field."""
    try:
        framed = _current.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("employee") from None
    number = parsing.person_id(framed.row.employee.get("id", UNSET), "id")
    if framed.row.is_odd:
        raise UnreadableRecord("applicable", employee_id=number)
    return _whole(number, framed.frame, lambda: _current_fields(framed.row), framed.row.attributes)


def _whole(
    number: str, frame: Frame, fields: Callable[[], dict[str, Any]], own: Mapping[str, Any]
) -> Employee:
    try:
        found = fields()
        for name, key in frame.fields.items():
            parser: Callable[[Any, str], Any] = PARSERS.get(name, _own_text)
            found[name] = parser(own.get(key, UNSET), key)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    found["custom"] = _custom(frame, own)
    for name in frame.leave_out:
        found.pop(name, None)
    return Employee(id=number, **found)


def _own_text(value: Any, name: str) -> Text:
    return parsing.as_text(value)


def _custom(frame: Frame, own: Mapping[str, Any]) -> dict[str, str | None] | UnsetType:
    """Return the customer's own fields; what looks like bank details is not among them."""
    taken = {*frame.fields.values(), *frame.bank.values()}
    shown = frame.custom or {
        name: name for name in own if name not in taken and parsing.bank_part(name, None) is None
    }
    values = {title: parsing.as_text(own.get(name, UNSET)) for name, title in shown.items()}
    found = {title: value for title, value in values.items() if not isinstance(value, UnsetType)}
    return found or UNSET


def _own(row: LegacyRow) -> Iterator[tuple[str, Any]]:
    """Yield the analytical axes of a user and their custom fields, lists by the name of the entry."""
    for name, value in row.user.items():
        folded = name.lower()
        if folded.startswith(_AXIS):
            yield AXIS + name[len(AXIS) :], value.get("name", UNSET) if isinstance(value, dict) else value
        if folded == _EXTENDED and isinstance(value, dict):
            for key, each in value.items():
                inside = each.get("value", UNSET) if isinstance(each, dict) else each
                yield key, row.picked.get(key, inside)


def _legacy_fields(
    user: Mapping[str, Any], row: LegacyRow, frame: Frame, own: Mapping[str, Any]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, (key, inner) in LEGACY.items():
        value = user.get(key.lower(), UNSET)
        value = _inside(value, key, inner) if inner else value
        fields[name] = PARSERS.get(name, parsing.text)(value, key)
    return {
        **fields,
        **{name: PARSERS.get(name, parsing.text)(value, name) for name, value in row.names.items()},
        "status": _legacy_status(fields["start_date"], fields["end_date"]),
        "bank_account": _legacy_bank(frame, own),
    }


def _legacy_status(start: Day, end: Day) -> Status | UnsetType:
    """Return no status where the dates decide by themselves, and an unknown one where they cannot.

    Future, over and last day are rules of dates (assumed), which the engine knows. But without a start there is
    no contract, and without a field for the end a leaver would look like everybody else.
    """
    told = isinstance(start, date) and (end is None or isinstance(end, date))
    return UNSET if told else Status.UNKNOWN


def _legacy_bank(frame: Frame, own: Mapping[str, Any]) -> BankAccount | UnsetType | None:
    """Return the account from custom fields: v3 has none of its own."""
    named = frame.bank or {
        part: name for name in sorted(own, reverse=True) if (part := parsing.bank_part(name, None))
    }
    return parsing.bank_account(
        {part: parsing.account_part(part, own.get(name, UNSET), name) for part, name in named.items()}
    )


def _inside(value: Any, key: str, inner: str) -> Any:
    """Return a part of a nested object, which may be null or not there."""
    if value is UNSET or value is None:
        return value
    if not isinstance(value, dict):
        raise UnreadableRecord(key)
    return {name.lower(): each for name, each in value.items()}.get(inner.lower(), UNSET)


def _language(value: Any, name: str) -> Text:
    number = parsing.optional_id(value, name)
    if not isinstance(number, str):
        return number
    return LANGUAGES.get(int(number), UNSET) if number.isascii() and number.isdigit() else UNSET


PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "start_date": parsing.day,
    "end_date": parsing.day,
    "manager_id": parsing.optional_id,
    "employee_number": parsing.optional_id,
    "country": parsing.country,
    "language": _language,
}


def _current_fields(row: CurrentRow) -> dict[str, Any]:
    employee, employment, position = row.employee, row.employment, row.position
    fields: dict[str, Any] = {
        "first_name": employee.get("givenName", UNSET),
        "last_name": employee.get("familyName", UNSET),
        "employee_number": employee.get("employeeNumber", UNSET),
        "work_email": employee.get("email", UNSET),
        "start_date": _inside(_part(employment, "start"), "start", "date"),
        "end_date": _inside(_part(employment, "end"), "end", "date"),
        "job_title": _title(position),
        "manager_id": _inside(_part(position, "manager"), "manager", "id"),
        "personal_email": _part(row.personal, "email"),
        **row.names,
    }
    parsed = {
        name: PARSERS.get(name, parsing.text)(value, CURRENT.get(name, name))
        for name, value in fields.items()
    }
    word = parsing.text(employee.get("status", UNSET), "status")
    status = STATUSES.get((word or "").strip().lower(), Status.UNKNOWN) if word is not UNSET else UNSET
    return {**parsed, "status": status, "bank_account": _current_bank(_part(row.personal, "bankAccount"))}


def _title(position: Mapping[str, Any] | UnsetType | None) -> Any:
    """Return the title as text; one that is said by a qualification only comes among the names."""
    title = _part(position, "jobTitle")
    return UNSET if title is None and _part(position, "jobQualification") else title


def _part(value: Mapping[str, Any] | UnsetType | None, key: str) -> Any:
    return value.get(key, UNSET) if isinstance(value, Mapping) else value


def _current_bank(account: Any) -> BankAccount | UnsetType | None:
    """Return the account of a personal record. One with an IBAN never has a BIC, so none is not *no BIC*."""
    if account is UNSET or account is None:
        return account
    if not isinstance(account, dict):
        raise UnreadableRecord("bankAccount")
    # the second names are in one example of the documents
    number = account.get("accountIdentifier", account.get("accountNumber", UNSET))
    bank = account.get("bankIdentifier", account.get("routingNumber", UNSET))
    code = parsing.account_part("bic", bank, "bankAccount.bankIdentifier")
    if str(account.get("format")).lower() == "iban":
        iban = parsing.account_part("iban", number, "bankAccount.accountIdentifier")
        return parsing.bank_account({"iban": iban, "bic": UNSET if code is None else code})
    parts = {
        "account_number": parsing.account_part("account_number", number, "bankAccount.accountIdentifier")
    }
    return parsing.bank_account({**parts, _bank_code(code): code})


def _bank_code(code: Text) -> str:
    """Return the field of ``BankAccount`` for a local bank code or BIC, by its form (assumed)."""
    if not isinstance(code, str):
        return "routing_number"
    if _BIC.fullmatch(code):
        return "bic"
    return "sort_code" if _SORT_CODE.fullmatch(code) else "routing_number"
