"""PayFit's records: collaborators, their contracts, the company, absences.

Facts: PayFit's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed
where marked. One account is one company of one country; everybody of the made-up company is on its payroll.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from rollcall.simulators.names import LAST
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World

BASE = "collaborators:read"
CONTRACTS = "collaborators:contracts:read"
MANAGEMENT = "collaborators:management:read"
PERSONAL = "collaborators:personal:read"
LEGAL_IDENTITY = "collaborators:legal-identity:read"
BANK = "collaborators:bank-info:read"
SCOPES = (
    *(BASE, CONTRACTS, MANAGEMENT, PERSONAL, LEGAL_IDENTITY, BANK),
    *("collaborators:social-security:read", "collaborators:meal-vouchers:read"),
    *("contracts:read", "contracts:payslips:read", "contracts:time-information:read"),
    *("accounting:read", "time:read", "payment-files:read", "health-insurance:read"),
)
# What a scope adds to a collaborator; the spread of the personal ones over two scopes is assumed.
ADDED = {
    CONTRACTS: ("contracts",),
    MANAGEMENT: ("managerId", "teamName"),
    PERSONAL: ("birthDate", "birthName", "gender", "phoneNumbers", "addresses"),
    LEGAL_IDENTITY: ("countryOfBirth", "nationality"),
    BANK: ("iban", "bic"),
}
# What a person's field is called here.
NAMES = {
    "employee_number": "matricule",
    "first_name": "firstName",
    "last_name": "lastName",
    "work_email": "emails",
    "manager_id": "managerId",
    "team": "teamName",
    "team_id": "teamName",
    "end_date": "terminationDate",
    "start_date": "startDate",
    "job_title": "jobName",
}
_KEPT = timedelta(days=365)  # contracts archived longer ago than "the last year" do not come (documented)
_PERMANENT, _FIXED_TERM, _INTERNSHIP = "01", "02", "29"  # natureContratDsn, the French DSN norm
_ENTITIES = {"FR": "France SAS", "ES": "España SL", "GB": "UK Ltd"}
_FULL_TIME = {"FR": 35}  # hours a week; elsewhere 40 (assumed)


class Contract(msgspec.Struct, kw_only=True):
    """One contract of one person; `number` counts from the oldest."""

    number: int
    start: date
    end: date | None
    job: str

    def status(self, today: date) -> str:
        """ACTIVE was seen; the spelling of the other two is assumed."""
        if self.end is not None and self.end < today:
            return "ARCHIVED"
        return "PENDING" if self.start > today else "ACTIVE"


def country(world: World) -> str:
    """The company's country: FR, or what the option `country` says (ES, GB)."""
    return str(world.options.get("country", "FR"))


def company_id(world: World) -> str:
    """24 hexadecimal digits, different for another company (A6)."""
    return hashlib.sha256(f"payfit {world.company.number} {world.company.domain}".encode()).hexdigest()[:24]


def company(world: World, active_contracts: int) -> Record:
    """The company as `GET /companies/{id}` shows it."""
    return {
        "id": company_id(world),
        "name": f"{world.company.name} {_ENTITIES[country(world)]}",
        "country": country(world),
        "nbActiveContracts": active_contracts,
        "identificationNumber": f"00000{world.company.number}",
        "address": "1 rue de l'Exemple",
        "city": "Paris",
        "postalCode": "75002",
    }


def hex_id(number: int) -> str:
    """A collaborator's id."""
    return f"60a1b2c3d4e5f607{number:08x}"


def contract_id(number: int, place: int) -> str:
    """A contract's id."""
    return f"61a1b2c3d4e5f6{place:02x}{number:08x}"


