"""One user of a SCIM server as an ``Employee``. Pure. Attributes of RFC 7643; what is guessed is *assumed*."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.scim.attributes import CORE, ENTERPRISE, at, boolean, folded, preferred
from rollcall.connectors.scim.payloads import Frame, Framed
from rollcall.engine.snapshot import Employee, Status, Text, is_email

# field of Employee -> path
PATHS: Final[Mapping[str, str]] = {
    "first_name": "name.givenname",
    "last_name": "name.familyname",
    "preferred_name": "nickname",
    "job_title": "title",
    "employment_type": "usertype",
    "time_zone": "timezone",
    "employee_number": f"{ENTERPRISE}:employeenumber",
    "cost_center": f"{ENTERPRISE}:costcenter",
    "legal_entity": f"{ENTERPRISE}:organization",
    "department": f"{ENTERPRISE}:department",
}

STANDARD: Final = (
    "emails",
    "username",
    "addresses",
    "active",
    "preferredlanguage",
    "locale",
    f"{ENTERPRISE}:manager",
)

DIVISION: Final = f"{ENTERPRISE}:division"

STATUSES: Final = {
    "active": Status.ACTIVE,
    "employed": Status.ACTIVE,
    "on_leave": Status.ON_LEAVE,
    "leave": Status.ON_LEAVE,
    "upcoming": Status.UPCOMING,
    "onboarding": Status.UPCOMING,
    "inactive": Status.INACTIVE,
    "terminated": Status.INACTIVE,
}
"""Words of an attribute that the admin says is the status (assumed); ``active`` is the standard's only one."""

GUESSED: Final = {
    "startdate": "start_date",
    "hiredate": "start_date",
    "enddate": "end_date",
    "terminationdate": "end_date",
    "lastworkingday": "last_working_day",
    "site": "work_location",
    "worklocation": "work_location",
    "office": "work_location",
    "team": "team",
    "country": "country",
}
"""Names in schemas of the tool's own that can hardly mean anything else (assumed); the admin's choice wins."""

_decoder: Final = msgspec.json.Decoder(Framed)


