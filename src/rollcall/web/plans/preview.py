"""A plan to look at and decide on (S39-S41), its progress while it is applied, its outcome, and its undo."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.connections.models import State
from rollcall.engine.change import ACTING
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.sync import actions
from rollcall.sync.identity import both
from rollcall.sync.models import WAITING, Line, LineState, Plan, PlanState
from rollcall.sync.plans.doubtful import doubtful_kinds
from rollcall.sync.plans.preview import PAGE, Group, group_counts, latest_plan, lines_of_group, plan_of
from rollcall.sync.plans.undo import undone_by
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import breach_sentence, change_sentence, field_label, kind_label
from rollcall.web.moments import moment
from rollcall.web.plans.plan_lines import rows
from rollcall.web.plans.plan_numbers import button, rest, rest_button, scope_of
from rollcall.web.plans.plan_warnings import of_losses, warnings
from rollcall.web.tools.integrations import elsewhere, of, others_of

ALWAYS: Final = (Group.LINK, Group.CREATE, Group.UPDATE, Group.ARCHIVE)
"""Groups whose nought is worth reading."""

WITH_FIELDS: Final = (Group.LINK, Group.UPDATE, Group.REACTIVATE)
"""Groups that can be narrowed to the changes of one field."""


def find(request: HttpRequest, plan_id: int) -> tuple[Entity, Plan]:
    """Return the entity and its plan. Raises Http404."""
    entity, _actor = of(request)
    found = plan_of(entity.pk, plan_id)
    if found is None:
        raise Http404
    return entity, found


@require_GET
@admin_required
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: groups, lines with reasons, warnings, and the buttons while it waits for a person."""
    entity, made = find(request, plan_id)
    connection = made.subscription.connection
    tool = gallery.tool_name(connection.tool)
    old = made.state in WAITING and actions.is_old(made, timezone.now())
    waiting = made.state in WAITING and not old
    left = rest(made) if waiting else {}
    others, _strangers = others_of(request, connection) if waiting and made.undoes_id else ([], [])
    shown = {
        "entity": entity,
        "plan": made,
        "tool_name": tool,
        "made": moment(made.made_at, entity.time_zone),
        "decided": moment(made.decided_at, entity.time_zone),
        "undoes": made.undoes and moment(made.undoes.finished_at, entity.time_zone),
        "undone": _undone(made, entity),
        "paused": connection.state == State.PAUSED,
        "catching_up": moment(made.subscription.paused_since, entity.time_zone)
        if made.state == PlanState.HELD
        else None,
        **_group(request, made, tool),
        "breaches": [
            breach_sentence(one, employees=made.counts.get("employees"), tool=tool) for one in made.breaches
        ],
        "warnings": warnings(made, tool, paused_too=", ".join(others)) if waiting else list(of_losses(made)),
        "waiting": waiting,
        "old": old,
        "reason": waiting and (bool(made.breaches) or made.undoes_id is not None),
        "says": change_sentence(made.counts),
        "button": button(made),
        "rest": rest_button(left),
        "scope": scope_of(made.settings),
        "newest": _newest(entity, made),
        "progress": _progress(made),
    }
    return render(request, "preview/page.html", shown)


def _group(request: HttpRequest, made: Plan, tool: str) -> dict[str, Any]:
    """Return the tabs, and the page of lines that was asked for."""
    counts = group_counts(made.counts)
    always = ALWAYS if made.undoes_id is None else ()
    groups = [one for one in Group if counts[one] or one in always] or list(ALWAYS)
    # A held plan opens where its limit was passed, any other at its first people.
    first = max(stopped, key=stopped.__getitem__) if (stopped := doubtful_kinds(made)) else ""
    chosen = _chosen(request.GET.get("kind", "") or first, groups, counts)
    search, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    field, why = request.GET.get("field", ""), request.GET.get("why", "")
    found = lines_of_group(
        made,
        chosen,
        search=search,
        field=field if field in OWNED_FIELDS else "",
        why=why,
        after=int(after) if after.isascii() and after.isdecimal() else 0,
    )
    page = found[:PAGE]
    others = both.others(made, page) if chosen is Group.CONFLICT else {}
    return {
        "groups": [
            {"kind": one, "count": counts[one], "label": group_label(one, counts[one]), "here": one is chosen}
            for one in groups
        ],
        "kind": chosen,
        "kind_label": group_label(chosen, counts[chosen]),
        "q": search,
        "field": field,
        "why": why,
        "narrowed": bool(search or field or why),
        "fields": [(name, field_label(name)) for name in OWNED_FIELDS] if chosen in WITH_FIELDS else [],
        "rows": rows(page, tool, others=others),
        "next": page[-1].number if len(found) > PAGE else None,
    }


