"""Factorial's records: employees with their bank numbers, contract versions, teams, lists.

Facts: Factorial's API documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked.
"""

from datetime import timedelta

import msgspec

from rollcall.simulators.people import Person, as_time, status
from rollcall.simulators.rows import Encode, Record
from rollcall.simulators.world import World

BANK = ("bank_number", "swift_bic", "bank_number_format")
NAMES = {
    "work_email": "login_email",
    "employee_number": "company_identifier",
    "end_date": "terminated_on",
    "status": "active",
    "language": "locale",
    "iban": "bank_number",
    "account_number": "bank_number",
    "bic": "swift_bic",
    "sort_code": "bank_number_format",
    "work_location": "location_id",
    "legal_entity": "legal_entity_id",
}
_VERSIONS = 4  # at most, for one person
_REASONS = ("voluntary", "dismissal", "end_of_contract")


def timestamp(seconds: int) -> str:
    """A change stamp as Factorial writes it."""
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def active(world: World, person: Person) -> bool:
    """Not terminated; those still to come are active too (assumed)."""
    return status(person, world.today()) != "inactive"


def _bank(person: Person) -> tuple[str | None, str | None]:
    """Number and format; two parts of a number stand in one text (assumed)."""
    if person.iban is not None:
        return person.iban, "iban"
    if person.account_number is not None:
        return f"{person.sort_code} {person.account_number}", "sort_code_and_account_number"
    return None, None


def employee(world: World, *, bank: bool = True) -> Encode:
    """The encoder of an employee. Bank fields out of reach are null (assumed), others are left out."""
    hidden = world.hidden - set(BANK)
    nulled = world.nulled | (world.hidden & set(BANK)) | (set() if bank else set(BANK))
    company = world.company

    def encode(person: Person) -> Record:
        office = company.offices[person.office_id]
        number, form = _bank(person)
        end = person.end_date
        record: Record = {
            "id": person.id,
            "access_id": person.id + 500_000,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "full_name": f"{person.first_name} {person.last_name}",
            "preferred_name": person.preferred_name,
            "email": person.personal_email or person.work_email,  # the fallback is assumed
            "login_email": person.work_email,
            "personal_email": person.personal_email,
            "identifier": None,
            "country": office.country.lower(),  # lower case assumed
            "company_id": int(company.number),
            "legal_entity_id": person.legal_entity_id,
            "location_id": person.office_id,
            "manager_id": person.manager_id,
            "company_identifier": person.employee_number,
            "is_terminating": end is not None and active(world, person),
            "terminated_on": end.isoformat() if end else None,
            "termination_reason_type": _REASONS[person.id % 3] if end else None,
            "active": active(world, person),
            "bank_number": number,
            "swift_bic": person.bic,
            "bank_number_format": form,
            "seniority_calculation_date": person.start_date.isoformat(),
            "created_at": timestamp(person.created_at),
            "updated_at": timestamp(person.updated_at),
        }
        for name in hidden:
            record.pop(name, None)
        record |= dict.fromkeys(nulled & record.keys())
        return record

    return encode


def put(record: Record, field: str, value: object) -> None:
    """Set a field, or take it away (UNSET)."""
    key = NAMES.get(field, field)
    if value is msgspec.UNSET:
        record.pop(key, None)
    elif key in record:
        record[key] = value


def versions_of(person: Person) -> int:
    """How many contract versions: some were changed, for some the next one is already known."""
    return 1 + (person.id % 13 == 0) + (person.id % 59 == 0)


def version_keys(world: World, ids: list[int]) -> list[int]:
    """The versions of these people as numbers: person times four, plus which."""
    return [i * _VERSIONS + n for i in ids for n in range(versions_of(world.people[i]))]


