"""``scripts/bench late``: first reads of a tool that answers late, page after page and with one page ahead."""

from collections.abc import Sequence

import click
import msgspec

from benchmarks.late.report import Late, Work, lines
from benchmarks.measuring import ground


@click.command()
@click.option(
    "--people", default=20_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option(
    "--late", default=0.2, show_default=True, type=click.FloatRange(0), help="Seconds before each page."
)
@click.option(
    "--times", default=3, show_default=True, type=click.IntRange(1), help="Reads of either kind, by turns."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(*, people: int, late: float, times: int, as_json: bool) -> None:
    """Measure first reads into the mirror, each in a company of its own, by turns."""
    found = measure(people, late, times)
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))


def measure(people: int, late: float, times: int) -> Sequence[Late]:
    """Return one ``Late`` a read."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        said = ground.run(
            "benchmarks.measuring.child",
            "benchmarks.late.runs",
            environment=ground.environment(home, tool),
            given=msgspec.json.encode(Work(credentials=tool.credentials, late=late, times=times)),
        )
    return msgspec.json.decode(said, type=list[Late])


if __name__ == "__main__":
    bench()
