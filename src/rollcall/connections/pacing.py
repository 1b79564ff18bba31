"""The schedule of requests in the database, so that all workers together keep a tool's limits."""

from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

import psycopg
from django.db import connection as database

from rollcall.connections.models import RateSlot

_RESERVE: Final = """
INSERT INTO connections_rateslot AS slot (key, due)
VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(interval)s))
ON CONFLICT (key) DO UPDATE
    SET due = greatest(slot.due, clock_timestamp()) + make_interval(secs => %(interval)s)
RETURNING extract(epoch FROM due - clock_timestamp())::float8
"""


class InDatabase:
    """See ``connectors.pacing.Limiter``. One statement a request, by the database's clock.

    It has a database connection of its own, opened at the first use: a run may stand inside a transaction while
    it reads, and a place taken there would be seen by other workers only after its end.
    """

    def __init__(self) -> None:
        """Reserve nothing yet."""
        self._own: psycopg.Connection[tuple[float]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            self._own.close()

    def reserve(self, key: str, interval: float, burst: float) -> float:
        """Take the next place; return the seconds to wait for it."""
        if self._own is None:
            self._own = own_connection()
        row = self._own.execute(_RESERVE, {"key": key, "interval": interval}).fetchone()
        return max(0.0, (row[0] if row else 0.0) - interval - burst)


def forget_old(now: datetime) -> None:
    """Delete places that are long past; a key that is used again begins afresh."""
    RateSlot.objects.filter(due__lt=now - timedelta(days=1)).delete()


def own_connection() -> "psycopg.Connection[tuple[float]]":
    """Return a new connection to the same database, in autocommit; the caller closes it."""
    params = database.get_connection_params()
    wanted = {
        name: value for name, value in params.items() if name not in {"cursor_factory", "context", "pool"}
    }
    return psycopg.connect(**wanted, autocommit=True)
