"""History tables (work, employment, lifecycle and empty ones), bank accounts, and what edits leave in them."""

from datetime import date

import msgspec

from rollcall.simulators.hibob.fields import (
    display_name,
    item_id,
    last_day_before,
    person_id,
    site_id,
    title_id,
)
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.world import World

# The category whose permission a table needs (assumed for all but those of the documents' example).
TABLES = {
    "work": "work",
    "employment": "payroll",
    "lifecycle": "internal",
    "salaries": "payroll",
    "equities": "payroll",
    "variable": "payroll",
    "dependents": "dependents",
    "right-to-work": "identification",
    "entitlement": "payroll",
    "deduction": "payroll",
}


class Planned(msgspec.Struct):
    """A change that holds from a later day: somebody's fields from then on."""

    person_id: int
    effective: date
    wanted: Person


class Past:
    """What edits leave behind: earlier spells of people hired again, planned changes, values not yet seen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.planned: list[Planned] = []
        self.spells: dict[int, list[tuple[date, date]]] = {}
        self._before: dict[int, tuple[float, Person]] = {}
        self._made: dict[int, float] = {}
        world.listeners.append(self._tell)

    def before_edit(self, person: Person) -> None:
        """Keep somebody as they are now."""
        self._before[person.id] = self.world.now().timestamp(), msgspec.structs.replace(person)

    def plan(self, person: Person, wanted: Person, effective: date) -> None:
        """Keep a change for later; the work table shows it at once."""
        self.planned.append(Planned(person.id, effective, wanted))

    def settle(self) -> None:
        """Let what was planned for today or before become true, silently."""
        today = self.world.today()
        for row in [row for row in self.planned if row.effective <= today]:
            self.planned.remove(row)
            person = self.world.people.get(row.person_id)
            if person:
                for name in ("department_id", "team_id", "office_id", "manager_id", "job_title"):
                    setattr(person, name, getattr(row.wanted, name))
            self.world.forget()

    def _tell(self, what: str, person: Person, fields: list[str]) -> None:
        now = self.world.now().timestamp()
        if what == "created":
            self._made[person.id] = now
        _, before = self._before.get(person.id, (now, person))
        if what == "updated" and before.end_date and before.start_date < person.start_date:
            self.spells.setdefault(person.id, []).append((before.start_date, before.end_date))

    def lagging(self, seconds: float) -> bool:
        """Whether anybody's newest values are younger than that."""
        since = self.world.now().timestamp() - seconds
        moments = [at for at, _ in self._before.values()] + list(self._made.values())
        return seconds > 0 and any(at > since for at in moments)

    def seen(self, person: Person, seconds: float) -> Person | None:
        """The person as a search shows them so long after a write; None if they are too new."""
        since = self.world.now().timestamp() - seconds
        if self._made.get(person.id, 0) > since:
            return None
        at, before = self._before.get(person.id, (0.0, person))
        return before if at > since else person


def rows(past: Past, person: Person, table: str) -> list[Record]:
    """A person's rows in a table, newest first."""
    match table:
        case "lifecycle":
            return _lifecycle(past, person)
        case "work":
            return _work(past, person)
        case "employment":
            kind = "contractor" if person.employment_type == "contractor" else "permanent"
            row = {"type": kind, "weeklyHours": person.weekly_hours}
            return [_row(person, 1, person.start_date, None, current=True) | row]
    return []


def _row(person: Person, number: int, start: date, end: str | None, *, current: bool) -> Record:
    return {
        "id": person.id * 100 + number,
        "effectiveDate": start.isoformat(),
        "endEffectiveDate": end,
        "isCurrent": current,
    }


def _lifecycle(past: Past, person: Person) -> list[Record]:
    today, steps = past.world.today(), list[tuple[date, str]]()
    for start, end in past.spells.get(person.id, []):
        steps += [(start, "employed"), (end, "terminated")]
    steps.append((person.start_date, "employed"))
    if person.leave_from:
        steps.append((person.leave_from, "parental leave"))
    if person.end_date:
        steps.append((person.end_date, "terminated"))
    current = max((place for place, (day, _) in enumerate(steps) if day <= today), default=-1)
    found = []
    for place, (day, name) in enumerate(steps):
        following = steps[place + 1][0] if place + 1 < len(steps) else None
        until = last_day_before(following) if following else None
        row = _row(person, place + 1, day, until, current=place == current)
        found.append(row | {"status": name, "employeeStatus": name, "reasonType": None})
    return found[::-1]


def _work(past: Past, person: Person) -> list[Record]:
    """The current row, and rows that begin later."""
    later = sorted((row for row in past.planned if row.person_id == person.id), key=lambda row: row.effective)
    steps = [(person.start_date, person), *((row.effective, row.wanted) for row in later)]
    found = []
    for place, (day, seen) in enumerate(steps):
        end = last_day_before(steps[place + 1][0]) if place + 1 < len(steps) else None
        row = _row(person, place + 1, day, end, current=place == 0)
        manager = {"id": person_id(seen.manager_id)} if seen.manager_id is not None else None
        found.append(
            row
            | {"title": title_id(seen.job_title), "department": item_id("department", seen.department_id)}
            | {"site": past.world.company.offices[seen.office_id].name, "siteId": site_id(seen.office_id)}
            | {"reportsTo": manager}
        )
    return found[::-1]


def bank_accounts(world: World, person: Person) -> list[Record]:
    """The list of accounts; a few people have a second one that gets less."""
    if not (person.iban or person.account_number):
        return []
    nulled = {name.removeprefix("financial.") for name in world.nulled}

    def account(number: int, iban: str | None, share: int | None) -> Record:
        row: Record = {
            "id": 70_000_000 + person.id * 10 + number,
            "bankAccountType": "Checking",
            "accountNickname": display_name(person),
            "bankName": "Example Bank",
            "branchAddress": None,
            "routingNumber": person.sort_code,
            "accountNumber": person.account_number,
            "bicOrSwift": person.bic,
            "iban": iban,
            "allocation": "Percentage" if share else None,
            "amount": share,
            "useForBonus": False,
        }
        hides = {"iban", "accountNumber", "bankName", "routingNumber"} & nulled
        hides |= {"bicOrSwift"} if "swift" in nulled else set()
        return row | dict.fromkeys(hides)

    if person.id % 19 == 0 and person.iban:
        return [account(1, None, 20), account(2, person.iban, 80)]
    return [account(1, person.iban, None)]
