"""A plan held against the limits: first by how many people there are at least, then counted, with the likely causes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from rollcall.connections.models import Subscription
from rollcall.directory.headcount import headcount, missing
from rollcall.engine.causes import Clues, likely
from rollcall.engine.limits import GROUPS, Breach, Headcount, Sight, breaches, surely_within
from rollcall.engine.settings import Settings
from rollcall.engine.tally import Tally
from rollcall.sync.plans.losses import Measure
from rollcall.sync.plans.windows import sights


class Judging(Struct, frozen=True, kw_only=True):
    """What a plan adds up to, and under which settings and when it is looked at."""

    subscription: Subscription
    settings: Settings
    tally: Tally
    clues: Clues
    now: datetime
    # a person who confirms these settings looks at all of it
    for_settings: bool
    # the members as they were counted for fields that may be lost; ``None``: they were not
    measured: Measure | None

    def count(self) -> Headcount:
        """Return how many people there are, by groups as far as limits ask."""
        return self._headcount(self.subscription.entity_id)

    def _headcount(self, entity_id: int | None) -> Headcount:
        # In how many a field is filled is asked for limits of what is cleared alone.
        fields = bool(self.tally.cleared)
        return headcount(entity_id, self.subscription.connection_id, self._groups, fields=fields)

    def is_surely_within(self) -> bool:
        """Tell whether the plan passes no limit, from how many members there are at least.

        Whoever was counted with the fields that may be lost is managed and listed, unless they were written since.
        """
        if self.for_settings or self.measured is None:
            return False
        people = max(0, self.measured.managed - len(self.measured.since))
        least = Headcount(managed=people, employees=people)
        # All who use the connection are no fewer.
        looks = self._sights(least, lambda: least)
        return surely_within(self.tally, looks, self.settings.limits)

    def breaches(self, before: Headcount) -> list[dict[str, Any]]:
        """Return the limits that the plan passes, each with its likely cause."""
        looks = self._sights(before, lambda: self._headcount(None))
        found = [
            one
            for one in breaches(self.tally, looks, self.settings.limits)
            # Somebody who looks at "271 invited" before confirming needs no limit on invitations.
            if not (self.for_settings and one.breach is Breach.CREATED)
        ]
        gone = missing(self.subscription.entity_id, self.subscription.connection_id) if found else 0
        return [
            {
                **msgspec.to_builtins(one),
                "likely": msgspec.to_builtins(likely(one, self.clues, self.tally, before, missing=gone)),
            }
            for one in found
        ]

    def _sights(self, before: Headcount, everybody: Callable[[], Headcount]) -> Sequence[Sight]:
        if not self.tally.acting or self.for_settings:
            return [Sight(before=before)]
        return sights(self.subscription, before, everybody, now=self.now)

    @property
    def _groups(self) -> tuple[str, ...]:
        return GROUPS if self.tally.removed else ()
