"""An approved plan becomes changes of members: in chunks, each one transaction with audit, outbox and *done* mark.

A killed process leaves whole chunks behind and the plan in *applying*; applying it again does the rest and nothing
twice. A line whose *before* no longer holds is left, marked stale, and shows up in the next plan.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.db import connection as database
from django.db.models import Count, F, Q
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.again import again, lost
from rollcall.connections.merging import MANY, expect_many
from rollcall.connections.models import Subscription
from rollcall.directory import lines as directory
from rollcall.directory import undoing
from rollcall.directory.writes import Source
from rollcall.engine.change import Change, Kind
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append
from rollcall.sync.models import Line, LineState, Plan, PlanState
from rollcall.sync.runs import cost, parking, stopping
from rollcall.sync.runs.applying import (
    CHUNK,
    leading_lines,
    mark,
    mark_led,
    next_lines,
    swapping_lines,
    these_lines,
    unled_lines,
)
from rollcall.sync.runs.lease import LeaseLost, check
from rollcall.sync.runs.stopping import Stopped
from rollcall.telemetry.spans import span

T = TypeVar("T")


class _Step(NamedTuple):
    """What one transaction has done: rows written, lines looked at and the last one's number, and what is left."""

    rows: int
    lines: int
    last: int | None
    # somebody's line manager is still to be set
    unled: bool


def apply(plan: Plan, token: UUID, actor: Actor) -> None:
    """Apply a plan in state *applying*, or hold it when that was begun three times and never ended.

    Raises ``LeaseLost`` and ``Stopped``; whatever else is raised leaves whole chunks done.
    """
    if not again(partial(_begin, plan, token)):
        return
    try:
        with cost.phase(cost.APPLY, plan=plan.pk):
            _apply_all(plan, token, actor)
    except (LeaseLost, Stopped):
        again(partial(_not_tried, plan))
        raise
    except (DatabaseError, InterfaceError) as error:
        if lost(error):
            again(partial(_not_tried, plan))
        raise


def _begin(plan: Plan, token: UUID) -> bool:
    with access.acting_for(plan.company_id):
        _check(plan, token)
        plan.tries = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk).tries
        return parking.may_try(plan)


def _not_tried(plan: Plan) -> None:
    """A stop that was asked for is no fault of the plan."""
    with access.acting_for(plan.company_id):
        Plan.objects.filter(pk=plan.pk, tries__gt=0).update(tries=F("tries") - 1)


def _apply_all(plan: Plan, token: UUID, actor: Actor) -> None:
    steps = []
    if plan.undoes_id is not None or plan.tally.get("emails"):
        steps.append(_apply_next(plan, token, actor, partial(swapping_lines, plan)))
    steps += (
        _apply_next(plan, token, actor, partial(these_lines, plan, numbers))
        for numbers in _leading(plan, token)
    )
    after: int | None = 0
    # Fewer where a person left some out, or where an earlier try did some: then it ends with the last one.
    while after is not None and not _is_whole(plan, steps):
        steps.append(_apply_next(plan, token, actor, partial(next_lines, plan, after)))
        after = steps[-1].last
    # An earlier try may have left some without their line managers.
    last: int | None = None if _is_whole(plan, steps) and not any(one.unled for one in steps) else 0
    while last is not None:
        stopping.here()
        last = again(partial(_set_managers, plan, token, last))
    again(partial(_finish, plan, token, sum(one.rows for one in steps), actor))


def _is_whole(plan: Plan, steps: Sequence[_Step]) -> bool:
    """Tell whether these steps have met every line of the plan."""
    return bool(plan.counts.get("acting") == sum(one.lines for one in steps))


def _leading(plan: Plan, token: UUID) -> Iterator[list[int]]:
    """Yield numbers of lines that had better come first, by the chunk; whatever fits into one chunk has no order."""
    if plan.counts.get(Kind.CREATE, 0) <= CHUNK:
        return
    numbers = again(partial(_within, plan, token, partial(leading_lines, plan)))
    for start in range(0, len(numbers), CHUNK):
        yield numbers[start : start + CHUNK]


def _within(plan: Plan, token: UUID, ask: Callable[[], T]) -> T:
    with access.acting_for(plan.company_id):
        _check(plan, token)
        return ask()


def _apply_next(plan: Plan, token: UUID, actor: Actor, find: Callable[[], list[directory.Numbered]]) -> _Step:
    """Apply the lines found in one transaction."""

    def work() -> _Step:
        lines = find()
        step.set(lines=len(lines))
        return _apply_chunk(plan, lines, actor)

    stopping.here()
    with span("apply chunk", plan=plan.pk) as step:
        return again(partial(_within, plan, token, work))


