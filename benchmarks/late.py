"""``python -m benchmarks.late``: first reads of a tool that answers late, page after page and with one page ahead."""

from collections.abc import Mapping, Sequence

import click
import msgspec
from msgspec import Struct

from benchmarks import ground


class Work(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]
    # seconds before each page
    late: float
    times: int


class Late(Struct, frozen=True, kw_only=True):
    """What one first read cost: seconds by the clock, seconds of work of this process and of its database session."""

    people: int
    pages: int
    ahead: bool
    seconds: float
    own: float
    server: float


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
def bench(people: int, late: float, times: int, as_json: bool) -> None:
    """Measure first reads into the mirror, each in a company of its own, by turns."""
    found = measure(people, late, times)
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))


def measure(people: int, late: float, times: int) -> list[Late]:
    """Return one ``Late`` a read."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        said = ground.run(
            "benchmarks.child",
            "benchmarks.late_runs",
            environment=ground.environment(home, tool),
            given=msgspec.json.encode(Work(credentials=tool.credentials, late=late, times=times)),
        )
    return msgspec.json.decode(said, type=list[Late])


def lines(found: Sequence[Late]) -> list[str]:
    """Return a table for people to read."""
    head = ("people", "pages", "ahead", "seconds", "own s", "server s")
    return [
        "".join(f"{word:>10}" for word in head),
        *(
            f"{one.people:10}{one.pages:10}{'yes' if one.ahead else 'no':>10}"
            f"{one.seconds:10.2f}{one.own:10.2f}{one.server:10.2f}"
            for one in found
        ),
    ]


if __name__ == "__main__":
    bench()
