"""One run: read the HR tool, then plan and apply (or hold) for every entity that uses the connection.

Callers: the job (``tasks.sync_connection``), the command ``rollcall sync`` and tests. Nothing here is done inside a
transaction of the caller; each step opens its own.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.connections import webhooks
from rollcall.connections.fetch import Fetched, asked_key, fetch, fetch_changes
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.source import Connector, OtherCompany, RateLimited, SourceError, opened
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import Json, NewEvent, append
from rollcall.sync import tally
from rollcall.sync.apply import apply
from rollcall.sync.lease import LeaseLost, check, lease
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.planning import plan
from rollcall.sync.telling import about_error, about_held

log = structlog.get_logger(__name__)

HOUR: Final = timedelta(hours=1)
SLOWER: Final = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""Waits after three, four, five and more failed runs in a row (T5)."""

OVERLAP: Final = timedelta(minutes=10)
"""What happened shortly before a full read began is asked for again: the tool's clock and ours may differ (V9)."""

FULL_EVERY: Final = timedelta(hours=23)
"""Everybody is read at least this often, whatever else the tool can tell: only that shows who is gone (P7)."""

PROGRESS_EVERY: Final = 0.5  # seconds between two writes of the progress


def next_run(connection_id: int, now: datetime) -> datetime:
    """Return the connection's minute of the next hour: runs are spread over the hour by the connection's id."""
    offset = timedelta(seconds=(connection_id * 2_654_435_761) % 3_600)
    start = now.replace(minute=0, second=0, microsecond=0) + offset
    return start if start > now + timedelta(minutes=5) else start + HOUR


def run_connection(
    company_id: int, connection_id: int, *, trigger: str, started_by: str = "", apply_now: bool = True
) -> Run | None:
    """Do one run; return it, or ``None`` if another run of this connection is at work or it is not in use.

    A run that fails says why on the connection and changes no member; it is returned, not raised. Anything that
    is not a ``SourceError`` is raised after the run has been marked as failed. Without ``apply_now`` the run
    ends with plans to look at; a person may approve one, else the next run takes it up.
    """
    with lease(company_id, connection_id) as token:
        if token is None:
            return None
        with access.acting_for(company_id):
            connection = Connection.objects.select_for_update().get(pk=connection_id)
            if not connection.is_used:
                return None
            now = timezone.now()
            _end_unfinished(connection, now)
            run = Run.objects.create(
                company_id=company_id,
                connection=connection,
                trigger=trigger,
                started_by=started_by,
                started_at=now,
            )
            connection.run_wanted = connection.run_wanted_by = ""
            connection.progress = {"read": 0}
            # If this process is killed, the clock starts the next run: also after the very first one (C1).
            connection.next_run_at = connection.next_run_at or next_run(connection.pk, now)
            if connection.state != State.CONNECTING:
                connection.state = State.SYNCING
            connection.save(update_fields=["run_wanted", "run_wanted_by", "state", "progress", "next_run_at"])
        try:
            _work(run, connection, token, apply_now=apply_now)
        except LeaseLost:
            _fail(run, connection, RunState.POSTPONED, "interrupted", {})
        except RateLimited as error:
            _fail(run, connection, RunState.POSTPONED, error.code, error.params, error.retry_after)
        except SourceError as error:
            log.warning(
                "run_failed", connection=connection_id, run=run.pk, error=error.code, detail=error.detail
            )
            _fail(run, connection, RunState.FAILED, error.code, error.params)
        except Exception:
            _fail(run, connection, RunState.FAILED, "internal", {})
            raise
    return run


def _end_unfinished(connection: Connection, now: datetime) -> None:
    """A run that was killed stays without an end; holding the lease proves that nobody works on it any more."""
    Run.objects.filter(connection=connection, finished_at=None).update(
        state=RunState.FAILED, error="interrupted", finished_at=now
    )


