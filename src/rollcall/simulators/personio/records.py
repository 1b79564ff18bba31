"""Personio's records: the attributes of a v1 employee, a v2 person and a v2 employment.

Facts: Personio's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from rollcall.simulators.people import Person, as_time, status
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World

_ZONE = ZoneInfo("Europe/Berlin")  # of the account, not of the people: v1 dates carry its offset
_V1_STATUS = {"upcoming": "onboarding", "active": "active", "on_leave": "leave", "inactive": "inactive"}
_V2_STATUS = {"upcoming": "ONBOARDING", "active": "ACTIVE", "on_leave": "LEAVE", "inactive": "INACTIVE"}
_EMPTY: tuple[object, ...] = (None, "", [])  # seen: the three ways of an empty object field
_GENDERS = ("FEMALE", "MALE", "DIVERSE", "UNSPECIFIED")

Value = Callable[[World, Person], object]


class Attribute(msgspec.Struct, frozen=True):
    """A v1 attribute: key, label in the account's language, type in the catalogue, universal id, how to
    read it.
    """

    key: str
    label: str
    type: str
    universal_id: str | None
    value: Value


@cache
def _day(value: date) -> str:
    """Seen: v1 dates are midnights with the account's offset."""
    return datetime(value.year, value.month, value.day, tzinfo=_ZONE).isoformat()


def _optional_day(value: date | None) -> str | None:
    return _day(value) if value else None


def _boxed(kind: str, unit_id: int, name: str, **more: object) -> Record:
    return {"type": kind, "attributes": {"id": unit_id, "name": name, **more}}


def spaced(iban: str | None, person_id: int) -> str | None:
    """The IBAN; some people's in groups of four, as they typed it."""
    if iban is None or person_id % 5:
        return iban
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def _supervisor(world: World, person: Person) -> object:
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    if manager is None:
        return _EMPTY[person.id % 3]
    manager = world.view(manager)
    fields: dict[str, tuple[str, str, object]] = {"id": ("ID", "integer", manager.id)}
    if not world.options.get("supervisor_id_only"):  # seen: full in most accounts, id only in some
        fields |= {
            "first_name": ("First name", "standard", manager.first_name),
            "last_name": ("Last name", "standard", manager.last_name),
            "email": ("Email", "standard", manager.work_email),
        }
    attributes = {
        key: {"label": label, "value": value, "type": kind, "universal_id": key}
        for key, (label, kind, value) in fields.items()
    }
    return {"type": "Employee", "attributes": attributes}


def _subcompany(world: World, person: Person) -> object:
    unit = world.company.legal_entities[person.legal_entity_id]
    return _boxed("Subcompany", unit.id, unit.name)


def _office(world: World, person: Person) -> object:
    office = world.company.offices[person.office_id]
    return _boxed("Office", office.id, office.name)


def _department(world: World, person: Person) -> object:
    unit = world.company.departments[person.department_id]
    return _boxed("Department", unit.id, unit.name)


def _team(world: World, person: Person) -> object:
    if person.team_id is None:
        return _EMPTY[person.id % 3]
    unit = world.company.teams[person.team_id]
    return _boxed("Team", unit.id, unit.name)


def _cost_centers(world: World, person: Person) -> object:
    unit = world.company.cost_centers[person.cost_center_id]
    return [_boxed("CostCenter", unit.id, unit.name, percentage=100)]


def _calendar(world: World, person: Person) -> object:
    country = world.company.offices[person.office_id].country
    return _boxed("HolidayCalendar", 1 + ord(country[0]), f"{country} holidays", country=country, state=None)


def _kind(person: Person) -> str:
    return "external" if person.employment_type == "contractor" else "internal"


