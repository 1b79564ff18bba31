"""One round: everything that is compared, once, on the same bytes, in the same database server, one after the other.

A ratio is only ever made of two figures of one round.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.companies.report import HIRED, Phase
from benchmarks.comparing import floors, rivals
from benchmarks.measuring import ground
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.timing import Clock, Spent
from rollcall.simulators.loopback import LOOPBACK


class Round(Struct, kw_only=True):
    """What one round found; figures by the name of who worked and of the step, such as ``ours.read``."""

    people: int
    bytes: int
    pages: int
    # processes that wanted a core when it began, on average of a minute
    load: float
    spent: Mapping[str, Spent]
    phases: Sequence[Phase]
    # the rows of the write floors
    rows: Mapping[str, int]
    # peers that ended badly, and the last line of what they said
    broken: Mapping[str, str]
    # version of the database server
    server: str


def once(
    people: int,
    peers: Sequence[str],
    *,
    tell: Callable[[str], None],
    profiles: str = "",
    planning: bool = True,
) -> Round:
    """Measure floors, peers and ourselves in a new home with a new simulated company."""
    load = os.getloadavg()[0]
    with (
        ground.fresh_home() as home,
        ground.simulator(people) as simulator,
        ground.served(simulator) as tool,
    ):
        clock = Clock(home, tell)
        spent, came = _read_floors(clock, simulator, tool)
        others, broken = rivals.measured(peers, clock, home, tool, came.people)
        spent |= others
        if planning:
            steps = clock.child(
                "ours",
                ground.child("benchmarks.comparing.planned"),
                {"people": people},
                environment=ground.environment(home),
            )
            spent |= {f"planned.{name}": one for name, one in steps.items()}
        server = _settle(home)
        ours, written, rows = _ours(clock, home, simulator, tool, profiles)
    spent |= {f"ours.{name}": one for name, one in ours.items()} | written
    return Round(
        people=came.people,
        bytes=came.bytes,
        pages=came.pages,
        load=load,
        spent=spent,
        phases=[msgspec.convert(one.said, Phase) for one in ours.values()],
        rows=rows,
        broken=broken,
        server=server,
    )


def _read_floors(clock: Clock, simulator: Tool, tool: Tool) -> tuple[dict[str, Spent], floors.Read]:
    asked = floors.question(tool)
    # The first read fills the memory of both servers: not a reader's to count.
    floors.read(tool, asked)
    with clock.own("floor.read") as read:
        came = floors.read(tool, asked)
    with clock.own("floor.simulator") as simulated:
        assert floors.read(simulator, asked) == came
    return {"floor.read": read, "floor.simulator": simulated}, came


def _ours(
    clock: Clock, home: Path, simulator: Tool, tool: Tool, profiles: str
) -> tuple[dict[str, Spent], dict[str, Spent], dict[str, int]]:
    written: dict[str, Spent] = {}
    rows: dict[str, int] = {}

    def write_floors() -> None:
        found = floors.write(home, clock)
        rows.update({table: one for step in found.values() for table, one in step.said.items()})
        written.update({f"floor.{name}": one for name, one in found.items()})

    steps = clock.child(
        "ours",
        ground.child("benchmarks.companies.flow"),
        {"credentials": dict(tool.credentials), "profiles": profiles},
        environment=ground.environment(home, tool),
        before={
            # exactly what the first sync has written
            "settle": write_floors,
            "few": lambda: _change(simulator, tool, "hire", {"n": HIRED}),
            "thousandth": lambda: _change_some(simulator, tool),
        },
    )
    return steps, written, rows


def _settle(home: Path) -> str:
    """Let what peers have left be written, which is not ours to wait for; return the server's version."""
    with ground.superuser(home) as connection:
        connection.execute("CHECKPOINT")
        return str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index] # always one row


def _change_some(simulator: Tool, tool: Tool) -> None:
    """Give one of each thousand people, the first of each page, another job title: no page is as it was."""
    asked = {**floors.question(simulator), "fields": [rivals.KEY]}
    first_of_each = [msgspec.json.decode(page)["data"][0] for page in floors.pages(simulator, asked)]
    ids = [int(one["fields"][rivals.KEY]) for one in first_of_each]
    _change(simulator, tool, "change", {"ids": ids, "fields": {"job_title": "Head of changes"}})


def _change(simulator: Tool, tool: Tool, action: str, body: Mapping[str, Any]) -> None:
    simulator.control(action, body)
    LOOPBACK.post(f"{tool.url}/_served/again", timeout=300).raise_for_status()
