"""Erase somebody for good: what is theirs goes at once; what names them elsewhere, in a job (``erased``; Z7)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections import forgetting
from rollcall.connections.models import Connection
from rollcall.directory import erasing
from rollcall.directory.erasing import Traces
from rollcall.engine.change import ACTING
from rollcall.sync import tasks
from rollcall.sync.models import WAITING, Line, Plan, PlanState


def erase(member: Any, *, reason: str, actor: Actor, now: datetime) -> int:
    """Erase an archived member; return the number of the tombstone. Inside a transaction of the entity's company.

    Raises ``directory.actions.Refused``: ``owners_only``, ``not_archived``, ``reason_needed``, ``gone``.
    """
    traces = erasing.about(member, reason=reason, actor=actor)
    connections = [one.connection_id for one in traces.employees]
    forgetting.hold(connections)
    _gather(traces)
    _empty_lines(traces, now)
    for one in traces.employees:
        if traces.everywhere:
            forgetting.forget_employee(one.connection_id, one.employee_id)
    stone = erasing.bury(traces, reason=reason, actor=actor, now=now)
    transaction.on_commit(partial(tasks.defer_erasure, traces.company_id, stone))
    return stone


def allow_again(entity: Entity, tombstone_id: int, *, actor: Actor) -> None:
    """Let the HR tool bring somebody in again who was erased: the next run reads everybody.

    Raises ``directory.actions.Refused``: ``owners_only``, ``lifted``.
    """
    found = erasing.lift(entity, tombstone_id, actor=actor, now=timezone.now())
    forgetting.hold(found)
    forgetting.read_again(found)
    for connection in Connection.objects.filter(pk__in=found).order_by("pk"):
        if connection.is_used:
            Connection.objects.filter(pk=connection.pk).update(run_wanted="person", run_wanted_by=actor.label)
            transaction.on_commit(
                partial(tasks.defer_run, connection.company_id, connection.pk, "person", actor.label)
            )


def _gather(traces: Traces) -> None:
    """Add the addresses and names of former times, which lines and the audit log know."""
    emails, names = erasing.past_words(traces.member_id)
    for one in traces.employees:
        more_emails, more_names = forgetting.words_of(one.connection_id, one.employee_id)
        emails, names = [*emails, *more_emails], [*names, *more_names]
    for line in _lines(traces).only("name", "email", "fields"):
        field = line.fields.get("email") or {}
        emails += [one for one in (line.email, field.get("before"), field.get("after")) if one]
        names += [line.name]
    traces.emails = sorted({*traces.emails, *emails} - {""})
    traces.names = sorted({*traces.names, *names} - {""})


def _lines(traces: Traces) -> Any:
    """Return the lines about the person: of this entity's plans, of all entities' if no other knows them."""
    return Line.objects.filter(pk__in=_line_ids(traces))


def _line_ids(traces: Traces) -> Sequence[int]:
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id FROM sync_line l
            JOIN sync_plan p ON p.id = l.plan_id
            JOIN connections_subscription s ON s.id = p.subscription_id
            LEFT JOIN sync_run r ON r.id = p.run_id
            WHERE (%s OR p.entity_id = %s) AND (
                l.member_id = %s
                OR (coalesce(r.connection_id, s.connection_id), l.employee_id) IN (
                    SELECT * FROM unnest(%s::bigint[], %s::text[])))
            """,
            [
                traces.everywhere,
                traces.entity_id,
                traces.member_id,
                [one.connection_id for one in traces.employees],
                [one.employee_id for one in traces.employees],
            ],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _empty_lines(traces: Traces, now: datetime) -> None:
    """Leave of the lines what happened and when; a plan that waits and would act on the person is void."""
    ids = _line_ids(traces)
    waiting = Plan.objects.filter(line__in=ids, line__kind__in=ACTING, state__in=WAITING)
    Plan.objects.filter(pk__in=list(waiting.values_list("pk", flat=True))).update(
        state=PlanState.SUPERSEDED, finished_at=now
    )
    Line.objects.filter(pk__in=ids).update(
        name="", email="", fields={}, params={}, employee_id="", employee_digest=""
    )
