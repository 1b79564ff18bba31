"""Runs after a few changes in the HR tool; run by ``measuring.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a list of ``Few``: the run that finds the changes, and the next one.
"""

import os
import random
import sys
import time
from typing import Any, Final

import msgspec
from django.db import connection as database

from benchmarks.companies import flow
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.session import statements, vacuum
from benchmarks.quiet.few import Few, Work
from benchmarks.quiet.unchanged_runs import SETTLING, cost_of
from rollcall.accounts import access
from rollcall.connections.models import Connection, Employee

_LONGEST: Final = 12
"""So many of a run's statements are told when they are asked for, the longest first."""


def few(work: Work) -> list[Few]:
    """Let everybody be invited, run until nothing is left to be done, then change a few people before each run."""
    connection = flow.invited(work.credentials)
    for _ in range(SETTLING):
        flow.read_everybody_next(connection)
        flow.read(connection, "clock")
    vacuum()
    flow.read(connection, "clock")
    chance = random.Random(7)  # noqa: S311 - who changes is no secret
    with access.acting_for(connection.company_id):
        people = sorted(Employee.objects.values_list("external_id", flat=True))
    found: dict[str, list[tuple[float, float, float, int]]] = {"changed": [], "after": [], "quiet": []}
    for _ in range(work.runs):
        _change(work, chance, people)
        for one in found.values():
            with statements() as sent:
                own, server, seconds = cost_of(lambda: flow.read(connection, "clock"), 1)
            one.append((own, server, seconds, len(sent)))
    if work.show:
        _change(work, chance, people)
        for name in found:
            sys.stderr.write(f"{name}\n")
            _show(connection)
    return [
        Few(
            people=len(people),
            changes=work.changes,
            which=name,
            runs=work.runs,
            own=_middle(one[0] for one in costs),
            server=_middle(one[1] for one in costs),
            seconds=_middle(one[2] for one in costs),
            statements=round(_middle(one[3] for one in costs)),
        )
        for name, costs in found.items()
    ]


def _middle(values: Any) -> float:
    ordered = sorted(values)
    return float(ordered[len(ordered) // 2])


def _change(work: Work, chance: random.Random, people: list[str]) -> None:
    """One person in five is hired, the others have another job title."""
    tool = Tool(os.environ["ROLLCALL_BASE_URL_BAMBOOHR"], work.credentials)
    hired = work.changes // 5
    tool.control("hire", {"n": hired} if hired else {"n": 0})
    ids = [int(one) for one in chance.sample(people, work.changes - hired)]
    tool.control("change", {"ids": ids, "fields": {"job_title": f"Title {chance.random()}"}})


def _show(connection: Connection) -> None:
    """Tell the longest statements of one run on standard error."""
    took: list[tuple[float, str]] = []

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took.append((time.perf_counter() - begun, " ".join(str(sql).split())[:200]))

    with database.execute_wrapper(timed):
        flow.read(connection, "clock")
    for seconds, sql in sorted(took, reverse=True)[:_LONGEST]:
        sys.stderr.write(f"{seconds * 1000:8.1f} ms  {sql}\n")


if __name__ == "__main__":
    done = few(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
