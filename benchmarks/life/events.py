"""What happens in a company's HR tool in ordinary life, day by day, from a seed: entries as people make them.

Nothing here knows Rollcall. Rates are of a year and of the people who work there; their peaks are those of any
payroll: last and first days of a month, summer's interns, the days around pay day.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from rollcall.simulators.bank_numbers import made_up_iban
from rollcall.simulators.people import Office, Person
from rollcall.simulators.world import World

YEAR: Final = 365
LEAVES: Final = 0.18
HIRED: Final = 0.18
MARRIES: Final = 0.012
CORRECTED: Final = 0.03
MOVES: Final = 0.06
PROMOTED: Final = 0.10
NEW_ACCOUNT: Final = 0.08
LONG_LEAVE: Final = 0.03
# a team of one manager gets another, for each hundred people and quarter
REORGANISED: Final = 1.0
INTERNS: Final = 0.03
LATE: Final = 0.12
"""Of a hundred leavers so many are entered only after their last day."""

CLOSING: Final = "Toulouse"


class Company:
    """A simulated account's ordinary life. Call ``slot`` for each time of a day at which HR people type."""

    def __init__(self, world: World, seed: int, begins: date, size: int) -> None:
        """Begin on a day; warm-up days before the first sync are lived the same way."""
        self.world = world
        self.rng = random.Random(f"life:{seed}:{size}")  # noqa: S311 - made-up lives
        self.size = size
        self.begins = begins
        self.later: list[tuple[date, Callable[[], None]]] = []
        self.number = 0
        if size >= 500:
            self._open_small_office()

    def slot(self, today: date, *, of: int) -> None:
        """Make the entries of one of ``of`` working slots of the day."""
        with self.world.lock:
            due = [act for day, act in self.later if day <= today]
            self.later = [(day, act) for day, act in self.later if day > today]
            for put_off in due:
                put_off()
            if today.weekday() >= 5:
                return
            # five working days do the work of seven
            part = 7 / 5 / YEAR / of
            for rate, act in (
                (LEAVES, self._leave),
                (HIRED, self._hire),
                (MARRIES, self._marry),
                (CORRECTED, self._correct),
                (MOVES, self._move),
                (PROMOTED, self._promote),
                (LONG_LEAVE, self._go_on_leave),
                (NEW_ACCOUNT * (3 if today.day >= 27 or today.day <= 4 else 0.4), self._change_account),
                (REORGANISED / 100 * 4, self._reorganise),
            ):
                for _ in range(self._happens(rate * part * self.size)):
                    act(today)
            self._seasons(today)

    def _happens(self, expected: float) -> int:
        return int(expected) + (self.rng.random() < expected % 1)

    def _seasons(self, today: date) -> None:
        """Once: interns of the summer and of the autumn, a department renamed, the small office closed."""
        days = (today - self.begins).days
        many = round(INTERNS * self.size)
        if self.number < 1 and days >= 2:
            self.number = 1
            for _ in range(many):
                self._hire(today, start=date(today.year, 6, 1), ends=date(today.year, 8, 31), kind="intern")
        if self.number < 2 and today >= date(today.year, 8, 10):
            self.number = 2
            for place in range(many):
                day = today + timedelta(days=place % 12)
                self.later.append(
                    (day, lambda: self._hire(today, start=date(today.year, 9, 1), kind="intern"))
                )
        if self.number < 3 and self.size >= 50 and today >= date(today.year, 9, 14):
            self.number = 3
            unit = next(one for one in self.world.company.departments.values() if one.name == "Legal")
            unit.name = "Legal & Compliance"
            self.world.forget()
        if self.number < 4 and self.size >= 500 and today >= date(today.year, 9, 21):
            self.number = 4
            for person in self._there():
                if self.world.company.offices[person.office_id].name == CLOSING:
                    self._end(person, date(today.year, 9, 25))

    def _there(self) -> list[Person]:
        return [one for one in self.world.people.values() if self.world.status(one) in ("active", "on_leave")]

    def _anybody(self) -> Person | None:
        found = [one for one in self._there() if one.end_date is None and one.manager_id is not None]
        return self.rng.choice(found) if found else None

    def _leave(self, today: date) -> None:
        """Most leave at the end of a month some weeks ahead; a few are entered after they are gone."""
        person = self._anybody()
        if person is None:
            return
        if self.rng.random() < LATE:
            last = today - timedelta(days=self.rng.randint(1, 4))
        else:
            last = today + timedelta(days=self.rng.randint(14, 60))
            roll = self.rng.random()
            if roll < 0.6:
                last = (last.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            elif roll < 0.7:
                last = last.replace(day=15) if last.replace(day=15) > today else last
        self._end(person, last)

    def _end(self, person: Person, last: date) -> None:
        person.end_date = person.last_working_day = last
        self.world.touch(person, ["end_date"])
        # whoever reported to them gets the manager above, about when they go
        self.later.append((last - timedelta(days=self.rng.randint(-2, 5)), lambda: self._hand_over(person)))

    def _hand_over(self, person: Person) -> None:
        for one in self.world.people.values():
            if one.manager_id == person.id:
                one.manager_id = person.manager_id
                self.world.touch(one, ["manager_id"])

    def _hire(
        self, today: date, *, start: date | None = None, ends: date | None = None, kind: str = "full_time"
    ) -> None:
        model = self.rng.choice(self._there())
        if start is None:
            start = today + timedelta(days=self.rng.randint(5, 45))
            if self.rng.random() < 0.5:
                start = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
            start += timedelta(days={5: 2, 6: 1}.get(start.weekday(), 0))
        number = max(self.world.people) + 1
        name = f"newcombe.{number}@{self.world.company.domain}.example"
        self.world.add(
            Person(
                id=number,
                employee_number=f"{number:06d}",
                first_name=self.rng.choice(("Robin", "Sam", "Alex", "Charlie", "Camille")),
                last_name=f"Newcombe-{number}",
                work_email=name,
                start_date=start,
                end_date=ends,
                last_working_day=ends,
                manager_id=model.manager_id or model.id,
                office_id=model.office_id,
                department_id=model.department_id,
                team_id=model.team_id,
                legal_entity_id=model.legal_entity_id,
                cost_center_id=model.cost_center_id,
                job_title=model.job_title,
                employment_type=kind,
                iban=made_up_iban("FR", self.rng) if self.rng.random() < 0.7 else None,
                created_at=self.world.stamp(),
                updated_at=self.world.stamp(),
            )
        )

    def _marry(self, today: date) -> None:
        if person := self._anybody():
            person.last_name = f"{person.last_name}-{self.rng.choice(('Martin', 'Weber', 'Garcia'))}"
            fields = ["last_name"]
            if self.rng.random() < 0.7 and person.work_email:
                person.work_email = (
                    f"new.{person.id}.{person.work_email.split('@')[0]}@{person.work_email.split('@')[1]}"
                )
                fields.append("work_email")
            self.world.touch(person, fields)

    def _correct(self, today: date) -> None:
        """A name mistyped, or a number that was missing."""
        if person := self._anybody():
            if self.rng.random() < 0.3 and person.work_email:
                name, _, domain = person.work_email.partition("@")
                person.work_email = f"{name}{self.rng.randint(2, 99)}@{domain}"
                self.world.touch(person, ["work_email"])
            else:
                person.first_name = person.first_name.capitalize() + self.rng.choice(("", "-Marie", "-Jo"))
                self.world.touch(person, ["first_name"])

    def _move(self, today: date) -> None:
        if person := self._anybody():
            offices = [one for one in self.world.company.offices.values() if one.name != CLOSING]
            person.office_id = self.rng.choice(offices).id
            self.world.touch(person, ["work_location"])

    def _promote(self, today: date) -> None:
        if person := self._anybody():
            person.job_title = f"Senior {person.job_title}".replace("Senior Senior", "Principal")
            self.world.touch(person, ["job_title"])

    def _go_on_leave(self, today: date) -> None:
        if person := self._anybody():
            person.leave_from = today + timedelta(days=self.rng.randint(0, 20))
            person.leave_until = person.leave_from + timedelta(days=self.rng.randint(20, 150))
            self.world.touch(person, ["leave_from"])

    def _change_account(self, today: date) -> None:
        if person := self._anybody():
            person.iban, person.sort_code, person.account_number = made_up_iban("FR", self.rng), None, None
            self.world.touch(person, ["iban"])

    def _reorganise(self, today: date) -> None:
        """The people of one manager get another one of the same department."""
        bosses = [one for one in self.world.managers() if one in self.world.people]
        if len(bosses) < 3:
            return
        old, new = self.rng.sample(sorted(bosses), 2)
        if self.world.people[old].manager_id is None or self._is_above(old, new):
            return
        for one in self.world.people.values():
            if one.manager_id == old and one.id != new:
                one.manager_id = new
                self.world.touch(one, ["manager_id"])

    def _is_above(self, old: int, new: int) -> bool:
        at: int | None = new
        for _ in range(50):
            if at is None:
                return False
            if at == old:
                return True
            at = self.world.people[at].manager_id if at in self.world.people else None
        return True

    def _open_small_office(self) -> None:
        company = self.world.company
        number = max(company.offices) + 1
        company.offices[number] = Office(id=number, name=CLOSING, country="FR", time_zone="Europe/Paris")
        for person in self.rng.sample(self._there(), 6):
            person.office_id = number
            self.world.touch(person, ["work_location"])
