"""What dies again and again is parked: a connection whose runs die, a plan whose apply does (invariant 17).

A run *dies* when its process is killed under it or when Rollcall itself makes a mistake in it; a tool that is down, a
stop that was asked for and a database that went away are none of that. Whatever dies three times in a row would go on
to do so every minute, and may take a worker with it each time. A parked connection is tried again when a person asks
for it, or after a day; a parked plan waits, held, for a person.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from rollcall.connections.models import Connection, State
from rollcall.sync.models import Line, LineState, Plan, PlanState, Run, RunState
from rollcall.sync.runs.notices import tell_connection, tell_plan_held
from rollcall.sync.runs.telling import about_error
from rollcall.sync.words.breaches import STOPPED

log = structlog.get_logger(__name__)

MOST: Final = 3
"""Deaths in a row after which nothing is tried by itself."""

REST: Final = timedelta(days=1)
PARKED: Final = "parked"
"""The error of a connection that is parked."""

_DEATHS: Final = ("interrupted", "internal")
_BY_ITSELF: Final = ("clock", "webhook")
"""Triggers behind which stands no person who waits."""


def end_unfinished(connection: Connection, now: datetime) -> int:
    """End runs that were killed and return how many; holding the lease proves that nobody works on them any more."""
    return Run.objects.filter(connection=connection, finished_at=None).update(
        state=RunState.FAILED, error="interrupted", finished_at=now
    )


def deaths(connection: Connection) -> int:
    """Return how many of the connection's last runs died, up to the first that ended otherwise; at most ``MOST``."""
    last = Run.objects.filter(connection=connection).exclude(finished_at=None).order_by("-pk")
    number = 0
    for state, error in last.values_list("state", "error")[:MOST]:
        if state != RunState.FAILED or error not in _DEATHS:
            break
        number += 1
    return number


def is_asked(trigger: str) -> bool:
    """Tell whether a person waits for a run with this trigger."""
    return trigger not in _BY_ITSELF


def refuses(connection: Connection, trigger: str, now: datetime) -> bool:
    """Tell whether a run for this reason must wait, because the connection is parked.

    The clock comes only when the rest is over; a webhook is no person.
    """
    rests = connection.next_run_at is not None and connection.next_run_at > now
    return connection.error == PARKED and trigger == "webhook" and rests


def stop_trying(connection: Connection, run_id: int | None, now: datetime) -> None:
    """Park the locked row of a connection: for a day only a person starts a run. The admins are told once."""
    first = connection.error != PARKED
    connection.state, connection.error, connection.error_params = State.ERROR, PARKED, {}
    connection.progress, connection.run_wanted, connection.run_wanted_by = {}, "", ""
    connection.next_run_at = now + REST
    connection.save(
        update_fields=[
            "state",
            "error",
            "error_params",
            "progress",
            "run_wanted",
            "run_wanted_by",
            "next_run_at",
        ]
    )
    log.error("connection_parked", company_id=connection.company_id, connection=connection.pk, run=run_id)
    if first:
        tell_connection(connection, told=about_error(PARKED, {"tool": connection.tool}))


def may_try(plan: Plan) -> bool:
    """Count one more try at a plan whose row is locked; ``False`` when it has died often enough and is held instead."""
    if plan.tries < MOST:
        plan.tries += 1
        plan.save(update_fields=["tries"])
        return True
    hold(plan)
    return False


def hold(plan: Plan) -> None:
    """Let a plan wait for a person, who sees how far it came; what was done of it stays done."""
    lines = Line.objects.filter(plan=plan)
    done = lines.filter(state=LineState.DONE).count()
    wanted = lines.filter(state=LineState.WANTED).count()
    reason = {"breach": STOPPED, "count": done, "of": done + wanted, "what": ""}
    plan.breaches = [*without_reason(plan.breaches), reason]
    # The settings it came with are the entity's already: from here on it is a plan like those of runs.
    plan.state, plan.for_settings = PlanState.HELD, False
    plan.save(update_fields=["breaches", "state", "for_settings"])
    log.error("plan_parked", company_id=plan.company_id, plan=plan.pk, done=done, left=wanted)
    tell_plan_held(plan)


def without_reason(breaches: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return the limits that a plan passes, without what its apply did."""
    return [one for one in breaches if one["breach"] != STOPPED]


def inherited(subscription_id: int) -> list[dict[str, object]]:
    """Return the reason for which the next plan waits too: the one before died, and nobody has said yes to it."""
    own = Plan.objects.filter(subscription=subscription_id, for_settings=False, undoes=None)
    latest = own.order_by("-pk").first()
    if latest is None or latest.state not in (PlanState.HELD, PlanState.REJECTED):
        return []
    return [one for one in latest.breaches if one["breach"] == STOPPED]
