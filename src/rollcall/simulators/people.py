"""Made-up companies: offices, departments, people and who manages whom, from a seed and a size.

Same seed, size and day: same company, byte for byte. Nothing here is an HR tool's shape; each tool turns
these values into its own answers. Days are plain dates; times are whole seconds since 1970, UTC.
"""

import random
from calendar import timegm
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

import msgspec

from rollcall.simulators.bank_numbers import bic, made_up_iban, made_up_sort_code
from rollcall.simulators.names import ASCII_FORMS, FIRST, LAST, ODD

COUNTRY_NAMES = {"FR": "France", "GB": "United Kingdom", "DE": "Germany", "ES": "Spain"}
_LANGUAGES = {"FR": "fr", "GB": "en", "DE": "de", "ES": "es"}
_OFFICES = [  # name, country, time zone, weight; small companies have the first few only
    ("Paris", "FR", "Europe/Paris", 34),
    ("London", "GB", "Europe/London", 20),
    ("Berlin", "DE", "Europe/Berlin", 18),
    ("Lyon", "FR", "Europe/Paris", 11),
    ("Madrid", "ES", "Europe/Madrid", 10),
    ("Barcelona", "ES", "Europe/Madrid", 7),
]
_ENTITIES = {"FR": "France SAS", "GB": "UK Ltd", "DE": "Deutschland GmbH", "ES": "España SL"}
_DEPARTMENTS = [  # name, what people there are called, weight
    ("Engineering", "Software Engineer", 24),
    ("Sales", "Account Executive", 18),
    ("Customer Support", "Support Specialist", 14),
    ("Operations", "Operations Analyst", 12),
    ("Marketing", "Marketing Specialist", 8),
    ("Finance", "Accountant", 7),
    ("Product", "Product Designer", 6),
    ("People & Culture", "HR Partner", 4),
    ("Legal", "Counsel", 3),
    ("IT", "Systems Administrator", 4),
]
_SPAN = 9  # people one manager has
_TEAMS_PER_DEPARTMENT = 40
_COMPANIES = [("acme", "Acme"), ("harbourlight", "Harbourlight")]  # the second is "another company" (A6)


class Office(msgspec.Struct, kw_only=True):
    """A place of work: city name, ISO alpha-2 country, IANA time zone."""

    id: int
    name: str
    country: str
    time_zone: str


class Unit(msgspec.Struct):
    """A department, team, cost centre or legal entity; `parent` is a team's department, `country` an
    entity's.
    """

    id: int
    name: str
    parent: int | None = None
    country: str | None = None


class Person(msgspec.Struct, kw_only=True, gc=False):
    """One person as the company itself knows them. Every field may be edited; see `status` for what
    follows.
    """

    id: int
    employee_number: str | None
    first_name: str
    last_name: str
    preferred_name: str | None = None
    work_email: str | None
    personal_email: str | None = None
    start_date: date
    end_date: date | None = None  # the last day of the contract; gone from the day after
    last_working_day: date | None = None
    leave_from: date | None = None
    leave_until: date | None = None
    manager_id: int | None = None
    office_id: int
    department_id: int
    team_id: int | None = None
    legal_entity_id: int
    cost_center_id: int
    job_title: str
    employment_type: str = "full_time"  # full_time, part_time, contractor, intern
    weekly_hours: int = 40
    language: str = "en"
    iban: str | None = None
    bic: str | None = None
    account_number: str | None = None
    sort_code: str | None = None
    created_at: int
    updated_at: int


class Company(msgspec.Struct, kw_only=True):
    """A company and all its people, by id in rising order."""

    name: str
    domain: str  # first label of its addresses and of its web address
    number: str  # what tools call the company or account id
    as_of: date
    offices: dict[int, Office]
    departments: dict[int, Unit]
    teams: dict[int, Unit]
    legal_entities: dict[int, Unit]
    cost_centers: dict[int, Unit]
    people: dict[int, Person]


def status(person: Person, day: date) -> str:
    """`upcoming`, `active`, `on_leave` or `inactive` on that day; the end date itself is still a day of
    work.
    """
    if person.end_date is not None and person.end_date < day:
        return "inactive"
    if person.start_date > day:
        return "upcoming"
    if (
        person.leave_from
        and person.leave_from <= day
        and (not person.leave_until or day <= person.leave_until)
    ):
        return "on_leave"
    return "active"


