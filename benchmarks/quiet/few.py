"""What a run costs after a few changes: whether it follows the changes, or the people (``scripts/bench quiet``)."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from benchmarks.measuring import ground


class Work(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]
    runs: int
    changes: int
    # tell the longest statements of one run
    show: bool = False


class Few(Struct, frozen=True, kw_only=True):
    """What one run costs, the median of several: milliseconds of work, and seconds by the clock."""

    people: int
    changes: int
    # the run that finds the changes, the one after it, and the one after that
    which: str
    runs: int
    own: float
    server: float
    seconds: float
    statements: int


def measure(people: int, changes: int, runs: int, *, show: bool = False) -> list[Few]:
    """Return the medians of so many runs after so many changes in a company of so many people."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        work = Work(credentials=tool.credentials, runs=runs, changes=changes, show=show)
        said = ground.run(
            "benchmarks.measuring.child",
            "benchmarks.quiet.few_runs",
            environment=ground.environment(home, tool),
            given=msgspec.json.encode(work),
        )
    return msgspec.json.decode(said, type=list[Few])


def lines(found: Sequence[Few]) -> list[str]:
    """Return a table for people to read."""
    head = ("people", "changes", "run", "statements", "own ms", "server ms", "seconds")
    shown = ["".join(f"{word:>11}" for word in head)]
    shown.extend(
        f"{one.people:11}{one.changes:11}{one.which:>11}{one.statements:11}{one.own:11.1f}{one.server:11.1f}{one.seconds:11.3f}"
        for one in found
    )
    return shown
