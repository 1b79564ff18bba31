"""What is behind, held, parked, waiting and how large: looked up in the database, over all companies.

Numbers, names of companies and keys of tools; nothing of any employee. Each look opens the wall for its own duty only,
and takes a fixed number of statements however many companies there are.
"""

import os
import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from django.conf import settings
from django.db import connection as database
from msgspec import Struct

from rollcall.accounts import access
from rollcall.operations import work
from rollcall.operations.connected import Connected, connected
from rollcall.sync.tasks import DUTY


class Waiting(Struct, frozen=True, kw_only=True):
    """Things that wait, and how long the first of them has."""

    number: int = 0
    oldest_seconds: float = 0.0


class Plans(Struct, frozen=True, kw_only=True):
    """Lists of changes of all companies."""

    # wait for a person: unusual changes, then previews somebody asked for
    held: Waiting
    preview: Waiting
    # approved or inside the limits, and not done yet
    applying: Waiting


class Database(Struct, frozen=True, kw_only=True):
    """The database and its host."""

    version: str
    bytes: int
    # of the last seven days, or as long as it is known; None on the first day
    grown_bytes: int | None
    grown_days: int
    sessions: int
    most_sessions: int
    # ours minus the database's, without the way to and fro
    clock_ahead_seconds: float
    home_free_bytes: int
    home_bytes: int


class Facts(Struct, frozen=True, kw_only=True):
    """All of it, at one moment (aware)."""

    at: datetime
    version: str
    connected: Connected
    plans: Plans
    jobs: work.Jobs
    workers: work.Workers
    events_waiting: Waiting
    mails_waiting: Waiting
    mails_failed_today: int
    companies: int
    database: Database


GROWTH: Final = timedelta(days=7)


def facts(now: datetime) -> Facts:
    """Look everything up; ``now`` is aware."""
    with access.on_duty(DUTY):
        companies = _one("SELECT count(*) FROM accounts_company")[0]
        plans = _plans(now)
    return Facts(
        at=now,
        version=version("rollcall"),
        connected=connected(now),
        plans=plans,
        jobs=work.jobs(),
        workers=work.workers(),
        events_waiting=_events_waiting(now),
        mails_waiting=_mails_waiting(now),
        mails_failed_today=_mails_failed(now),
        companies=companies,
        database=_database(now),
    )


def _plans(now: datetime) -> Plans:
    # "making" is never committed by a run that lives; the present plan alone counts of an entity.
    rows = _all(
        """
        SELECT CASE WHEN state = 'applying' THEN 'applying' WHEN state = 'held' THEN 'held' ELSE 'preview' END,
               count(*), min(coalesce(decided_at, began_at, made_at))
        FROM sync_plan WHERE state IN ('making', 'preview', 'held', 'applying') GROUP BY 1
        """
    )
    found = {state: _waiting(number, oldest, now) for state, number, oldest in rows}
    none = Waiting()
    return Plans(
        held=found.get("held", none), preview=found.get("preview", none), applying=found.get("applying", none)
    )


def _events_waiting(now: datetime) -> Waiting:
    with access.on_duty("relay"):
        number, first, company = _one(
            """
            SELECT count(*), min(event_id),
                   (SELECT company_id FROM events_outbox ORDER BY event_id LIMIT 1) FROM events_outbox
            """
        )
    if company is None:
        return Waiting()
    with access.acting_for(company):
        row = _all("SELECT at FROM events_event WHERE id = %s", [first])
    return _waiting(number, row[0][0] if row else None, now)


def _mails_waiting(now: datetime) -> Waiting:
    with access.on_duty("mail"):
        number, oldest = _one(
            "SELECT count(*), min(created_at) FROM notify_mail"
            " WHERE state IN ('waiting', 'sending') AND next_try_at <= %s",
            [now],
        )
    return _waiting(number, oldest, now)


def _mails_failed(now: datetime) -> int:
    with access.on_duty("mail"):
        found: int = _one(
            "SELECT count(*) FROM notify_mail WHERE state IN ('unconfirmed', 'failed') AND created_at > %s",
            [now - timedelta(days=1)],
        )[0]
    return found


def _database(now: datetime) -> Database:
    before = time.time()
    running, size, sessions, most, clock = _one(
        """
        SELECT current_setting('server_version'), pg_database_size(current_database()),
               (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
               current_setting('max_connections')::int, extract(epoch FROM clock_timestamp())::float8
        """
    )
    after = time.time()
    then = _all(
        "SELECT day, database_bytes FROM operations_day WHERE day >= %s AND day < %s ORDER BY day LIMIT 1",
        [(now - GROWTH).date(), now.date()],
    )
    disk = shutil.disk_usage(os.fspath(settings.ROLLCALL_HOME))
    return Database(
        version=running.split()[0],
        bytes=size,
        grown_bytes=size - then[0][1] if then else None,
        grown_days=(now.date() - then[0][0]).days if then else 0,
        sessions=sessions,
        most_sessions=most,
        # The server read its clock at some moment between our two looks: only what lies outside is a difference.
        clock_ahead_seconds=0.0 if before <= clock <= after else (before + after) / 2 - clock,
        home_free_bytes=disk.free,
        home_bytes=disk.total,
    )


def _waiting(number: int, oldest: datetime | None, now: datetime) -> Waiting:
    seconds = (now - oldest).total_seconds() if oldest is not None else 0.0
    return Waiting(number=number, oldest_seconds=max(0.0, seconds))


def _all(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _one(statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
    return _all(statement, values)[0]
