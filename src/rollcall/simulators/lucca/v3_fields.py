"""The fields of a v3 user: asked for by name in any case, answered in Lucca's own; and the filters of the list.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from rollcall.simulators.lucca.facts import COST_CENTERS, CUSTOM, LCID, NAMES, PLACES, TEAMS
from rollcall.simulators.people import Person, as_time
from rollcall.simulators.rows import Encode, Record
from rollcall.simulators.world import World

_ZONE = ZoneInfo("Europe/Paris")  # times have no zone; that they are the server's is assumed
_CULTURES = {
    1036: "français (France)",
    2057: "anglais (Royaume-Uni)",
    1031: "allemand (Allemagne)",
    3082: "espagnol (Espagne)",
}
_NATIONS = {"FR": ("FR", "France"), "GB": ("UK", "Royaume-Uni"), "DE": ("DE", "Allemagne")}  # UK: seen
_WITH_RIGHT_TO_JOBS = {"jobTitle", "manager", "managerID", "csp"}

Value = Callable[[World, Person], object]


def moment(seconds: int) -> str:
    """A change stamp: local time of the server, milliseconds, no zone."""
    return as_time(seconds).astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S.120")


def midnight(day: date | None) -> str | None:
    """A day, as v3 shows it."""
    return f"{day.isoformat()}T00:00:00" if day else None


def _url(world: World, kind: str, number: object) -> str:
    return f"https://{world.credentials['address']}/api/v3/{kind}/{number}"


def boxed(world: World, kind: str, number: int | str, name: str, **more: object) -> Record:
    """A reference: id, name, url."""
    return {"id": number, "name": name, **more, "url": _url(world, kind, number)}


def last_name(person: Person) -> str:
    """Last names are often in capitals (seen)."""
    return person.last_name if person.id % 4 == 0 else person.last_name.upper()


def full_name(person: Person) -> str:
    """As lists and references show it."""
    return f"{person.first_name} {last_name(person)}"


def login(person: Person) -> str:
    """Unique, also for those without an address."""
    return (person.work_email or f"user{person.id}").split("@")[0]


def _manager(world: World, person: Person) -> object:
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    if manager is None:
        return None
    manager = world.view(manager)
    more = {"mail": manager.work_email, "login": login(manager)}
    return boxed(world, "users", manager.id, full_name(manager), **more)


def _department(world: World, person: Person) -> object:
    unit = world.company.departments[person.department_id]
    return boxed(world, "departments", unit.id, unit.name)


def _establishment(world: World, person: Person) -> object:
    office = world.company.offices[person.office_id]
    return boxed(world, "legalentities", office.id, office.name)


def _culture(world: World, person: Person) -> object:
    number = LCID.get(person.language, 1033)
    return boxed(world, "cultures", number, _CULTURES.get(number, "anglais (États-Unis)"))


def _nationality(world: World, person: Person) -> object:
    code, name = _NATIONS.get(world.company.offices[person.office_id].country, ("ES", "Espagne"))
    return {"id": code, "name": name}


def axis_value(world: World, person: Person, axis: int) -> object:
    """The section of an analytical axis that somebody belongs to."""
    if axis == COST_CENTERS:
        unit = world.company.cost_centers[person.cost_center_id]
        return {"id": unit.id, "name": unit.name}
    if axis == TEAMS:
        team = world.company.teams[person.team_id] if person.team_id else None
        return {"id": team.id, "name": team.name} if team else None
    office = world.company.offices[person.office_id]
    return {"id": office.id, "name": office.name}


def custom_value(world: World, person: Person, key: str) -> object:
    """The value of a custom field; one of a list is a number to resolve."""
    match key:
        case "e_ville":
            return world.company.offices[person.office_id].name
        case "e_societe":
            return person.legal_entity_id
    return getattr(person, key.removeprefix("e_"))


def custom_keys(world: World) -> list[tuple[str, str]]:
    """The custom fields that may be seen, each with its key in this account (option `iban_key`)."""
    renamed = {"e_iban": str(world.options.get("iban_key", "e_iban"))}
    return [(key, renamed.get(key, key)) for key in CUSTOM if key not in world.hidden]


def _extended(world: World, person: Person) -> Record:
    nulled = world.nulled
    return {
        shown: {"value": None if key in nulled else custom_value(world, person, key)}
        for key, shown in custom_keys(world)
    }


def _axis(number: int) -> Value:
    return lambda world, person: axis_value(world, person, number)


FIELDS: dict[str, Value] = {
    "id": lambda w, p: p.id,
    "name": lambda w, p: full_name(p),
    "displayName": lambda w, p: full_name(p),
    "firstName": lambda w, p: p.first_name,
    "lastName": lambda w, p: last_name(p),
    "login": lambda w, p: login(p),
    "mail": lambda w, p: p.work_email,
    "dtContractStart": lambda w, p: midnight(p.start_date),
    "dtContractEnd": lambda w, p: midnight(p.end_date),
    "birthDate": lambda w, p: midnight(date(1960 + p.id % 44, 1 + p.id % 12, 1 + p.id % 28)),
    "employeeNumber": lambda w, p: p.employee_number,
    "culture": _culture,
    "legalEntity": _establishment,
    "legalEntityID": lambda w, p: p.office_id,
    "department": _department,
    "departmentID": lambda w, p: p.department_id,
    "manager": _manager,
    "managerID": lambda w, p: p.manager_id,
    "rolePrincipal": lambda w, p: {"id": 1, "name": "Salarié"},
    "csp": lambda w, p: {"id": 1 + p.id % 2, "name": "Cadre" if p.id % 2 else "Employé"},
    "jobTitle": lambda w, p: p.job_title,
    "seniorityDate": lambda w, p: midnight(p.start_date),
    "nationality": _nationality,
    "gender": lambda w, p: "Female" if p.id % 2 else "Male",
    "externalId": lambda w, p: None,
    "address": lambda w, p: None,
    "directLine": lambda w, p: "",
    "professionalMobile": lambda w, p: "",
    "personalEmail": lambda w, p: p.personal_email or "",  # readable: assumed
    "bankName": lambda w, p: "Banque Exemple" if p.iban else None,  # readable: assumed
    "quote": lambda w, p: None,
    "extendedData": _extended,
    "modifiedAt": lambda w, p: moment(p.updated_at),
    "modifiedOn": lambda w, p: moment(p.updated_at),  # in old examples
    **{f"userAxisValues_{number}": _axis(number) for number in (COST_CENTERS, TEAMS, PLACES)},
}
_BY_LOWER = {name.lower(): name for name in FIELDS}


def asked(text: str) -> tuple[dict[str, set[str]], bool]:
    """The fields asked for, each with its sub-fields (empty: all), and whether the count is.

    Sub-fields come in brackets or after a dot; unknown fields are left out (assumed). Nothing asked for: id
    and name.
    """
    found: dict[str, set[str]] = {}
    counted = False
    for part in re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?", text):
        name, _, inner = part.strip().rstrip("]").partition("[")
        name, _, dotted = name.partition(".")
        if name.lower() == "collection":
            counted = counted or "count" in (inner or dotted).lower()
        elif name.lower() == "useraxisvalues":
            found |= {axis: set() for axis in FIELDS if axis.startswith("userAxisValues_")}
        elif name.lower() in _BY_LOWER:
            names = {sub.strip().lower() for sub in (inner or dotted).split(",") if sub.strip()}
            found.setdefault(_BY_LOWER[name.lower()], set()).update(names)
    return found or {"id": set(), "name": set()}, counted


def encoder(world: World, fields: dict[str, set[str]], rights: frozenset[str]) -> Encode:
    """The encoder of a user with these fields; what may not be seen is absent."""
    absent = set(world.hidden)
    if "jobs" not in rights:
        absent |= _WITH_RIGHT_TO_JOBS
    if "custom-fields" not in rights:
        absent.add("extendedData")
    twins = {"managerID": "manager", "departmentID": "department", "legalEntityID": "legalEntity"}
    shown = [name for name in fields if name not in absent and twins.get(name) not in absent]
    nulled = world.nulled
    values = [(name, FIELDS[name], fields[name]) for name in shown]

    def encode(person: Person) -> Record:
        record: Record = {}
        for name, value, inner in values:
            found = None if name in nulled else value(world, person)
            if isinstance(found, dict) and inner and name != "extendedData":
                found = {key: one for key, one in found.items() if key.lower() in inner or key == "url"}
            elif isinstance(found, dict):
                found = {key: one for key, one in found.items() if key not in ("mail", "login")}
            record[name] = found
        return record

    return encode


def putter(world: World) -> Callable[[Record, str, object], None]:
    """Sets a field of a user (named as here or as in `Person`), or takes it away (UNSET)."""
    shown = dict(custom_keys(world))

    def put(record: Record, field: str, value: object) -> None:
        key = NAMES.get(field, field)
        extended = record.get("extendedData")
        if key in shown and isinstance(extended, dict):
            extended[shown[key]] = {"value": value}
            if value is msgspec.UNSET:
                del extended[shown[key]]
        elif key in record:
            record[key] = value
            if value is msgspec.UNSET:
                del record[key]

    return put


class BadFilter(Exception):
    """A filter that cannot be read."""


def tests(query: list[tuple[str, str]]) -> list[Callable[[Person], bool]]:
    """The filters of the list, one after the other; raises `BadFilter`."""
    return [test for name, text in query if (test := _test(name.lower(), text)) is not None]


def _test(name: str, text: str) -> Callable[[Person], bool] | None:
    wanted = {part.lower() for part in text.split(",")}
    match name:
        case "id":
            return lambda p: str(p.id) in wanted
        case "mail":
            return lambda p: (p.work_email or "null").lower() in wanted
        case "login":
            part = text.lower().removeprefix("like,")
            return lambda p: part in login(p)
        case "dtcontractstart":
            return _between(text, lambda p: midnight(p.start_date))
        case "dtcontractend":
            return _between(text, lambda p: midnight(p.end_date))
        case "modifiedat" | "modifiedon":
            return _between(text, lambda p: moment(p.updated_at))
    return None


def _between(text: str, read: Callable[[Person], str | None]) -> Callable[[Person], bool]:
    """`since|until|equals,<time>`, `between,<time>,<time>`, `null`, `notequal,null`; times compare as text."""
    word, *parts = text.split(",")
    if "null" in (word, *parts):
        empty = word != "notequal"
        return lambda p: (read(p) is None) == empty
    try:
        times = [datetime.fromisoformat(part).isoformat() for part in parts]
    except ValueError as error:
        raise BadFilter(text) from error
    if word not in ("since", "until", "equals", "between") or len(times) != 1 + (word == "between"):
        raise BadFilter(text)
    low, high = {
        "since": (times[0], "9999"),
        "until": ("", times[0]),
        "equals": (times[0], times[0]),
    }.get(word, (times[0], times[-1]))
    return lambda p: (found := read(p)) is not None and low <= found <= high