def employee(record: bytes) -> Employee:
    """Map one framed row. Raises ``UnreadableRecord`` naming the attribute."""
    try:
        framed = _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("user") from None
    row = folded(framed.row)
    number = parsing.person_id(row.get("id", UNSET), "id")
    try:
        found = _fields(row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    return Employee(id=number, **{name: found[name] for name in found.keys() - {*framed.frame.leave_out}})


def guesses(came: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what attributes outside the standard seem to be: fields of Employee, fields of BankAccount."""
    fields: dict[str, str] = {}
    bank: dict[str, str] = {}
    for path in came:
        schema, _, name = path.rpartition(":")
        if not schema or schema in (CORE, ENTERPRISE) or not path.startswith("urn:") or "." in name:
            continue
        if part := parsing.bank_part(name, None):
            bank.setdefault(part, path)
        elif name in GUESSED:
            fields.setdefault(GUESSED[name], path)
    return fields, bank


def asked(frame: Frame) -> set[str]:
    """Return the paths that are read at all, in lower case."""
    chosen = (*frame.fields.values(), *frame.bank.values(), *frame.custom)
    return {*STANDARD, *PATHS.values(), *(path.lower() for path in chosen)}


def sought(frame: Frame) -> set[str]:
    """Return the fields of Employee for which at least one path came."""
    came = {*frame.came}
    found = {name for name, path in {**PATHS, **frame.fields}.items() if path.lower() in came}
    found |= {"work_email"} if came & {"emails", "username"} else set()
    found |= {"personal_email"} if "emails" in came else set()
    found |= {"status"} if "active" in came else set()
    found |= {"country", "work_location"} if "addresses" in came else set()
    found |= {"language"} if came & {"preferredlanguage", "locale"} else set()
    found |= {"manager_id"} if f"{ENTERPRISE}:manager" in came else set()
    found |= {"bank_account"} if came & {path.lower() for path in frame.bank.values()} else set()
    return found | {"custom"}


def _fields(row: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    came = {*frame.came}

    def get(path: str) -> Any:
        value = at(row, path)
        return None if value is UNSET and path.lower() in came else value

    chosen = {**PATHS, **frame.fields}
    fields = {
        name: PARSERS.get(name, parsing.text)(get(path), path.rpartition(":")[2])
        for name, path in chosen.items()
    }
    work, personal = _emails(get("emails"), get("username"))
    place = _address(get("addresses"))
    standard: dict[str, Any] = {
        "work_email": work,
        "personal_email": personal,
        "status": _active(get("active")),
        "country": _inside(place, "country", parsing.country),
        "work_location": _inside(place, "locality", parsing.text),
        "language": _first(
            parsing.text(get("preferredlanguage"), "preferredLanguage"), _locale(get("locale"))
        ),
        "manager_id": _manager(get(f"{ENTERPRISE}:manager")),
    }
    # what was chosen or guessed goes first; where it brings nothing the standard's own attribute does
    fields |= {name: _first(fields.get(name, UNSET), value) for name, value in standard.items()}
    bank = {
        part: parsing.account_part(part, get(path), path.rpartition(":")[2])
        for part, path in frame.bank.items()
    }
    custom = {shown: parsing.as_text(get(path)) for path, shown in frame.custom.items()}
    fields["bank_account"] = parsing.bank_account(bank)
    fields["custom"] = {shown: value for shown, value in custom.items() if not isinstance(value, UnsetType)}
    return fields


def _active(value: Any) -> Status | UnsetType:
    if isinstance(value, UnsetType):
        return UNSET
    works = boolean(value)
    if works is None:
        return Status.UNKNOWN
    return Status.ACTIVE if works else Status.INACTIVE


def _status(value: Any, name: str) -> Status | UnsetType:
    written = parsing.text(value, name)
    if isinstance(written, UnsetType):
        return written
    return STATUSES.get((written or "").strip().lower().replace(" ", "_"), Status.UNKNOWN)


def _emails(listed: Any, user_name: Any) -> tuple[Text, Text]:
    """Return work and private address: by type, else the primary one, else a user name that is an address."""
    if listed is not UNSET and listed is not None and not isinstance(listed, list):
        raise UnreadableRecord("emails")
    by_type: dict[str, Text] = {}
    for each in listed if isinstance(listed, list) else ():
        one = each if isinstance(each, dict) else {"value": each}
        kind = str(one.get("type") or "").lower()
        if boolean(one.get("primary")) and kind not in ("home", "personal"):
            by_type["primary"] = parsing.text(one.get("value", UNSET), "emails")
        by_type.setdefault(kind, parsing.text(one.get("value", UNSET), "emails"))
    name = parsing.text(user_name, "userName")
    nothing = UNSET if listed is UNSET else None
    work = _first(*(by_type.get(kind, UNSET) for kind in ("work", "primary", "")))
    if not isinstance(work, str):
        work = _first(work, name if isinstance(name, str) and is_email(name) else nothing)
    return work, _first(by_type.get("home", UNSET), by_type.get("personal", UNSET), nothing)


def _address(listed: Any) -> Any:
    """Return the address of work, else the primary, else the first."""
    if listed is UNSET or listed is None:
        return listed
    if not isinstance(listed, list):
        raise UnreadableRecord("addresses")
    at_work = [each for each in listed if isinstance(each, dict) and str(each.get("type")).lower() == "work"]
    return preferred(at_work or listed)


def _inside(of: Any, name: str, parse: Callable[[Any, str], Any]) -> Any:
    if of is UNSET or of is None:
        return of
    if not isinstance(of, dict):
        raise UnreadableRecord("addresses")
    return parse(of.get(name), name)


def _manager(value: Any) -> Text:
    # an object; a bare id with some servers (seen); an object of empty texts where there is none (seen)
    if isinstance(value, dict):
        value = value.get("value")
    return parsing.optional_id(value, "manager")


def _locale(value: Any) -> Text:
    written = parsing.text(value, "locale")
    return written.replace("_", "-") if isinstance(written, str) else written


def _first(*values: Any) -> Any:
    for value in values:
        if value is not UNSET and value is not None:
            return value
    return None if any(value is None for value in values) else UNSET


PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "status": _status,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "last_working_day": parsing.day,
    "manager_id": parsing.optional_id,
    "employee_number": parsing.optional_id,
    "country": parsing.country,
}
