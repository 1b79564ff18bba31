"""What ninety ordinary days of a company came to."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct


class Span(Struct, frozen=True, kw_only=True):
    """A company to live: how many people, for how many days, from which seed."""

    people: int
    days: int
    seed: int
    # other limits than the starting ones, by name
    limits: Mapping[str, float] = {}


class Hold(Struct, frozen=True, kw_only=True):
    """A plan that waited for a person although all of it was true."""

    at: datetime
    limits: Sequence[str]
    told: Sequence[str]
    acting: int
    # the catalogue asks for it whoever leaves: a whole place at once
    by_the_book: bool


class Life(Struct, frozen=True, kw_only=True):
    """What happened. ``wrong``: archived though they work there; ``late``: gone for a day and not archived."""

    people: int
    seed: int
    days: int
    runs: int
    managed: int
    changes: Mapping[str, int]
    holds: Sequence[Hold]
    failed: Sequence[str]
    wrong: int
    late: int
    seconds: float

    @property
    def false_holds(self) -> int:
        """How often somebody was asked for nothing."""
        return sum(1 for one in self.holds if not one.by_the_book)


MOST_FALSE_HOLDS = 1
"""What ordinary life may cost a company in ninety days."""


def beyond(one: Life) -> list[str]:
    """Return in what a life was not as it should be."""
    found = (
        ("wrong archives", one.wrong > 0),
        ("late leavers", one.late > 0),
        ("failed runs", bool(one.failed)),
        ("false holds", one.false_holds > MOST_FALSE_HOLDS),
    )
    return [name for name, is_over in found if is_over]


def lines(lives: Sequence[Life]) -> Iterator[str]:
    """Yield a table, and below it every hold and what was changed."""
    head = ("seed", "days", "runs", "managed", "changes", "holds", "false", "wrong", "late", "s", "over")
    yield f"| people | {' | '.join(head)} |"
    yield f"|---{'|---' * len(head)}|"
    for one in lives:
        changed = sum(n for kind, n in one.changes.items() if "." not in kind)
        figures = (one.seed, one.days, one.runs, one.managed, changed, len(one.holds), one.false_holds)
        rest = (one.wrong, one.late, f"{one.seconds:.0f}", ", ".join(beyond(one)))
        yield f"| {one.people} | {' | '.join(str(value) for value in (*figures, *rest))} |"
    for one in lives:
        yield ""
        yield f"{one.people} people, seed {one.seed}: " + ", ".join(
            f"{n} {kind}" for kind, n in one.changes.items()
        )
        for hold in one.holds:
            word = "by the book" if hold.by_the_book else "false"
            yield f"- {hold.at:%a %d %b %H:%M} {word}, {hold.acting} changes: {', '.join(hold.limits)}"
            yield from (f"    {sentence}" for sentence in hold.told)
        yield from (f"- failed: {said}" for said in one.failed)
