"""Deel's records of people with their employments.

Facts: Deel's developer documentation as known on 2026-11-22. Assumed where marked.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import msgspec

from rollcall.simulators.people import Person, as_time, status
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World

# Departments lie in each other: people show the parent's name, the list its id.
_PARENTS = {"IT": "Operations", "Legal": "Finance", "Product": "Engineering"}
_HIRING = {"upcoming": "onboarding", "active": "active", "on_leave": "active", "inactive": "inactive"}
_PERSON_STATUS = {"onboarding": "NOT_STARTED", "active": "ACTIVE", "offboarding": "OFFBOARDING"}
# What a person's field is called on top of a record.
NAMES = {
    "bic": "swift_bic",
    "end_date": "completion_date",
    "manager_id": "direct_manager",
    "employee_number": "external_id",
    "preferred_name": "preferred_first_name",
    "employment_type": "hiring_type",
    "status": "hiring_status",
    "legal_entity": "client_legal_entity",
}
# Only sent when `fields` names them.
EXTRA_FIELDS = (
    *("termination_last_day", "worker_termination_last_date_of_work", "hris_original_start_date"),
    *("personal_email", "work_email", "org_structures", "ooo"),
)


@lru_cache(maxsize=100_000)
def unit_id(kind: str, number: int) -> str:
    """The id of anything that is no person: looks like a UUID."""
    text = hashlib.sha256(f"{kind}:{number}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def person_uuid(person_id: int) -> str:
    """The person's id (`hris_profile_id`). It rises with the number, so sorting by id is cheap here."""
    return f"{person_id:08x}{unit_id('person', person_id)[8:]}"


def person_number(text: str) -> int:
    """The number behind `person_uuid`, -1 for anything else."""
    try:
        number = int(text[:8], 16)
    except ValueError:
        return -1
    return number if person_uuid(number) == text else -1


def worker_id(person_id: int) -> int:
    """The other number of a person: text in people, a number inside a manager."""
    return 90_000 + person_id


def hiring_type(person: Person) -> str:
    """Whose employee somebody is: some are Deel's (eor), contractors their own."""
    if person.employment_type == "contractor":
        return "contractor"
    return "eor" if person.id % 19 == 0 else "hris_direct_employee"


def hiring_status(world: World, person: Person) -> str:
    """Deel's status; there is none for leave, and an announced end shows at once."""
    now = status(person, world.today())
    if now == "upcoming" and person.id % 3 == 0:
        return "onboarded"  # all papers signed, the first day still to come
    if now in ("active", "on_leave") and person.end_date is not None:
        return "offboarding"
    return _HIRING[now]


def work_email(world: World, person: Person) -> str | None:
    """The work address: many contractors have none in Deel. The option `contractor_work_emails` gives it."""
    if person.employment_type == "contractor" and person.id % 2 == 0:
        return person.work_email if world.options.get("contractor_work_emails") else None
    return person.work_email


def timestamp(seconds: int) -> str:
    """A change stamp as Deel writes it."""
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def midnight(day: date | None, *, detail: bool) -> str | None:
    """Days of ending are date-times in lists and dates in details."""
    if day is None:
        return None
    return day.isoformat() if detail else f"{day.isoformat()}T00:00:00.000Z"


def department(world: World, department_id: int) -> Record:
    """A person's department: `parent` is a name."""
    name = world.company.departments[department_id].name
    return {"id": unit_id("department", department_id), "name": name, "parent": _PARENTS.get(name)}


def parent_id(world: World, name: str) -> str | None:
    """The parent's id, as the list of departments tells it."""
    parent = _PARENTS.get(name)
    ids = (unit.id for unit in world.company.departments.values() if unit.name == parent)
    return next((unit_id("department", number) for number in ids), None)


def outsider(world: World) -> Record:
    """A user of Deel who is no worker: managers may be such (assumed), so `people` does not have them."""
    address = f"owner@{world.company.domain}.example"
    names = {"first_name": "Alex", "last_name": "Owner"}
    return {"id": unit_id("user", 1), **names, "worker_id": None, "work_email": address}


def _manager(world: World, person: Person) -> Record | None:
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    if manager is None:
        return outsider(world) if world.options.get("outside_manager") else None
    manager = world.view(manager)
    return {
        "id": person_uuid(manager.id),
        "first_name": manager.first_name,
        "last_name": manager.last_name,
        "worker_id": worker_id(manager.id),
        "work_email": work_email(world, manager),
    }


