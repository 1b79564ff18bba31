"""One run: read the HR tool, then plan and apply (or hold) for every entity that uses the connection.

Callers: the job (``tasks.sync_connection``), the command ``rollcall sync`` and tests. Nothing here is done inside a
transaction of the caller; each step opens its own.

Long on purpose: the way of a run, from its begin to its end, is read in one go.
"""

import time
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.again import again
from rollcall.connections import webhooks
from rollcall.connections.fetch import fetch, fetch_changes
from rollcall.connections.gone import Gone
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.reading import Fetched, asked_key, noted_aside
from rollcall.connections.source import Connector, OtherCompany, RateLimited, SourceError, opened
from rollcall.directory import erasing
from rollcall.sync.models import WAITING, Plan, PlanState, Run, RunState
from rollcall.sync.plans import level
from rollcall.sync.plans.again import asks_the_same
from rollcall.sync.plans.catching_up import caught_up, refused
from rollcall.sync.plans.near import near
from rollcall.sync.plans.planning import plan
from rollcall.sync.runs import cost, parking, stopping
from rollcall.sync.runs.apply import apply
from rollcall.sync.runs.beginning import Facts, begin
from rollcall.sync.runs.ending import database_failed, fail, finish_quietly, pass_on, succeed
from rollcall.sync.runs.lease import LeaseLost, check, lease
from rollcall.sync.runs.notices import tell_plan_held
from rollcall.sync.runs.stopping import Stopped
from rollcall.sync.runs.usual import Usual, unusual, usual_of
from rollcall.sync.why import tally
from rollcall.sync.why.stepping import Before

log = structlog.get_logger(__name__)

OVERLAP: Final = timedelta(minutes=10)
"""What happened shortly before a full read began is asked for again: the tool's clock and ours may differ (V9)."""

FULL_EVERY: Final = timedelta(hours=23)
"""Everybody is read at least this often, whatever else the tool can tell: only that shows who is gone (P7)."""

PROGRESS_EVERY: Final = 0.5  # seconds between two writes of the progress


def run_connection(
    company_id: int, connection_id: int, *, trigger: str, started_by: str = "", apply_now: bool = True
) -> Run | None:
    """Do one run; return it, or ``None`` if another run of this connection is at work or it is not in use.

    A run that fails says why on the connection and changes no member; it is returned, not raised. Anything that
    is not a ``SourceError`` is raised after the run has been marked as failed. Without ``apply_now`` the run
    ends with plans to look at; a person may approve one, else the next run takes it up.
    """
    with lease(company_id, connection_id) as token, cost.metering() as meter:
        if token is None:
            return None
        begun = again(partial(begin, company_id, connection_id, trigger, started_by))
        if begun is None:
            return None
        run, connection, facts = begun
        meter.begin(run, connection)
        try:
            _work(run, connection, facts, token, apply_now=apply_now)
        except LeaseLost:
            fail(run, connection, token, RunState.POSTPONED, "interrupted", {})
        except Stopped:
            again(partial(pass_on, run, connection, token))
        except RateLimited as error:
            fail(run, connection, token, RunState.POSTPONED, error.code, error.params, error.retry_after)
        except SourceError as error:
            log.warning(
                "run_failed", connection=connection_id, run=run.pk, error=error.code, detail=error.detail
            )
            fail(run, connection, token, RunState.FAILED, error.code, error.params)
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            if not database_failed(run, connection, token, error):
                raise
        except Exception:
            fail(run, connection, token, RunState.FAILED, "internal", {})
            raise
    return run


