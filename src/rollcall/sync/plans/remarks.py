"""What a preview warns of: counted while the plan is made, so that no page counts a hundred thousand lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import Q

from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.losses import Loss, Lost
from rollcall.engine.roster import Role
from rollcall.sync.models import Plan, PlanState

CONFLICTS: Final = (
    Why.SHARED_EMAIL,
    Why.EMAIL_TAKEN,
    Why.MEMBER_LINKED_ELSEWHERE,
    Why.NEW_NUMBER,
    Why.HAS_NEW_NUMBER,
    Why.REUSED_ID,
    Why.LOOKS_LIKE,
)
"""Reasons that are about two people, of whom nobody may guess which is meant (product decision 1)."""

ADMINS_GO: Final = "admins_go"
"""Owners and admins whom the plan archives."""


class Remarks:
    """Counts skips and notes by reason, and owners and admins who are archived."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counts: Counter[str] = Counter()

    def add(self, line: Change, role: Role | None = None) -> None:
        """Count one line; ``role`` is the member's."""
        if line.kind in (Kind.SKIP, Kind.NOTE):
            self._counts[f"{line.kind}.{line.why}"] += 1
        elif line.kind is Kind.ARCHIVE and role in (Role.OWNER, Role.ADMIN):
            self._counts[ADMINS_GO] += 1

    def counts(self) -> dict[str, int]:
        """Return the counts, for ``Plan.counts``."""
        return dict(sorted(self._counts.items()))


def conflicts(counts: Mapping[str, int], *kinds: Kind) -> int:
    """Return how many lines of a plan, of these kinds or of both, are conflicts."""
    return sum(
        counts.get(f"{kind}.{why}", 0) for kind in kinds or (Kind.SKIP, Kind.NOTE) for why in CONFLICTS
    )


def of(counts: Mapping[str, int], *whys: Why) -> int:
    """Return how many skips and notes have one of these reasons."""
    return sum(counts.get(f"{kind}.{why}", 0) for kind in (Kind.SKIP, Kind.NOTE) for why in whys)


def kept_counts(found: Iterable[Loss]) -> dict[str, int]:
    """Return fields that the tool seems to have lost, for ``Plan.counts``: how many people, and of how many."""
    counts: dict[str, int] = {}
    for one in found:
        counts[f"kept.{one.kind}.{one.field}"] = one.count
        counts[f"kept_of.{one.kind}.{one.field}"] = one.of
    return counts


def kept_of(counts: Mapping[str, int]) -> list[Loss]:
    """Return the fields that a plan's counts tell of, in the order of their names."""
    found = []
    for name, count in sorted(counts.items()):
        what, _, rest = name.partition(".")
        if what == "kept":
            kind, _, field = rest.partition(".")
            found.append(Loss(field=field, kind=Lost(kind), count=count, of=counts.get(f"kept_of.{rest}", 0)))
    return found


def newest_look(entity_id: int) -> Plan | None:
    """Return the entity's newest plan that says how things are: a run's, or one of settings that were confirmed."""
    confirmed = Q(for_settings=False) | Q(state__in=(PlanState.APPLYING, PlanState.APPLIED))
    return Plan.objects.filter(confirmed, entity_id=entity_id, undoes=None).order_by("-pk").first()
