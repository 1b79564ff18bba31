"""What Deel tells about one person apart: personal data, contracts, banks.

Facts: Deel's developer documentation as known on 2026-11-22. Assumed where marked.
"""

from rollcall.simulators.deel.records import (
    contract_status,
    hiring_status,
    hiring_type,
    midnight,
    ooo,
    timestamp,
    unit_id,
    work_email,
)
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World


def personal(world: World, person: Person) -> Record:
    """`/people/{worker_id}/personal`."""
    hidden = world.hidden
    office = world.company.offices[person.office_id]
    home: Record = {"zip": "00000", "city": office.name, "type": "HOME", "state": None}
    record: Record = {
        "work_email": work_email(world, person),
        "personal_email": person.personal_email,
        "legal_first_name": person.first_name,
        "legal_last_name": person.last_name,
        "preferred_name": person.preferred_name,
        "addresses": [home | {"street": "3 Example Row", "country": office.country}],
        "phone_numbers": [],
        "date_of_birth": "1990-04-02",
        "ooo": ooo(world, person),
    }
    return {name: value for name, value in record.items() if name not in hidden}


def bank(world: World, person: Person) -> list[Record]:
    """A Global Payroll employee's banks; what does not apply is an empty text (assumed)."""
    if person.iban is None and person.account_number is None:
        return []
    country = person.iban[:2] if person.iban else "GB"
    record: Record = {
        "id": unit_id("bank", person.id),
        "status": "ACTIVE",
        "iban": person.iban or "",
        "swift_bic": person.bic or "",
        "account_number": person.account_number or "",
        "sort_code": person.sort_code or "",
    }
    record |= dict.fromkeys(("bank_code", "branch_code", "ach_routing_number", "rib_number"), "")
    record |= {
        "bank_name": "Example Bank",
        "full_name": f"{person.first_name} {person.last_name}",
        "original_name": f"{person.first_name} {person.last_name}",
        "currency_code": "GBP" if country == "GB" else "EUR",
        "country_code": country,
        "bank_country_code": country,
        "account_type": "",
        "bank_branch_name": "",
        "created_at": timestamp(person.created_at),
        "updated_at": timestamp(person.updated_at),
    }
    record |= dict.fromkeys(world.nulled & record.keys())
    return [{name: value for name, value in record.items() if name not in world.hidden}]


_CONTRACT_TYPES = {"contractor": "ongoing_time_based"}


def contract(world: World, person: Person, *, cost_centers: bool) -> Record:
    """The newest contract of somebody; `worker` is null before they accept."""
    state = hiring_status(world, person)
    signed = contract_status(person, state)
    team = world.company.teams.get(person.team_id or 0)
    names = f"{person.first_name} {person.last_name}"
    worker = {"id": unit_id("worker", person.id), "email": work_email(world, person), "full_name": names}
    record: Record = {
        "id": unit_id("contract", person.id),
        "type": _CONTRACT_TYPES.get(hiring_type(person), hiring_type(person)),
        "title": person.job_title,
        "client": {"team": {"id": unit_id("team", team.id), "name": team.name} if team else None},
        "status": signed,
        "worker": None if signed.startswith("waiting") else worker | {"alternate_email": []},
        "created_at": timestamp(person.created_at),
        "external_id": person.employee_number,
        "is_archived": False,
        "termination_date": midnight(person.end_date, detail=False),
    }
    if cost_centers:
        unit = world.company.cost_centers[person.cost_center_id]
        record["cost_centers"] = [
            {"name": unit.name, "number": unit.name.removeprefix("CC "), "allocation_percentage": 100}
        ]
    return record
