"""The schedule of requests in the database, so that all workers together keep a tool's limits."""

from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from rollcall.connections.models import RateSlot
from rollcall.connections.side import Side

SIDE: Final = Side()
"""A run may stand inside a transaction while it reads: a place taken there would be seen by others after its end."""

_RESERVE: Final = """
INSERT INTO connections_rateslot AS slot (key, due)
VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(interval)s))
ON CONFLICT (key) DO UPDATE
    SET due = greatest(slot.due, clock_timestamp()) + make_interval(secs => %(interval)s)
RETURNING extract(epoch FROM due - clock_timestamp())::float8
"""


class InDatabase:
    """See ``connectors.pacing.Limiter``. One statement a request, by the database's clock, on a shared session."""

    def __enter__(self) -> Self:
        SIDE.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        SIDE.leave()

    def reserve(self, key: str, interval: float, burst: float) -> float:
        """Take the next place; return the seconds to wait for it."""
        rows = SIDE.ask(_RESERVE, {"key": key, "interval": interval})
        return max(0.0, float(rows[0][0]) - interval - burst)


def forget_old(now: datetime) -> None:
    """Delete places that are long past; a key that is used again begins afresh."""
    RateSlot.objects.filter(due__lt=now - timedelta(days=1)).delete()
