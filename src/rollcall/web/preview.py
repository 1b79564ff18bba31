"""A plan to look at and decide on (S39-S41), its progress while it is applied, and its outcome."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.connections.cells import safe_cell
from rollcall.engine.change import ACTING, Kind
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.sync import actions
from rollcall.sync.actions import PREVIEW_LIVES
from rollcall.sync.models import WAITING, Line, LineState, Plan, PlanState
from rollcall.sync.preview import PAGE, latest_plan, lines, plan_of
from rollcall.sync.sentences import (
    breach_sentence,
    change_sentence,
    day_text,
    field_label,
    kind_label,
    refusal_sentence,
    why_sentence,
)
from rollcall.web.forms.choosing import described
from rollcall.web.integrations import of
from rollcall.web.moments import moment

ORDER: Final = (
    Kind.CREATE,
    Kind.LINK,
    Kind.UPDATE,
    Kind.REACTIVATE,
    Kind.ARCHIVE,
    Kind.RELEASE,
    Kind.SKIP,
    Kind.NOTE,
)
"""Groups as tabs, the ones that act first."""

ALWAYS: Final = (Kind.CREATE, Kind.LINK, Kind.UPDATE, Kind.ARCHIVE)
"""Groups whose nought is worth reading."""

# What tells people apart; of somebody new, name and address stand beside it.
FIRST_FIELDS: Final = ("job_title", "department", "work_location", "manager")
SAID_ALREADY: Final = ("email", "first_name", "last_name")


def _find(request: HttpRequest, plan_id: int) -> tuple[Entity, Plan]:
    entity, _actor = of(request)
    found = plan_of(entity.pk, plan_id)
    if found is None:
        raise Http404
    return entity, found


@require_GET
@admin_required
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: groups, lines with reasons, warnings, and the buttons while it waits for a person."""
    entity, made = _find(request, plan_id)
    tool = gallery.tool_name(made.subscription.connection.tool)
    counts = made.counts
    kinds = [kind for kind in ORDER if counts.get(kind) or kind in ALWAYS]
    chosen = _chosen(request.GET.get("kind", ""), kinds, counts)
    search, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    page = lines(
        made, [chosen], search=search, after=int(after) if after.isascii() and after.isdecimal() else 0
    )
    waiting = made.state in WAITING
    old = made.for_settings and timezone.now() - made.made_at > PREVIEW_LIVES
    shown = {
        "entity": entity,
        "plan": made,
        "tool_name": tool,
        "made": moment(made.made_at, entity.time_zone),
        "decided": moment(made.decided_at, entity.time_zone),
        "groups": [
            {
                "kind": kind,
                "count": counts.get(kind, 0),
                "label": kind_label(kind, counts.get(kind, 0)),
                "here": kind is chosen,
            }
            for kind in kinds
        ],
        "kind": chosen,
        "q": search,
        "lines": [_shown(one, tool) for one in page[:PAGE]],
        "next": page[PAGE - 1].number if len(page) > PAGE else None,
        "breaches": [
            breach_sentence(one, employees=counts.get("employees"), tool=tool) for one in made.breaches
        ],
        "waiting": waiting and not old,
        "old": waiting and old,
        "says": change_sentence(counts),
        "button": _button(counts.get("acting", 0)),
        "scope": _scope(made),
        "newest": _newest(entity, made),
        "progress": _progress(made),
    }
    return render(request, "preview/page.html", shown)


def _chosen(asked: str, kinds: Sequence[Kind], counts: Mapping[str, int]) -> Kind:
    return next(
        (kind for kind in kinds if kind == asked),
        next((kind for kind in kinds if counts.get(kind)), kinds[0]),
    )


def _button(acting: int) -> str:
    if not acting:
        return gettext("Confirm these settings")
    said = ngettext("Confirm this %(n)s change", "Confirm these %(n)s changes", acting)
    return said % {"n": acting}


def _scope(made: Plan) -> list[str]:
    """Return the filter's conditions as sentences, none for everybody."""
    said = []
    for one in described(made.settings.get("scope", {})):
        values = ", ".join(value or gettext("(empty)") for value in one["values"])
        words = (
            gettext("%(attribute)s is none of: %(values)s")
            if one["test"] == "none_of"
            else gettext("%(attribute)s is one of: %(values)s")
        )
        said.append(words % {"attribute": field_label(one["attribute"]), "values": values})
    return said


