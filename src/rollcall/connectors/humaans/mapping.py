"""One person of Humaans as an ``Employee``. Pure. Field names documented on docs.humaans.io/api."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.humaans import payloads
from rollcall.connectors.humaans.payloads import Composed, Frame
from rollcall.engine.snapshot import BankAccount, Employee, Status, Text

# of a new hire whose first day has come the engine knows by the date
STATUSES: Final[Mapping[str, Status]] = {
    "active": Status.ACTIVE,
    "newhire": Status.UPCOMING,
    "offboarded": Status.INACTIVE,
}

# field of Employee -> key of a person
PERSON: Final[Mapping[str, str]] = {
    "employee_number": "employeeId",
    "first_name": "firstName",
    "last_name": "lastName",
    "preferred_name": "preferredName",
    "work_email": "email",
    "personal_email": "personalEmail",
    "start_date": "employmentStartDate",
    "end_date": "employmentEndDate",
    "last_working_day": "lastWorkingDay",
    "employment_type": "contractType",
}

# field of Employee -> key of a job role (public clients disagree: to be looked at on the first real account)
ROLE: Final[Mapping[str, str]] = {
    "job_title": "jobTitle",
    "department": "department",
    "manager_id": "reportingTo",
}

# field of BankAccount -> key of a bank account
ACCOUNT: Final[Mapping[str, str]] = {
    "holder": "nameOnAccount",
    "account_number": "accountNumber",
    "bic": "swiftCode",
    "sort_code": "sortCode",
    "routing_number": "routingNumber",
}

REMOTE: Final = "remote"

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)


def employee(record: bytes) -> Employee:
    """Map one framed and composed person. Raises ``UnreadableRecord`` naming Humaans' field."""
    try:
        framed = payloads.framed.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("person") from None
    number = parsing.person_id(framed.row.person.get("id", UNSET), "id")
    try:
        found = _mapped(framed.row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    for name in framed.frame.leave_out:
        found.pop(name, None)
    return Employee(id=number, **found)


def _mapped(row: Composed, frame: Frame) -> dict[str, Any]:
    person = row.person
    found = {
        field: _PARSERS.get(field, parsing.text)(source.get(key, UNSET), key)
        for source, keys in ((person, PERSON), (row.role, ROLE))
        for field, key in keys.items()
    }
    if found["personal_email"] is None and not frame.private:
        found["personal_email"] = UNSET
    if found["work_email"] is None and person.get("isWorkEmailHidden") is True:
        # assumed: hidden from this token, which is not the same as none
        found["work_email"] = UNSET
    return {
        **found,
        "status": status(person.get("status", UNSET)),
        "team": _teams(person.get("teams", UNSET)),
        **_place(row),
        "legal_entity": _joined(person, "companyId", row.company, "name"),
        "bank_account": bank_account(row.account),
    }


def status(value: Any) -> Status | UnsetType:
    """Return what a word of Humaans means; an unknown one removes nobody."""
    word = parsing.text(value, "status")
    if isinstance(word, UnsetType):
        return UNSET
    return STATUSES.get((word or "").strip().casefold(), Status.UNKNOWN)


def _teams(value: Any) -> Text:
    if value is UNSET or value is None:
        return value
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UnreadableRecord("teams")
    names = [parsing.text(each.get("name", UNSET), "teams") for each in value]
    return ", ".join(name for name in names if isinstance(name, str)) or None


def _place(row: Composed) -> dict[str, Any]:
    """Return where somebody works. The person's own country goes before that of the location (assumed)."""
    person = row.person
    remote = person.get("locationId") == REMOTE
    country = _either(
        _if(remote, person.get("remoteCountryCode")), person.get("countryCode", UNSET), _country_of(row.place)
    )
    zone = _either(_if(remote, person.get("remoteTimezone")), person.get("timezone", UNSET))
    return {
        "work_location": REMOTE if remote else _joined(person, "locationId", row.place, "label"),
        "country": parsing.country(country, "countryCode"),
        "time_zone": parsing.text(zone, "timezone"),
    }


def _if(applies: bool, value: Any) -> Any:
    return value if applies else UNSET


def _country_of(place: Mapping[str, Any]) -> Any:
    # documented as "country code", the key's spelling is assumed
    return place.get("countryCode", place.get("country", UNSET))


def _either(*values: Any) -> Any:
    """Return the first that says something, else None if any was delivered."""
    told = [value for value in values if value is not UNSET]
    return next((value for value in told if value not in (None, "")), None if told else UNSET)


def _joined(person: Mapping[str, Any], key: str, other: Mapping[str, Any], name: str) -> Text:
    """Return a name from another list. One that is not there says nothing; no id says none."""
    number = parsing.optional_id(person.get(key, UNSET), key)
    return parsing.text(other.get(name, UNSET), name) if isinstance(number, str) else number


def bank_account(account: Mapping[str, Any] | UnsetType | None) -> BankAccount | UnsetType | None:
    """Return an account. There is no key for an IBAN: it stands as the account's number (assumed)."""
    if isinstance(account, UnsetType) or account is None:
        return account
    parts = {part: parsing.account_part(part, account.get(key, UNSET), key) for part, key in ACCOUNT.items()}
    number = parts["account_number"]
    if isinstance(number, str) and _IBAN.fullmatch(number):
        parts["iban"] = parts.pop("account_number")
    return parsing.bank_account(parts)


_PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "employee_number": parsing.optional_id,
    "manager_id": parsing.optional_id,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "last_working_day": parsing.day,
}
