"""How a run ends: well, badly, handed over to another worker, or without the database; and when the next one is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
import psycopg
import structlog
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.again import again, lost
from rollcall.accounts.apart import one_by_one
from rollcall.connections.models import Connection, State, Subscription
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.plans.level import MARKS
from rollcall.sync.runs import cost, parking
from rollcall.sync.runs.lease import check, mine, taken_down
from rollcall.sync.runs.notices import tell_connection
from rollcall.sync.runs.telling import about_error

log = structlog.get_logger(__name__)

HOUR: Final = timedelta(hours=1)
SLOWER: Final = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""Waits after three, four, five and more failed runs in a row (T5)."""


def next_run(connection_id: int, now: datetime) -> datetime:
    """Return the connection's minute of the next hour: runs are spread over the hour by the connection's id."""
    offset = timedelta(seconds=(connection_id * 2_654_435_761) % 3_600)
    start = now.replace(minute=0, second=0, microsecond=0) + offset
    return start if start > now + timedelta(minutes=5) else start + HOUR


def succeed(run: Run, connection: Connection, token: UUID) -> None:
    """Write down that a run has done everything. Raises ``LeaseLost``."""
    now = timezone.now()
    with access.acting_for(connection.company_id):
        check(connection.pk, token)
        run.state, run.finished_at, run.cost = RunState.SUCCEEDED, now, cost.taken()
        run.save(update_fields=["state", "finished_at", "levels", "cost"])
        recovered = bool(connection.error)
        connection.state = resting_state(connection)
        connection.error, connection.error_params, connection.failures = "", {}, 0
        connection.last_good_at = now
        if run.seen.get("caught_up"):
            # Until the next run the card says that nothing had happened during the pause.
            connection.progress = {"caught_up": run.seen["caught_up"]}
        connection.next_run_at = next_run(connection.pk, now)
        connection.save(
            update_fields=[
                "state",
                "error",
                "error_params",
                "failures",
                "last_good_at",
                "next_run_at",
                "progress",
            ]
        )
        if recovered:
            tell_connection(connection, told=None)


_FINISH: Final = f"""
    WITH still AS (
        SELECT c.id FROM connections_connection c
        WHERE c.id = %(connection)s AND c.lease = %(token)s
          AND c.state NOT IN ('{State.PAUSED}', '{State.DISCONNECTED}')
          AND (SELECT jsonb_agg(jsonb_build_array(s.id, {MARKS}) ORDER BY s.id) FROM connections_subscription s
               WHERE s.connection_id = c.id AND s.settings IS NOT NULL) = %(live)s::jsonb
        FOR UPDATE OF c
    ), done AS (
        UPDATE sync_run r SET state = '{RunState.SUCCEEDED}', finished_at = %(now)s, seen = %(seen)s::jsonb,
                              levels = %(levels)s::jsonb, cost = %(cost)s::jsonb
        FROM still WHERE r.id = %(run)s
    )
    UPDATE connections_connection c
    SET state = CASE WHEN EXISTS (
            SELECT FROM connections_subscription s
            JOIN sync_plan p ON p.entity_id = s.entity_id AND p.state = '{PlanState.HELD}' AND p.subscription_id = s.id
            WHERE s.connection_id = c.id) THEN '{State.HELD}' ELSE '{State.CONNECTED}' END,
        company_name = %(company_name)s, identity = %(identity)s, employees = %(employees)s,
        unreadable = %(unreadable)s::jsonb, set_aside = %(set_aside)s::jsonb, progress = '{{}}',
        changes_since = %(changes_since)s, changes_key = %(changes_key)s, full_read_at = %(full_read_at)s,
        failures = 0, last_good_at = %(now)s, next_run_at = %(next)s, lease = NULL, lease_until = NULL
    FROM still WHERE c.id = still.id RETURNING c.id
"""


def finish_quietly(run: Run, connection: Connection, token: UUID, live: Sequence[tuple[int, str]]) -> bool:
    """Write down that a run found nothing to do, and take the fence down; one statement.

    ``live`` are the subscriptions at their level, each with its marks. ``False`` when something was written meanwhile,
    or the lease is lost: then nothing was done.
    """
    now, spent = timezone.now(), cost.taken()
    rows = access.asked(
        connection.company_id,
        _FINISH,
        {
            "connection": connection.pk,
            "run": run.pk,
            "token": token,
            "live": msgspec.json.encode(live).decode(),
            "now": now,
            "next": next_run(connection.pk, now),
            "seen": msgspec.json.encode(run.seen).decode(),
            "levels": msgspec.json.encode(run.levels).decode(),
            "cost": msgspec.json.encode(spent).decode(),
            "company_name": connection.company_name,
            "identity": connection.identity,
            "employees": connection.employees,
            "unreadable": msgspec.json.encode(connection.unreadable).decode(),
            "set_aside": msgspec.json.encode(connection.set_aside).decode(),
            "changes_since": connection.changes_since,
            "changes_key": connection.changes_key,
            "full_read_at": connection.full_read_at,
        },
    )
    if rows:
        run.state, run.finished_at, run.cost = RunState.SUCCEEDED, now, spent
        taken_down(token)
    return bool(rows)


