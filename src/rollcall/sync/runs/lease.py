"""One run at a time for a connection: an advisory lock that dies with the process, and a fence on the row.

The lock belongs to the run's own session of the database, so PostgreSQL lets go of it the moment a worker is killed.
The fence is a random value on the connection's row: whoever applies checks in each transaction that it is still theirs.
A session that is lost while its process lives on loses the lock: whoever takes over then puts up another fence, and the
former run stops there. A fence without a lock is what a killed worker leaves behind (``left_behind``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.again import again
from rollcall.connections.models import Connection, State

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
    if (company_id, connection_id) in _MINE.values():
        # A session gets a lock that it has as often as it asks.
        yield None
        return
    token = uuid4()
    taking = _Taking(company_id, connection_id, token)
    if not again(taking.take):
        taking.unlock()
        yield None
        return
    _MINE[token] = (company_id, connection_id)
    try:
        yield token
    finally:
        if _MINE.pop(token, None) is not None:
            again(partial(_take_down, company_id, connection_id, token))
        taking.unlock()


class _Taking:
    """The lock on this session of the database, and the fence; taken in one statement."""

    def __init__(self, company_id: int, connection_id: int, token: UUID) -> None:
        self._company_id, self._connection_id, self._token = company_id, connection_id, token
        # a transaction that was done again has locked twice
        self._locked = 0

    def take(self) -> bool:
        """Take lock and fence, or nothing; tells which."""
        self._locked += 1
        rows = access.asked(
            self._company_id,
            """
            WITH held AS MATERIALIZED (SELECT pg_try_advisory_lock(%(space)s, %(id)s) AS got),
            fenced AS (UPDATE connections_connection c SET lease = %(token)s, lease_until = %(until)s
                       FROM held WHERE held.got AND c.id = %(id)s)
            SELECT got FROM held
            """,
            {
                "space": LOCK_SPACE,
                "id": self._connection_id,
                "token": self._token,
                "until": timezone.now() + _LASTS,
            },
        )
        if not rows[0][0]:
            self._locked -= 1
        return bool(rows[0][0])

    def unlock(self) -> None:
        """Let go of the lock, after the commit of what was done under it."""
        for _ in range(self._locked):
            try:
                with database.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, self._connection_id])
            except (OperationalError, InterfaceError):
                # The server went away meanwhile, and the lock with it.
                log.info("lock_gone_with_server", connection=self._connection_id)


def _take_down(company_id: int, connection_id: int, token: UUID) -> None:
    with access.acting_for(company_id):
        Connection.objects.filter(pk=connection_id, lease=token).update(lease=None, lease_until=None)


def taken_down(token: UUID) -> None:
    """Note that the fence was taken down already, in the statement that ended the run; the lock goes with the block."""
    _MINE.pop(token, None)


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


def check(connection_id: int, token: UUID, *, even_paused: bool = False) -> None:
    """Lock the connection's row in this transaction. Raises ``LeaseLost``.

    ``even_paused``: taking a run back pauses the connection first, and does not read the tool.
    """
    held = Connection.objects.select_for_update().filter(pk=connection_id, lease=token)
    found = held.only("state").first()
    if found is None or not (found.is_used or (even_paused and found.state == State.PAUSED)):
        raise LeaseLost