ATTRIBUTES: list[Attribute] = [
    Attribute("id", "ID", "integer", "id", lambda w, p: p.id),
    Attribute("first_name", "First name", "standard", "first_name", lambda w, p: p.first_name),
    Attribute("last_name", "Last name", "standard", "last_name", lambda w, p: p.last_name),
    Attribute(
        "preferred_name", "Preferred name", "standard", "preferred_name", lambda w, p: p.preferred_name or ""
    ),
    Attribute("email", "Email", "standard", "email", lambda w, p: p.work_email),
    Attribute("gender", "Gender", "standard", "gender", lambda w, p: _GENDERS[p.id % 4].lower()),
    Attribute("status", "Status", "standard", "status", lambda w, p: _V1_STATUS[status(p, w.today())]),
    Attribute("position", "Position", "standard", "position", lambda w, p: p.job_title),
    Attribute("supervisor", "Supervisor", "standard", "supervisor", _supervisor),
    Attribute("employment_type", "Employment type", "list", "employment_type", lambda w, p: _kind(p)),
    # A string in v1, a number in v2 (documented).
    Attribute(
        "weekly_working_hours",
        "Weekly hours",
        "standard",
        "weekly_working_hours",
        lambda w, p: f"{p.weekly_hours}",
    ),
    Attribute("hire_date", "Hire date", "date", "hire_date", lambda w, p: _day(p.start_date)),
    Attribute("contract_end_date", "Contract ends", "date", "contract_end_date", lambda w, p: None),
    Attribute(
        "termination_date",
        "Termination date",
        "date",
        "termination_date",
        lambda w, p: _optional_day(p.end_date),
    ),
    Attribute(
        "last_working_day",
        "Last day of work",
        "date",
        "last_working_day",
        lambda w, p: _optional_day(p.last_working_day),
    ),
    Attribute(
        "created_at", "Created at", "date", "created_at", lambda w, p: as_time(p.created_at).isoformat()
    ),
    Attribute(
        "last_modified_at",
        "Last changed",
        "date",
        "last_modified_at",
        lambda w, p: as_time(p.updated_at).isoformat(),
    ),
    Attribute("subcompany", "Subcompany", "list", "subcompany", _subcompany),
    Attribute("office", "Office", "list", "office", _office),
    Attribute("department", "Department", "list", "department", _department),
    Attribute("team", "Team", "list", "team", _team),
    Attribute("cost_centers", "Cost center", "list", "cost_centers", _cost_centers),
    Attribute("holiday_calendar", "Holiday calendar", "standard", "holiday_calendar", _calendar),
    Attribute("dynamic_3050", "Personnel number", "standard", None, lambda w, p: p.employee_number),
    Attribute("dynamic_3051", "IBAN", "standard", "iban", lambda w, p: spaced(p.iban, p.id)),
    Attribute("dynamic_3052", "BIC", "standard", "bic", lambda w, p: p.bic),
    Attribute("dynamic_3053", "Personal email", "standard", None, lambda w, p: p.personal_email or ""),
    Attribute("dynamic_3054", "Language", "list", None, lambda w, p: p.language),
    # Seen: values of multiple choice are text with commas in v1, a list in v2.
    Attribute("dynamic_3055", "Languages spoken", "tags", None, lambda w, p: f"en,{p.language}"),
    Attribute("dynamic_3056", "Account number", "standard", None, lambda w, p: p.account_number),
    Attribute("dynamic_3057", "Sort code", "standard", None, lambda w, p: p.sort_code),
]
BY_KEY = {attribute.key: attribute for attribute in ATTRIBUTES}
CUSTOM = [attribute for attribute in ATTRIBUTES if attribute.key.startswith("dynamic_")]
# What a person's field is called in v1; v2 names follow in PERSON and EMPLOYMENT.
NAMES = {
    "work_email": "email",
    "job_title": "position",
    "start_date": "hire_date",
    "end_date": "termination_date",
    "manager_id": "supervisor",
    "iban": "dynamic_3051",
    "bic": "dynamic_3052",
}


def readable(world: World) -> list[Attribute]:
    """The attributes the credentials may read: those whitelisted and not hidden. The id always comes."""
    hidden, listed = world.hidden, world.whitelist
    return [
        a
        for a in ATTRIBUTES
        if a.key == "id" or (a.key not in hidden and (listed is None or a.key in listed))
    ]


def employee(world: World, attributes: list[Attribute]) -> Callable[[Person], Record]:
    """The encoder of a v1 employee with these attributes."""
    nulled = world.nulled

    def encode(person: Person) -> Record:
        found = {
            a.key: {
                "label": a.label,
                "value": None if a.key in nulled else a.value(world, person),
                "type": a.type if a.type in ("integer", "date") else "standard",
                "universal_id": a.universal_id,
            }
            for a in attributes
        }
        return {"type": "Employee", "attributes": found}

    return encode


def put_v1(record: Record, field: str, value: object) -> None:
    """Set an attribute's value, or take the attribute away (UNSET)."""
    attributes = record["attributes"]
    key = NAMES.get(field, field)
    if isinstance(attributes, dict) and key in attributes:
        if value is msgspec.UNSET:
            del attributes[key]
        else:
            attributes[key]["value"] = value


def put_v2(record: Record, field: str, value: object) -> None:
    """Set a field of a v2 person or employment, or take it away (UNSET)."""
    key = {"work_email": "email", "job_title": "position", "start_date": "employment_start_date"}.get(
        field, field
    )
    if key in record:
        record[key] = value
        if value is msgspec.UNSET:
            del record[key]


