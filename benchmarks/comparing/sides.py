"""Two sides to plan between: employees as HR knows them, and members as they are."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from benchmarks.comparing.planning_alone import company
from rollcall.engine.roster import Link, Member
from rollcall.engine.snapshot import Employee

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


def _row(one: Employee | Member, key: str, email: object, manager: object) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(one, name) for name in _COMPARED}
    found: dict[str, Any] = msgspec.to_builtins({"id": key, "email": email, "manager": manager, **fields})
    return found


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
