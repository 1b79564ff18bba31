"""Jobs: a run that somebody asked for, the apply of an approved plan, and the minute's round.

Runs by the clock are no jobs: workers claim them (``claims.py``) and do them with ``run_due``. Jobs take ids, are safe
to repeat and hold no queue locks: a killed worker with a queued successor would block such a lock for ever (tried with
procrastinate 3.10). The lease in ``lease.py`` keeps two runs apart. A job that is lost is found again by its level: a
connection that is wanted or left behind, a plan that is being applied.
"""

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django import app

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.again import again
from rollcall.accounts.apart import one_by_one
from rollcall.connections import pacing, webhooks
from rollcall.connections.models import Connection
from rollcall.directory import erasing, reminders
from rollcall.sync.drill import kept as drill_kept
from rollcall.sync.erasure import erased
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.plans import level
from rollcall.sync.runs import parking, stopping
from rollcall.sync.runs.apply import apply
from rollcall.sync.runs.ending import next_run, put_back, resting_state
from rollcall.sync.runs.lease import LeaseLost, at_work, lease, left_behind
from rollcall.sync.runs.run import run_connection
from rollcall.sync.runs.stopping import Stopped
from rollcall.sync.why import tally

log = structlog.get_logger(__name__)

DUTY: Final = "schedule"
_DUE_AT_ONCE: Final = 500
_BUSY_TRIES: Final = 60
_PATIENCE: Final = timedelta(seconds=10)
"""So long the job of an approved plan may take to come after the approval."""

SILENT_SECONDS: Final = 20
"""A worker that has not said for so long that it lives is dead; it says so every 5 s."""

APPLY: Final = "rollcall.sync.tasks.apply_plan"
SYNC: Final = "rollcall.sync.tasks.sync_connection"

Item = TypeVar("Item", bound=tuple[int, int, *tuple[Any, ...]])


@app.task(name=SYNC)
def sync_connection(company_id: int, connection_id: int, trigger: str, started_by: str = "") -> None:
    """Do one run of one connection, unless another is at work.

    What is asked for while it works would otherwise wait for the minute's round, so it is looked for at the end.
    """
    if run_connection(company_id, connection_id, trigger=trigger, started_by=started_by) is None:
        return
    with access.acting_for(company_id):
        wanted = Connection.objects.filter(pk=connection_id).exclude(run_wanted="")
        again = wanted.values_list("run_wanted", "run_wanted_by").first()
    if again is not None:
        defer_run(company_id, connection_id, *again)


@app.task(name=APPLY)
def apply_plan(company_id: int, plan_id: int, approved_by: str = "") -> None:
    """Apply an approved plan; waits for a run that is just at work on the connection."""
    for _ in range(_BUSY_TRIES):
        if stopping.asked():
            defer_apply(company_id, plan_id, approved_by)
            return
        with access.acting_for(company_id):
            plan = Plan.objects.select_related("subscription", "entity").get(pk=plan_id)
        if plan.state != PlanState.APPLYING:
            return
        connection_id = plan.subscription.connection_id
        with lease(company_id, connection_id) as token:
            if token is not None:
                _apply(plan, token, approved_by)
                return
        # The run that holds the lease takes interrupted plans with it only at its start, so wait for its end.
        time.sleep(1)
    log.info("apply_waits_for_next_run", plan=plan_id)


def _apply(plan: Plan, token: UUID, approved_by: str) -> None:
    try:
        apply(plan, token, Actor(kind="sync", id=plan.run_id, label=approved_by or "sync"))
    except LeaseLost:
        log.info("apply_stopped", plan=plan.pk)
        return
    except Stopped:
        log.info("apply_passed_on", plan=plan.pk)
        defer_apply(plan.company_id, plan.pk, approved_by)
        return
    again(partial(_settled, plan))
    # Who belongs where is another matter now, for pages between entities.
    again(partial(tally.count, plan.company_id, plan.subscription.connection_id, moved=False))


def _settled(plan: Plan) -> None:
    with access.acting_for(plan.company_id):
        connection = Connection.objects.select_for_update().get(pk=plan.subscription.connection_id)
        if connection.is_used and not connection.error:
            connection.state = resting_state(connection)
            connection.next_run_at = connection.next_run_at or next_run(connection.pk, timezone.now())
            connection.save(update_fields=["state", "next_run_at"])


@app.task(name="rollcall.sync.tasks.fire_drill")
def fire_drill(company_id: int, entity_id: int) -> None:
    """Play every disaster for an entity and keep what would have happened; members stay as they are."""
    drill_kept.carry_out(company_id, entity_id)


@app.task(name="rollcall.sync.tasks.tick")
def tick(timestamp: int = 0) -> None:
    """The minute's round: recover what was lost, remind the invited, forget what is long past.

    What raises for one company is logged, and the others get theirs.
    """
    now = timezone.now()
    recover(now)
    with access.on_duty(DUTY):
        webhooks.forget_old(now)
        pacing.forget_old(now)
        level.forget_old(now)
    reminders.send_due(now)
    one_by_one("erasure_not_finished", erasing.unfinished(), lambda one: defer_erasure(*one))


