"""``scripts/bench quiet``: what a run costs that finds nothing to do, or with ``--changes`` a few changes."""

from collections.abc import Sequence
from typing import Final

import click
import msgspec

from benchmarks.quiet import few, unchanged

_ROUNDS: Final = 7
"""So often people change, each time before three runs."""


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
        one
        for people in sizes
        for one in unchanged.measure(people, max(3, runs * 200 // max(people, 200)), profile)
    ]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo("\n".join(unchanged.lines(found)))


if __name__ == "__main__":
    bench()