def _work(run: Run, connection: Connection, token: UUID, *, apply_now: bool) -> None:
    if apply_now:
        _finish_applying(connection, token)
    with opened(connection) as connector:
        found = connector.test()
        if connection.identity and found.identity and connection.identity != found.identity:
            raise OtherCompany("identity differs", tool=connector.tool.name)
        fetched = _read(run, connection, connector, token)
        if fetched.full:
            webhooks.ensure(connection, connector, now=run.started_at)
    live = note(run, connection, fetched, token, company=found.company or "", identity=found.identity or "")
    for subscription_id in live:
        settle(connection.company_id, subscription_id, run, token, apply_now=apply_now)
    tally.count(connection.company_id, connection.pk, moved=fetched.moved)
    _succeed(run, connection, token)


def note(
    run: Run, connection: Connection, fetched: Fetched, token: UUID, *, company: str, identity: str
) -> list[int]:
    """Store what a read found beside the mirror; return the subscriptions to settle. Raises ``LeaseLost``."""
    with access.acting_for(connection.company_id):
        check(connection.pk, token)
        run.state = RunState.PLANNING
        run.seen = {
            "employees": fetched.employees,
            "new": fetched.new,
            "changed": fetched.changed,
            "absent": fetched.absent,
            "set_aside": len(fetched.set_aside),
            "parsed": fetched.parsed,
            "full": fetched.full,
        }
        run.save(update_fields=["state", "seen"])
        _note_read(connection, fetched, company, identity)
        return [
            one.pk for one in Subscription.objects.filter(connection=connection).order_by("pk") if one.is_live
        ]


def settle(
    company_id: int,
    subscription_id: int,
    run: Run,
    token: UUID,
    *,
    apply_now: bool = True,
    now: datetime | None = None,
) -> Plan | None:
    """Plan for one entity; apply inside the limits, else hold and tell the admins once.

    ``now`` (aware) is another time than the present one only in a fire drill.
    """
    with access.acting_for(company_id):
        subscription = Subscription.objects.get(pk=subscription_id)
        made = plan(subscription, subscription.get_settings(), now=now or timezone.now(), run=run)
        # What an earlier run only showed comes back here as it was; a plan for settings waits for its person.
        if made is None or made.state != PlanState.PREVIEW or made.for_settings:
            return made
        if not apply_now and made.counts["acting"]:
            return made
        if not made.counts["acting"]:
            made.state, made.finished_at = PlanState.APPLIED, timezone.now()
        elif made.breaches:
            made.state = PlanState.HELD
            _tell(made, EventKind.PLAN_HELD, about_held(made))
        else:
            made.state = PlanState.APPLYING
        made.save(update_fields=["state", "finished_at"])
    if made.state == PlanState.APPLYING:
        apply(made, token, Actor(kind="sync", id=run.pk, label="sync"))
    return made


def _read(run: Run, connection: Connection, connector: Connector, token: UUID) -> Fetched:
    """Read what changed where the tool can tell and everybody was read lately; else everybody."""
    key, now = asked_key(connection, connector), run.started_at
    progress = _progress(connection)

    # A connection that was disconnected meanwhile gets no mirror again (S47).
    def guard() -> object:
        return check(connection.pk, token)

    since, read_at = connection.changes_since, connection.full_read_at
    lately = read_at is not None and now - read_at < FULL_EVERY
    if connector.tool.delta and since is not None and lately and connection.changes_key == key:
        found = fetch_changes(connection, connector, since=since, now=now, progress=progress, guard=guard)
        if found is not None:
            connection.changes_since = found[1]
            return found[0]
    fetched = fetch(connection, connector, now=now, progress=progress, guard=guard)
    connection.changes_since, connection.changes_key, connection.full_read_at = now - OVERLAP, key, now
    return fetched


def _finish_applying(connection: Connection, token: UUID) -> None:
    """Go on with plans whose apply was interrupted: they were approved, and doing them twice does no harm."""
    with access.acting_for(connection.company_id):
        begun = list(
            Plan.objects.select_related("subscription", "entity")
            .filter(subscription__connection=connection, state=PlanState.APPLYING)
            .order_by("pk")
        )
    for one in begun:
        apply(one, token, Actor(kind="sync", id=one.run_id, label="sync"))


