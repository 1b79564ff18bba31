"""``scripts/bench relay``: how many events a second are written into the outbox, and handed on by the relay."""

import sys

import click
import msgspec

from benchmarks.measuring import ground
from benchmarks.measuring.timing import Clock
from benchmarks.relay.floors import Floors
from benchmarks.relay.report import Relayed, lines


@click.command()
@click.option(
    "--events", default=100_000, show_default=True, type=click.IntRange(1), help="How many, of one company."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def relay(events: int, as_json: bool) -> None:
    """Write events that ask for no mail, and let the relay give them to its readers; each beside its floor.

    One process does both, one after the other, as a worker that has applied a large plan. Needs about 300 MB of disk
    for 100,000 events.
    """
    with ground.fresh_home() as home:
        clock, floors = Clock(home, lambda line: print(line, file=sys.stderr, flush=True)), Floors()
        steps = clock.child(
            "ours",
            ground.child("benchmarks.relay.events"),
            {"events": events},
            environment={**ground.environment(home), "ROLLCALL_LOG": "console:error"},
            # of exactly the rows that were written
            before={"hand_on": lambda: floors.measure(home, clock)},
        )
    found = Relayed(events=events, spent={**steps, **floors.spent})
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))


if __name__ == "__main__":
    relay()
