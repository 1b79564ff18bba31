"""Plans: the exact list of changes, to look at and to decide about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from rollcall.api.auth import Bearer, caller, plan_for, refuse_if_shared
from rollcall.api.wire import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Listed,
    Search,
    after_number,
    page,
    read,
    respond,
    told,
)
from rollcall.engine.change import Kind
from rollcall.engine.limits import Scope, Window
from rollcall.sync import actions
from rollcall.sync.models import Line, Plan
from rollcall.sync.plans.preview import lines
from rollcall.sync.words.sentences import breach_sentence, why_sentence


class BreachAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that the plan passes; approving it then needs an override."""

    breach: str
    count: int
    of: int
    what: str
    # run, day or week: over what time it is passed; entity, or connection: with all entities that use it
    window: str
    scope: str
    # how many syncs did in that time already, and how many they may
    done: int
    most: int
    # what the changes have in common, if that tells something: a code of its own; the sentence is in `detail`
    cause: str
    detail: str


class PlanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan. ``digest`` names exactly these changes: whoever approves must repeat it."""

    id: int
    entity_id: int
    run_id: int | None
    # making, preview, held, applying, applied, rejected or superseded
    state: str
    digest: str
    # made by a change of settings, which approving it confirms
    for_settings: bool
    settings: Mapping[str, Any]
    # the applied plan that this one takes back, if it is an undo
    undoes: int | None
    # lines by kind, skips and notes by kind and reason too ("skip.no_email"); acting, managed, employees, in_scope
    counts: Mapping[str, int]
    breaches: Sequence[BreachAnswer]
    made_at: datetime
    decided_at: datetime | None
    finished_at: datetime | None
    override: str
    # changes that were left out when it was approved
    left_out: int
    # after it was applied: done, stale, member_rows
    outcome: Mapping[str, int]


class Why(msgspec.Struct, frozen=True):
    """A reason as a code, its parameters, and a sentence in the language asked for."""

    code: str
    params: Mapping[str, Any]
    sentence: str


class BeforeAfter(msgspec.Struct, frozen=True):
    """A field before and after; account numbers are masked."""

    before: str | None
    after: str | None


class ChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan; skips and notes change nobody."""

    number: int
    kind: str
    employee_id: str
    member_id: int | None
    name: str
    email: str
    why: Why
    fields: Mapping[str, BeforeAfter]
    # wanted, done, stale, left_out or shown
    state: str


