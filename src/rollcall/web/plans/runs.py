"""The history of runs: what each saw, what came of it, and what was decided by people."""

from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.connections.models import Subscription
from rollcall.connections.queries import subscription_of
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.plans.preview import PAGE, Show, group_counts, lines_of_group, runs
from rollcall.sync.plans.undo import undone_by
from rollcall.sync.words.run_notices import notices, partial_sentence
from rollcall.sync.words.sentences import error_sentence, field_label, kind_label
from rollcall.web.moments import lasted, moment
from rollcall.web.plans.decisions import decisions
from rollcall.web.plans.plan_lines import rows
from rollcall.web.plans.plan_numbers import acting
from rollcall.web.plans.run_cost import cost_words
from rollcall.web.tools.integrations import of
from rollcall.web.tools.mending import mend

STATES: Final = {
    RunState.READING: (_("Reading"), "loader", "info"),
    RunState.PLANNING: (_("Planning"), "loader", "info"),
    RunState.SUCCEEDED: (_("Succeeded"), "circle-check", "ok"),
    RunState.FAILED: (_("Failed"), "triangle-alert", "bad"),
    RunState.POSTPONED: (_("Postponed"), "clock", "warn"),
}

DOUBTED: Final = (_("Succeeded, with doubts"), "circle-alert", "warn")
"""The run went through, and something in what it read was kept back."""

TRIGGERS: Final = {
    "clock": _("Automatic"),
    "person": _("Sync now"),
    "first": _("First read"),
    "settings": _("Change of settings"),
    "webhook": _("Told by the HR tool"),
    "file": _("New file"),
}

PLANS: Final = {
    PlanState.MAKING: (_("being made"), "loader"),
    PlanState.PREVIEW: (_("waits for a decision"), "circle-alert"),
    PlanState.HELD: (_("on hold: waits for a decision"), "hand"),
    PlanState.APPLYING: (_("being applied"), "loader"),
    PlanState.APPLIED: (_("applied"), "check"),
    PlanState.REJECTED: (_("rejected"), "ban"),
    PlanState.SUPERSEDED: (_("replaced by a newer list"), "history"),
}

SHOWN: Final = {
    Show.ALL: _("All"),
    Show.CHANGES: _("With changes"),
    Show.HELD: _("Held"),
    Show.FAILED: pgettext_lazy("syncs", "Failed"),
}

DECIDED_SHOWN: Final = 10
ROWS_SHOWN: Final = 20


@require_GET
@admin_required
def history(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, the runs of the entity's connection newest first, and what people confirmed."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    asked, wanted = request.GET.get("before", ""), request.GET.get("show", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    show = next((one for one in Show if one == wanted), Show.ALL)
    found: list[Run] = []
    if subscription is not None:
        found = runs(subscription.connection_id, before=before, show=show, entity_id=entity.pk)
    page = found[:PAGE]
    plans = {one.run_id: one for one in Plan.objects.filter(entity=entity, run__in=page).order_by("pk")}
    decided = Plan.objects.filter(entity=entity, run=None).exclude(decided_at=None).order_by("-pk")
    first = before is None and show is Show.ALL
    shown = {
        "entity": entity,
        "connected": subscription is not None,
        "decisions": decisions(entity) if before is None else [],
        "show": show,
        "filters": [(one, label, one is show) for one, label in SHOWN.items()],
        "runs": [_shown(one, plans.get(one.pk), entity) for one in page],
        "next": page[-1].pk if len(found) > PAGE else None,
        "decided": [_plan_shown(one, entity) for one in decided[:DECIDED_SHOWN]] if first else [],
    }
    return render(request, "runs/list.html", shown)


@require_GET
@admin_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: what it saw, what was wrong, and what came of it for each entity."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    found = (
        Run.objects.filter(pk=run_id, connection=subscription.connection_id).first() if subscription else None
    )
    if found is None or subscription is None:
        raise Http404
    tool = gallery.tool_name(subscription.connection.tool)
    plans = list(Plan.objects.select_related("entity").filter(run=found).order_by("pk"))
    made = next((one for one in reversed(plans) if one.entity_id == entity.pk), None)
    mine = {one.entity_id for one in cast("CompanyRequest", request).grants if one.role in ADMINS}
    others = [one for one in plans if one.entity_id != entity.pk]
    shown = {
        "entity": entity,
        "tool_name": tool,
        **_shown(found, made, entity),
        "groups": _groups(made, subscription, tool) if made else [],
        "undone": undone_by(made) if made else None,
        "others": [_plan_shown(one, entity) for one in others if one.entity_id in mine],
        "strange": sum(1 for one in others if one.entity_id not in mine),
        "notices": notices(found.seen, entity.pk),
        "partial": partial_sentence(found.seen),
        "mend": mend(found, subscription.connection),
        "cost": cost_words(found.cost),
        "set_aside": [
            (one.get("id", ""), field_label(str(one.get("field", ""))))
            for one in (subscription.connection.set_aside if found.seen.get("set_aside") else [])
        ],
    }
    return render(request, "runs/run.html", shown)


def _groups(made: Plan, subscription: Subscription, tool: str) -> list[dict[str, Any]]:
    """Return the first people of each group of the plan, in all at most ``ROWS_SHOWN``."""
    made.subscription = subscription
    room, found = ROWS_SHOWN, []
    for group, count in group_counts(made.counts).items():
        if not count:
            continue
        page = lines_of_group(made, group, size=room)[:room] if room else []
        room -= len(page)
        found.append(
            {
                "kind": group,
                "count": count,
                "label": kind_label(group, count),
                "rows": rows(page, tool),
                "more": count - len(page),
            }
        )
    return found


def _shown(found: Run, made: Plan | None, entity: Entity) -> dict[str, Any]:
    word, icon, colour = STATES[RunState(found.state)]
    if found.state == RunState.SUCCEEDED and notices(found.seen, entity.pk):
        word, icon, colour = DOUBTED
    return {
        "run": found,
        "word": word,
        "icon": icon,
        "colour": colour,
        "trigger": TRIGGERS.get(found.trigger, found.trigger),
        "started": moment(found.started_at, entity.time_zone),
        "lasted": lasted(found.started_at, found.finished_at),
        "error": error_sentence(found.error, found.error_params),
        "plan": _plan_shown(made, entity) if made else None,
    }


def _plan_shown(made: Plan, entity: Entity) -> dict[str, Any]:
    state, icon = PLANS[PlanState(made.state)]
    return {
        "plan": made,
        "entity": entity.name if made.entity_id == entity.pk else made.entity.name,
        "state": state,
        "icon": icon,
        "waits": made.state in (PlanState.HELD, PlanState.PREVIEW),
        "decided": moment(made.decided_at, entity.time_zone),
        "numbers": [(n, kind_label(kind, n)) for n, kind in acting(made.counts)],
    }