def _newest(entity: Entity, made: Plan) -> Plan | None:
    """Return the plan that took the place of one that is over, if there is one to look at."""
    if made.state != PlanState.SUPERSEDED:
        return None
    newest = latest_plan(entity.pk)
    return newest if newest is not None and newest.pk != made.pk else None


def _shown(line: Line, tool: str) -> dict[str, Any]:
    new = line.kind == Kind.CREATE
    names = [name for name in OWNED_FIELDS if name in line.fields and not (new and name in SAID_ALREADY)]
    # What replaces something is always in sight; what fills a gap folds away behind the fields that tell people apart.
    first = [name for name in names if name in FIRST_FIELDS or line.fields[name].get("before")] or names
    fields = {
        name: {
            "label": field_label(name),
            "before": _value(name, line.fields[name].get("before")),
            "after": _value(name, line.fields[name].get("after")),
        }
        for name in names
    }
    return {
        "line": line,
        "name": line.name or gettext("(no name)"),
        "fields": [fields[name] for name in first],
        "more": [fields[name] for name in names if name not in first],
        "why": why_sentence(line.why, line.params, tool=tool),
        "stale": line.state == LineState.STALE,
    }


def _value(name: str, value: str | None) -> str:
    return day_text(value or "") if name.endswith("_date") else value or ""


def _progress(made: Plan) -> dict[str, int]:
    """Return how many changes of a plan are through, of how many."""
    total = int(made.counts.get("acting", 0))
    if made.state != PlanState.APPLYING:
        return {"done": total, "total": total}
    through = Line.objects.filter(plan=made, state__in=(LineState.DONE, LineState.STALE), kind__in=ACTING)
    return {"done": through.count(), "total": total}


@require_GET
@admin_required
def progress(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The state of a plan; asks for itself again while changes are made (S42), then reloads the page."""
    entity, made = _find(request, plan_id)
    shown = {"plan": made, "entity": entity, "progress": _progress(made)}
    answer = render(request, "preview/state.html", shown)
    if made.state != PlanState.APPLYING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@admin_required
def decide(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Confirm exactly the plan that was shown, by its digest, or reject it (S41). Twice does no harm."""
    _entity, made = _find(request, plan_id)
    _same, actor = of(request)
    try:
        if request.POST.get("decision") == "reject":
            actions.reject(made, actor=actor)
            messages.success(request, gettext("Rejected. Nobody was changed."))
        else:
            reason = request.POST.get("override", "")[:2_000]
            actions.approve(made, request.POST.get("digest", ""), actor=actor, override=reason)
    except actions.Refused as refused:
        # A second click on the button finds its own work done: the page says so itself.
        if not (
            refused.code == "decided"
            and refused.params.get("state") in (PlanState.APPLYING, PlanState.APPLIED)
        ):
            messages.error(request, refusal_sentence(refused.code, refused.params))
    return redirect("plan", plan_id=made.pk)


@require_GET
@admin_required
def changes_csv(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Every line of the plan as a CSV file for spreadsheets; no cell can be taken for a formula (F6)."""
    _entity, made = _find(request, plan_id)
    tool = gallery.tool_name(made.subscription.connection.tool)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(
        [
            *(gettext("What happens"), gettext("Name"), gettext("E-mail"), gettext("Number in the HR tool")),
            *(gettext("Field"), gettext("Before"), gettext("After"), gettext("Why")),
        ]
    )
    for line in Line.objects.filter(plan=made).order_by("number").iterator():
        person = [kind_label(line.kind), line.name, line.email, line.employee_id]
        why = why_sentence(line.why, line.params, tool=tool)
        for name in [name for name in OWNED_FIELDS if name in line.fields] or [""]:
            one = line.fields.get(name, {})
            told = [*person, field_label(name), one.get("before") or "", one.get("after") or "", why]
            table.writerow([safe_cell(cell) for cell in told])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{made.pk}.csv"'
    return answer
