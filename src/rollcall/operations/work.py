"""The queue and those who work on it."""

from typing import Final

from django.db import connection as database
from msgspec import Struct

from rollcall.sync.runs.lease import at_work
from rollcall.sync.tasks import SILENT_SECONDS


class Jobs(Struct, frozen=True, kw_only=True):
    """Jobs of the queue that are not finished."""

    # whose time has come and that nobody has begun
    waiting: int
    oldest_seconds: float
    # for later
    planned: int
    at_work: int


class Workers(Struct, frozen=True, kw_only=True):
    """Processes that run jobs."""

    alive: int
    # said nothing for too long and are not tidied away yet: killed, or their machine is gone
    silent: int
    # connections that are being read or applied now
    connections_at_work: int


# Jobs without a time of their own are deferred in the order of their ids: the first of them has waited longest.
_JOBS: Final = """
WITH open AS (
    SELECT id, status = 'todo' AS todo, scheduled_at FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
), counted AS (
    SELECT count(*) FILTER (WHERE todo AND coalesce(scheduled_at, now()) <= now()) AS waiting,
           min(scheduled_at) FILTER (WHERE todo) AS set_for,
           min(id) FILTER (WHERE todo AND scheduled_at IS NULL) AS first,
           count(*) FILTER (WHERE todo AND scheduled_at > now()) AS planned, count(*) FILTER (WHERE NOT todo) AS doing
    FROM open
)
SELECT waiting, greatest(0, extract(epoch FROM now() - least(set_for, (
           SELECT min(at) FROM procrastinate_events WHERE job_id = first))))::float8, planned, doing
FROM counted
"""
_WORKERS: Final = """
SELECT count(*) FILTER (WHERE last_heartbeat > now() - make_interval(secs => %(silent)s)),
       count(*) FILTER (WHERE last_heartbeat <= now() - make_interval(secs => %(silent)s))
FROM procrastinate_workers
"""


def jobs() -> Jobs:
    """Return the state of the queue; one statement."""
    with database.cursor() as cursor:
        cursor.execute(_JOBS)
        waiting, oldest, planned, doing = cursor.fetchone()
    return Jobs(waiting=waiting, oldest_seconds=oldest or 0.0, planned=planned, at_work=doing)


def workers() -> Workers:
    """Return who is alive; two statements."""
    with database.cursor() as cursor:
        cursor.execute(_WORKERS, {"silent": SILENT_SECONDS})
        alive, silent = cursor.fetchone()
    return Workers(alive=alive, silent=silent, connections_at_work=len(at_work()))


def queued(connection_ids: list[int]) -> set[int]:
    """Return those of these connections whose run stands in the queue; one statement."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (args ->> 'connection_id')::bigint FROM procrastinate_jobs"
            " WHERE status = 'todo' AND (args ->> 'connection_id')::bigint = ANY(%s)",
            [connection_ids],
        )
        return {row[0] for row in cursor.fetchall()}
