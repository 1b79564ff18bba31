"""``python -m benchmarks.few``: what a run costs after a few changes, beside the number of people."""

from collections.abc import Mapping, Sequence

import click
import msgspec
from msgspec import Struct

from benchmarks import ground


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


@click.command()
@click.option(
    "--people",
    "sizes",
    multiple=True,
    default=(2_000, 20_000),
    show_default=True,
    type=click.IntRange(1),
    help="How many employees; may be given several times.",
)
@click.option(
    "--changes", default=10, show_default=True, type=click.IntRange(1), help="How many of them change."
)
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1), help="How often.")
@click.option("--show", is_flag=True, help="Tell the longest statements of one run.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(sizes: Sequence[int], changes: int, runs: int, show: bool, as_json: bool) -> None:
    """Measure runs after a few changes, told by the tool's list of changes.

    Milliseconds are of work (CPU), not of the clock: ``own`` of this process, ``server`` of its database session.
    """
    found = [one for people in sizes for one in measure(people, changes, runs, show=show)]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo("\n".join(_lines(found)))


def measure(people: int, changes: int, runs: int, *, show: bool = False) -> list[Few]:
    """Return the medians of so many runs after so many changes in a company of so many people."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        work = Work(credentials=tool.credentials, runs=runs, changes=changes, show=show)
        said = ground.run(
            "benchmarks.child",
            "benchmarks.few_runs",
            environment=ground.environment(home, tool),
            given=msgspec.json.encode(work),
        )
    return msgspec.json.decode(said, type=list[Few])


def _lines(found: Sequence[Few]) -> list[str]:
    head = ("people", "changes", "run", "statements", "own ms", "server ms", "seconds")
    lines = ["".join(f"{word:>11}" for word in head)]
    lines.extend(
        f"{one.people:11}{one.changes:11}{one.which:>11}{one.statements:11}{one.own:11.1f}{one.server:11.1f}{one.seconds:11.3f}"
        for one in found
    )
    return lines


if __name__ == "__main__":
    bench()
