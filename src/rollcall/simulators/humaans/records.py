"""Humaans' records: people, job roles with history, locations, companies, bank accounts.

Facts: Humaans' API documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

import msgspec

from rollcall.simulators.people import Person, as_time, status
from rollcall.simulators.rows import Encode, Record
from rollcall.simulators.world import World

_STATUS = {"upcoming": "newHire", "active": "active", "on_leave": "active", "inactive": "offboarded"}
_CONTRACTS = {
    "full_time": "Full time",
    "part_time": "Part time",
    "contractor": "Contractor",
    "intern": "Internship",
}
_REASONS = ("resigned", "dismissed", "redundancy", "contract_ended", "other")
# Which fields need private:read is assumed.
PRIVATE = (
    *("personalEmail", "personalPhoneNumber", "birthday", "leavingReason"),
    *("probationEndDate", "nationality", "sourceId"),
)
NAMES = {
    "first_name": "firstName",
    "last_name": "lastName",
    "preferred_name": "preferredName",
    "work_email": "email",
    "personal_email": "personalEmail",
    "start_date": "employmentStartDate",
    "end_date": "employmentEndDate",
    "last_working_day": "lastWorkingDay",
    "employee_number": "employeeId",
    "employment_type": "contractType",
    "work_location": "locationId",
    "legal_entity": "companyId",
    "job_title": "jobTitle",
    "manager_id": "reportingTo",
    "account_number": "accountNumber",
    "iban": "accountNumber",
    "bic": "swiftCode",
    "sort_code": "sortCode",
}
_ROLES = 4  # at most, for one person


@lru_cache(maxsize=200_000)
def shown_id(kind: str, number: int) -> str:
    """An opaque id; it rises with the number."""
    return f"{number:08x}{hashlib.sha256(f'{kind}:{number}'.encode()).hexdigest()[:16]}"


def number_of(kind: str, text: str) -> int:
    """The number behind an id, -1 for anything else."""
    try:
        number = int(text[:8], 16)
    except ValueError:
        return -1
    return number if shown_id(kind, number) == text else -1


def timestamp(seconds: int) -> str:
    """A change stamp as Humaans writes it."""
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def state(world: World, person: Person) -> str:
    """`newHire`, `active` or `offboarded`: there is none for leave."""
    return _STATUS[status(person, world.today())]


def remote(person: Person) -> bool:
    """Some work nowhere in particular."""
    return person.id % 31 == 0


def person_record(world: World, *, private: bool) -> Encode:
    """The encoder of a person; without `private` the personal fields are absent, or null by the option
    `private_null`.
    """
    hidden, nulled = set(world.hidden), set(world.nulled)
    if not private:
        (nulled if world.options.get("private_null") else hidden).update(PRIVATE)
    company = world.company

    def encode(person: Person) -> Record:
        office = company.offices[person.office_id]
        team = company.teams.get(person.team_id or 0)
        away = remote(person)
        end, last = person.end_date, person.last_working_day or person.end_date
        record: Record = {
            "id": shown_id("person", person.id),
            "companyId": company_id(world, person.legal_entity_id),
            "firstName": person.first_name,
            "middleName": None,
            "lastName": person.last_name,
            "preferredName": person.preferred_name,
            "email": person.work_email,
            "personalEmail": person.personal_email,
            "personalPhoneNumber": None,
            "birthday": None,
            "nationality": None,
            "locationId": "remote" if away else shown_id("location", office.id),
            "remoteCity": office.name if away else None,
            "remoteCountryCode": office.country if away else None,
            "remoteTimezone": office.time_zone if away else None,
            "countryCode": office.country,
            "employmentStartDate": person.start_date.isoformat(),
            "firstWorkingDay": person.start_date.isoformat(),
            "employmentEndDate": end.isoformat() if end else None,
            "lastWorkingDay": last.isoformat() if last else None,
            "probationEndDate": (person.start_date + timedelta(days=90)).isoformat(),
            "leavingReason": _REASONS[person.id % 5] if end else None,
            "contractType": _CONTRACTS[person.employment_type],
            "employeeId": person.employee_number,
            "teams": [{"name": team.name}] if team else [],
            "status": state(world, person),
            "sourceId": None,
            "timezone": office.time_zone,
            "isWorkEmailHidden": False,
            "spokenLanguages": [person.language],
            "createdAt": timestamp(person.created_at),
            "updatedAt": timestamp(person.updated_at),
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


def company_id(world: World, entity: int) -> str:
    """A legal entity's id; another account has other ones."""
    return shown_id("company", int(world.company.number) * 1_000 + entity)