def _work(run: Run, connection: Connection, facts: Facts, token: UUID, *, apply_now: bool) -> None:
    if apply_now and facts.applying:
        _finish_applying(connection, token)
    levels = facts.levels(run.started_at)
    whole = bool(facts.live) and len(levels) == len(facts.live)
    # As long as nobody has written anything, the mirror too is as the run before left it.
    unmoved = connection.employees if whole and not facts.absent else None
    with cost.phase(cost.READ), opened(connection) as connector:
        found = connector.who()
        if connection.identity and found.identity and connection.identity != found.identity:
            raise OtherCompany("identity differs", tool=connector.tool.name)
        began = time.monotonic()
        fetched, usual, was = _read(run, connection, connector, facts, token, unmoved)
        seconds = time.monotonic() - began
        # Who said no is asked again when there is something to do, and with each new day.
        if fetched.full and not facts.hooked and not (whole and facts.refused):
            webhooks.ensure(connection, connector, now=run.started_at)
    company, identity = found.company or "", found.identity or ""
    run.seen = _seen(connection, fetched, usual, seconds)
    if whole and facts.counted and not fetched.moved and not connection.error:
        quiet = copy(connection)
        _learn(quiet, fetched, company, identity)
        run.seen |= facts.kept()
        run.levels = levels
        if again(partial(finish_quietly, run, quiet, token, facts.live)):
            return
        # Something was written meanwhile.
        levels = {}
    live = again(
        partial(
            note,
            run,
            connection,
            fetched,
            token,
            company=company,
            identity=identity,
            seconds=seconds,
            usual=usual,
        )
    )
    run.levels = {}
    # First: a plan says how many people are chosen, and they are counted here already.
    again(partial(tally.count, connection.company_id, connection.pk, moved=fetched.moved, was=was))
    for subscription_id in live:
        stopping.here()
        settle(connection.company_id, subscription_id, run, token, apply_now=apply_now)
    again(partial(succeed, run, connection, token))


def note(
    run: Run,
    connection: Connection,
    fetched: Fetched,
    token: UUID,
    *,
    company: str,
    identity: str,
    seconds: float = 0.0,
    usual: Usual | None = None,
) -> list[int]:
    """Store what a read that took ``seconds`` found beside the mirror; return the subscriptions to settle.

    ``usual``: what reads usually bring, if that has been asked. Raises ``LeaseLost``.
    """
    with access.acting_for(connection.company_id):
        check(connection.pk, token)
        run.state = RunState.PLANNING
        run.seen = _seen(connection, fetched, usual or usual_of(connection.pk), seconds)
        run.save(update_fields=["state", "seen"])
        _note_read(connection, fetched, company, identity)
        return [
            one.pk for one in Subscription.objects.filter(connection=connection).order_by("pk") if one.is_live
        ]


