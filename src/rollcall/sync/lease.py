"""One run at a time for a connection: an advisory lock that dies with the process, and a fence on the row.

The lock stands on a database connection of its own, so PostgreSQL lets go of it the moment a worker is killed. The
fence is a random value on the connection's row: whoever applies checks in each transaction that it is still theirs.
A fence without a lock is what a killed worker leaves behind (``left_behind``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import psycopg
import structlog
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.again import again
from rollcall.connections.models import Connection, State
from rollcall.connections.side import own_connection

log = structlog.get_logger(__name__)

LOCK_SPACE: Final = 0x526F6C6C
"""First half of the advisory lock's key; the second is the connection's id."""

_LASTS: Final = timedelta(hours=2)

_MINE: Final[dict[UUID, tuple[int, int]]] = {}
"""What this process holds: fence -> company and connection."""


class LeaseLost(Exception):
    """Another run has taken over, or the connection was paused or disconnected: stop at once, nothing half done."""


@contextmanager
def lease(company_id: int, connection_id: int) -> Iterator[UUID | None]:
    """Hold the connection for the length of the block; yields ``None`` when another run holds it."""
    with own_connection() as own:
        row = own.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, connection_id]).fetchone()
        if row is None or not row[0]:
            yield None
            return
        token = uuid4()
        again(partial(_fence, company_id, connection_id, token))
        _MINE[token] = (company_id, connection_id)
        try:
            yield token
        finally:
            del _MINE[token]
            again(partial(_take_down, company_id, connection_id, token))
            _unlock(own, connection_id)


def _fence(company_id: int, connection_id: int, token: UUID) -> None:
    with access.acting_for(company_id):
        Connection.objects.filter(pk=connection_id).update(lease=token, lease_until=timezone.now() + _LASTS)


def _take_down(company_id: int, connection_id: int, token: UUID) -> None:
    with access.acting_for(company_id):
        Connection.objects.filter(pk=connection_id, lease=token).update(lease=None, lease_until=None)


def _unlock(own: "psycopg.Connection[tuple[object, ...]]", connection_id: int) -> None:
    # Said aloud: after a mere hang-up the server may hold the lock a moment longer than we think.
    try:
        own.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, connection_id])
    except psycopg.OperationalError:
        # The server went away meanwhile, and the lock with it.
        log.info("lock_gone_with_server", connection=connection_id)


def mine() -> list[tuple[int, int, UUID]]:
    """Return (company, connection, fence) of what this process holds now."""
    return [(*held, token) for token, held in list(_MINE.items())]


def at_work() -> set[int]:
    """Return the connections whose lock is held now; a killed process holds none, whatever its row says."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_SPACE],
        )
        return {int(row[0]) for row in cursor.fetchall()}


def left_behind(limit: int) -> list[tuple[int, int]]:
    """Return (company, connection) of those that somebody fenced and nobody holds any more; on duty *schedule*.

    The fence is read first: whoever took the lock after that is not called dead.
    """
    fenced = list(Connection.objects.exclude(lease=None).order_by("pk").values_list("company_id", "pk"))
    held = at_work() if fenced else set()
    return [one for one in fenced if one[1] not in held][:limit]


def check(connection_id: int, token: UUID, *, even_paused: bool = False) -> Connection:
    """Lock the connection's row in this transaction and return it. Raises ``LeaseLost``.

    ``even_paused``: taking a run back pauses the connection first, and does not read the tool.
    """
    found = Connection.objects.select_for_update().filter(pk=connection_id, lease=token).first()
    if found is None or not (found.is_used or (even_paused and found.state == State.PAUSED)):
        raise LeaseLost
    return found
