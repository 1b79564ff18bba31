"""The engine alone: who is who, and what differs, of plain values in memory. No database, no network, nothing stored.

To be held against libraries that compare two sets of records in memory. ``python -m
benchmarks.comparing.planning_alone``.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final

import click
from msgspec import Struct, structs

from rollcall.engine.match import Candidate, join
from rollcall.engine.plan import make_plan
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.scope import Everybody
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status

NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHARES: Final = {"few": 0.001, "many": 0.1}
"""So many of the people differ in a field or two: an ordinary hour, and a large one."""


class Alone(Struct, frozen=True, kw_only=True):
    """Seconds of this process's own work; what else the machine does hardly matters."""

    # people who differ, and the lines of the plan
    differing: int
    lines: int
    # to find out who is who, by link and by address
    join: float
    # to decide about everybody and name each difference with its reason
    plan: float

    @property
    def seconds(self) -> float:
        """Both: what a library does that is given two lists and tells what differs."""
        return self.join + self.plan


class Seconds(Struct, frozen=True, kw_only=True):
    """What planning took, by how many differ."""

    people: int
    few: Alone
    many: Alone


def plan_alone(people: int) -> Seconds:
    """Plan for that many people of whom some differ; values are made before the clock runs."""
    done = {name: _timed(people, round(people * share)) for name, share in SHARES.items()}
    return Seconds(people=people, **done)


def company(people: int, differing: int) -> tuple[list[Employee], list[Member], list[Link]]:
    """Return employees, and their members and links as they were before ``differing`` of them changed.

    Evenly spread, they have another department and job title; everybody has a line manager in the company.
    """
    employees = [_employee(number) for number in range(people)]
    members = [_member(one, number) for number, one in enumerate(employees, start=1)]
    links = [
        Link(member_id=member.id, employee_id=one.id) for one, member in zip(employees, members, strict=True)
    ]
    for index in range(differing):
        at = index * people // differing
        employees[at] = structs.replace(employees[at], department="Moved", job_title=f"Head of {index}")
    return employees, members, links


def _employee(number: int) -> Employee:
    return Employee(
        id=f"{number:07}",
        employee_number=f"E{number:07}",
        work_email=f"person.{number:07}@acme.example",
        first_name=f"First{number % 997}",
        last_name=f"Last{number:07}",
        status=Status.ACTIVE,
        start_date=date(2020, 1 + number % 12, 1 + number % 28),
        manager_id=f"{number // 10:07}" if number else None,
        job_title=f"Title {number % 50}",
        department=f"Department {number % 20}",
        team=f"Team {number % 200}",
        work_location=("Paris", "Lyon", "Berlin", "Madrid")[number % 4],
        country=("FR", "FR", "DE", "ES")[number % 4],
        legal_entity="Acme",
        cost_center=f"C{number % 30}",
        employment_type="permanent",
        language="fr",
        time_zone="Europe/Paris",
    )


def _member(one: Employee, member_id: int) -> Member:
    same = ("first_name", "last_name", "employee_number", "job_title", "department", "team", "work_location")
    more = ("country", "legal_entity", "cost_center", "employment_type", "language", "start_date")
    return Member(
        id=member_id,
        state=State.ACTIVE,
        role=Role.REQUESTER,
        email=str(one.work_email),
        manager_id=int(str(one.manager_id)) + 1 if one.manager_id else None,
        **{name: getattr(one, name) for name in (*same, *more)},
    )


def _timed(people: int, differing: int) -> Alone:
    employees, members, links = company(people, differing)
    before = time.process_time()
    found = join(employees, members, links, Everybody())
    asked = _asked(found)
    joined = time.process_time()
    # the plan is not kept: it goes to the database line by line
    lines = sum(1 for _ in make_plan(asked, Settings(), now=NOW, zone="Europe/Paris", clearable=()))
    return Alone(differing=differing, lines=lines, join=joined - before, plan=time.process_time() - joined)


def _asked(found: list[Candidate]) -> Callable[[bool], Iterable[Candidate]]:
    leads = [one for one in found if one.leads]
    return lambda only_leads: leads if only_leads else found


@click.command()
@click.option("--people", default=100_000, show_default=True, type=click.IntRange(1000))
def main(people: int) -> None:
    """Print how long the engine plans for so many people in memory."""
    done = plan_alone(people)
    for one in (done.few, done.many):
        click.echo(
            f"{people} people, {one.differing} differ: who is who {one.join:.2f} s, {one.lines} lines {one.plan:.2f} s,"
            f" together {one.seconds:.2f} s of CPU"
        )


if __name__ == "__main__":
    main()