def _progress(connection: Connection) -> Callable[[int], None]:
    last = 0.0

    def write(read: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY:
            last = time.monotonic()
            with access.acting_for(connection.company_id):
                Connection.objects.filter(pk=connection.pk).update(progress={"read": read})

    return write


def _note_read(connection: Connection, fetched: Fetched, company: str, identity: str) -> None:
    connection.company_name = company or connection.company_name
    connection.identity = identity or connection.identity
    connection.employees = fetched.employees
    aside = [msgspec.to_builtins(one) for one in fetched.set_aside]
    if fetched.full:
        connection.unreadable = list(fetched.unreadable)
    else:
        # What a list of changes does not mention stays as the last full read found it.
        aside += [one for one in connection.set_aside if one not in aside]
    connection.set_aside = aside[:100]
    connection.progress = {}
    connection.save(
        update_fields=[
            "company_name",
            "identity",
            "employees",
            "unreadable",
            "set_aside",
            "progress",
            "changes_since",
            "changes_key",
            "full_read_at",
        ]
    )


def _succeed(run: Run, connection: Connection, token: UUID) -> None:
    now = timezone.now()
    with access.acting_for(connection.company_id):
        check(connection.pk, token)
        run.state, run.finished_at = RunState.SUCCEEDED, now
        run.save(update_fields=["state", "finished_at"])
        recovered = bool(connection.error)
        connection.state = resting_state(connection)
        connection.error, connection.error_params, connection.failures = "", {}, 0
        connection.last_good_at = now
        connection.next_run_at = next_run(connection.pk, now)
        connection.save(
            update_fields=["state", "error", "error_params", "failures", "last_good_at", "next_run_at"]
        )
        if recovered:
            _tell_connection(connection, EventKind.CONNECTION_RECOVERED, {})


def resting_state(connection: Connection) -> State:
    """Return the state of a connection between two good runs: held, connected, or waiting for its set-up."""
    if Plan.objects.filter(subscription__connection=connection, state=PlanState.HELD).exists():
        return State.HELD
    live = any(one.is_live for one in Subscription.objects.filter(connection=connection))
    return State.CONNECTED if live else State.ACTION_REQUIRED


def _fail(
    run: Run,
    connection: Connection,
    state: RunState,
    code: str,
    params: dict[str, str],
    wait: float | None = None,
) -> None:
    now = timezone.now()
    with access.acting_for(connection.company_id):
        run.state, run.error, run.error_params, run.finished_at = state, code, params, now
        run.save(update_fields=["state", "error", "error_params", "finished_at"])
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.progress = {}
        if row.is_used:
            first = row.error != code
            row.state, row.error, row.error_params = State.ERROR, code, params
            row.failures += 1
            row.next_run_at = _after_failure(row, now, wait)
            if first and state is RunState.FAILED:
                told = about_error(code, {"tool": row.tool, **params})
                _tell_connection(
                    row, EventKind.CONNECTION_FAILED, {"error": code, "tool": row.tool, "told": told}
                )
        row.save(update_fields=["progress", "state", "error", "error_params", "failures", "next_run_at"])


def _after_failure(connection: Connection, now: datetime, wait: float | None) -> datetime:
    if wait is not None:
        return max(now + timedelta(seconds=min(wait, SLOWER[-1].total_seconds())), now + timedelta(minutes=1))
    slow = connection.failures - 3
    return next_run(connection.pk, now) if slow < 0 else now + SLOWER[min(slow, len(SLOWER) - 1)]


def _tell(made: Plan, kind: EventKind, data: dict[str, Json]) -> None:
    append(
        [
            NewEvent(
                company_id=made.company_id,
                kind=kind,
                actor=Actor(kind="sync", id=made.run_id, label="sync"),
                entity_id=made.entity_id,
                run_id=made.run_id,
                plan_id=made.pk,
                data={
                    "entity": made.entity.name,
                    "tool_name": tool_name(made.subscription.connection.tool),
                    **data,
                },
            )
        ]
    )


def _tell_connection(connection: Connection, kind: EventKind, data: dict[str, Json]) -> None:
    actor = Actor(kind="sync", label="sync")
    append(
        [
            NewEvent(
                company_id=connection.company_id,
                kind=kind,
                actor=actor,
                data={"connection": connection.pk, "tool_name": tool_name(connection.tool), **data},
            )
        ]
    )
