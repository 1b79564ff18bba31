"""What a plan's lines count, as numbers that can be stored, read back and added up over time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from rollcall.engine.change import ACTING, Change, Kind, Why

REMOVING: Final = (Kind.ARCHIVE, Kind.RELEASE)
ADDING: Final = (Kind.CREATE, Kind.LINK, Kind.REACTIVATE)
_NUMBERS: Final = ("vanished", "emails", "banks", "managers")


class Tally:
    """Counts a plan line by line, so that a plan of any length is never held in memory."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.kinds: Counter[Kind] = Counter()
        # archived because they are missing from the list; these count as archived too
        self.vanished = 0
        # linked to a new number, many at once: a person always looks at it, so that it adds up to nothing
        self.renumbered = 0
        self.emails = 0
        self.banks = 0
        self.managers = 0
        self.cleared: Counter[str] = Counter()
        # (attribute, value) -> people who are archived or released there
        self.groups: Counter[tuple[str, str]] = Counter()

    def add(self, change: Change, place: Mapping[str, str | None] | None = None) -> None:
        """Count one line; ``place`` has the member's present values for ``GROUPS`` if it removes."""
        self.kinds[change.kind] += 1
        if change.kind is Kind.ARCHIVE and change.why is Why.VANISHED:
            self.vanished += 1
        self.renumbered += change.why is Why.RENUMBERED
        for name, one in change.fields.items() if change.kind not in (Kind.CREATE, Kind.ARCHIVE) else ():
            if not one.before:
                continue
            if name == "email":
                self.emails += 1
            elif name == "bank_account":
                self.banks += 1
            elif name == "manager":
                self.managers += 1
            if not one.after:
                self.cleared[name] += 1
        if change.kind in REMOVING:
            for attribute, value in (place or {}).items():
                if value:
                    self.groups[attribute, value] += 1

    @property
    def acting(self) -> int:
        """Return how many lines would change a member."""
        return sum(self.kinds[kind] for kind in ACTING)

    @property
    def removed(self) -> int:
        """Return how many people are archived or released."""
        return sum(self.kinds[kind] for kind in REMOVING)

    @property
    def added(self) -> int:
        """Return how many people come under management: invited, linked or brought back."""
        return sum(self.kinds[kind] for kind in ADDING)

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as plain values, without noughts; ``from_json`` reads them back."""
        groups: dict[str, dict[str, int]] = {}
        for (attribute, value), count in sorted(self.groups.items()):
            groups.setdefault(attribute, {})[value] = count
        found = {
            "kinds": {str(kind): self.kinds[kind] for kind in ACTING if self.kinds[kind]},
            **{name: getattr(self, name) for name in _NUMBERS},
            "cleared": dict(sorted(self.cleared.items())),
            "groups": groups,
        }
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return a tally as it was stored; what it does not name is nought."""
        found = cls()
        found.kinds.update({Kind(kind): count for kind, count in stored.get("kinds", {}).items()})
        for name in _NUMBERS:
            setattr(found, name, stored.get(name, 0))
        found.cleared.update(stored.get("cleared", {}))
        for attribute, values in stored.get("groups", {}).items():
            found.groups.update({(attribute, value): count for value, count in values.items()})
        return found


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies, as if their plans had been one."""
    found = Tally()
    for one in tallies:
        found.kinds.update(one.kinds)
        for name in _NUMBERS:
            setattr(found, name, getattr(found, name) + getattr(one, name))
        found.cleared.update(one.cleared)
        found.groups.update(one.groups)
    return found
