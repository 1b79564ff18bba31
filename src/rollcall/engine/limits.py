"""Limits beside the plan: every reason not to apply it without a person.

Starting values are those of the fault catalogue. Shares and heads count together and no company is too small:
where a share of few people would be less than one change, a floor in heads keeps ordinary life from a hold.
A limit holds for one run and for any 24 hours; in 7 days at most ``week_factor`` times as much may be done. What
counts is what was done without a person: an approval covers its own plan and nothing else.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct, field, structs

from rollcall.engine.change import Kind
from rollcall.engine.tally import Tally

__all__ = ("Tally", "breaches", "measures", "surely_within")

GROUPS: Final = ("work_location", "department", "legal_entity")
GROUP_SIZE: Final = 3
"""A location, department or legal entity of so many people never goes as a whole without a person."""


BANK_HEADS_SHARE: Final = 0.0025
"""From 1,600 people on this share is more than the three heads that ``bank_heads`` starts with."""


class Limits(Struct, frozen=True, kw_only=True):
    """How much may be done without a person; shares are of the members that the connection manages."""

    # archived, and for themselves: no longer managed
    removed_share: float = 0.10
    removed_floor: int = 3
    removed_share_always: float = 1 / 3
    removed_heads: int = 50
    # archived because they are missing from the list
    vanished_heads: int = 2
    # of one location, department or legal entity; all of it is a limit of its own
    group_share: float = 0.50
    group_floor: int = 3
    email_share: float = 0.10
    email_floor: int = 2
    bank_share: float = 0.05
    bank_floor: int = 1
    bank_heads: int = 3
    manager_share: float = 0.25
    manager_floor: int = 5
    cleared_share: float = 0.20
    cleared_floor: int = 2
    created_share: float = 0.30
    created_floor: int = 10
    reactivated_share: float = 0.10
    reactivated_floor: int = 3
    week_factor: float = 2.0


RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "removed_share": (0, 0.5),
    "removed_floor": (0, 10),
    "removed_share_always": (0, 2 / 3),
    "removed_heads": (0, 1_000),
    "vanished_heads": (0, 20),
    "group_share": (0, 0.9),
    "group_floor": (0, 10),
    "email_share": (0, 0.5),
    "email_floor": (0, 10),
    "bank_share": (0, 0.25),
    "bank_floor": (0, 5),
    "bank_heads": (0, 50),
    "manager_share": (0, 0.5),
    "manager_floor": (0, 20),
    "cleared_share": (0, 0.5),
    "cleared_floor": (0, 10),
    "created_share": (0, 1),
    "created_floor": (0, 200),
    "reactivated_share": (0, 0.5),
    "reactivated_floor": (0, 20),
    "week_factor": (1, 5),
}
"""From the strictest to the loosest value that a person may set: none of them switches a limit off (S3)."""


class Breach(StrEnum):
    """What went over its limit, worst first."""

    NOBODY_SEEN = "nobody_seen"
    NOBODY_LEFT = "nobody_left"
    VANISHED = "vanished"
    ARCHIVED = "archived"
    RELEASED = "released"
    GROUP_GONE = "group_gone"
    EMAILS = "emails"
    BANKS = "banks"
    MANAGERS = "managers"
    CLEARED = "cleared"
    CREATED = "created"
    REACTIVATED = "reactivated"
    # HR gave new numbers to many members at once: whoever links them anew looks at each pair first
    RENUMBERED = "renumbered"


ORDER: Final = {breach: place for place, breach in enumerate(Breach)}
FIXED: Final = (Breach.NOBODY_SEEN, Breach.NOBODY_LEFT, Breach.RENUMBERED)
"""Limits without a setting; one more is a whole group of at least ``GROUP_SIZE`` people."""


class Window(StrEnum):
    """Over what time is counted: this plan alone, or with what was done in the last 24 hours or 7 days."""

    RUN = "run"
    DAY = "day"
    WEEK = "week"


class Scope(StrEnum):
    """Over whom is counted: the members of the entity, or of all entities that use the connection."""

    ENTITY = "entity"
    CONNECTION = "connection"


class Headcount(Struct, frozen=True, kw_only=True):
    """The members a connection manages in the entity before the plan."""

    managed: int
    # employees in the snapshot at all
    employees: int
    # attribute -> value -> managed members there now
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    # member's field -> managed members who have a value there now
    filled: Mapping[str, int] = field(default_factory=dict)


class Sight(Struct, frozen=True, kw_only=True):
    """One way to look at a plan: the people it is measured against, and what was done to them shortly before."""

    before: Headcount
    window: Window = Window.RUN
    scope: Scope = Scope.ENTITY
    # done without a person inside the window
    done: Tally = field(default_factory=Tally)
    # removed by that, and given back by an undo: they are among the people of now
    returned: int = 0


class Measure(Struct, frozen=True, kw_only=True):
    """One limit in one sight: what the plan does, what was done before it, and how much may be done."""

    breach: Breach
    count: int
    done: int
    of: int
    most: int
    # attribute=value of a group, or a field's name
    what: str = ""

    @property
    def broken(self) -> bool:
        """Tell whether the plan takes part in passing the limit."""
        return self.count > 0 and self.count + self.done > self.most


class Breached(Struct, frozen=True, kw_only=True):
    """One breach: how many, of how many, which group or field, over what time and whom, and what was allowed."""

    breach: Breach
    count: int
    of: int
    what: str = ""
    window: Window = Window.RUN
    scope: Scope = Scope.ENTITY
    # done in the window before this plan
    done: int = 0
    most: int = 0


def breaches(tally: Tally, sights: Sequence[Sight], limits: Limits) -> tuple[Breached, ...]:
    """Return everything that a plan with this tally would break, worst first; empty: it may be applied.

    The first of ``sights`` is the plan alone. What is broken in one sight is not said again for a wider one.
    """
    before = sights[0].before
    found: dict[tuple[Breach, str], Breached] = {}
    if before.managed and not before.employees:
        found[Breach.NOBODY_SEEN, ""] = Breached(breach=Breach.NOBODY_SEEN, count=0, of=before.managed)
    if tally.removed and tally.removed >= before.managed:
        found[Breach.NOBODY_LEFT, ""] = Breached(
            breach=Breach.NOBODY_LEFT, count=tally.removed, of=before.managed
        )
    if tally.renumbered:
        found[Breach.RENUMBERED, ""] = Breached(
            breach=Breach.RENUMBERED, count=tally.renumbered, of=before.managed
        )
    for sight in sights:
        for one in measures(tally, sight, limits):
            if one.broken and (one.breach, one.what) not in found:
                found[one.breach, one.what] = Breached(
                    breach=one.breach,
                    count=one.count,
                    of=one.of,
                    what=one.what,
                    window=sight.window,
                    scope=sight.scope,
                    done=one.done,
                    most=one.most,
                )
    return tuple(sorted(found.values(), key=lambda one: (ORDER[one.breach], one.what)))


def surely_within(tally: Tally, sights: Sequence[Sight], limits: Limits) -> bool:
    """Tell whether a plan passes no limit, however many more people there are than the sights say.

    Every limit allows the more the more people there are, so that the least of them decide. How many a group has need
    not be known: those of fewer than ``GROUP_SIZE`` are not looked at, and of the others so few allow the least. What
    is cleared is measured against how many have a value, of whom nobody has said how many there are at least.
    """
    return (
        bool(sights[0].before.managed)
        and not tally.cleared
        and not breaches(tally, [_with_least_groups(tally, one) for one in sights], limits)
    )


def _with_least_groups(tally: Tally, sight: Sight) -> Sight:
    groups: dict[str, dict[str, int]] = {}
    for attribute, value in tally.groups:
        was = sight.done.groups[attribute, value]
        groups.setdefault(attribute, {})[value] = max(0, GROUP_SIZE - was)
    return structs.replace(sight, before=structs.replace(sight.before, groups=groups))


def measures(tally: Tally, sight: Sight, limits: Limits) -> Iterator[Measure]:
    """Yield every limit that can be counted, whether it is passed or not; with an empty tally: what is used of it.

    Shares are of the people at the window's start: those managed now and those removed within it for good. Who
    came within it does not raise the number of those who may still come.
    """
    done, before = sight.done, sight.before
    base = before.managed + max(0, done.removed - done.kinds[Kind.REACTIVATE] - sight.returned)
    start = max(0, before.managed + done.removed - sight.returned - done.added)
    times = limits.week_factor if sight.window is Window.WEEK else 1

    def measure(breach: Breach, count: int, was: int, most: float, what: str = "", of: int = base) -> Measure:
        allowed = int(_whole(times * int(_whole(most))))
        return Measure(breach=breach, count=count, done=was, of=of, most=allowed, what=what)

    removed = min(
        max(limits.removed_floor, limits.removed_share * base),
        limits.removed_share_always * base,
        limits.removed_heads,
    )
    yield measure(Breach.VANISHED, tally.vanished, done.vanished, limits.vanished_heads)
    for breach, kind in ((Breach.ARCHIVED, Kind.ARCHIVE), (Breach.RELEASED, Kind.RELEASE)):
        yield measure(breach, tally.kinds[kind], done.kinds[kind], removed)
    for (attribute, value), gone in sorted(tally.groups.items()):
        was = done.groups[attribute, value]
        size = before.groups.get(attribute, {}).get(value, 0) + was
        if size >= GROUP_SIZE:
            part = max(limits.group_floor, limits.group_share * size)
            # Never all of it, in no window.
            allowed = min(size - 1, int(_whole(times * int(_whole(part)))))
            name = f"{attribute}={value}"
            yield Measure(breach=Breach.GROUP_GONE, count=gone, done=was, of=size, most=allowed, what=name)
    # The floor is never everybody, however few they are.
    emails = max(min(limits.email_floor, max(1, base - 1)), limits.email_share * base)
    yield measure(Breach.EMAILS, tally.emails, done.emails, emails)
    yield measure(Breach.BANKS, tally.banks, done.banks, most_banks(limits, base))
    managers = max(limits.manager_floor, limits.manager_share * base)
    yield measure(Breach.MANAGERS, tally.managers, done.managers, managers)
    for name in sorted({*tally.cleared, *done.cleared}):
        had = before.filled.get(name, before.managed) + done.cleared[name]
        # More than the share of those who had a value, or the filled share of all down by as many points.
        points = math.ceil(_whole(limits.cleared_share * base)) - 1
        kept = max(limits.cleared_floor, min(limits.cleared_share * had, points))
        yield measure(Breach.CLEARED, tally.cleared[name], done.cleared[name], kept, name, had)
    for breach, kind, floor, share in (
        (Breach.CREATED, Kind.CREATE, limits.created_floor, limits.created_share),
        (Breach.REACTIVATED, Kind.REACTIVATE, limits.reactivated_floor, limits.reactivated_share),
    ):
        more = max(floor, share * start)
        yield measure(breach, tally.kinds[kind], done.kinds[kind], more, of=start)


def most_banks(limits: Limits, managed: int) -> float:
    """Return how many accounts of so many people may change: heads count, but in a large company they grow with it.

    Three accounts a day are fewer than 5,000 people change around pay day (``scripts/bench life``).
    """
    heads = max(limits.bank_heads, BANK_HEADS_SHARE * managed)
    return min(heads, max(limits.bank_floor, limits.bank_share * managed))


def out_of_range(limits: Limits) -> list[tuple[str, float, float]]:
    """Return the names of values that nobody may set, each with the lowest and the highest that they may."""
    return [
        (name, lowest, highest)
        for name, (lowest, highest) in RANGES.items()
        # also what is no number at all: every comparison with it is false
        if not lowest <= getattr(limits, name) <= highest
    ]


def _whole(heads: float) -> float:
    """Return heads without the crumbs of binary fractions: 0.29 of 100 is 29, not a crumb less."""
    return round(heads, 6)