def contracts_of(person: Person, today: date) -> list[Contract]:
    """Somebody's contracts, oldest first.

    Some were hired again after a gap, some went from a first contract to the next without one, some have two
    jobs at once (the later one is the main one). `Person.start_date` begins the unbroken run in each case.
    """
    start, end, job = person.start_date, person.end_date, person.job_title
    tenure = (min(today, end or today) - start).days
    spans: list[tuple[date, date | None, str]] = [(start, end, job)]
    if person.id % 31 == 7 and tenure > 200:
        turn = start + timedelta(days=180)
        spans = [(start, turn - timedelta(days=1), job), (turn, end, job)]
    elif person.id % 29 == 3 and tenure > 100:
        spans = [(start, end, "Trainer"), (start + timedelta(days=60), end, job)]
    elif person.id % 37 == 5:
        before = start - timedelta(days=120)
        spans = [(before - timedelta(days=500), before, job), (start, end, job)]
    return [
        Contract(number=place, start=first, end=last, job=title)
        for place, (first, last, title) in enumerate(spans)
    ]


def listed_contracts(person: Person, today: date) -> list[Contract]:
    """Those that the contract lists show: active, pending, and archived within the last year."""
    return [c for c in contracts_of(person, today) if c.end is None or c.end >= today - _KEPT]


def in_progress(person: Person, today: date) -> bool:
    """Whether the contract of a future hire is still being set up; which ones are is assumed."""
    return person.start_date > today and person.id % 2 == 0


def listed(world: World, person: Person, today: date, *, unfinished: bool) -> bool:
    """Whether the list of collaborators has somebody.

    Leavers of over a year ago have no listed contract left and are assumed gone from the list too (option
    `old_leavers_listed`: still there). Somebody created within the last `contract_delay` seconds (option;
    in reality 120 to 300, here 0) has no contract yet and so is not in the list.
    """
    if in_progress(person, today) and not unfinished:
        return False
    delay = world.options.get("contract_delay")
    if delay and person.created_at > world.stamp() - int(str(delay)):
        return False
    old = person.end_date is not None and person.end_date < today - _KEPT
    return not old or bool(world.options.get("old_leavers_listed"))


def collaborator(world: World, scopes: frozenset[str]) -> Callable[[Person], Record]:
    """The encoder of a collaborator; what a missing scope hides is absent, not null."""
    absent = {name for scope, names in ADDED.items() if scope not in scopes for name in names}
    absent |= world.hidden
    nulled, today, land = world.nulled, world.today(), country(world)
    personal = PERSONAL in scopes and "personal_email" not in world.hidden

    def encode(person: Person) -> Record:
        record: Record = {
            "id": hex_id(person.id),
            "matricule": person.employee_number,
            "firstName": person.first_name,
            "lastName": person.last_name,
            "secondLastName": LAST["ES"][person.id % 40] if land == "ES" else None,
            "birthName": LAST["FR"][person.id % 40] if land == "FR" and person.id % 6 == 0 else None,
            "gender": "FEMALE" if person.id % 2 else "MALE",
            "birthDate": date(1960 + person.id % 44, 1 + person.id % 12, 1 + person.id % 28).isoformat(),
            "countryOfBirth": land,
            "nationality": land,
            "emails": _emails(person, land, personal=personal),
            "phoneNumbers": [{"type": "professional", "phoneNumber": f"+3319900{person.id % 10_000:04d}"}],
            "addresses": [_home(person, land)],
            "managerId": hex_id(person.manager_id) if person.manager_id is not None else None,
            "teamName": world.company.teams[person.team_id].name if person.team_id else None,
            "contracts": [_nested(person, contract, today) for contract in contracts_of(person, today)],
            "terminationDate": _termination(person, today),
            # Accounts of sort code and number are not exposed (assumed); foreign IBANs are.
            "iban": person.iban,
            "bic": person.bic,
        }
        for name in absent:
            record.pop(name, None)
        return record | {name: None for name in nulled if name in record}

    return encode


def _emails(person: Person, land: str, *, personal: bool) -> list[Record]:
    found: list[Record] = []
    # Documented for France and Britain since 2025; that some Spanish people lack it is assumed.
    if person.work_email is not None and not (land == "ES" and person.id % 4 == 0):
        found.append({"type": "professional", "email": person.work_email})
    if personal and person.personal_email is not None:
        found.append({"type": "personal", "email": person.personal_email})
    return found


def _home(person: Person, land: str) -> Record:
    place = {"address": f"{person.id % 90 + 1} rue de l'Été", "city": "Lyon", "postcode": "69002"}
    return {"type": "personal", **place, "country": land}