def recover(now: datetime) -> None:
    """Take up what a dead worker left, and queue what is wanted and no job is about; every worker does so often."""
    with access.on_duty(DUTY):
        left = left_behind(_DUE_AT_ONCE)
    one_by_one("not_taken_up", left, lambda one: take_up(*one, now=now))
    with access.on_duty(DUTY):
        wanted = _not_queued(_wanted(), SYNC, "connection_id")
        waiting = _not_queued(_approved(now), APPLY, "plan_id")
    one_by_one("run_not_started", wanted, lambda one: defer_run(*one))
    one_by_one("apply_not_started", waiting, lambda one: defer_apply(*one))


def run_due(company_id: int, connection_id: int) -> bool:
    """Do the run of a claimed connection whose time has come; ``False`` if another one is at work, or it rests."""
    run = run_connection(company_id, connection_id, trigger="clock")
    if run is not None:
        log.info("run", company_id=company_id, connection=connection_id, run=run.pk, state=str(run.state))
    return run is not None


@app.task(name="rollcall.sync.tasks.finish_erasure")
def finish_erasure(company_id: int, tombstone_id: int) -> None:
    """Take somebody who was erased out of the audit log and of what names them elsewhere."""
    erased.finish(company_id, tombstone_id)


def _wanted() -> list[tuple[int, int, str, str]]:
    """Return (company, connection, trigger, by whom) of runs that somebody asked for and that are not at work."""
    asked = Connection.objects.exclude(run_wanted="").exclude(pk__in=at_work()).order_by("next_run_at")
    return list(asked.values_list("company_id", "pk", "run_wanted", "run_wanted_by"))


def _approved(now: datetime) -> list[tuple[int, int, str]]:
    """Return (company, plan, by whom) of plans that were approved some seconds ago and are not applied."""
    waiting = Plan.objects.filter(state=PlanState.APPLYING, decided_at__lt=now - _PATIENCE)
    return list(waiting.order_by("decided_at").values_list("company_id", "pk", "decided_by"))


def _not_queued(found: list[Item], task: str, key: str) -> list[Item]:
    """Return those that no job in the queue, or of a living worker, is about; each one's second value is its id."""
    if not found:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT (job.args ->> %s)::bigint FROM procrastinate_jobs job
            LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
            WHERE job.task_name = %s AND (job.status = 'todo' OR (
                job.status = 'doing' AND worker.last_heartbeat > now() - make_interval(secs => %s)))
            """,
            [key, task, SILENT_SECONDS],
        )
        known = {row[0] for row in cursor.fetchall()}
    return [one for one in found if one[1] not in known][:_DUE_AT_ONCE]


def take_up(company_id: int, connection_id: int, *, now: datetime) -> None:
    """Go on with what a worker left behind that died: its run begins again, its plan is applied to the end (C1).

    The first time at once. The second time some minutes later, each connection at another moment: when one of them
    takes the worker with it, the others that were at work there are not counted as guilty with it. The third time
    the connection is parked.
    """
    with lease(company_id, connection_id) as token:
        if token is None:
            return
        with access.acting_for(company_id):
            row = Connection.objects.select_for_update().get(pk=connection_id)
            died = parking.end_unfinished(row, now)
            if row.is_used:
                put_back(row)
            if row.is_used and died:
                _again_later(row, parking.deaths(row), now)
            plans = Plan.objects.filter(subscription__connection=row, state=PlanState.APPLYING)
            begun = list(plans.exclude(decided_at=None).order_by("pk").values_list("pk", "decided_by"))
    log.warning("taken_up", company_id=company_id, connection=connection_id, runs=died, plans=len(begun))
    for plan_id, by in begun:
        defer_apply(company_id, plan_id, by)


def _again_later(row: Connection, deaths: int, now: datetime) -> None:
    if deaths >= parking.MOST:
        parking.stop_trying(row, None, now)
        return
    row.next_run_at = now if deaths == 1 else now + timedelta(minutes=2, seconds=row.pk * 97 % 480)
    row.save(update_fields=["next_run_at"])


def defer_run(
    company_id: int, connection_id: int, trigger: str, started_by: str, *, seconds: int = 0
) -> None:
    """Queue a run, in so many ``seconds``. Call it after the commit: in a worker a rollback would not take it back."""
    job = sync_connection.configure(schedule_in={"seconds": seconds}) if seconds else sync_connection
    job.defer(company_id=company_id, connection_id=connection_id, trigger=trigger, started_by=started_by)


def defer_apply(company_id: int, plan_id: int, approved_by: str) -> None:
    """Queue the apply of an approved plan. Call it after the commit."""
    apply_plan.defer(company_id=company_id, plan_id=plan_id, approved_by=approved_by)


def defer_erasure(company_id: int, tombstone_id: int) -> None:
    """Queue what is left of an erasure. Call it after the commit."""
    finish_erasure.defer(company_id=company_id, tombstone_id=tombstone_id)
