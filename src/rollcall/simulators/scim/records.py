"""Users and groups as SCIM says them: the core schema, the enterprise extension, one extension of its own.

Facts: RFC 7643. The standard knows no first and last day, no site and no bank: those are in the extension,
which the option `standard_only` leaves out. The options `text_booleans` and `odd_case` change how things are
written.
"""

import hashlib
from collections.abc import Callable

import msgspec

from rollcall.simulators.people import Person, Unit, as_time, status
from rollcall.simulators.rows import Encode, Record
from rollcall.simulators.scim.filters import Value
from rollcall.simulators.world import World

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# What a provider of HR data would add: the name is this simulator's.
EXTENSION = "urn:example:params:scim:schemas:extension:hr:1.0:User"
BANK = ("iban", "bic", "accountNumber", "sortCode")
_USER_TYPES = {"contractor": "Contractor", "intern": "Intern", "part_time": "Employee"}
# Where a person's field stands: the extension or object, and the attribute.
_PLACES: dict[str, tuple[str, str]] = {
    "first_name": ("name", "givenName"),
    "last_name": ("name", "familyName"),
    "preferred_name": ("", "nickName"),
    "job_title": ("", "title"),
    "status": ("", "userType"),
    "language": ("", "preferredLanguage"),
    "employee_number": (ENTERPRISE, "employeeNumber"),
    "department": (ENTERPRISE, "department"),
    "cost_center": (ENTERPRISE, "costCenter"),
    "legal_entity": (ENTERPRISE, "division"),
    "manager_id": (ENTERPRISE, "manager"),
    "start_date": (EXTENSION, "startDate"),
    "end_date": (EXTENSION, "endDate"),
    "work_location": (EXTENSION, "site"),
    "account_number": (EXTENSION, "accountNumber"),
    "sort_code": (EXTENSION, "sortCode"),
    "iban": (EXTENSION, "iban"),
    "bic": (EXTENSION, "bic"),
}


def shown_id(kind: str, number: int) -> str:
    """An opaque id that rises with the number."""
    return f"{number:08x}{hashlib.sha256(f'{kind}:{number}'.encode()).hexdigest()[:16]}"


def number_of(kind: str, text: str) -> int:
    """The number behind an id, -1 for anything else."""
    try:
        number = int(text[:8], 16)
    except ValueError:
        return -1
    return number if shown_id(kind, number) == text else -1


def active(world: World, person: Person) -> bool:
    """Whether the user may sign in: not before the first day nor after the last (assumed)."""
    return status(person, world.today()) in ("active", "on_leave")


def _truth(world: World, *, value: bool) -> object:
    return str(value) if world.options.get("text_booleans") else value


def _time(seconds: int) -> str:
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(world: World, base: str) -> Encode:
    """The encoder of a user; `base` is the address its locations begin with."""
    hidden, nulled = world.hidden, world.nulled
    odd, standard = bool(world.options.get("odd_case")), bool(world.options.get("standard_only"))

    def encode(person: Person) -> Record:
        record = _core(world, person, base) | {ENTERPRISE: _enterprise(world, person, base)}
        if standard:
            record["schemas"] = [USER, ENTERPRISE]
        else:
            record[EXTENSION] = _extension(world, person)
        for name in hidden:
            put(record, name, msgspec.UNSET)
        for name in nulled:
            put(record, name, None)
        return odd_case(record) if odd else record

    return encode


def _core(world: World, person: Person, base: str) -> Record:
    office, shown = world.company.offices[person.office_id], shown_id("user", person.id)
    emails: list[Record] = []
    if person.work_email is not None:
        emails.append({"value": person.work_email, "type": "work", "primary": _truth(world, value=True)})
    if person.personal_email is not None:
        emails.append({"value": person.personal_email, "type": "home"})
    formatted = f"{person.first_name} {person.last_name}"
    record: Record = {
        "schemas": [USER, ENTERPRISE, EXTENSION],
        "id": shown,
        "externalId": str(person.id),
        "userName": person.work_email or f"user{person.id}",
        "name": {"givenName": person.first_name, "familyName": person.last_name, "formatted": formatted},
        "displayName": formatted,
        "title": person.job_title,
        "userType": _USER_TYPES.get(person.employment_type, "Employee"),
        "preferredLanguage": person.language,
        "locale": f"{person.language}-{office.country}",
        "timezone": office.time_zone,
        "active": _truth(world, value=active(world, person)),
        "emails": emails,
        "addresses": [{"type": "work", "locality": office.name, "country": office.country}],
        "meta": {
            "resourceType": "User",
            "created": _time(person.created_at),
            "lastModified": _time(person.updated_at),
            "location": f"{base}/Users/{shown}",
        },
    }
    if person.preferred_name is not None:
        record["nickName"] = person.preferred_name
    return record


