"""``python -m benchmarks``: one company of many people from a simulated BambooHR, beside its floors."""

import click
import msgspec

from benchmarks import floors, ground
from benchmarks.report import Floor, Measured, Phase, Report, Task, lines


@click.command()
@click.option(
    "--people", default=100_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option(
    "--small", default=1_000, show_default=True, type=click.IntRange(1), help="The one to compare with."
)
@click.option(
    "--profiles", type=click.Path(exists=True, file_okay=False), help="Keep a profile of each phase here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(people: int, small: int, profiles: str | None, as_json: bool) -> None:
    """Measure read, preview, apply and a run without a change, and the same bytes and rows copied plainly.

    Makes two temporary homes, one after the other, and removes them. Needs about 2 GB of disk for 100,000.
    """
    report = Report(small=measure(small), measured=measure(people, profiles or ""))
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        click.echo("\n".join(lines(report)))


def measure(people: int, profiles: str = "") -> Measured:
    """Measure our flow and its floors against the same simulator and the same database server."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        # The simulator writes each record as JSON once, at its first reading: not ours to count.
        floors.read(tool)
        first = floors.read(tool)
        task = msgspec.json.encode(Task(tool.credentials, profiles))
        said = ground.run(
            "benchmarks.child", "benchmarks.flow", environment=ground.environment(home, tool), given=task
        )
        second = floors.read(tool)
        copies = floors.copies(home)
    read = min(first, second, key=lambda one: one.fetch + one.parse)
    return Measured(
        people=first.people,
        bytes=first.bytes,
        rows={table: one.rows for table, one in copies.items()},
        phases=msgspec.json.decode(said, type=list[Phase]),
        floors=_floors(read, copies),
    )


def _floors(read: floors.Read, copies: dict[str, floors.Copied]) -> dict[str, Floor]:
    applied = ("directory_member", "directory_link", "directory_invitation", "events_event", "events_outbox")
    employees, planned = copies["connections_employee"], copies["sync_line"]
    return {
        "read": Floor(fetch=read.fetch, parse=read.parse, copy=employees.into),
        "plan": Floor(fetch=0, parse=0, copy=employees.out + planned.into),
        "apply": Floor(fetch=0, parse=0, copy=planned.out + sum(copies[table].into for table in applied)),
        "quiet": Floor(fetch=read.fetch, parse=0, copy=0),
        "few": Floor(fetch=read.fetch, parse=0, copy=0),
    }


if __name__ == "__main__":
    bench()
