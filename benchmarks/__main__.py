"""``python -m benchmarks``: one company of many people, beside its floors and its peers."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from benchmarks.comparing import rivals, rounds
from benchmarks.comparing.machine import described, revision
from benchmarks.comparing.shown import Report, into_page, lines


@click.command()
@click.option(
    "--people", default=20_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option("--times", default=5, show_default=True, type=click.IntRange(1), help="How many rounds.")
@click.option(
    "--small", default=1_000, show_default=True, type=click.IntRange(1), help="The company to compare with."
)
@click.option(
    "--peer", "peers", multiple=True, type=click.Choice(list(rivals.PEERS)), help="Only these peers."
)
@click.option("--no-peers", is_flag=True, help="Only floors and ourselves.")
@click.option(
    "--profiles", type=click.Path(exists=True, file_okay=False), help="Keep a profile of each phase here."
)
@click.option(
    "--keep", type=click.Path(dir_okay=False), help="Keep the figures here as JSON after each round."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--write", is_flag=True, help="Put the report into docs/reference/performance.md.")
def bench(
    *,
    people: int,
    times: int,
    small: int,
    peers: tuple[str, ...],
    no_peers: bool,
    profiles: str | None,
    keep: str | None,
    as_json: bool,
    write: bool,
) -> None:
    """Measure the way from an HR tool to members, the same bytes and rows copied plainly, and programs of others.

    Each round makes a temporary home and removes it. Needs about 3 GB of disk for 100,000 people.
    """
    wanted = _peers(peers, no_peers=no_peers)
    _tell(f"{small} people, to compare with")
    few = rounds.once(small, (), tell=_tell, planning=False)
    code = revision()
    report = Report(machine={}, rounds=[], small=few)
    for number in range(times):
        _tell(f"round {number + 1} of {times}, {people} people, {datetime.now(UTC):%H:%M:%S} UTC")
        done = [*report.rounds, rounds.once(people, wanted, tell=_tell, profiles=profiles or "")]
        report = Report(machine=described(done, code), rounds=done, small=few)
        if keep:
            Path(keep).write_bytes(msgspec.json.encode(report))
    click.echo(msgspec.json.encode(report).decode() if as_json else "\n".join(lines(report)))
    if write:
        into_page(report)


def _peers(chosen: tuple[str, ...], *, no_peers: bool) -> tuple[str, ...]:
    if no_peers:
        return ()
    if not rivals.installed():
        _tell("peers are left out: scripts/bench peers makes their environment")
        return ()
    return chosen or tuple(rivals.PEERS)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    bench()
