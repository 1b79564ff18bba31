"""Connections of all companies: how many in which state, which are behind and why, which do not work."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.accounts import access
from rollcall.operations import work
from rollcall.sync.runs.lease import at_work, left_behind
from rollcall.sync.tasks import DUTY

GRACE: Final = timedelta(minutes=10)
"""A run may begin so long after its minute before it counts as behind."""

LATE: Final = timedelta(hours=2)
"""Somebody who reads every hour was not read for so long."""

SHOWN: Final = 50
"""So many of each kind are named."""

NO_WORKER: Final = "no_worker"
QUEUED: Final = "queued"
LEFT_BEHIND: Final = "left_behind"
NOT_STARTED: Final = "not_started"
"""Why a connection is behind: nobody works; its job waits; a dead worker left it; nobody has queued its run."""


class Group(Struct, frozen=True, kw_only=True):
    """Connections to one tool in one state."""

    tool: str
    state: str
    number: int
    people: int


class Trouble(Struct, frozen=True, kw_only=True):
    """Connections to one tool whose last runs ended with the same error."""

    tool: str
    # a code of connectors.errors, or of sync.ending and sync.parking
    error: str
    number: int
    # the last good read of the one that has waited longest; None when one of them never had any
    oldest_good_at: datetime | None


class Behind(Struct, frozen=True, kw_only=True):
    """One connection that should have been read."""

    company_id: int
    company: str
    connection_id: int
    tool: str
    since: datetime
    # NO_WORKER, QUEUED, LEFT_BEHIND or NOT_STARTED
    why: str


class Parked(Struct, frozen=True, kw_only=True):
    """One connection whose runs have died three times: a person or tomorrow tries it again."""

    company_id: int
    company: str
    connection_id: int
    tool: str
    last_good_at: datetime | None


class Held(Struct, frozen=True, kw_only=True):
    """One entity's changes that wait for a person of the company."""

    company_id: int
    company: str
    plan_id: int
    since: datetime


class Connected(Struct, frozen=True, kw_only=True):
    """All connections; the lists are the worst ``SHOWN`` of each kind."""

    groups: Sequence[Group]
    overdue: int
    lag_seconds: float
    behind: Sequence[Behind]
    parked: int
    parked_shown: Sequence[Parked]
    held_shown: Sequence[Held]
    troubles: Sequence[Trouble]
    left_behind: int
    # requests to tools are booked so far ahead at most: how long a new one waits for its turn
    pace_seconds: float


_GROUPS: Final = """
SELECT tool, state, count(*), sum(employees) FROM connections_connection GROUP BY 1, 2 ORDER BY 1, 2
"""
# Whoever does not work or is stopped is told elsewhere; here is who should have been read and simply was not.
_DUE: Final = """
WITH due AS (
    SELECT id, company_id, tool,
           CASE WHEN next_run_at < %(grace)s THEN next_run_at ELSE last_good_at + interval '1 hour' END AS since
    FROM connections_connection
    WHERE state NOT IN ('paused', 'disconnected') AND id <> ALL(%(at_work)s)
      AND (next_run_at < %(grace)s
           OR (state IN ('connected', 'held', 'syncing') AND error = '' AND last_good_at < %(late)s))
)
SELECT due.company_id, company.name, due.id, due.tool, due.since, count(*) OVER (), min(due.since) OVER ()
FROM due JOIN accounts_company company ON company.id = due.company_id ORDER BY due.since, due.id LIMIT %(shown)s
"""
_TROUBLES: Final = """
SELECT tool, error, count(*),
       CASE WHEN count(last_good_at) = count(*) THEN min(last_good_at) END
FROM connections_connection WHERE error <> '' AND state NOT IN ('paused', 'disconnected')
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(shown)s
"""
_PARKED: Final = """
SELECT one.company_id, company.name, one.id, one.tool, one.last_good_at, count(*) OVER ()
FROM connections_connection one JOIN accounts_company company ON company.id = one.company_id
WHERE one.error = 'parked' AND one.state = 'error' ORDER BY one.last_good_at NULLS FIRST, one.id LIMIT %(shown)s
"""
_HELD: Final = """
SELECT plan.company_id, company.name, plan.id, plan.made_at
FROM sync_plan plan JOIN accounts_company company ON company.id = plan.company_id
WHERE plan.state = 'held' ORDER BY plan.made_at LIMIT %(shown)s
"""
_PACE: Final = "SELECT coalesce(extract(epoch FROM max(due) - now()), 0)::float8 FROM connections_rateslot"


def connected(now: datetime) -> Connected:
    """Look all connections up; ``now`` is aware."""
    values: dict[str, Any] = {
        "grace": now - GRACE,
        "late": now - LATE,
        "at_work": list(at_work()),
        "shown": SHOWN,
    }
    with access.on_duty(DUTY), database.cursor() as cursor:
        cursor.execute(_GROUPS)
        groups = [Group(tool=t, state=s, number=n, people=p or 0) for t, s, n, p in cursor.fetchall()]
        cursor.execute(_DUE, values)
        due = cursor.fetchall()
        cursor.execute(_TROUBLES, values)
        troubles = [
            Trouble(tool=t, error=e, number=n, oldest_good_at=at) for t, e, n, at in cursor.fetchall()
        ]
        cursor.execute(_PARKED, values)
        parked = cursor.fetchall()
        cursor.execute(_HELD, values)
        held = [Held(company_id=c, company=n, plan_id=p, since=at) for c, n, p, at in cursor.fetchall()]
        cursor.execute(_PACE)
        pace = max(0.0, cursor.fetchone()[0])
        left = {one[1] for one in left_behind(500)}
    why = _reasons([row[2] for row in due], left)
    return Connected(
        groups=groups,
        overdue=due[0][5] if due else 0,
        lag_seconds=max(0.0, (now - due[0][6]).total_seconds()) if due else 0.0,
        behind=[
            Behind(company_id=c, company=name, connection_id=i, tool=tool, since=since, why=why[i])
            for c, name, i, tool, since, _all, _oldest in due
        ],
        parked=parked[0][5] if parked else 0,
        parked_shown=[
            Parked(company_id=c, company=name, connection_id=i, tool=tool, last_good_at=at)
            for c, name, i, tool, at, _all in parked
        ],
        held_shown=held,
        troubles=troubles,
        left_behind=len(left),
        pace_seconds=pace,
    )


def _reasons(ids: list[int], left: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    if not work.workers().alive:
        return dict.fromkeys(ids, NO_WORKER)
    waiting = work.queued(ids)
    return {one: QUEUED if one in waiting else LEFT_BEHIND if one in left else NOT_STARTED for one in ids}
