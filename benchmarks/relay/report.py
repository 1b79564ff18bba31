"""What writing and handing on came to."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from benchmarks.measuring.timing import Spent

STEPS = {"write": "written into the audit log and the outbox", "hand_on": "handed on by the relay"}


class Relayed(Struct, frozen=True, kw_only=True):
    """Steps by name: those of ``STEPS``, and the floor of each."""

    events: int
    spent: Mapping[str, Spent]


def lines(found: Relayed) -> Iterator[str]:
    """Yield a table for people: ours by the clock and by work, the floor, and how many times the floor that is."""
    head = (
        "events/s",
        "events/s of work",
        "statements a thousand",
        "floor: events/s",
        "times the floor",
        "by work",
    )
    yield f"| {found.events:,} events | {' | '.join(head)} | peak MiB |"
    yield f"|---{'|---' * len(head)}|---|"
    for name, said in STEPS.items():
        ours, floor = found.spent[name], found.spent[f"floor.{name}"]
        yield (
            f"| {said} | {found.events / ours.seconds:,.0f} | {found.events / ours.work:,.0f} |"
            f" {ours.said['statements'] * 1_000 / found.events:.1f} | {found.events / floor.seconds:,.0f} |"
            f" {ours.seconds / floor.seconds:.1f} | {ours.work / floor.work:.1f} | {ours.peak_mb:.0f} |"
        )