def _check(plan: Plan, token: UUID) -> None:
    check(plan.subscription.connection_id, token, even_paused=plan.undoes_id is not None)


def _apply_chunk(plan: Plan, lines: Sequence[directory.Numbered], actor: Actor) -> _Step:
    if not lines:
        return _Step(rows=0, lines=0, last=None, unled=False)
    source = Source(connection_id=plan.subscription.connection_id, version=plan.subscription.version)
    applied = directory.apply_lines(
        lines,
        entity=plan.entity,
        source=source,
        actor=actor,
        run_id=plan.run_id,
        plan_id=plan.pk,
        now=timezone.now(),
    )
    mark(plan, applied)
    done = [one for one in lines if one.number in applied.done]
    return _Step(
        rows=sum(1 for one in done if _writes_member(one.change)),
        lines=len(lines),
        last=lines[-1].number,
        unled=any("manager" in one.change.fields and one.number not in applied.led for one in done),
    )


def _writes_member(change: Change) -> bool:
    """A release and a link without a difference write the link alone."""
    return change.kind not in (Kind.RELEASE, Kind.LINK) or any(name != "manager" for name in change.fields)


def _set_managers(plan: Plan, token: UUID, after: int) -> int | None:
    """Set line managers of one chunk of applied lines, now that everybody has a member.

    Returns the number of the last line looked at, to go on ``after``; ``None`` when there are no more.
    """
    with access.acting_for(plan.company_id):
        _check(plan, token)
        lines = unled_lines(plan, after)
        if not lines:
            return None
        pairs = [(member, ref) for _, _, member, ref in lines if member is not None]
        known = [member for _, kind, member, _ in lines if kind != Kind.CREATE and member is not None]
        before = undoing.managers_now(plan.entity_id, known) if known else {}
        if plan.undoes_id is None:
            directory.apply_managers(pairs, entity=plan.entity, connection_id=plan.subscription.connection_id)
        else:
            # Whom somebody had as manager before need not be known to the HR tool.
            back = [(member, int(ref) if ref else None) for member, ref in pairs]
            undoing.put_back_managers(back, entity_id=plan.entity_id)
        mark_led(
            plan,
            [number for number, kind, _, _ in lines if kind == Kind.CREATE],
            {number: before.get(member or 0) for number, kind, member, _ in lines if kind != Kind.CREATE},
        )
    return lines[-1][0] if len(lines) >= CHUNK else None


def _finish(plan: Plan, token: UUID, rows: int, actor: Actor) -> None:
    now = timezone.now()
    with access.acting_for(plan.company_id):
        _check(plan, token)
        states = {one: Count("pk", filter=Q(state=one)) for one in (LineState.DONE, LineState.STALE)}
        done, stale = Line.objects.filter(plan=plan).aggregate(**states).values()
        plan.outcome = {"done": done, "stale": stale, "member_rows": rows}
        plan.state, plan.finished_at = PlanState.APPLIED, now
        plan.save(update_fields=["outcome", "state", "finished_at"])
        if plan.for_settings:
            _all_in_step(plan)
        append(
            [
                NewEvent(
                    company_id=plan.company_id,
                    kind=EventKind.PLAN_APPLIED,
                    actor=actor,
                    entity_id=plan.entity_id,
                    run_id=plan.run_id,
                    plan_id=plan.pk,
                    data={"done": done, "stale": stale},
                )
            ]
        )


def _all_in_step(plan: Plan) -> None:
    """Everybody without a line agrees with the new settings already: the next run need not look at them again.

    Left out is who was changed by a read that ended after the plan was made: nobody has compared them yet.
    """
    version = Subscription.objects.values_list("version", flat=True).get(pk=plan.subscription_id)
    with database.cursor() as cursor:
        if plan.subscription.connection.employees > MANY:
            expect_many(cursor)
        cursor.execute(
            """
            UPDATE directory_link l SET applied_version = %s, applied_digest = e.digest
            FROM connections_employee e
            WHERE l.entity_id = %s AND l.connection_id = %s AND l.applied_version <> %s
              AND e.connection_id = l.connection_id AND e.external_id = l.employee_id
              AND NOT EXISTS (SELECT FROM sync_line x WHERE x.plan_id = %s AND x.employee_id = l.employee_id)
              AND NOT EXISTS (
                SELECT FROM sync_run r WHERE r.connection_id = l.connection_id AND e.changed_at >= r.started_at
                   AND (r.finished_at IS NULL OR r.finished_at > %s))
            """,
            [version, plan.entity_id, plan.subscription.connection_id, version, plan.pk, plan.made_at],
        )
