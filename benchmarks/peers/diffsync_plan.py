"""diffsync: two sets of people in memory, and the difference between them; making its objects is a step of its own.

Less than Rollcall: equal keys and unequal fields, no more: no matching by address, no states, dates, line managers,
reasons or owners of fields. More: it keeps parents with their children, and can call back to write each difference.
"""

import json
import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from diffsync import Adapter, DiffSyncModel

from benchmarks.measuring.steps import Steps

COMPARED = (
    *("email", "first_name", "last_name", "employee_number", "job_title", "department", "team"),
    *("work_location", "country", "legal_entity", "cost_center", "employment_type", "language"),
    *("start_date", "manager"),
)


class Person(DiffSyncModel):
    """A person with the fields that a plan compares."""

    _modelname = "person"
    _identifiers = ("id",)
    _attributes = COMPARED

    id: str
    email: str
    first_name: str
    last_name: str
    employee_number: str
    job_title: str
    department: str
    team: str
    work_location: str
    country: str
    legal_entity: str
    cost_center: str
    employment_type: str
    language: str
    start_date: str
    manager: str | None = None


class People(Adapter):
    """One side."""

    person = Person
    top_level = ("person",)


def main() -> None:
    """Find the difference of two sides that are in memory already."""
    steps = Steps()
    # As it comes it tells every step of its search on standard output.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _warm_up()
    for share, sides in steps.task["sides"].items():
        rows = [_rows(sides[name]) for name in ("hr", "members")]
        # what its adapters do before every comparison; Rollcall's values are there already
        with steps.step(f"load_{share}"):
            hr, members = (_side(one) for one in rows)
        with steps.step(share):
            found = members.diff_from(hr)
        summary = found.summary()
        assert summary["update"] + summary["create"] == sides["differing"], summary
        steps.tell({"rows": sides["differing"], "version": version("diffsync")})


def _warm_up() -> None:
    """What is done once in a process is no part of the first step."""
    one, other = People(), People()
    row = dict.fromkeys(("id", *COMPARED), "x")
    one.add(Person(**row))
    other.add(Person(**row | {"team": "y"}))
    assert one.diff_from(other).summary()["update"] == 1


def _rows(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def _side(rows: list[dict[str, Any]]) -> People:
    side = People()
    for row in rows:
        side.add(Person(**row))
    return side


if __name__ == "__main__":
    main()