def _v2_time(seconds: int) -> str:
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def employment_id(person: Person, number: int = 0) -> str:
    """The id of a person's newest (0) or earlier employment: made from the person's id, looks like a UUID."""
    text = hashlib.sha256(f"{person.id}:{number}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def employments_of(person: Person) -> int:
    """How many employments somebody has: a few were moved from another legal entity."""
    return 2 if person.id % 37 == 0 else 1


def person_v2(world: World, base: str) -> Callable[[Person], Record]:
    """The encoder of a v2 person; `base` is the address its links begin with."""
    keys = {attribute.key for attribute in readable(world)}
    custom = [attribute for attribute in CUSTOM if attribute.key in keys]
    plain = [name for name in ("email", "first_name", "last_name", "preferred_name") if name in keys]
    nulled = world.nulled

    def encode(person: Person) -> Record:
        record: Record = {"id": str(person.id)}
        for name in plain:
            record[name] = None if name in nulled else BY_KEY[name].value(world, person)
        # ACTIVE also covers leave and onboarding (documented).
        record["gender"] = _GENDERS[person.id % 4]
        record["status"] = "INACTIVE" if status(person, world.today()) == "inactive" else "ACTIVE"
        record["created_at"], record["updated_at"] = _v2_time(person.created_at), _v2_time(person.updated_at)
        record["profile_picture"] = {"url": None}
        record["custom_attributes"] = [
            _custom(attribute, None if attribute.key in nulled else attribute.value(world, person), person)
            for attribute in custom
        ]
        record["employments"] = [{"id": employment_id(person, n)} for n in range(employments_of(person))]
        record["_meta"] = {"links": {"employments": {"href": f"{base}/v2/persons/{person.id}/employments"}}}
        return record

    return encode


def _custom(attribute: Attribute, value: object, person: Person) -> Record:
    """Types are upper case in the specification and were seen in lower case; labels are often missing."""
    kind = "STRING_LIST" if attribute.type == "tags" else "STRING"
    found: Record = {"id": attribute.key, "type": kind.lower() if person.id % 2 else kind}
    if attribute.universal_id:
        found["global_id"] = attribute.universal_id
        found["label"] = attribute.label
    found["value"] = str(value).split(",") if attribute.type == "tags" and value else value
    return found


def employments(world: World, person: Person) -> list[Record]:
    """A person's employments, newest first; what is outside the whitelist is missing."""
    keys = {attribute.key for attribute in readable(world)}
    seen = world.view(person)
    newest: Record = {"id": employment_id(person), "person": {"id": str(person.id)}}
    newest |= {"status": _V2_STATUS[status(seen, world.today())], "type": _kind(seen).upper()}
    fields: list[tuple[str, str, object]] = [
        ("position", "position", {"title": seen.job_title}),
        ("hire_date", "employment_start_date", seen.start_date.isoformat()),
        ("termination_date", "employment_end_date", seen.end_date.isoformat() if seen.end_date else None),
        ("contract_end_date", "contract_end_date", None),
        ("contract_end_date", "probation_end_date", (seen.start_date + timedelta(days=180)).isoformat()),
        ("weekly_working_hours", "weekly_working_hours", seen.weekly_hours),
        ("weekly_working_hours", "full_time_weekly_working_hours", 40),
        ("supervisor", "supervisor", {"id": str(seen.manager_id)} if seen.manager_id is not None else None),
        ("office", "office", {"id": str(seen.office_id)}),
        ("department", "org_units", _org_units(seen, keys)),
        ("cost_centers", "cost_centers", [{"id": str(seen.cost_center_id), "weight": 100}]),
        ("subcompany", "legal_entity", {"id": str(seen.legal_entity_id)}),
        ("subcompany", "sub_company", {"id": str(seen.legal_entity_id)}),  # the deprecated twin
        ("termination_date", "termination", _termination(world, seen)),
    ]
    nulled = world.nulled
    newest |= {name: None if key in nulled else value for key, name, value in fields if key in keys}
    newest |= {"created_at": _v2_time(seen.created_at), "updated_at": _v2_time(seen.updated_at)}
    return [newest, *(_earlier(newest, person) for _ in range(employments_of(person) - 1))]


def _org_units(person: Person, keys: set[str]) -> list[Record]:
    units: list[Record] = [{"type": "department", "id": str(person.department_id)}]
    if person.team_id is not None and "team" in keys:
        units.append({"type": "team", "id": str(person.team_id)})
    return units


def _termination(world: World, person: Person) -> Record | None:
    if person.end_date is None:
        return None
    # The specification says last_working_day, one of its examples last_working_date: the switch sends the
    # latter.
    name = "last_working_date" if world.options.get("last_working_date") else "last_working_day"
    last = person.last_working_day or person.end_date
    return {"termination_date": person.end_date.isoformat(), name: last.isoformat()} | {
        "terminated_at": None,
        "type": "EMPLOYEE",
        "reason": "",
    }


def _earlier(newest: Record, person: Person) -> Record:
    """The employment before a switch of the legal entity: over, and no leaving."""
    ended = person.start_date - timedelta(days=1)
    over = {
        "termination_date": ended.isoformat(),
        "last_working_day": ended.isoformat(),
        "terminated_at": None,
    }
    return newest | {
        "id": employment_id(person, 1),
        "status": "INACTIVE",
        "employment_start_date": (ended - timedelta(days=400)).isoformat(),
        "employment_end_date": ended.isoformat(),
        "termination": over | {"type": "SUB_COMPANY_SWITCH", "reason": ""},
    }