def _emails(world: World, person: Person) -> list[Record]:
    """`primary` is what the person signs in with: private for some, work for others."""
    work = work_email(world, person)
    primary = person.personal_email if person.personal_email and person.id % 2 == 0 else work
    kinds = (
        ("primary", primary or person.personal_email),
        ("work", work),
        ("personal", person.personal_email),
    )
    return [{"type": kind, "value": value} for kind, value in kinds]


def employments_of(person: Person) -> int:
    """How many employments somebody has: a few were contractors first, under the same person."""
    return 2 if person.id % 37 == 0 else 1


def _legal_entity(world: World, person: Person) -> Record:
    unit = world.company.legal_entities[person.legal_entity_id]
    return {"id": unit_id("entity", unit.id), "name": unit.name}


def _employments(world: World, person: Person, state: str, *, detail: bool) -> list[Record]:
    company, work = world.company, work_email(world, person)
    team = company.teams.get(person.team_id or 0)
    kind, ended = hiring_type(person), state == "inactive"
    country = company.offices[person.office_id].country
    newest: Record = {
        "id": unit_id("contract", person.id),
        "name": person.job_title,
        "team": {"id": unit_id("team", team.id), "name": team.name} if team else None,
        "email": work or person.personal_email,
        "work_email": work,
        "country": country,
        "state": None,
        "payment": {"rate": 52_000, "scale": "annual", "currency": "GBP" if country == "GB" else "EUR"},
        "is_ended": ended,
        "timezone": company.offices[person.office_id].time_zone,
        "job_title": person.job_title,
        "seniority": None,
        "start_date": person.start_date.isoformat(),
        "completion_date": midnight(person.end_date, detail=detail),
        "hiring_type": kind,
        "hiring_status": state,
        "new_hiring_status": state,
        "contract_status": contract_status(person, state),
        "voluntarily_left": None,
        "client_legal_entity": _legal_entity(world, person),
        "termination_last_day": midnight(person.last_working_day or person.end_date, detail=detail),
        "contract_is_archived": False,
        "is_user_contract_deleted": False,
    }
    found = [newest, *(_earlier(newest, person, detail=detail) for _ in range(employments_of(person) - 1))]
    return found if person.id % 2 else found[::-1]  # no order is promised


def _earlier(newest: Record, person: Person, *, detail: bool) -> Record:
    """The contract before somebody was taken on."""
    ended = person.start_date - timedelta(days=1)
    return newest | {
        "id": unit_id("contract", -person.id),
        "is_ended": True,
        "start_date": (ended - timedelta(days=400)).isoformat(),
        "completion_date": midnight(ended, detail=detail),
        "hiring_type": "contractor",
        "hiring_status": "inactive",
        "new_hiring_status": "inactive",
        "contract_status": "completed",
        "termination_last_day": None,
    }


def contract_status(person: Person, state: str) -> str:
    """The contract's own state."""
    coming = "onboarded" if person.id % 2 else "waiting_for_employee_sign"
    found = {"inactive": "completed", "onboarding": coming, "onboarded": "onboarded"}
    return found.get(state, "in_progress")


