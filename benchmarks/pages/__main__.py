"""``scripts/bench pages``: what each page of a company of many people costs the server, beside what it may cost."""

import click
import msgspec

from benchmarks.companies import crowd
from benchmarks.measuring import ground
from benchmarks.pages.report import Task, Visit, beyond


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
        task = msgspec.json.encode(Task(credentials=tool.credentials, times=times, during_sync=during_sync))
        said = ground.run(
            "benchmarks.measuring.child",
            "benchmarks.pages.visits",
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


if __name__ == "__main__":
    pages()
