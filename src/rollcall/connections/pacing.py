"""The schedule of requests in the database, so that all workers together keep a tool's limits."""

import time
from datetime import datetime, timedelta
from threading import get_ident
from types import TracebackType
from typing import Final, Self

from django.db import connection as database

from rollcall.connections.models import RateSlot
from rollcall.connections.side import Side

SIDE: Final = Side()
"""A run may stand inside a transaction while it reads: a place taken there would be seen by others after its end."""

_RESERVE: Final = """
INSERT INTO connections_rateslot AS slot (key, due)
VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(span)s))
ON CONFLICT (key) DO UPDATE
    SET due = greatest(slot.due, clock_timestamp()) + make_interval(secs => %(span)s)
RETURNING extract(epoch FROM due - clock_timestamp())::float8
"""

MOST: Final = 8
"""So many places are taken at once at most."""


class _Places:
    """Places that were taken together: the moments of the first, of this process's clock, and of the others after it.

    The database's answer takes a while: each moment lies between ``early`` and ``late``.
    """

    def __init__(self, early: float, late: float, number: int, interval: float) -> None:
        self._early, self._late, self._left, self._interval = early, late, number, interval

    def take(self, now: float) -> float | None:
        """Return the moment of the next place that has surely not gone by, at its latest; ``None`` if none is left."""
        while self._left:
            early, late = self._early, self._late
            self._early, self._late = early + self._interval, late + self._interval
            self._left -= 1
            if early >= now:
                return late
        return None


class InDatabase:
    """See ``connectors.pacing.Limiter``. At most one statement a request, by the database's clock.

    Where a caller may be ahead of the schedule, some places are taken at once. One whose moment has gone by is not
    used: the schedule then holds as if each had been taken alone, and what is left over at the end is a few places.

    A run may stand inside a transaction while it reads, and a place taken there would be seen by other workers only
    after its end: then it is taken on a session beside it. So is what another thread needs that fetches for the caller.
    """

    def __init__(self) -> None:
        """Reserve nothing yet."""
        self._places: dict[str, _Places] = {}
        self._home = get_ident()

    def __enter__(self) -> Self:
        SIDE.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        SIDE.leave()

    def reserve(self, key: str, interval: float, burst: float) -> float:
        """Take the next place; return the seconds to wait for it."""
        known = self._places.get(key)
        now = time.monotonic()
        moment = known.take(now) if known else None
        if moment is None:
            number = min(MOST, 1 + int(burst / interval) // 2)
            due = self._ask(key, interval * number) - interval * number
            asked, now = now, time.monotonic()
            moment = now + due
            self._places[key] = _Places(asked + due + interval, moment + interval, number - 1, interval)
        return max(0.0, moment - burst - now)

    def _ask(self, key: str, span: float) -> float:
        params: dict[str, str | float] = {"key": key, "span": span}
        if get_ident() == self._home and not database.in_atomic_block:
            with database.cursor() as cursor:
                cursor.execute(_RESERVE, params)
                return float(cursor.fetchone()[0])
        return float(SIDE.ask(_RESERVE, params)[0][0])


def forget_old(now: datetime) -> None:
    """Delete places that are long past; a key that is used again begins afresh."""
    RateSlot.objects.filter(due__lt=now - timedelta(days=1)).delete()
