"""What Workday knew when: effective-dated values, moments of entry, and the log of transactions.

Made-up people have a past of their own (hire, leave, end); edits through the control interface are kept as
changes, so that a list asked for as of an earlier moment of entry does not move while somebody edits.
Transactions take effect at midnight UTC: assumed, the tenant's zone is not known to readers.
"""

from calendar import timegm
from collections.abc import Container
from datetime import UTC, date, datetime

import msgspec

from rollcall.simulators.people import Person
from rollcall.simulators.world import World

_WEEK = 7 * 86_400
_DATED_BY_THEMSELVES = {"start_date", "end_date", "last_working_day", "leave_from", "leave_until"}
_PERSONAL = {"first_name", "last_name", "preferred_name"}
_CONTACT = {"work_email", "personal_email", "language"}


class Change(msgspec.Struct):
    """An edit: when it was typed in (seconds since 1970), from which day it holds, the new values."""

    entered: float
    effective: date
    fields: dict[str, object]
    kind: str


class Transaction(msgspec.Struct):
    """A line of the log; `effective` in seconds since 1970."""

    entered: float
    effective: float
    kind: str


class History:
    """Everybody's past. Registers itself with the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.newest = 0.0  # when the last change was typed in
        self.gone: dict[int, tuple[float, Person]] = {}
        self._base: dict[int, Person] = {}
        self._changes: dict[int, list[Change]] = {}
        self._planned: list[tuple[int, Change]] = []
        self._born: dict[int, float] = {}
        self._before: dict[int, Person] = {}
        self._log: dict[int, list[Transaction]] = {}
        self._log_of: object = None
        self._made: tuple[object, float] | None = None
        self._leaders: tuple[object, set[int]] | None = None
        world.listeners.append(self._tell)

    # --- what happens -----------------------------------------------------------------------------

    def before_edit(self, person: Person) -> None:
        """Keep somebody as they are now: they are about to be edited."""
        self._before[person.id] = msgspec.structs.replace(person)

    def plan(self, person: Person, wanted: Person, effective: date) -> None:
        """Type in today what holds from a later day: the people themselves change on that day."""
        self._base.setdefault(person.id, msgspec.structs.replace(person))
        change = Change(self._now(), effective, _difference(person, wanted), "Change Job")
        self._add(person.id, change)
        self._planned.append((person.id, change))
        self.world.forget()

    def settle(self) -> None:
        """Let what was planned for today or before become true."""
        today = self.world.today()
        for person_id, change in [row for row in self._planned if row[1].effective <= today]:
            self._planned.remove((person_id, change))
            person = self.world.own.people.get(person_id)
            for name, value in change.fields.items() if person else ():
                setattr(person, name, value)
            self.world.forget()

    def _tell(self, what: str, person: Person, fields: list[str]) -> None:
        now = self._now()
        self._log.pop(person.id, None)
        if what == "created":
            self._born[person.id] = self.newest = now
        elif what == "deleted":
            self.gone[person.id] = (now, person)
            self.newest = now
        elif what == "updated":
            before = self._before.pop(person.id, person)
            self._base.setdefault(person.id, before)
            changed = _difference(before, person)
            ended = "end_date" in changed and person.end_date
            day = person.end_date if ended and person.end_date else self.world.today()
            self._add(person.id, Change(now, day, changed, _kind(changed, person)))

    def _add(self, person_id: int, change: Change) -> None:
        self._changes.setdefault(person_id, []).append(change)
        self._log.pop(person_id, None)
        self.newest = max(self.newest, change.entered)

    def _now(self) -> float:
        return self.world.now().timestamp()

    # --- what was known ---------------------------------------------------------------------------

    def ids(self, order: list[int], entry: float) -> list[int]:
        """Of the ids in rising order, those that were typed in by then, and those removed since."""
        if entry >= self.newest and entry >= self.made_until():
            return order
        people = self.world.people
        found = [i for i in order if self._there(people[i], entry)]
        back = [i for i, (at, _) in self.gone.items() if at > entry and self._mine()]
        return sorted({*found, *back}) if back else found

    def made_until(self) -> float:
        """The last stamp of the company as it was made up: from then on only changes count."""
        if self._made is None or self._made[0] is not self.world.company:
            people = self.world.people.values()
            last = max((max(p.created_at, p.updated_at) for p in people if p.id not in self._born), default=0)
            self._made = self.world.company, last
        return self._made[1]

    def person(self, person_id: int) -> Person | None:
        """Somebody who is or was there."""
        found = self.world.people.get(person_id)
        return found or (self.gone[person_id][1] if person_id in self.gone else None)

    def everybody(self) -> list[Person]:
        """Who is there and who was removed, by rising id."""
        people = [*self.world.people.values(), *(p for _, p in self.gone.values() if self._mine())]
        return sorted(people, key=lambda person: person.id)

    def at(self, person: Person, as_of: date, entry: float) -> Person:
        """The person on that day, as far as was typed in by then."""
        changes = self._changes.get(person.id) if self._mine() else None
        if not changes and entry >= person.updated_at:
            return person
        if changes and entry >= self.newest and as_of == self.world.today():
            return person  # what is so now, edits included that left no trace
        seen = msgspec.structs.replace(self._base[person.id] if changes else person)
        if seen.end_date and _end_entered(seen) > entry:
            seen.end_date = seen.last_working_day = None
        if seen.leave_from and _leave_entered(seen) > entry:
            seen.leave_from = seen.leave_until = None
        known = [change for change in changes or () if change.entered <= entry]
        for change in sorted(known, key=lambda one: (one.effective, one.entered)):
            if change.effective <= as_of:
                _set(seen, {k: v for k, v in change.fields.items() if k not in _DATED_BY_THEMSELVES})
        for change in known:
            _set(seen, {k: v for k, v in change.fields.items() if k in _DATED_BY_THEMSELVES})
        return seen

    def leaders(self, as_of: date, entry: float) -> Container[int]:
        """The ids of those who had reports then."""
        if entry >= max(self.newest, self.made_until()):
            return self.world.managers()
        key = as_of, entry, self.newest
        if self._leaders is None or self._leaders[0] != key:
            seen = (
                self.at(person, as_of, entry) for person in self.everybody() if self._there(person, entry)
            )
            self._leaders = key, {person.manager_id for person in seen if person.manager_id is not None}
        return self._leaders[1]

    def _there(self, person: Person, entry: float) -> bool:
        return self._born.get(person.id, person.created_at) <= entry

    def first(self, person: Person) -> Person:
        """The person before any edit: what a first hire is read from."""
        return self._base.get(person.id, person) if self._mine() else person

    # --- the log ----------------------------------------------------------------------------------

    def log(self, person: Person) -> list[Transaction]:
        """All transactions of somebody, unsorted."""
        if self._log_of is not self.world.company:
            self._log_of, self._log = self.world.company, {}
        found = self._log.get(person.id)
        if found is None:
            found = self._log[person.id] = self._made_log(person)
        return found

    def _made_log(self, person: Person) -> list[Transaction]:
        first = self.first(person)
        worker = "Contingent Worker" if first.employment_type == "contractor" else "Employee"
        born = self._born.get(first.id, first.created_at)
        rows = [Transaction(born, midnight(first.start_date), f"Hire {worker}")]
        if first.end_date:
            rows.append(Transaction(_end_entered(first), midnight(first.end_date), f"Terminate {worker}"))
        if first.leave_from:
            rows.append(
                Transaction(_leave_entered(first), midnight(first.leave_from), "Request Leave of Absence")
            )
        if first.updated_at > first.created_at:
            rows.append(Transaction(first.updated_at, first.updated_at, "Edit Worker Additional Data"))
        changes = self._changes.get(person.id, []) if self._mine() else []
        return rows + [Transaction(c.entered, midnight(c.effective), c.kind) for c in changes]

    def _mine(self) -> bool:
        return self.world.company is self.world.own


def _set(person: Person, fields: dict[str, object]) -> None:
    for name, value in fields.items():
        setattr(person, name, value)


def _difference(before: Person, after: Person) -> dict[str, object]:
    names = Person.__struct_fields__
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}


def _kind(changed: dict[str, object], person: Person) -> str:
    """The name of the business process (assumed; over a thousand exist)."""
    if "end_date" in changed:
        return "Terminate Employee" if person.end_date else "Rescind"
    if "start_date" in changed:
        return "Hire Employee"
    if changed.keys() & _DATED_BY_THEMSELVES:
        return "Request Leave of Absence"
    if changed.keys() & _PERSONAL:
        return "Legal Name Change"
    return "Contact Change" if changed.keys() & _CONTACT else "Change Job"


def midnight(day: date) -> float:
    """The day's first second, UTC, in seconds since 1970."""
    return timegm(day.timetuple())


def moment(text: str) -> float | None:
    """Seconds since 1970 of an ISO date or date-time; without an offset UTC (assumed). None for nonsense."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _end_entered(person: Person) -> float:
    end = midnight(person.end_date) if person.end_date else 0.0
    return max(person.created_at, min(person.updated_at, end - _WEEK))


def _leave_entered(person: Person) -> float:
    begin = midnight(person.leave_from) if person.leave_from else 0.0
    return max(person.created_at, min(person.updated_at, begin - _WEEK))
