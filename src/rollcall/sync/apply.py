"""An approved plan becomes changes of members: in chunks, each one transaction with audit, outbox and *done* mark.

A killed process leaves whole chunks behind and the plan in *applying*; applying it again does the rest and nothing
twice. A line whose *before* no longer holds is left, marked stale, and shows up in the next plan.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.again import again, lost
from rollcall.connections.merging import MANY, expect_many
from rollcall.connections.models import Subscription
from rollcall.directory import lines as directory
from rollcall.directory import undoing
from rollcall.directory.writes import Source
from rollcall.engine.change import ACTING, Kind
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append
from rollcall.sync import cost, parking, stopping
from rollcall.sync.lease import LeaseLost, check
from rollcall.sync.models import Line, LineState, Plan, PlanState
from rollcall.sync.stopping import Stopped
from rollcall.telemetry.spans import span

CHUNK: Final = 1_000
ADDRESSES: Final = 20_000
"""Lines that change an e-mail go first and together, so that people who swap addresses never collide (I6)."""


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
    rows = after = 0
    swapping = True
    while True:
        stopping.here()
        found = again(partial(_next_chunk, plan, token, actor, after, swapping=swapping))
        if found is None:
            break
        after, written = found
        rows, swapping = rows + written, False
    last: int | None = 0
    while last is not None:
        stopping.here()
        last = again(partial(_set_managers, plan, token, last))
    again(partial(_finish, plan, token, rows, actor))


def _next_chunk(
    plan: Plan, token: UUID, actor: Actor, after: int, *, swapping: bool
) -> tuple[int, int] | None:
    """Apply the next lines in one transaction; return the last one's number and the rows written; ``None``: the end."""
    with span("apply chunk", plan=plan.pk) as step, access.acting_for(plan.company_id):
        _check(plan, token)
        lines = _next_lines(plan, after, swapping=swapping)
        step.set(lines=len(lines))
        if not lines and not swapping:
            return None
        return 0 if swapping else lines[-1].number, _apply_chunk(plan, lines, actor)


def _check(plan: Plan, token: UUID) -> None:
    check(plan.subscription.connection_id, token, even_paused=plan.undoes_id is not None)


def _next_lines(plan: Plan, after: int, *, swapping: bool) -> list[Line]:
    # ``after``: lines already done need not be walked over again and again
    wanted = Line.objects.filter(plan=plan, state=LineState.WANTED, kind__in=ACTING).order_by("number")
    if swapping:
        return list(wanted.filter(fields__has_key="email").exclude(kind=Kind.CREATE)[:ADDRESSES])
    return list(wanted.filter(number__gt=after)[:CHUNK])


def _apply_chunk(plan: Plan, lines: Sequence[Line], actor: Actor) -> int:
    if not lines:
        return 0
    source = Source(connection_id=plan.subscription.connection_id, version=plan.subscription.version)
    applied = directory.apply_lines(
        [
            directory.Numbered(number=one.number, change=one.as_change(), employee_digest=one.employee_digest)
            for one in lines
        ],
        entity=plan.entity,
        source=source,
        actor=actor,
        run_id=plan.run_id,
        plan_id=plan.pk,
        now=timezone.now(),
    )
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_line l SET state = 'done', member_id = x.member"
            " FROM unnest(%s::int[], %s::bigint[]) AS x(number, member) WHERE l.plan_id = %s AND l.number = x.number",
            [list(applied.done), list(applied.done.values()), plan.pk],
        )
    Line.objects.filter(plan=plan, number__in=list(applied.stale)).update(state=LineState.STALE)
    done = set(applied.done)
    return sum(1 for one in lines if one.number in done and _writes_member(one))


def _writes_member(line: Line) -> bool:
    """A release and a link without a difference write the link alone."""
    return line.kind not in (Kind.RELEASE, Kind.LINK) or any(name != "manager" for name in line.fields)


def _set_managers(plan: Plan, token: UUID, after: int) -> int | None:
    """Set line managers of one chunk of applied lines, now that everybody has a member.

    Returns the number of the last line looked at, to go on ``after``; ``None`` when there was none.
    """
    with access.acting_for(plan.company_id):
        _check(plan, token)
        lines = list(
            Line.objects.filter(
                plan=plan,
                state=LineState.DONE,
                fields__has_key="manager",
                managers_set=False,
                number__gt=after,
            )
            .order_by("number")
            .values_list("number", "member_id", "fields__manager__ref")[:CHUNK]
        )
        pairs = [(member, ref) for _, member, ref in lines if member is not None]
        before = undoing.managers_now(plan.entity_id, [member for member, _ in pairs])
        if plan.undoes_id is None:
            directory.apply_managers(pairs, entity=plan.entity, connection_id=plan.subscription.connection_id)
        else:
            # Whom somebody had as manager before need not be known to the HR tool.
            back = [(member, int(ref) if ref else None) for member, ref in pairs]
            undoing.put_back_managers(back, entity_id=plan.entity_id)
        _note_managers(plan, {number: before.get(member or 0) for number, member, _ in lines})
    return lines[-1][0] if lines else None


def _note_managers(plan: Plan, before: Mapping[int, int | None]) -> None:
    """Mark these lines' line managers as set, and keep who was there before: taking a run back needs it."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_line l SET managers_set = true,"
            " fields = jsonb_set(l.fields, '{manager,was}', coalesce(to_jsonb(x.was), 'null'))"
            " FROM unnest(%s::int[], %s::bigint[]) AS x(number, was) WHERE l.plan_id = %s AND l.number = x.number",
            [list(before), list(before.values()), plan.pk],
        )


def _finish(plan: Plan, token: UUID, rows: int, actor: Actor) -> None:
    now = timezone.now()
    with access.acting_for(plan.company_id):
        _check(plan, token)
        lines = Line.objects.filter(plan=plan)
        done = lines.filter(state=LineState.DONE).count()
        stale = lines.filter(state=LineState.STALE).count()
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