def person_record(
    world: World, reports: dict[int, list[int]], *, detail: bool = False, extra: bool = False
) -> Callable[[Person], Record]:
    """The encoder of a person; `extra` adds what only `fields` can ask for. Hidden fields are left out."""
    hidden, nulled, company = world.hidden, world.nulled, world.company
    home = {"streetAddress": "3 Example Row", "region": "", "postalCode": "00000"}

    def encode(person: Person) -> Record:
        office = company.offices[person.office_id]
        state = hiring_status(world, person)
        last, kind = person.last_working_day or person.end_date, hiring_type(person)
        mine = reports.get(person.id, [])
        country = office.country
        record: Record = {
            "id": person_uuid(person.id),
            "worker_id": str(worker_id(person.id)),
            "external_id": person.employee_number,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "full_name": f"{person.first_name} {person.last_name}",
            "preferred_first_name": person.preferred_name,
            "preferred_last_name": None,
            "emails": _emails(world, person),
            "country": country,
            "state": None,
            "timezone": office.time_zone,
            "nationalities": [country],
            "birth_date": date(1965 + person.id % 38, 1 + person.id % 12, 1 + person.id % 28).isoformat(),
            "addresses": [home | {"locality": office.name, "country": country}] if person.id % 4 else [],
            "job_title": person.job_title,
            "seniority": None,
            "department": department(world, person.department_id),
            "start_date": person.start_date.isoformat(),
            "completion_date": midnight(person.end_date, detail=detail),
            "work_location": office.name,
            "direct_manager": _manager(world, person),
            "direct_reports": [{"id": person_uuid(i)} for i in mine],  # fewer fields than in reality
            "direct_reports_count": len(mine),
            "client_legal_entity": _legal_entity(world, person),
            "hiring_type": kind,
            "hiring_status": state,
            "new_hiring_status": state,
            "person_status": person_status(state),
            "is_pwac": False,
            "active_worker_termination_status": {"inactive": "COMPLETED", "offboarding": "IN_PROGRESS"}.get(
                state
            ),
            "direct_employee_termination_last_day": midnight(last, detail=detail)
            if kind == "hris_direct_employee"
            else None,
            "hris_organization_user_id": unit_id("user", person.id),
            "created_at": timestamp(person.created_at),
            "updated_at": timestamp(person.updated_at),
            "employments": _employments(world, person, state, detail=detail),
        }
        if extra:
            _add_extra(world, person, record)
        return _veiled(record, hidden, nulled) if hidden or nulled else record

    return encode


def person_status(state: str) -> str:
    return "INACTIVE" if state == "inactive" else _PERSON_STATUS.get(state, "NOT_STARTED")


def _add_extra(world: World, person: Person, record: Record) -> None:
    last = person.last_working_day or person.end_date
    record |= {
        "termination_last_day": midnight(last, detail=False),
        "worker_termination_last_date_of_work": midnight(last, detail=False),
        "hris_original_start_date": (
            person.start_date - timedelta(days=401 * (employments_of(person) - 1))
        ).isoformat(),
        "personal_email": person.personal_email,
        "work_email": work_email(world, person),
        "org_structures": [],
        "ooo": ooo(world, person),
    }
    employments = record["employments"]
    if isinstance(employments, list):
        for employment in employments:
            employment["employee_number"] = person.employee_number
            employment["isPrimary"] = not employment["is_ended"]
            employment["contract_type"] = employment["hiring_type"]


def ooo(world: World, person: Person) -> Record | None:
    """Out of office: the only sign of leave."""
    if status(person, world.today()) != "on_leave" or person.leave_from is None:
        return None
    until = person.leave_until
    long = until is None or (until - person.leave_from).days > 30
    return {
        "name": "Leave",
        "start_date": person.leave_from.isoformat(),
        "end_date": until.isoformat() if until else None,
        "leave_type": "LONG_TERM_LEAVE" if long else "SHORT_TERM_LEAVE",
    }


def _veiled(record: Record, hidden: set[str], nulled: set[str]) -> Record:
    """Without what the token may not see; `person_status` without its permission is null (documented)."""
    for name in hidden | nulled:
        if name == "person_status" and name in record:
            record[name] = None
            continue
        put(record, name, None if name in nulled else msgspec.UNSET)
    return record


def put(record: Record, field: str, value: object) -> None:
    """Set a field of a person wherever it stands in the record, or take it away (UNSET)."""
    key = NAMES.get(field, field)
    places = [record]
    if key == "hiring_status":
        record["new_hiring_status"] = record["person_status"] = value
    if key in ("work_email", "personal_email"):
        _put_email(record, key.removesuffix("_email"), value)
    employments = record.get("employments")
    same = key in ("job_title", "work_email", "start_date", "completion_date", "hiring_type", "hiring_status")
    if same and isinstance(employments, list):
        places += [one for one in employments if isinstance(one, dict) and not one.get("is_ended")]
    for place in places:
        if value is msgspec.UNSET:
            place.pop(key, None)
        elif key in place:
            place[key] = value


def _put_email(record: Record, kind: str, value: object) -> None:
    emails = record.get("emails")
    if not isinstance(emails, list):
        return
    if value is msgspec.UNSET:
        record["emails"] = [one for one in emails if one["type"] != kind]
        return
    for one in emails:
        if one["type"] == kind:
            one["value"] = value