def company(people: int = 500, seed: int = 1, *, today: date, other: bool = False) -> Company:
    """A company of that many people (at least 1), leavers and future hires included.

    `today` is the day everything is relative to. `other` gives a company of another name and account number.
    """
    rng = random.Random(f"{seed}:{people}:{other}")
    made = _empty_company(people, rng, today, other=other)
    _Builder(made, rng).add(people)
    return made


def _empty_company(people: int, rng: random.Random, today: date, *, other: bool) -> Company:
    domain, name = _COMPANIES[other]
    offices = _OFFICES[: 6 if people >= 100 else 3 if people >= 10 else 1]
    countries = list(dict.fromkeys(country for _, country, _, _ in offices))
    return Company(
        name=name,
        domain=domain,
        number=str(rng.randrange(5_000, 9_999)),
        as_of=today,
        offices={
            31 + 3 * i: Office(id=31 + 3 * i, name=city, country=country, time_zone=zone)
            for i, (city, country, zone, _) in enumerate(offices)
        },
        departments={52 + 2 * i: Unit(52 + 2 * i, row[0]) for i, row in enumerate(_DEPARTMENTS)},
        teams={},
        legal_entities={
            7 + i: Unit(7 + i, f"{name} {_ENTITIES[country]}", None, country)
            for i, country in enumerate(countries)
        },
        cost_centers={8 + i: Unit(8 + i, f"CC {100 + 10 * i}") for i in range(len(_DEPARTMENTS))},
        people={},
    )