def roles_of(person: Person) -> int:
    """How many job roles: some were promoted, for some the next one is already known."""
    return 1 + (person.id % 11 == 0) + (person.id % 53 == 0)


def role_keys(world: World, ids: list[int]) -> list[int]:
    """The roles of these people as numbers: person times four, plus which."""
    return [i * _ROLES + n for i in ids for n in range(roles_of(world.people[i]))]


def role(world: World, key: int) -> Record:
    """A job role. The latest one whose day has come is the true one; earlier and later ones differ.

    Public clients disagree about these fields: the option `bare_roles` sends id and name only.
    """
    person = world.view(world.people[key // _ROLES])
    promoted, first = person.id % 11 == 0, key % _ROLES == 0
    later = person.id % 53 == 0 and key % _ROLES == roles_of(person) - 1
    title, day = person.job_title, person.start_date
    if later:
        title, day = f"Lead {title}", world.company.as_of + timedelta(days=400)
    elif promoted and first:
        title = f"Junior {title}"
    elif promoted:
        day = person.start_date + timedelta(days=min(1, (world.company.as_of - person.start_date).days))
    if world.options.get("bare_roles"):
        return {"id": shown_id("role", key), "name": title}
    manager = person.manager_id
    record: Record = {
        "id": shown_id("role", key),
        "personId": shown_id("person", person.id),
        "jobTitle": title,
        "department": world.company.departments[person.department_id].name,
        "reportingTo": shown_id("person", manager) if manager is not None else None,
        "effectiveDate": day.isoformat(),
        "createdAt": timestamp(person.created_at),
        "updatedAt": timestamp(person.updated_at),
    }
    for field, value in world.raw.get(person.id, {}).items():
        put(record, field, value)
    for name in world.hidden:
        record.pop(name, None)
    return record


def bank_account(world: World, person: Person) -> Record:
    """Somebody's bank account: an IBAN stands in the account number (assumed)."""
    record: Record = {
        "id": shown_id("bank", person.id),
        "personId": shown_id("person", person.id),
        "bankName": "Example Bank",
        "nameOnAccount": f"{person.first_name} {person.last_name}",
        "accountNumber": person.iban or person.account_number,
        "swiftCode": person.bic,
        "sortCode": person.sort_code,
        "routingNumber": None,
        "createdAt": timestamp(person.created_at),
        "updatedAt": timestamp(person.updated_at),
    }
    record |= dict.fromkeys(world.nulled & record.keys())
    return {name: value for name, value in record.items() if name not in world.hidden}


def locations(world: World) -> list[Record]:
    """Sites; an archived flag is not known."""
    return [
        {
            "id": shown_id("location", office.id),
            "label": office.name,
            "address": "3 Example Row",
            "city": office.name,
            "countryCode": office.country,
        }
        for office in world.company.offices.values()
    ]


def companies(world: World) -> list[Record]:
    """Legal entities."""
    return [
        {"id": company_id(world, unit.id), "name": unit.name, "countryCode": unit.country}
        for unit in world.company.legal_entities.values()
    ]


Getter = Callable[[Person], str | None]


def searchable(world: World) -> dict[str, Getter]:
    """What people can be filtered by."""
    return {
        "id": lambda p: shown_id("person", p.id),
        "email": lambda p: p.work_email,
        "status": lambda p: state(world, p),
        "companyId": lambda p: company_id(world, p.legal_entity_id),
        "locationId": lambda p: "remote" if remote(p) else shown_id("location", p.office_id),
        "employeeId": lambda p: p.employee_number,
        "countryCode": lambda p: world.company.offices[p.office_id].country,
        "contractType": lambda p: _CONTRACTS[p.employment_type],
        "employmentStartDate": lambda p: p.start_date.isoformat(),
        "employmentEndDate": lambda p: p.end_date.isoformat() if p.end_date else None,
        "createdAt": lambda p: timestamp(p.created_at),
        "updatedAt": lambda p: timestamp(p.updated_at),
    }
