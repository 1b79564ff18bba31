"""The history of runs: what each saw, what came of it, and what was decided by people."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.connections.queries import subscription_of
from rollcall.engine.change import ACTING
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.preview import PAGE, runs
from rollcall.sync.sentences import error_sentence, kind_label
from rollcall.web.integrations import of
from rollcall.web.moments import moment

STATES: Final = {
    RunState.READING: (_("Reading"), "loader", "info"),
    RunState.PLANNING: (_("Planning"), "loader", "info"),
    RunState.SUCCEEDED: (_("Succeeded"), "circle-check", "ok"),
    RunState.FAILED: (_("Failed"), "triangle-alert", "bad"),
    RunState.POSTPONED: (_("Postponed"), "clock", "warn"),
}

TRIGGERS: Final = {
    "clock": _("By the clock"),
    "person": _("Sync now"),
    "first": _("First read"),
    "settings": _("Change of settings"),
    "webhook": _("Told by the HR tool"),
    "file": _("New file"),
}

PLANS: Final = {
    PlanState.MAKING: _("being made"),
    PlanState.PREVIEW: _("waits for a decision"),
    PlanState.HELD: _("on hold: waits for a decision"),
    PlanState.APPLYING: _("being applied"),
    PlanState.APPLIED: _("applied"),
    PlanState.REJECTED: _("rejected"),
    PlanState.SUPERSEDED: _("replaced by a newer plan"),
}

DECIDED_SHOWN: Final = 20


@require_GET
@admin_required
def history(request: HttpRequest) -> HttpResponse:
    """Runs of the entity's connection, newest first, and the settings that people confirmed."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() else None
    found = runs(subscription.connection_id, before=before) if subscription else []
    page = found[:PAGE]
    plans = {one.run_id: one for one in Plan.objects.filter(entity=entity, run__in=page)}
    decided = Plan.objects.filter(entity=entity, for_settings=True).exclude(decided_at=None).order_by("-pk")
    shown = {
        "entity": entity,
        "connected": subscription is not None,
        "runs": [_shown(one, plans.get(one.pk), entity) for one in page],
        "next": page[-1].pk if len(found) > PAGE else None,
        "decided": [_plan_shown(one, entity) for one in decided[:DECIDED_SHOWN]] if before is None else [],
    }
    return render(request, "runs/list.html", shown)


@require_GET
@admin_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: what it saw and what came of it."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    found = (
        Run.objects.filter(pk=run_id, connection=subscription.connection_id).first() if subscription else None
    )
    if found is None or subscription is None:
        raise Http404
    made = Plan.objects.filter(entity=entity, run=found).order_by("-pk").first()
    shown = {
        "entity": entity,
        "tool_name": gallery.tool_name(subscription.connection.tool),
        **_shown(found, made, entity),
        "set_aside": subscription.connection.set_aside,
    }
    return render(request, "runs/run.html", shown)


def _shown(found: Run, made: Plan | None, entity: Entity) -> dict[str, Any]:
    word, icon, colour = STATES[RunState(found.state)]
    return {
        "run": found,
        "word": word,
        "icon": icon,
        "colour": colour,
        "trigger": TRIGGERS.get(found.trigger, found.trigger),
        "started": moment(found.started_at, entity.time_zone),
        "finished": moment(found.finished_at, entity.time_zone),
        "error": error_sentence(found.error, found.error_params),
        "plan": _plan_shown(made, entity) if made else None,
    }


def _plan_shown(made: Plan, entity: Entity) -> dict[str, Any]:
    return {
        "plan": made,
        "state": PLANS[PlanState(made.state)],
        "waits": made.state in (PlanState.HELD, PlanState.PREVIEW),
        "decided": moment(made.decided_at, entity.time_zone),
        "numbers": [
            (made.counts[kind], kind_label(kind, made.counts[kind]))
            for kind in ACTING
            if made.counts.get(kind)
        ],
    }
