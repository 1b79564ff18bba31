"""Which figures are held against which, and what is aimed at; a ratio is made of two figures of one round."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from msgspec import Struct

from benchmarks.comparing.rounds import Round
from benchmarks.measuring.timing import Spent


class Ratio(Struct, frozen=True, kw_only=True):
    """The sum of some figures through the sum of others."""

    what: str
    above: Sequence[str]
    below: Sequence[str]
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, found: float) -> bool:
        """Whether this is what is aimed at."""
        return (self.at_most is None or found <= self.at_most) and (
            self.at_least is None or found >= self.at_least
        )


_FIRST_SYNC: Final = ("ours.read", "ours.plan", "ours.apply")
_ITS_FLOORS: Final = ("floor.read", "floor.mirror", "floor.plan", "floor.apply")

RATIOS: Final = (
    Ratio(
        what="first read / (read floor + write floor of the mirror)",
        above=("ours.read",),
        below=("floor.read", "floor.mirror"),
        at_most=1.5,
    ),
    Ratio(
        what="(preview + apply) / write floor of their rows",
        above=("ours.plan", "ours.apply"),
        below=("floor.plan", "floor.apply"),
        at_most=3,
    ),
    Ratio(what="quiet run / read floor", above=("ours.quiet",), below=("floor.read",), at_most=1),
    Ratio(
        what="run after 0.1 % changed / quiet run",
        above=("ours.thousandth",),
        below=("ours.quiet",),
        at_most=1.3,
    ),
    Ratio(what="dlt, first run / first read", above=("dlt.first",), below=("ours.read",), at_least=10),
    Ratio(
        what="dlt tuned, first run / first read",
        above=("dlt_tuned.first",),
        below=("ours.read",),
        at_least=10,
    ),
    Ratio(what="dlt, second run / quiet run", above=("dlt.second",), below=("ours.quiet",), at_least=50),
    Ratio(
        what="dlt tuned, second run / quiet run",
        above=("dlt_tuned.second",),
        below=("ours.quiet",),
        at_least=50,
    ),
    Ratio(
        what="airbyte-cdk, bare read / quiet run", above=("airbyte.read",), below=("ours.quiet",), at_least=15
    ),
    Ratio(what="dlt, first run / whole first sync", above=("dlt.first",), below=_FIRST_SYNC, at_least=1),
    Ratio(
        what="dlt tuned, first run / whole first sync",
        above=("dlt_tuned.first",),
        below=_FIRST_SYNC,
        at_least=1,
    ),
    Ratio(
        what="dlt, first run / (read floor + write floor of the mirror)",
        above=("dlt.first",),
        below=("floor.read", "floor.mirror"),
    ),
    Ratio(what="dlt, first run / floors of the whole first sync", above=("dlt.first",), below=_ITS_FLOORS),
    Ratio(what="airbyte-cdk, bare read / read floor", above=("airbyte.read",), below=("floor.read",)),
    Ratio(what="Singer, first run / first read", above=("singer.first",), below=("ours.read",)),
    Ratio(what="Singer, second run / quiet run", above=("singer.second",), below=("ours.quiet",)),
    Ratio(
        what="diffsync with its objects / planning, 0.1 % differ",
        above=("diffsync.load_few", "diffsync.few"),
        below=("planned.few",),
    ),
    Ratio(
        what="diffsync / planning, 0.1 % differ", above=("diffsync.few",), below=("planned.few",), at_least=20
    ),
    Ratio(
        what="diffsync / planning, 10 % differ",
        above=("diffsync.many",),
        below=("planned.many",),
        at_least=20,
    ),
    Ratio(
        what="diffsync / planning, everybody new",
        above=("diffsync.new",),
        below=("planned.new",),
        at_least=20,
    ),
)


class Middle(Struct, frozen=True):
    """The middle of several figures, and the least and the most of them."""

    median: float
    least: float
    most: float


def middle(found: Sequence[float]) -> Middle:
    """Return the middle of at least one figure."""
    return Middle(median(found), min(found), max(found))


def by_seconds(spent: Spent) -> float:
    """Return what passed on the clock."""
    return spent.seconds


def by_work(spent: Spent) -> float:
    """Return what the process and the database worked."""
    return spent.work


def ratio(wanted: Ratio, rounds: Sequence[Round], figure: Callable[[Spent], float]) -> Middle | None:
    """Return the middle of what each round that has all its figures says; ``None`` if none has."""
    found = list(_each(wanted, (one.spent for one in rounds), figure))
    return middle(found) if found else None


def _each(
    wanted: Ratio, rounds: Iterator[Mapping[str, Spent]], figure: Callable[[Spent], float]
) -> Iterator[float]:
    for spent in rounds:
        if spent.keys() >= {*wanted.above, *wanted.below}:
            # what is too short to be seen counts as a millisecond
            below = max(sum(figure(spent[name]) for name in wanted.below), 0.001)
            yield sum(figure(spent[name]) for name in wanted.above) / below
