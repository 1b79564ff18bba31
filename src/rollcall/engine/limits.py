"""Limits beside the plan: every reason not to apply it without a person.

Starting values are those of the fault catalogue. Shares and heads count together and no company is too small:
where a share of few people would be less than one change, a floor in heads keeps ordinary life from a hold.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from rollcall.engine.change import ACTING, Change, Kind, Why

GROUPS = ("work_location", "department", "legal_entity")


class Limits(Struct, frozen=True, kw_only=True):
    """How much one run may do by itself; shares are of the members that the connection manages."""

    removed_share: float = 0.10
    removed_floor: int = 3
    removed_share_always: float = 1 / 3
    removed_heads: int = 50
    group_size: int = 3
    email_share: float = 0.10
    email_floor: int = 2
    bank_share: float = 0.05
    bank_floor: int = 1
    bank_heads: int = 3
    cleared_share: float = 0.20
    cleared_floor: int = 2
    created_share: float = 0.30
    created_floor: int = 10


class Breach(StrEnum):
    """What went over its limit."""

    NOBODY_SEEN = "nobody_seen"
    NOBODY_LEFT = "nobody_left"
    ARCHIVED = "archived"
    RELEASED = "released"
    GROUP_GONE = "group_gone"
    EMAILS = "emails"
    BANKS = "banks"
    CLEARED = "cleared"
    CREATED = "created"
    # HR gave new numbers to many members at once: whoever links them anew looks at each pair first
    RENUMBERED = "renumbered"


class Breached(Struct, frozen=True, kw_only=True):
    """One breach: how many, of how many, and which group or field."""

    breach: Breach
    count: int
    of: int
    what: str = ""


class Headcount(Struct, frozen=True, kw_only=True):
    """The members a connection manages in the entity before the plan."""

    managed: int
    # employees in the snapshot at all
    employees: int
    # attribute -> value -> managed members there now
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    # member's field -> managed members who have a value there now
    filled: Mapping[str, int] = field(default_factory=dict)


class Tally:
    """Counts a plan line by line, so that a plan of any length is never held in memory."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.kinds: Counter[Kind] = Counter()
        self.emails = 0
        self.banks = 0
        self.renumbered = 0
        self.cleared: Counter[str] = Counter()
        self.groups: Counter[tuple[str, str]] = Counter()

    def add(self, change: Change, place: Mapping[str, str | None] | None = None) -> None:
        """Count one line; ``place`` has the member's present values for ``GROUPS`` if it removes."""
        self.kinds[change.kind] += 1
        self.renumbered += change.why is Why.RENUMBERED
        for name, one in change.fields.items():
            if change.kind in (Kind.CREATE, Kind.ARCHIVE) or not one.before:
                continue
            if name == "email":
                self.emails += 1
            elif name == "bank_account":
                self.banks += 1
            if not one.after:
                self.cleared[name] += 1
        if change.kind in (Kind.ARCHIVE, Kind.RELEASE):
            for attribute, value in (place or {}).items():
                if value:
                    self.groups[attribute, value] += 1

    @property
    def acting(self) -> int:
        """Return how many lines would change a member."""
        return sum(self.kinds[kind] for kind in ACTING)


def breaches(tally: Tally, before: Headcount, limits: Limits) -> tuple[Breached, ...]:
    """Return everything that a plan with this tally would break, worst first; empty: it may be applied."""
    found: list[Breached] = []
    managed = before.managed

    def check(breach: Breach, count: int, broken: bool, what: str = "", of: int = managed) -> None:
        if count and broken:
            found.append(Breached(breach=breach, count=count, of=of, what=what))

    if managed and not before.employees:
        found.append(Breached(breach=Breach.NOBODY_SEEN, count=0, of=managed))
    removed = tally.kinds[Kind.ARCHIVE] + tally.kinds[Kind.RELEASE]
    check(Breach.NOBODY_LEFT, removed, removed >= managed)
    for breach, kind in ((Breach.ARCHIVED, Kind.ARCHIVE), (Breach.RELEASED, Kind.RELEASE)):
        check(breach, tally.kinds[kind], _too_many(tally.kinds[kind], managed, limits))
    for (attribute, value), gone in sorted(tally.groups.items()):
        size = before.groups.get(attribute, {}).get(value, 0)
        check(Breach.GROUP_GONE, gone, gone >= size >= limits.group_size, f"{attribute}={value}", size)
    many_emails = max(limits.email_floor, _part(limits.email_share, managed))
    check(Breach.EMAILS, tally.emails, tally.emails > many_emails)
    many_banks = max(limits.bank_floor, _part(limits.bank_share, managed))
    check(Breach.BANKS, tally.banks, tally.banks > min(limits.bank_heads, many_banks))
    for name, count in sorted(tally.cleared.items()):
        had = before.filled.get(name, managed)
        # More than the share of those who had a value, or the filled share of all down by as many points.
        many = count > _part(limits.cleared_share, had) or count >= _part(limits.cleared_share, managed)
        check(Breach.CLEARED, count, many and count > limits.cleared_floor, name, had)
    created = tally.kinds[Kind.CREATE] + tally.kinds[Kind.REACTIVATE]
    check(Breach.CREATED, created, created > max(limits.created_floor, _part(limits.created_share, managed)))
    check(Breach.RENUMBERED, tally.renumbered, True)
    return tuple(found)


def _too_many(count: int, managed: int, limits: Limits) -> bool:
    return (
        count > max(limits.removed_floor, _part(limits.removed_share, managed))
        or count > _part(limits.removed_share_always, managed)
        or count > limits.removed_heads
    )


def _part(share: float, heads: int) -> float:
    """Return a share of heads without the crumbs of binary fractions: 0.29 of 100 is 29, not a crumb less."""
    return round(share * heads, 6)
