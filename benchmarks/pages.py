"""``scripts/bench pages``: what each page of a company of many people costs the server, beside what it may cost."""

import click
import msgspec
from msgspec import Struct

from benchmarks import crowd, ground
from benchmarks.report import Task, Visit


class Bound(Struct, frozen=True):
    """What a page may cost at most; milliseconds of 95 of 100 visits, bytes before they are packed."""

    p95: float
    statements: int = 30
    bytes: int = 120_000


LISTS = ("members", "plan", "runs", "run")
_OF_LISTS = Bound(50, 11, 60_000)
_OF_OTHERS = Bound(30)


@click.command()
@click.option(
    "--people", default=100_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option(
    "--times", default=40, show_default=True, type=click.IntRange(2), help="How often each page is looked at."
)
@click.option(
    "--entities",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Entities of other companies beside.",
)
@click.option(
    "--during-sync", is_flag=True, help="Look while another process syncs companies of as many people."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def pages(
    context: click.Context, *, people: int, times: int, entities: int, during_sync: bool, as_json: bool
) -> None:
    """Measure every page; ends with 1 when one costs more than it may. Needs about 2 GB of disk for 100,000.

    With a sync beside, four processes share the cores: then a page may work as long as it may take without.
    """
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        if entities:
            crowd.entities(home, entities)
        task = msgspec.json.encode(Task(tool.credentials, times=times, during_sync=during_sync))
        said = ground.run(
            "benchmarks.child",
            "benchmarks.visits",
            # a line for each of some thousand requests would hide the table
            environment={**ground.environment(home, tool), "ROLLCALL_LOG": "console:error"},
            given=task,
        )
    if as_json:
        click.echo(said)
        return
    found = msgspec.json.decode(said, type=list[Visit])
    head = ("statements", "CPU ms", "median ms", "p95 ms", "kB", "over")
    click.echo(f"| page, {people:,} people | {' | '.join(head)} |\n|---{'|---' * len(head)}|")
    for one in found:
        took = f"{one.cpu:.1f} | {one.median:.1f} | {one.p95:.1f}"
        over = ", ".join(beyond(one, busy=during_sync))
        click.echo(f"| {one.name} | {one.statements} | {took} | {one.bytes / 1000:.0f} | {over} |")
    context.exit(1 if any(beyond(one, busy=during_sync) for one in found) else 0)


def beyond(one: Visit, *, busy: bool = False) -> list[str]:
    """Return in what the page costs more than it may; on a ``busy`` machine its work counts, and not its time."""
    most = _OF_LISTS if one.name.split(",")[0] in LISTS else _OF_OTHERS
    found = (
        ("statements", one.statements > most.statements),
        ("time", (one.cpu if busy else one.p95) > most.p95),
        ("bytes", one.bytes > most.bytes),
    )
    return [name for name, is_over in found if is_over]


if __name__ == "__main__":
    pages()