class Approve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``digest`` of the plan that was looked at; ``override``: why, if it passes a limit or takes another back.

    ``without_doubtful`` leaves out the changes that pass a limit; the rest needs no reason.
    """

    digest: str
    override: str = ""
    without_doubtful: bool = False


router = Router(tags=["plans"])
_APPROVE = Bearer("plans:approve")
_AT = "/{int:entity_id}/plans/{int:plan_id}"


@router.get(_AT, auth=Bearer("read"), summary="Get a plan", **told(PlanAnswer))
def get_plan(request: HttpRequest, entity_id: int, plan_id: int) -> HttpResponse:
    """Counts, limits that are passed, and the digest."""
    return respond(plan_answer(plan_for(request, entity_id, plan_id)))


@router.get(
    _AT + "/changes", auth=Bearer("read"), summary="List changes of a plan", **told(Listed[ChangeAnswer])
)
def list_changes(
    request: HttpRequest,
    entity_id: int,
    plan_id: int,
    *,
    kind: Query[list[Kind]] = [],  # noqa: B006 - ninja reads the default, nobody writes it
    search: Search = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = "",
) -> HttpResponse:
    """The lines in order, each person with the reason; ``kind`` may be given several times."""
    plan = plan_for(request, entity_id, plan_id)
    found = lines(plan, kind or list(Kind), search=search, after=after_number(cursor), size=limit)
    tool = plan.subscription.connection.tool
    return page(found, limit, key=lambda one: one.number, shown=lambda one: change_answer(one, tool))


@router.post(
    _AT + "/approve",
    auth=_APPROVE,
    summary="Approve a plan",
    **told(PlanAnswer, takes=Approve, example={"digest": "4f0c..."}, status=202, also=(409,)),
)
def approve_plan(request: HttpRequest, entity_id: int, plan_id: int) -> HttpResponse:
    """Confirm exactly the plan with this digest; a worker applies it once (C6).

    409: `decided`, `digest` (not the plan that was looked at), `stale` (a preview older than a day),
    `override_needed` (it passes a limit, or takes another plan back), `nothing_left` (all changes are doubtful),
    `undone` (taken back already), `busy` (changes of another plan are being made). Taking a plan back pauses the
    connection.
    """
    plan = plan_for(request, entity_id, plan_id)
    body = read(request, Approve)
    if plan.undoes_id is not None:
        refuse_if_shared(request, plan.subscription.connection_id)
    actions.approve(
        plan,
        body.digest,
        actor=caller(request),
        override=body.override,
        without_doubtful=body.without_doubtful,
    )
    return respond(plan_answer(plan_for(request, entity_id, plan_id)), HTTPStatus.ACCEPTED)


@router.post(_AT + "/reject", auth=_APPROVE, summary="Reject a plan", **told(PlanAnswer, also=(409,)))
def reject_plan(request: HttpRequest, entity_id: int, plan_id: int) -> HttpResponse:
    """Say no; settings and members stay as they are."""
    actions.reject(plan_for(request, entity_id, plan_id), actor=caller(request))
    return respond(plan_answer(plan_for(request, entity_id, plan_id)))


@router.post(
    _AT + "/undo",
    auth=_APPROVE,
    summary="Make the plan that takes an applied plan back",
    **told(PlanAnswer, status=201, also=(409,)),
)
def undo_plan(request: HttpRequest, entity_id: int, plan_id: int) -> HttpResponse:
    """Answer with a new plan to look at and approve like any other; nobody is changed yet.

    409: `not_applied`, `undone`, `undo_of_undo`, `busy` (changes are being made), `not_connected`.
    """
    made = actions.undo(plan_for(request, entity_id, plan_id), actor=caller(request))
    return respond(plan_answer(plan_for(request, entity_id, made.pk)), HTTPStatus.CREATED)


def plan_answer(plan: Plan) -> PlanAnswer:
    """Return the plan as the API shows it."""
    tool = plan.subscription.connection.tool
    employees = plan.counts.get("employees")
    return PlanAnswer(
        id=plan.pk,
        entity_id=plan.entity_id,
        run_id=plan.run_id,
        state=str(plan.state),
        digest=plan.digest,
        for_settings=plan.for_settings,
        settings=plan.settings,
        undoes=plan.undoes_id,
        counts=plan.counts,
        breaches=[
            BreachAnswer(
                breach=one["breach"],
                count=one["count"],
                of=one["of"],
                what=one["what"],
                window=one.get("window", Window.RUN),
                scope=one.get("scope", Scope.ENTITY),
                done=one.get("done", 0),
                most=one.get("most", 0),
                cause=(one.get("likely") or {}).get("cause", ""),
                detail=breach_sentence(one, employees=employees, tool=tool),
            )
            for one in plan.breaches
        ],
        made_at=plan.made_at,
        decided_at=plan.decided_at,
        finished_at=plan.finished_at,
        override=plan.override,
        left_out=plan.left_out,
        outcome=plan.outcome,
    )


def change_answer(line: Line, tool: str) -> ChangeAnswer:
    """Return a line as the API shows it, without the digests of accounts that plans keep."""
    return ChangeAnswer(
        number=line.number,
        kind=line.kind,
        employee_id=line.employee_id,
        member_id=line.member_id,
        name=line.name,
        email=line.email,
        why=Why(line.why, line.params, why_sentence(line.why, line.params, tool=tool)),
        fields={name: BeforeAfter(one.get("before"), one.get("after")) for name, one in line.fields.items()},
        state=line.state,
    )
