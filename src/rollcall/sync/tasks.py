"""Jobs: a run, the apply of an approved plan, and the minute's round that starts what is due.

Jobs take ids, are safe to repeat and hold no queue locks: a killed worker with a queued successor would block such a
lock for ever (tried with procrastinate 3.10). The lease in ``lease.py`` keeps two runs apart. A job that is lost is
found again by its level: a connection that is due or wanted, a plan that is being applied.
"""

import time
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.connections import pacing, webhooks
from rollcall.connections.models import Connection
from rollcall.directory import reminders
from rollcall.sync import drill_kept, tally
from rollcall.sync.apply import apply
from rollcall.sync.lease import LeaseLost, at_work, lease
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.run import next_run, resting_state, run_connection

log = structlog.get_logger(__name__)

DUTY: Final = "schedule"
_DUE_AT_ONCE: Final = 500
_BUSY_TRIES: Final = 60


@app.task(name="rollcall.sync.tasks.sync_connection")
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


@app.task(name="rollcall.sync.tasks.apply_plan")
def apply_plan(company_id: int, plan_id: int, approved_by: str = "") -> None:
    """Apply an approved plan; waits for a run that is just at work on the connection."""
    for _ in range(_BUSY_TRIES):
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
    with access.acting_for(plan.company_id):
        connection = Connection.objects.select_for_update().get(pk=plan.subscription.connection_id)
        if connection.is_used and not connection.error:
            connection.state = resting_state(connection)
            connection.next_run_at = connection.next_run_at or next_run(connection.pk, timezone.now())
            connection.save(update_fields=["state", "next_run_at"])
    # Who belongs where is another matter now, for pages between entities.
    tally.count(plan.company_id, plan.subscription.connection_id, moved=False)


@app.task(name="rollcall.sync.tasks.fire_drill")
def fire_drill(company_id: int, entity_id: int) -> None:
    """Play every disaster for an entity and keep what would have happened; members stay as they are."""
    drill_kept.carry_out(company_id, entity_id)


@app.task(name="rollcall.sync.tasks.tick")
def tick(timestamp: int = 0) -> None:
    """The minute's round: start due runs, take up interrupted plans, remind the invited."""
    now = timezone.now()
    with access.on_duty(DUTY):
        due = list(
            Connection.objects.filter(Q(next_run_at__lte=now) | ~Q(run_wanted=""))
            .exclude(pk__in=at_work())
            .order_by("next_run_at")
            .values_list("company_id", "pk", "run_wanted", "run_wanted_by")[:_DUE_AT_ONCE]
        )
        waiting = list(
            Plan.objects.filter(
                state=PlanState.APPLYING, decided_at__lt=now - timedelta(minutes=2)
            ).values_list("company_id", "pk", "decided_by")[:_DUE_AT_ONCE]
        )
        webhooks.forget_old(now)
        pacing.forget_old(now)
    for company_id, connection_id, trigger, by in due:
        with access.acting_for(company_id):
            # Moved on before the job exists: if the job is lost, the next hour has its run; never 24 at once (C9).
            moved = Connection.objects.filter(pk=connection_id, next_run_at__lte=now)
            moved.update(next_run_at=next_run(connection_id, now))
        defer_run(company_id, connection_id, trigger or "clock", by)
    for company_id, plan_id, by in waiting:
        defer_apply(company_id, plan_id, by)
    reminders.send_due(now)


def defer_run(
    company_id: int, connection_id: int, trigger: str, started_by: str, *, seconds: int = 0
) -> None:
    """Queue a run, in so many ``seconds``. Call it after the commit: in a worker a rollback would not take it back."""
    job = sync_connection.configure(schedule_in={"seconds": seconds}) if seconds else sync_connection
    job.defer(company_id=company_id, connection_id=connection_id, trigger=trigger, started_by=started_by)


def defer_apply(company_id: int, plan_id: int, approved_by: str) -> None:
    """Queue the apply of an approved plan. Call it after the commit."""
    apply_plan.defer(company_id=company_id, plan_id=plan_id, approved_by=approved_by)
