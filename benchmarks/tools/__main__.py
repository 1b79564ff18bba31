"""``scripts/bench tools``: every HR tool read from its stand-in, or with ``--requests`` how many requests it needs."""

import click
import msgspec

from benchmarks.tools import needed, reading
from benchmarks.tools.ways import WAYS


@click.command()
@click.option(
    "--people", default=None, type=click.IntRange(1), help="How many employees: 100,000, or 10,000 requests."
)
@click.option(
    "--small", default=1_000, show_default=True, type=click.IntRange(1), help="The one to compare with."
)
@click.option("--tool", "only", multiple=True, type=click.Choice([*WAYS]), help="Only these.")
@click.option("--requests", "counted", is_flag=True, help="Count requests instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def tools(people: int | None, small: int, only: tuple[str, ...], counted: bool, as_json: bool) -> None:
    """Read every tool's stand-in; print employees a second, the ratio to the floor, and memory."""
    if not as_json:
        click.echo("\n".join(needed.head() if counted else reading.head()))
    for key in only or WAYS:
        if counted:
            requests = needed.needed(key, people or 10_000)
            click.echo(msgspec.json.encode(requests) if as_json else needed.row(requests))
        else:
            found = reading.measure(key, people or 100_000, small)
            click.echo(msgspec.json.encode(found) if as_json else reading.row(found))


if __name__ == "__main__":
    tools()
