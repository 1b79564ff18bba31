"""What a run costs that finds nothing to do, beside reading the same pages alone."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from benchmarks.measuring import ground


class Work(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]
    runs: int
    profile: str = ""
    # print each statement of one run
    show: bool = False


class Quiet(Struct, frozen=True, kw_only=True):
    """What one quiet run costs, the median of many: milliseconds of work, and seconds by the clock."""

    people: int
    # what the tool was asked for: everybody, or what changed since the run before
    reads: str
    runs: int
    statements: int
    own: float
    server: float
    seconds: float
    # the same pages fetched by our HTTP client and decoded
    floor: float
    floor_seconds: float
    # table -> rows inserted, changed or deleted by a run
    written: Mapping[str, float]


def measure(people: int, runs: int, profile: str = "") -> list[Quiet]:
    """Return the medians of so many quiet runs of a company of so many people."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        work = msgspec.json.encode(Work(credentials=tool.credentials, runs=runs, profile=profile))
        said = ground.run(
            "benchmarks.measuring.child",
            "benchmarks.quiet.unchanged_runs",
            environment=ground.environment(home, tool),
            given=work,
        )
    return msgspec.json.decode(said, type=list[Quiet])


def lines(found: Sequence[Quiet]) -> list[str]:
    """Return a table for people to read."""
    head = (
        "people",
        "runs",
        "statements",
        "own ms",
        "server ms",
        "floor ms",
        "beyond ms",
        "ratio",
        "seconds",
        "floor s",
    )
    shown = ["".join(f"{word:>11}" for word in head)]
    for one in found:
        beyond, ratio = one.own - one.floor, one.seconds / one.floor_seconds
        shown.append(
            f"{one.people:11}{one.reads:>11}{one.runs:11}{one.statements:11}{one.own:11.1f}{one.server:11.1f}{one.floor:11.1f}"
            f"{beyond:11.1f}{ratio:11.2f}{one.seconds:11.3f}{one.floor_seconds:11.3f}"
        )
        written = ", ".join(f"{table} {rows:g}" for table, rows in one.written.items()) or "nothing"
        shown.append(f"{'':11}rows written by a run: {written}")
    return shown
