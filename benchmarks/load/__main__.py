"""``scripts/bench load``: requests a second of the REST lists, through the real server, with many people."""

import click
import msgspec

from benchmarks.companies import crowd
from benchmarks.load.lists import measure
from benchmarks.measuring import ground


@click.command()
@click.option(
    "--people", default=100_000, show_default=True, type=click.IntRange(1), help="Members of the entity."
)
@click.option(
    "--entities", default=10_000, show_default=True, type=click.IntRange(2), help="Entities of others."
)
@click.option("--seconds", default=10.0, show_default=True, help="How long each list is asked for.")
@click.option("--connections", default=8, show_default=True, help="Clients that ask at the same time.")
@click.option("--processes", type=click.IntRange(1), help="Of the server; its own default without.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def load(
    people: int, entities: int, seconds: float, connections: int, processes: int | None, as_json: bool
) -> None:
    """Fill a database by statements, start `rollcall web`, and ask for pages of 100 as often as it answers.

    The client is a process of its own, on the same machine: its share of the cores is shown beside.
    """
    with ground.fresh_home() as home:
        crowd.entities(home, entities)
        filled = crowd.company(home, people)
        crowd.settle(home)
        found = measure(home, filled, seconds=seconds, connections=connections, processes=processes)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    head = (
        "requests/s",
        "median ms",
        "p99 ms",
        "web CPU ms",
        "database CPU ms",
        "client CPU ms",
        "possible/s",
        "kB",
    )
    click.echo(f"| list of {people:,} | {' | '.join(head)} |\n|---{'|---' * len(head)}|")
    for one in found:
        click.echo(
            f"| {one.name} | {one.rate:.0f} | {one.median:.1f} | {one.p99:.1f} | {one.web:.2f} | {one.database:.2f} |"
            f" {one.client:.2f} | {one.possible:.0f} | {one.bytes / 1000:.0f} |"
        )


if __name__ == "__main__":
    load()