class _Builder:
    """Fills a company. A class because every person draws from the same running state: names taken, numbers
    used.
    """

    def __init__(self, made: Company, rng: random.Random) -> None:
        self.made, self.rng = made, rng
        self.days = [
            made.as_of + timedelta(days=offset) for offset in range(-6000, 400)
        ]  # shared: less memory
        self.midnight = timegm(made.as_of.timetuple())
        self.taken: dict[str, int] = {}
        self.offices = list(made.offices.values())
        self.office_weights = list(accumulate(row[3] for row in _OFFICES[: len(self.offices)]))
        self.entity_of = {unit.country: unit.id for unit in made.legal_entities.values()}
        self.job_titles = _job_titles()

    def add(self, people: int) -> None:
        """Hand out ids with gaps, in an order that tells nothing about rank, and put everybody into a
        department.
        """
        next_id, ids = 1000, []
        for gap in self.rng.choices((1, 2, 3, 7), (70, 20, 8, 2), k=people):
            next_id += gap
            ids.append(next_id)
        shuffled = ids[:]
        self.rng.shuffle(shuffled)
        unsorted: dict[int, Person] = {}
        for place, department_index, ids_inside in _departments(shuffled):
            for rank in range(len(ids_inside)):
                person = self._person(place + rank, rank, ids_inside, department_index, shuffled[0])
                unsorted[person.id] = person
        self.made.people.update((person_id, unsorted[person_id]) for person_id in ids)
        self._spoil_employee_numbers()

    def _person(self, place: int, rank: int, ids: list[int], department_index: int, chief: int) -> Person:
        """Inside a department people form a tree: the one at `rank` reports to the one at (rank - 1) //
        span.
        """
        rng, person_id = self.rng, ids[rank]
        manages = _SPAN * rank + 1 < len(ids) or person_id == chief
        office = rng.choices(self.offices, cum_weights=self.office_weights)[0]
        manager = ids[(rank - 1) // _SPAN] if rank else chief
        department_id = 52 + 2 * department_index
        first, last, address = self._name(office.country, odd=place if place % 41 == 17 else None)
        person = Person(
            id=person_id,
            employee_number=f"{place + 1:05d}",
            first_name=first,
            last_name=last,
            preferred_name=first[:3] if place % 23 == 5 else None,
            work_email=f"{address}@{self.made.domain}.example",
            personal_email=f"{address}.{person_id}@post.example" if place % 3 else None,
            start_date=self.days[5_990 - int(3_500 * rng.random() ** 1.5)],
            manager_id=manager if person_id != chief else None,
            office_id=office.id,
            department_id=department_id,
            team_id=self._team(department_id, department_index, rank),
            legal_entity_id=self.entity_of[office.country],
            cost_center_id=8 + department_index,
            job_title=self.job_titles[department_index][
                _level(rank, manages=manages, chief=person_id == chief)
            ],
            language=_LANGUAGES[office.country],
            created_at=0,
            updated_at=0,
        )
        if not manages:
            self._change_course(person)
        self._open_account(person, office.country)
        self._stamp(person)
        return person

    def _name(self, country: str, odd: int | None) -> tuple[str, str, str]:
        if odd is not None:
            first, last, first_ascii, last_ascii = ODD[odd // 41 % len(ODD)]
        else:
            first, last = self.rng.choice(FIRST[country]), self.rng.choice(LAST[country])
            first_ascii, last_ascii = ASCII_FORMS[first], ASCII_FORMS[last]
        address = f"{first_ascii}.{last_ascii}"
        count = self.taken[address] = self.taken.get(address, 0) + 1
        return first, last, address if count == 1 else f"{address}{count}"

    def _team(self, department_id: int, department_index: int, rank: int) -> int | None:
        """The people of one manager are one team; heads have none, nor do managers of managers."""
        if rank == 0:
            return None
        group = (rank - 1) // _SPAN % _TEAMS_PER_DEPARTMENT
        team_id = 200 + department_index * _TEAMS_PER_DEPARTMENT + group
        if team_id not in self.made.teams:
            department = self.made.departments[department_id].name
            self.made.teams[team_id] = Unit(team_id, f"{department} {group + 1}", department_id)
        return team_id

    def _change_course(self, person: Person) -> None:
        """Some people without reports leave, have left, start later, are away, or have another contract."""
        rng, roll = self.rng, self.rng.random()
        tenure = max(2, (self.made.as_of - person.start_date).days)
        if roll < 0.09:
            person.end_date = self.days[6_000 - rng.randrange(1, min(tenure, 900))]
            person.last_working_day = person.end_date - timedelta(days=rng.choice((0, 0, 0, 14)))
        elif roll < 0.10:
            person.end_date = person.last_working_day = self.days[6_000 + rng.randrange(5, 60)]
        elif roll < 0.11:
            person.start_date = self.days[6_000 + rng.randrange(2, 60)]
        elif roll < 0.13:
            person.leave_from = self.days[6_000 - rng.randrange(0, min(tenure, 120))]
            person.leave_until = self.days[6_000 + rng.randrange(1, 200)]
        elif roll < 0.18:
            person.employment_type = "contractor"
        elif roll < 0.25:
            person.employment_type, person.weekly_hours = "part_time", 24
        elif roll < 0.26:
            person.employment_type, person.language = "intern", "en"
        elif roll < 0.265:
            person.work_email = None

    def _open_account(self, person: Person, country: str) -> None:
        """Most have an IBAN; two thirds of the British have sort code and account number; a few have given
        none.
        """
        roll = self.rng.random()
        if roll < 0.03:
            return
        if country == "GB" and roll < 0.67:
            person.sort_code = made_up_sort_code(self.rng)
            person.account_number = f"{self.rng.randrange(10**8):08d}"
        else:
            person.iban, person.bic = made_up_iban(country, self.rng), bic(country)

    def _stamp(self, person: Person) -> None:
        known = min(0, (person.start_date - self.made.as_of).days) - 20
        person.created_at = self.midnight + known * 86_400 + self.rng.randrange(28_000, 60_000)
        person.updated_at = max(person.created_at, self.midnight - self.rng.randrange(3_600, 300 * 86_400))

    def _spoil_employee_numbers(self) -> None:
        """Some have no number and one pair shares one, as seen in real accounts: a number is not a key."""
        everybody = list(self.made.people.values())
        for person in everybody[7::50]:
            person.employee_number = None
        if len(everybody) > 6:
            everybody[5].employee_number = everybody[3].employee_number


def _departments(ids: list[int]) -> list[tuple[int, int, list[int]]]:
    """Cut the ids into departments by weight: (place of the first, department index, ids); the chief is in
    the last.
    """
    total, start, rows, seen = sum(row[2] for row in _DEPARTMENTS), 1, [], 0
    for index, (_, _, weight) in enumerate(_DEPARTMENTS):
        seen += weight
        end = 1 + (len(ids) - 1) * seen // total
        rows.append((start, index, ids[start:end]))
        start = end
    return [*rows, (0, 3, ids[:1])]


def _job_titles() -> list[tuple[str, str, str, str, str]]:
    return [
        ("Chief Executive Officer", f"Head of {name}", f"{name} Manager", title, f"Senior {title}")
        for name, title, _ in _DEPARTMENTS
    ]


def _level(rank: int, *, manages: bool, chief: bool) -> int:
    if chief:
        return 0
    if rank == 0:
        return 1
    if manages:
        return 2
    return 4 if rank % 3 == 0 else 3


def as_time(seconds: int) -> datetime:
    """A stamp of a person (seconds since 1970) as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