def _enterprise(world: World, person: Person, base: str) -> Record:
    """The extension of enterprises; unassigned attributes are absent, as the RFC wants."""
    company = world.company
    found: Record = {
        "costCenter": company.cost_centers[person.cost_center_id].name,
        "organization": company.name,
        "division": company.legal_entities[person.legal_entity_id].name,
        "department": company.departments[person.department_id].name,
    }
    if person.employee_number is not None:
        found["employeeNumber"] = person.employee_number
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    if manager is not None:
        shown = shown_id("user", manager.id)
        names = f"{manager.first_name} {manager.last_name}"
        found["manager"] = {"value": shown, "$ref": f"{base}/Users/{shown}", "displayName": names}
    return found


def _extension(world: World, person: Person) -> Record:
    company = world.company
    team = company.teams.get(person.team_id or 0)
    found: dict[str, object] = {
        "startDate": person.start_date.isoformat(),
        "endDate": person.end_date.isoformat() if person.end_date else None,
        "lastWorkingDay": person.last_working_day.isoformat() if person.last_working_day else None,
        "employmentStatus": status(person, world.today()),
        "site": company.offices[person.office_id].name,
        "country": company.offices[person.office_id].country,
        "team": team.name if team else None,
        "iban": person.iban,
        "bic": person.bic,
        "accountNumber": person.account_number,
        "sortCode": person.sort_code,
    }
    return {name: value for name, value in found.items() if value is not None}


def odd_case(record: Record) -> Record:
    """The record with attribute names in another case, which readers must take (RFC 7643, 2.1)."""
    return {
        name if name.startswith(("urn:", "$")) else name[0].upper() + name[1:]: _odd(value)
        for name, value in record.items()
    }


def _odd(value: object) -> object:
    if isinstance(value, dict):
        return odd_case(value)
    return [_odd(one) for one in value] if isinstance(value, list) else value


def put(record: Record, field: str, value: object) -> None:
    """Set an attribute, wherever it is, or take it away (UNSET)."""
    if field == "work_email":
        _put_email(record, value)
        return
    inside, key = _PLACES.get(field, ("", field))
    if field in BANK:
        inside, key = EXTENSION, field
    where = _find(record, inside) if inside else record
    if not isinstance(where, dict):
        return
    key = next((name for name in where if name.casefold() == key.casefold()), key)
    if value is msgspec.UNSET:
        where.pop(key, None)
    else:
        where[key] = value


def _find(record: Record, name: str) -> object:
    return next((value for key, value in record.items() if key.casefold() == name.casefold()), None)


def _put_email(record: Record, value: object) -> None:
    emails = _find(record, "emails")
    if not isinstance(emails, list):
        return
    if value is msgspec.UNSET:
        put(record, "emails", msgspec.UNSET)
        return
    put(record, "userName", value)
    for one in emails:
        if _find(one, "type") == "work":
            put(one, "value", value)


def attributes(world: World) -> dict[str, Callable[[Person], Value | None]]:
    """What can be searched, by lower-case path."""
    departments = world.company.departments
    return {
        "id": lambda p: shown_id("user", p.id),
        "externalid": lambda p: str(p.id),
        "username": lambda p: p.work_email or f"user{p.id}",
        "active": lambda p: active(world, p),
        "title": lambda p: p.job_title,
        "usertype": lambda p: _USER_TYPES.get(p.employment_type, "Employee"),
        "displayname": lambda p: f"{p.first_name} {p.last_name}",
        "name.givenname": lambda p: p.first_name,
        "name.familyname": lambda p: p.last_name,
        "emails": lambda p: p.work_email,
        "emails.value": lambda p: p.work_email,
        "employeenumber": lambda p: p.employee_number,
        "department": lambda p: departments[p.department_id].name,
        "meta.created": lambda p: as_time(p.created_at),
        "meta.lastmodified": lambda p: as_time(p.updated_at),
    }


def group(world: World, unit: Unit, base: str, *, members: bool) -> Record:
    """A department as a group."""
    shown = shown_id("group", unit.id)
    record: Record = {"schemas": [GROUP], "id": shown, "displayName": unit.name}
    if members:
        record["members"] = [
            {"value": shown_id("user", p.id), "display": f"{p.first_name} {p.last_name}", "type": "User"}
            for p in world.people.values()
            if p.department_id == unit.id
        ]
    return record | {"meta": {"resourceType": "Group", "location": f"{base}/Groups/{shown}"}}