def resting_state(connection: Connection) -> State:
    """Return the state of a connection between two good runs: held, connected, or waiting for its set-up."""
    if Plan.objects.filter(subscription__connection=connection, state=PlanState.HELD).exists():
        return State.HELD
    live = any(one.is_live for one in Subscription.objects.filter(connection=connection))
    return State.CONNECTED if live else State.ACTION_REQUIRED


def fail(
    run: Run,
    connection: Connection,
    token: UUID,
    state: RunState,
    code: str,
    params: dict[str, str],
    wait: float | None = None,
) -> None:
    """End a run that did not get through: ``code`` and ``params`` as in ``connectors.errors``, ``wait`` in seconds."""
    again(partial(_end_badly, run, connection, token, state, code, params, wait))


def _end_badly(
    run: Run,
    connection: Connection,
    token: UUID,
    state: RunState,
    code: str,
    params: dict[str, str],
    wait: float | None,
) -> None:
    now = timezone.now()
    with access.acting_for(connection.company_id):
        run.state, run.error, run.error_params, run.finished_at = state, code, params, now
        run.cost = cost.taken()
        run.save(update_fields=["state", "error", "error_params", "finished_at", "cost"])
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.lease != token:
            # Whoever has taken over says how the connection is.
            return
        row.progress = {}
        if not row.is_used:
            row.save(update_fields=["progress"])
            return
        row.failures += 1
        row.save(update_fields=["failures"])
        if code == "internal" and parking.deaths(row) >= parking.MOST:
            parking.stop_trying(row, run.pk, now)
            return
        first = row.error != code
        row.state, row.error, row.error_params = State.ERROR, code, params
        row.next_run_at = _after_failure(row, now, wait)
        if first and state is RunState.FAILED:
            tell_connection(row, told=about_error(code, {"tool": row.tool, **params}))
        row.save(update_fields=["progress", "state", "error", "error_params", "next_run_at"])


def pass_on(run: Run, connection: Connection, token: UUID) -> None:
    """End a run whose process was asked to stop, so that another worker does it: no failure of anybody."""
    with access.acting_for(connection.company_id):
        run.state, run.error, run.finished_at = RunState.POSTPONED, "interrupted", timezone.now()
        run.cost = cost.taken()
        run.save(update_fields=["state", "error", "finished_at", "cost"])
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.lease != token or not row.is_used:
            return
        put_back(row)
        row.run_wanted, row.run_wanted_by = row.run_wanted or run.trigger, row.run_wanted_by or run.started_by
        row.save(update_fields=["run_wanted", "run_wanted_by"])


def let_go() -> None:
    """Hand over what this process holds, because it ends at once; a row that its own work has locked is passed over."""
    one_by_one("not_let_go", mine(), lambda one: _let_go(*one))


def _let_go(company_id: int, connection_id: int, token: UUID) -> None:
    with access.acting_for(company_id):
        free = Connection.objects.select_for_update(skip_locked=True).filter(pk=connection_id, lease=token)
        row = free.first()
        if row is None or not row.is_used:
            return
        run = Run.objects.filter(connection=row, finished_at=None).first()
        if run is not None:
            run.state, run.error, run.finished_at = RunState.POSTPONED, "interrupted", timezone.now()
            run.save(update_fields=["state", "error", "finished_at"])
            row.run_wanted, row.run_wanted_by = run.trigger, run.started_by
        put_back(row)
        # Whoever still thinks that they hold it finds another fence.
        row.lease = None
        row.save(update_fields=["run_wanted", "run_wanted_by", "lease"])


def put_back(row: Connection) -> None:
    """Let the locked row of a connection say again how it was before a run that did not end."""
    if row.state != State.CONNECTING:
        row.state = State.ERROR if row.error else resting_state(row)
    row.progress = {}
    row.save(update_fields=["state", "progress"])


def database_failed(run: Run, connection: Connection, token: UUID, error: Exception) -> bool:
    """End a run under which the database failed; ``False`` for an error that is our own mistake, as a wrong statement.

    A server that went away comes back: the run is done again soon. A full disk, no memory and a statement that takes
    too long are shown (C4).
    """
    cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
    if lost(error) or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        state = str(getattr(cause, "sqlstate", None) or "")
        away = lost(error) or not state
        log.error("run_without_database", connection=connection.pk, run=run.pk, state=state)
        if away:
            again(partial(pass_on, run, connection, token))
        else:
            fail(run, connection, token, RunState.FAILED, "database", {})
        return True
    fail(run, connection, token, RunState.FAILED, "internal", {})
    return False


def _after_failure(connection: Connection, now: datetime, wait: float | None) -> datetime:
    if wait is not None:
        return max(now + timedelta(seconds=min(wait, SLOWER[-1].total_seconds())), now + timedelta(minutes=1))
    slow = connection.failures - 3
    return next_run(connection.pk, now) if slow < 0 else now + SLOWER[min(slow, len(SLOWER) - 1)]