def _chosen(asked: str, groups: list[Group], counts: Mapping[Group, int]) -> Group:
    return next(
        (one for one in groups if one == asked), next((one for one in groups if counts[one]), groups[0])
    )


def group_label(group: Group, n: int) -> str:
    """Return what stands behind the number of a tab."""
    return str(kind_label(group, n))


def _undone(made: Plan, entity: Entity) -> dict[str, Any] | None:
    """Return by whom and when an applied plan was taken back, if it was."""
    found = undone_by(made) if made.state == PlanState.APPLIED and made.undoes_id is None else None
    return {"plan": found, "at": moment(found.decided_at, entity.time_zone)} if found else None


def _newest(entity: Entity, made: Plan) -> Plan | None:
    """Return the plan that took the place of one that is over, if there is one to look at."""
    if made.state != PlanState.SUPERSEDED:
        return None
    newest = latest_plan(entity.pk)
    return newest if newest is not None and newest.pk != made.pk else None


def _progress(made: Plan) -> dict[str, int]:
    """Return how many changes of a plan are through, of how many, and in quarters for whoever listens."""
    total = int(made.counts.get("acting", 0)) - made.left_out
    if made.state != PlanState.APPLYING:
        return {"done": total, "total": total, "quarters": 100}
    through = Line.objects.filter(plan=made, state__in=(LineState.DONE, LineState.STALE), kind__in=ACTING)
    done = through.count()
    return {"done": done, "total": total, "quarters": 25 * (4 * done // total) if total else 0}


@require_GET
@admin_required
def progress(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The state of a plan; asks for itself again while changes are made (S42), then reloads the page."""
    entity, made = find(request, plan_id)
    shown = {"plan": made, "entity": entity, "progress": _progress(made)}
    answer = render(request, "preview/state.html", shown)
    if made.state != PlanState.APPLYING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@admin_required
def decide(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Confirm exactly the plan that was shown, by its digest, or reject it (S41). Twice does no harm."""
    entity, made = find(request, plan_id)
    _same, actor = of(request)
    asked = request.POST.get("decision", "approve")
    strangers = others_of(request, made.subscription.connection)[1] if made.undoes_id else []
    if strangers and asked != "reject":
        messages.error(request, elsewhere(strangers))
        return redirect("plan", plan_id=made.pk)
    try:
        if asked == "reject":
            actions.reject(made, actor=actor)
            messages.success(request, gettext("Rejected. Nobody was changed."))
        else:
            actions.approve(
                made,
                request.POST.get("digest", ""),
                actor=actor,
                override=request.POST.get("override", "")[:2_000],
                without_doubtful=asked == "rest",
            )
    except actions.Refused as refused:
        _say(request, entity, made, refused, actor.label)
    return redirect("plan", plan_id=made.pk)


def _say(request: HttpRequest, entity: Entity, made: Plan, refused: actions.Refused, me: str) -> None:
    """Say why nothing was done. A second click finds its own work done, and the page says that by itself."""
    if refused.code != "decided":
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return
    now = plan_of(entity.pk, made.pk)
    done = (PlanState.APPLYING, PlanState.APPLIED)
    if now is None or not now.decided_by or (now.decided_by == me and now.state not in done):
        messages.warning(request, refusal_sentence(refused.code, refused.params))
    elif now.decided_by != me:
        at = moment(now.decided_at, entity.time_zone)
        said = gettext("%(by)s decided first, %(at)s. Nothing was done twice.")
        messages.warning(request, said % {"by": now.decided_by, "at": at.relative if at else ""})


@require_POST
@admin_required
def undo(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Make the plan that takes an applied plan back, and show it; nobody is changed (product decision 15)."""
    _entity, made = find(request, plan_id)
    _same, actor = of(request)
    try:
        shown = actions.undo(made, actor=actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return redirect("plan", plan_id=made.pk)
    return redirect("plan", plan_id=shown.pk)
