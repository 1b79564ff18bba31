"""From the counts of each process to one sum for the installation: any web process can tell all of it.

Every process adds what it counted every few seconds. A killed one loses no more than that; one that restarts goes on
where the sums stood, so counters never fall.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec
import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.telemetry import counts

EVERY_SECONDS: Final = 15.0

log = structlog.get_logger(__name__)

_ADD: Final = """
INSERT INTO operations_count AS known (metric, labels, total)
SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[]) AS more(metric, labels, total) ORDER BY 1, 2
ON CONFLICT (metric, labels) DO UPDATE SET total = known.total + excluded.total
"""
_DAY: Final = """
INSERT INTO operations_day (day, database_bytes)
SELECT (now() AT TIME ZONE 'UTC')::date, pg_database_size(current_database())
WHERE NOT EXISTS (SELECT FROM operations_day WHERE day = (now() AT TIME ZONE 'UTC')::date)
ON CONFLICT DO NOTHING
"""


def store() -> int:
    """Add what this process has counted to the sums; return how many there were. A database that is away: next time."""
    taken = counts.take()
    if not taken:
        return 0
    rows = [(metric, _as_text(labels), total) for (metric, labels), total in taken.items()]
    try:
        with connection.cursor() as cursor:
            # Two processes that add at once take their rows in the same order, and wait instead of locking up.
            cursor.execute(_ADD, [list(column) for column in zip(*rows, strict=True)])
            cursor.execute(_DAY)
    except (DatabaseError, InterfaceError) as error:
        counts.put_back(taken)
        log.warning("counts_wait", error=type(error).__name__, counts=len(taken))
        return 0
    return len(rows)


@contextmanager
def stored_regularly(every: float = EVERY_SECONDS) -> Iterator[None]:
    """Store every so many seconds in a thread of its own until the block ends, and once more then."""
    ended = threading.Event()
    thread = threading.Thread(target=_store_until, args=(ended, every), name="counting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(every)


def begin() -> None:
    """Store regularly for as long as this process lives: for web servers that don't tell when they end."""
    if not any(one.name == "counting" for one in threading.enumerate()):
        threading.Thread(
            target=_store_until, args=(threading.Event(), EVERY_SECONDS), name="counting", daemon=True
        ).start()


def _store_until(ended: threading.Event, every: float) -> None:
    while True:
        last = ended.wait(every)
        try:
            store()
        finally:
            # A connection that waits for 15 s in between would be one more of the server's for nothing.
            connection.close()
        if last:
            return


def _as_text(labels: tuple[tuple[str, str], ...]) -> str:
    return msgspec.json.encode(dict(labels)).decode()


def as_labels(text: str) -> Mapping[str, str]:
    """Return the labels of a row."""
    return msgspec.json.decode(text, type=dict[str, str])
