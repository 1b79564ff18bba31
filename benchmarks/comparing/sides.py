"""Two sides to plan between: employees as HR knows them, and members as they are."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.snapshot import Employee, Status

SHARES: Final = {"few": 0.001, "many": 0.1, "new": 1.0}
"""So many of the people differ: an ordinary hour, a large one, and the first (nobody has a member yet)."""

_COMPARED: Final = (
    *("first_name", "last_name", "employee_number", "job_title", "department", "team", "work_location"),
    *("country", "legal_entity", "cost_center", "employment_type", "language", "start_date"),
)


class Sides(Struct, frozen=True):
    """Both sides, and how many people differ."""

    employees: list[Employee]
    members: list[Member]
    links: list[Link]
    differing: int


def values(people: int, share: str) -> Sides:
    """Make both sides of so many people."""
    differing = max(1, round(people * SHARES[share]))
    if share == "new":
        return Sides(company(people, 0)[0], [], [], people)
    return Sides(*company(people, differing), differing)


def write(people: int, folder: Path) -> dict[str, Mapping[str, Any]]:
    """Write both sides for a program of another environment; return by share where they are."""
    written: dict[str, Mapping[str, Any]] = {}
    for share in SHARES:
        sides = values(people, share)
        files = {"hr": folder / f"{share}-hr.json", "members": folder / f"{share}-members.json"}
        _write(files["hr"], (_row(one, one.id, one.work_email, one.manager_id) for one in sides.employees))
        known = {link.member_id: link.employee_id for link in sides.links}
        managers = (known.get(one.manager_id or 0) for one in sides.members)
        _write(
            files["members"],
            (
                _row(one, known[one.id], one.email, manager)
                for one, manager in zip(sides.members, managers, strict=True)
            ),
        )
        written[share] = {name: str(file) for name, file in files.items()} | {"differing": sides.differing}
    return written


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
    return Member(
        id=member_id,
        state=State.ACTIVE,
        role=Role.REQUESTER,
        email=str(one.work_email),
        manager_id=int(str(one.manager_id)) + 1 if one.manager_id else None,
        **{name: getattr(one, name) for name in _COMPARED},
    )


def _row(one: Employee | Member, key: str, email: object, manager: object) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(one, name) for name in _COMPARED}
    found: dict[str, Any] = msgspec.to_builtins({"id": key, "email": email, "manager": manager, **fields})
    return found


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
