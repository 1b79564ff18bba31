"""Fire drill: what disasters in HR data would do to this entity today, and the last one that was played."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from msgspec import Struct

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections.disasters import DISASTERS
from rollcall.directory.names import Named, names_of
from rollcall.sync.drill import kept as drill_kept
from rollcall.sync.drill import telling as drill_words
from rollcall.sync.drill.playing import Cannot, Outcome, drillable
from rollcall.sync.models import Drill
from rollcall.web.moments import lasted, moment
from rollcall.web.tools.integrations import of


class Row(Struct, frozen=True, kw_only=True):
    """One disaster as the table shows it."""

    title: str
    outcome: Outcome
    verdict: str
    done: str
    read: list[str]
    lost: list[Named]
    more: int


@require_http_methods(["GET", "POST"])
@admin_required
def drill(request: HttpRequest) -> HttpResponse:
    """Show the last fire drill; a POST has a worker play another. Nobody is changed by either."""
    entity, actor = of(request)
    if request.method == "POST":
        try:
            drill_kept.start(entity, actor=actor)
        except Cannot as error:
            messages.error(request, drill_words.cannot(error.code))
        return redirect("drill")
    return render(request, "drill/page.html", _shown(entity))


@require_GET
@admin_required
def progress(request: HttpRequest) -> HttpResponse:
    """How far the drill is; asks for itself again while it is played, then reloads the page."""
    entity, _actor = of(request)
    known = drill_kept.last(entity.pk)
    working = known is not None and drill_kept.at_work(known)
    answer = render(request, "drill/state.html", {"working": working, **_steps(known)})
    if not working:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _shown(entity: Entity) -> Mapping[str, Any]:
    known = drill_kept.last(entity.pk)
    tool, cannot = "", ""
    try:
        tool = drillable(entity.pk).connection.tool
    except Cannot as error:
        cannot = drill_words.cannot(error.code)
    working = known is not None and drill_kept.at_work(known)
    rows = _rows(known, tool) if known and known.finished_at else []
    return {
        "entity": entity,
        "cannot": cannot,
        "working": working,
        **_steps(known),
        "rows": rows,
        "played": sum(1 for one in rows if one.outcome.struck),
        "failed": sum(1 for one in rows if not one.outcome.passes),
        "titles": [drill_words.title(one.name) for one in DISASTERS],
        "error": _error(known, working=working),
        "at": moment(known.finished_at, entity.time_zone) if known else None,
        "by": known.started_by if known else "",
        "took": lasted(known.started_at, known.finished_at) if known else "",
    }


def _steps(known: Drill | None) -> Mapping[str, int]:
    done = len(known.outcomes) if known else 0
    return {"done": done, "total": len(DISASTERS), "quarters": 25 * (4 * done // len(DISASTERS))}


def _error(known: Drill | None, *, working: bool) -> str:
    """Return why the last drill has no end: a code it ended with, or a worker that was lost."""
    if known is None or working or (known.finished_at and not known.error):
        return ""
    return drill_words.cannot(known.error or "internal")


def _rows(known: Drill, tool: str) -> list[Row]:
    found = drill_kept.outcomes(known)
    names = names_of([one for outcome in found for one in outcome.lost_members])
    return [
        Row(
            title=drill_words.title(one.disaster),
            outcome=one,
            verdict=drill_words.verdict(one),
            done=drill_words.done(one),
            read=drill_words.read(one, tool=tool),
            lost=[names[member] for member in one.lost_members if member in names],
            more=max(0, one.lost - len(one.lost_members)),
        )
        for one in found
    ]