def contract_version(world: World, key: int) -> Record:
    """A contract version. The title is that of the greatest `effective_on` whose day has come."""
    person = world.view(world.people[key // _VERSIONS])
    changed, first = person.id % 13 == 0, key % _VERSIONS == 0
    later = person.id % 59 == 0 and key % _VERSIONS == versions_of(person) - 1
    title, effective = person.job_title, person.start_date
    if later:
        title, effective = f"Lead {title}", world.company.as_of + timedelta(days=400)
    elif changed and first:
        title = f"Junior {title}"
    elif changed:
        effective += timedelta(days=min(1, (world.company.as_of - person.start_date).days))
    record: Record = {
        "id": key,
        "employee_id": person.id,
        "company_id": int(world.company.number),
        "job_title": title,
        "starts_on": person.start_date.isoformat(),
        "ends_on": person.end_date.isoformat() if person.end_date else None,
        "effective_on": effective.isoformat(),
        "working_hours": person.weekly_hours * 100,  # hundredths of hours (assumed)
        "working_hours_frequency": "week",
        "has_payroll": person.employment_type != "contractor",
        "es_has_teleworking_contract": None,
        "fr_employee_type": None,
        "created_at": timestamp(person.created_at),
        "updated_at": timestamp(person.updated_at),
    }
    for field, value in world.raw.get(person.id, {}).items():
        put(record, field, value)
    for name in world.hidden:
        record.pop(name, None)
    return record


def teams(world: World) -> list[Record]:
    """Departments as teams; the small teams too with the option `small_teams`."""
    members: dict[int, list[int]] = {}
    small = bool(world.options.get("small_teams"))
    for person in world.people.values():
        members.setdefault(person.department_id, []).append(person.id)
        if small and person.team_id is not None:
            members.setdefault(person.team_id, []).append(person.id)
    units = [*world.company.departments.values(), *(world.company.teams.values() if small else ())]
    return [
        {
            "id": unit.id,
            "name": unit.name,
            "description": None,
            "company_id": int(world.company.number),
            "employee_ids": members.get(unit.id, []),
            "lead_ids": members.get(unit.id, [])[:1],
        }
        for unit in units
    ]


def memberships(world: World) -> list[Record]:
    """Who is in which team, one by one."""
    found: list[Record] = []
    for team in teams(world):
        ids, leads = team["employee_ids"], team["lead_ids"]
        if not isinstance(ids, list) or not isinstance(leads, list):
            continue
        for person_id in ids:
            row = {"id": len(found) + 1, "team_id": team["id"], "employee_id": person_id}
            found.append(row | {"company_id": team["company_id"], "lead": person_id in leads})
    return found


def locations(world: World) -> list[Record]:
    """Sites."""
    return [
        {"id": o.id, "name": o.name, "city": o.name, "country": o.country.lower(), "timezone": o.time_zone}
        | {"company_id": int(world.company.number), "main": place == 0}
        for place, o in enumerate(world.company.offices.values())
    ]


def legal_entities(world: World) -> list[Record]:
    """Legal entities."""
    return [
        {"id": u.id, "legal_name": u.name, "country": (u.country or "").lower(), "currency": "EUR"}
        | {"company_id": int(world.company.number)}
        for u in world.company.legal_entities.values()
    ]


def cost_centers(world: World) -> list[Record]:
    """Cost centres."""
    units = world.company.cost_centers.values()
    return [
        {"id": u.id, "name": u.name, "code": u.name.removeprefix("CC "), "status": "active"} for u in units
    ]


def roles(world: World) -> list[Record]:
    """The catalogue's roles: titles in use."""
    titles = sorted({person.job_title for person in world.people.values()})
    return [{"id": place, "name": title} for place, title in enumerate(titles, start=1)]


def levels(world: World) -> list[Record]:
    """Each role has one level (assumed)."""
    return [{"id": row["id"], "role_id": row["id"], "name": "Default"} for row in roles(world)]


def credentials(world: World) -> list[Record]:
    """The identity behind a key: the company."""
    number, name = int(world.company.number), world.company.name
    row: Record = {"id": f"company-{number}", "company_id": number, "legal_name": f"{name} Holding"}
    return [row | {"name": name, "tin": None}]