def _nested(person: Person, contract: Contract, today: date) -> Record:
    """A contract inside a collaborator: its id key is `id`, in the lists `contractId` (seen)."""
    return {
        "id": contract_id(person.id, contract.number),
        "startDate": contract.start.isoformat(),
        "endDate": _end(person, contract, today),
        "status": contract.status(today),
    }


def _end(person: Person, contract: Contract, today: date) -> str | None:
    """The last day. Assumed: a permanent contract that somebody will leave has none before that day."""
    coming = contract.end is not None and contract.end == person.end_date and contract.end >= today
    if contract.end is None or (coming and _nature(person) == _PERMANENT and person.id % 2):
        return None
    return contract.end.isoformat()


def _termination(person: Person, today: date) -> str | None:
    """Assumed: contracts that end by themselves, and a few old ones, have no date of termination."""
    if person.end_date is None or _nature(person) != _PERMANENT:
        return None
    return None if person.id % 3 == 0 and person.end_date < today else person.end_date.isoformat()


def _nature(person: Person) -> str:
    """Payroll knows no external contractors: the made-up company's stand here with a fixed term."""
    return {"contractor": _FIXED_TERM, "intern": _INTERNSHIP}.get(person.employment_type, _PERMANENT)


def contract_record(world: World, person: Person, contract: Contract, *, french: bool) -> Record:
    """A contract in the lists; `french` adds the fields of the French declaration (their names documented,
    their values made up).
    """
    today = world.today()
    full = _FULL_TIME.get(country(world), 40)
    hours = min(person.weekly_hours, full)
    record: Record = {
        "contractId": contract_id(person.id, contract.number),
        "companyId": company_id(world),
        "collaboratorId": hex_id(person.id),
        "status": contract.status(today),
        "startDate": contract.start.isoformat(),
        "endDate": _end(person, contract, today),
        "jobName": contract.job,
        "standardWeeklyHours": hours,
        "fullTimeEquivalent": round(hours / full, 2),
        "isFullTime": hours == full,
        "probationEndDate": (contract.start + timedelta(days=122)).isoformat(),
    }
    if french:
        over = contract.status(today) == "ARCHIVED"
        record |= {
            "natureContratDsn": _nature(person),
            "motifRuptureDeContratDsn": "059" if over else None,
            "idcc": "1486",
            "workingTimeModality": "10" if hours == full else "20",
            "professionalCategory": "cadre" if person.id % 3 else "non-cadre",
        }
    for name in world.hidden:
        record.pop(name, None)
    return record | {name: None for name in world.nulled if name in record}


def put(record: Record, field: str, value: object) -> None:
    """Set a field of a collaborator (by its name here or in `Person`), or take it away (UNSET)."""
    key = NAMES.get(field, field)
    contracts, emails = record.get("contracts"), record.get("emails")
    if field in ("status", "start_date") and isinstance(contracts, list) and contracts:
        _set(contracts[-1], key, value)
    elif field == "work_email" and isinstance(emails, list):
        others = [email for email in emails if email["type"] != "professional"]
        record["emails"] = [{"type": "professional", "email": value}, *others]
    else:
        _set(record, key, value)


def put_contract(record: Record, field: str, value: object) -> None:
    """Set a field of a contract in a list. What belongs to the collaborator is left."""
    _set(record, NAMES.get(field, "contractId" if field == "id" else field), value)


def _set(record: Record, key: str, value: object) -> None:
    if key not in record:
        return
    record[key] = value
    if value is msgspec.UNSET:
        del record[key]


def absence(person: Person) -> Record:
    """A leave of absence; days are objects (documented), the rest of the shape is assumed."""
    until = person.leave_until.isoformat() if person.leave_until else None
    since = person.leave_from.isoformat() if person.leave_from else None
    return {
        "id": f"62a1b2c3d4e5f607{person.id:08x}",
        "contractId": contract_id(person.id, 0),
        "collaboratorId": hex_id(person.id),
        "type": "parental_leave",
        "status": "approved",
        "startDate": {"date": since, "moment": "beginning-of-day"},
        "endDate": {"date": until, "moment": "end-of-day"} if until else None,
    }
