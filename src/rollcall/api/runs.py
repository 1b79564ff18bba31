"""Runs: what each pass over a connection saw, and the plans it made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router

from rollcall.api.auth import Bearer, caller, connection_for
from rollcall.api.connections import ErrorAnswer
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, respond, told
from rollcall.sync.actions import Refused, undo
from rollcall.sync.models import Plan, PlanState, Run
from rollcall.sync.plans.preview import run_rows
from rollcall.sync.words.sentences import error_sentence


class RunAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over a connection; times are UTC."""

    id: int
    connection_id: int
    # clock, person, first, settings or webhook
    trigger: str
    # reading, planning, succeeded, failed or postponed
    state: str
    error: ErrorAnswer | None
    # employees, new, changed, absent, set_aside, parsed
    seen: Mapping[str, Any]
    # seconds, read, plan, apply, cpu, waited: seconds; memory, bytes; requests. Empty until it ends or if it is killed
    cost: Mapping[str, int | float]
    started_at: datetime
    finished_at: datetime | None


class PlanOfRun(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that the run made; its address is that of the entity."""

    id: int
    entity_id: int
    state: str
    counts: Mapping[str, int]
    outcome: Mapping[str, int]


class RunWithPlans(msgspec.Struct, frozen=True):
    """A run and its plans, one for each entity where there was something to do or to say."""

    run: RunAnswer
    plans: Sequence[PlanOfRun]


class Undo(msgspec.Struct, frozen=True):
    """The plans that take a run back, each to be approved by its digest."""

    plans: Sequence[PlanOfRun]


router = Router(tags=["runs"])
_PLAIN: Final = ("id", "connection_id", "trigger", "state", "started_at", "finished_at")
_COLUMNS: Final = (*_PLAIN, "seen", "cost", "error", "error_params")


@router.get("/{int:connection_id}/runs", auth=Bearer("read"), summary="List runs", **told(Listed[RunAnswer]))
def list_runs(
    request: HttpRequest, connection_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = ""
) -> HttpResponse:
    """Runs of a connection, newest first."""
    connection = connection_for(request, connection_id)
    found = run_rows(connection.pk, _COLUMNS, before=after_number(cursor) or None, size=limit)
    return page(found, limit, key=lambda row: row[0], shown=_listed)


@router.get(
    "/{int:connection_id}/runs/{int:run_id}", auth=Bearer("read"), summary="Get a run", **told(RunWithPlans)
)
def get_run(request: HttpRequest, connection_id: int, run_id: int) -> HttpResponse:
    """One run with its plans."""
    run = Run.objects.filter(connection=connection_for(request, connection_id), pk=run_id).first()
    if run is None:
        raise Http404
    made = Plan.objects.filter(run=run).order_by("pk")
    only = caller(request).entity_id
    if only is not None:
        made = made.filter(entity_id=only)
    return respond(RunWithPlans(_shown(run), [_of_run(one) for one in made]))


@router.post(
    "/{int:connection_id}/runs/{int:run_id}/undo",
    auth=Bearer("plans:approve"),
    summary="Make the plans that take a run back",
    **told(Undo, status=201, also=(409,)),
)
def undo_run(request: HttpRequest, connection_id: int, run_id: int) -> HttpResponse:
    """Answer with one new plan for each entity in which the run changed somebody; nobody is changed yet.

    Each is looked at and approved like any other plan of its entity. 409: `not_applied` (the run changed nobody),
    `undone`, `busy`, `not_connected`.
    """
    connection = connection_for(request, connection_id)
    if not Run.objects.filter(connection=connection, pk=run_id).exists():
        raise Http404
    begun = (PlanState.APPLIED, PlanState.APPLYING)
    made = Plan.objects.select_related("subscription__connection").filter(run_id=run_id, state__in=begun)
    only = caller(request).entity_id
    if only is not None:
        made = made.filter(entity_id=only)
    changed = [one for one in made.order_by("pk") if one.counts.get("acting")]
    if not changed:
        raise Refused("not_applied")
    plans = [undo(one, actor=caller(request)) for one in changed]
    return respond(Undo([_of_run(one) for one in plans]), HTTPStatus.CREATED)


def _of_run(one: Plan) -> PlanOfRun:
    return PlanOfRun(
        id=one.pk, entity_id=one.entity_id, state=str(one.state), counts=one.counts, outcome=one.outcome
    )


def _listed(row: Sequence[Any]) -> RunAnswer:
    *values, seen, cost, code, params = row
    return RunAnswer(
        **dict(zip(_PLAIN, values, strict=True)),
        seen=msgspec.json.decode(seen),
        cost=msgspec.json.decode(cost),
        error=_error(code, msgspec.json.decode(params)),
    )


def _shown(run: Run) -> RunAnswer:
    return RunAnswer(
        **{name: getattr(run, name) for name in _PLAIN},
        seen=run.seen,
        cost=run.cost,
        error=_error(run.error, run.error_params),
    )


def _error(code: str, params: Mapping[str, Any]) -> ErrorAnswer | None:
    if not code:
        return None
    return ErrorAnswer(code=code, detail=error_sentence(code, params), params=params)