def _seen(connection: Connection, fetched: Fetched, usual: Usual, seconds: float) -> dict[str, Any]:
    """Return what ``Run.seen`` says about a read that took ``seconds``."""
    return {
        "employees": fetched.employees,
        "new": fetched.new,
        "changed": fetched.changed,
        "absent": fetched.absent,
        "set_aside": len(fetched.set_aside),
        "parsed": fetched.parsed,
        "full": fetched.full,
        "moved": fetched.moved,
        "seconds": round(seconds, 1),
        "unusual": unusual(usual, fetched.employees, seconds) if fetched.full else list(usual.standing),
        "partial": list(fetched.unreadable) if fetched.full else list(connection.unreadable),
    }


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

    What somebody approved while the run was reading comes first, and is planned on (invariant 12).

    ``now`` (aware) is another time than the present one only in a fire drill.
    """
    tried: list[None] = []

    def decide() -> Plan | None:
        tried.append(None)
        again_now = len(tried) > 1
        return _decide(
            company_id, subscription_id, run, token, apply_now=apply_now, now=now, repeated=again_now
        )

    while True:
        with cost.phase(cost.PLAN):
            made = again(decide)
        if made is None or made.state != PlanState.APPLYING:
            return made
        own = made.run_id == run.pk
        apply(made, token, Actor(kind="sync", id=made.run_id, label="sync"))
        if own:
            return made


def _decide(
    company_id: int,
    subscription_id: int,
    run: Run,
    token: UUID,
    *,
    apply_now: bool,
    now: datetime | None,
    repeated: bool,
) -> Plan | None:
    with access.acting_for(company_id):
        made = Plan.objects.filter(run=run, subscription=subscription_id).first() if repeated else None
        if made is not None:
            # Decided already: the connection to the database was lost just when that was committed.
            return made
        # Copies of tables leave no marks: a drill looks at everybody.
        marks = level.marks_of(subscription_id) if now is None else ""
        # Whoever approves waits for the end of this, and is refused if it acts.
        locked = Subscription.objects.select_for_update(of=("self",)).select_related("entity", "connection")
        subscription = locked.get(pk=subscription_id)
        plans = Plan.objects.select_related("subscription", "entity")
        approved = plans.filter(subscription=subscription, state=PlanState.APPLYING).first()
        if approved is not None and apply_now:
            return approved
        waits = parking.inherited(subscription_id)
        at = now or timezone.now()
        settings = subscription.get_settings()
        whom = near(subscription, settings, run, at) if marks else None
        held = Plan.objects.filter(
            subscription=subscription, state=PlanState.HELD, for_settings=False, undoes=None
        ).first()
        known = partial(tally.chosen_now, subscription.connection_id, subscription.entity_id, settings)
        made = plan(
            subscription,
            settings,
            now=at,
            run=run,
            marks=marks,
            near=whom,
            chosen=known if marks else None,
        )
        paused = subscription.paused_since
        if paused is not None and (made is None or not made.counts["acting"]) and not refused(subscription):
            caught_up(subscription)
            run.seen = {**run.seen, "caught_up": [*run.seen.get("caught_up", []), subscription.entity_id]}
            run.save(update_fields=["seen"])
        # What waits comes back here, looked at again; a plan for settings waits for its person.
        if made is None or made.state not in WAITING or made.for_settings:
            return made
        made.breaches = [*parking.without_reason(made.breaches), *waits]
        # Told once, however often it comes back. With looser limits it may go on.
        if made.state == PlanState.HELD and (made.breaches or paused is not None):
            return made
        if not apply_now and made.counts["acting"]:
            return made
        # Only now: a long planning keeps nobody from pausing. Whoever lost the connection leaves no plan behind.
        check(run.connection_id, token)
        made.breaches = [*made.breaches, *waits]
        if not made.counts["acting"]:
            made.state, made.finished_at = PlanState.APPLIED, timezone.now()
        elif made.breaches or paused is not None:
            made.state = PlanState.HELD
            # Somebody stays for another reason, say: who was told of the plan before knows what it would do.
            if held is None or not asks_the_same(held, made):
                tell_plan_held(made, paused_since=paused)
        else:
            made.state, made.began_at = PlanState.APPLYING, timezone.now()
        made.save(update_fields=["state", "finished_at", "began_at", "breaches"])
        return made


def _read(
    run: Run, connection: Connection, connector: Connector, facts: Facts, token: UUID, unmoved: int | None
) -> tuple[Fetched, Usual, Before | None]:
    """Read what changed where the tool can tell and everybody was read lately; else everybody.

    Return it with what a full read usually brings, and what the people read counted for before they were written.
    ``unmoved`` as with ``fetch``.
    """
    key, now = asked_key(connection, connector), run.started_at
    progress = _progress(connection)
    was: Before | None = None

    # A connection that was disconnected meanwhile gets no mirror again (S47).
    def guard() -> None:
        nonlocal was
        check(connection.pk, token)
        was = tally.about_to_read(connection)

    def gone() -> Gone:
        return erasing.gone_from_mirror(connection.company_id, connection.pk)

    since, read_at = connection.changes_since, connection.full_read_at
    lately = read_at is not None and now - read_at < FULL_EVERY
    if connector.tool.delta and since is not None and lately and connection.changes_key == key:
        found = fetch_changes(
            connection,
            connector,
            since=since,
            now=now,
            progress=progress,
            guard=guard,
            gone=gone,
            unmoved=unmoved,
        )
        if found is not None:
            connection.changes_since = found[1]
            return found[0], facts.standing(), was
    with access.acting_for(connection.company_id):
        usual = usual_of(connection.pk)
    fetched = fetch(
        connection,
        connector,
        now=now,
        progress=progress,
        guard=guard,
        gone=gone,
        usual=usual.employees,
        unmoved=unmoved,
    )
    connection.changes_since, connection.changes_key, connection.full_read_at = now - OVERLAP, key, now
    return fetched, usual, was


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
    last = time.monotonic()

    def write(read: int) -> None:
        nonlocal last
        stopping.here()
        if time.monotonic() - last >= PROGRESS_EVERY:
            last = time.monotonic()
            with access.acting_for(connection.company_id):
                Connection.objects.filter(pk=connection.pk).update(progress={"read": read})

    return write


def _note_read(connection: Connection, fetched: Fetched, company: str, identity: str) -> None:
    _learn(connection, fetched, company, identity)
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


def _learn(connection: Connection, fetched: Fetched, company: str, identity: str) -> None:
    """Put what a read found about the connection on its row, which is not saved yet."""
    connection.company_name = company or connection.company_name
    connection.identity = identity or connection.identity
    connection.employees = fetched.employees
    aside = noted_aside(fetched.set_aside)
    if fetched.full:
        connection.unreadable = list(fetched.unreadable)
    else:
        # What a list of changes does not mention stays as the last full read found it.
        aside += [one for one in connection.set_aside if one not in aside]
    connection.set_aside = aside[:100]
    connection.progress = {}
