"""``python -m benchmarks.quiet``: what a run costs that finds nothing to do, beside reading the same pages alone."""

from collections.abc import Mapping, Sequence
from typing import Final

import click
import msgspec
from msgspec import Struct

from benchmarks import few, ground

_ROUNDS: Final = 7
"""So often people change, each time before three runs."""


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


@click.command()
@click.option(
    "--people",
    "sizes",
    multiple=True,
    default=(200, 20_000),
    show_default=True,
    type=click.IntRange(1),
    help="How many employees; may be given several times.",
)
@click.option(
    "--runs", default=100, show_default=True, type=click.IntRange(1), help="Quiet runs of 200 people."
)
@click.option(
    "--changes",
    default=0,
    type=click.IntRange(0),
    help="Measure runs after so many changes, and the two after them.",
)
@click.option("--show", is_flag=True, help="With --changes: tell the longest statements of one run.")
@click.option(
    "--profile", type=click.Path(dir_okay=False), default="", help="Keep a profile of our own work here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(sizes: Sequence[int], runs: int, changes: int, show: bool, profile: str, as_json: bool) -> None:
    """Measure statements, rows written and work of quiet runs; the floor fetches and decodes the same pages.

    Milliseconds are of work (CPU), not of the clock: ``own`` of this process, ``server`` of its database session.
    """
    if changes:
        after = [
            one for people in sizes for one in few.measure(people, changes, min(runs, _ROUNDS), show=show)
        ]
        click.echo(msgspec.json.encode(after).decode() if as_json else "\n".join(few.lines(after)))
        return
    found = [
        one for people in sizes for one in measure(people, max(3, runs * 200 // max(people, 200)), profile)
    ]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo("\n".join(_lines(found)))


def measure(people: int, runs: int, profile: str = "") -> list[Quiet]:
    """Return the medians of so many quiet runs of a company of so many people."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        work = msgspec.json.encode(Work(credentials=tool.credentials, runs=runs, profile=profile))
        said = ground.run(
            "benchmarks.child",
            "benchmarks.quiet_runs",
            environment=ground.environment(home, tool),
            given=work,
        )
    return msgspec.json.decode(said, type=list[Quiet])


def _lines(found: Sequence[Quiet]) -> list[str]:
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
    lines = ["".join(f"{word:>11}" for word in head)]
    for one in found:
        beyond, ratio = one.own - one.floor, one.seconds / one.floor_seconds
        lines.append(
            f"{one.people:11}{one.reads:>11}{one.runs:11}{one.statements:11}{one.own:11.1f}{one.server:11.1f}{one.floor:11.1f}"
            f"{beyond:11.1f}{ratio:11.2f}{one.seconds:11.3f}{one.floor_seconds:11.3f}"
        )
        written = ", ".join(f"{table} {rows:g}" for table, rows in one.written.items()) or "nothing"
        lines.append(f"{'':11}rows written by a run: {written}")
    return lines


if __name__ == "__main__":
    bench()
