"""How the whole installation is doing, for whoever runs it: companies by name, employees not at all."""

from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from rollcall.accounts.models import User
from rollcall.accounts.signed_out import to_sign_in
from rollcall.connections import gallery
from rollcall.connections.models import State
from rollcall.operations.connected import Connected
from rollcall.operations.facts import facts
from rollcall.operations.judging import Gravity, duration, findings
from rollcall.operations.wording import error_words, why_words
from rollcall.web.moments import Moment, moment
from rollcall.web.tools.tool_card import CHIPS

ZONE: Final = "UTC"
"""Whoever runs machines reads their logs in it; clock.js adds the reader's own time."""

GRAVITIES: Final = {
    Gravity.NOW: (_("Now"), "triangle-alert", "bad"),
    Gravity.SOON: (_("Soon"), "circle-alert", "warn"),
}


@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    """Show what is behind and why, who works, what fails, and how large everything is. Others than operators: 404."""
    user = request.user
    if not isinstance(user, User):
        return to_sign_in(request)
    if not user.is_operator:
        raise Http404
    now = timezone.now()
    found = facts(now)
    shown: dict[str, Any] = {
        "facts": found,
        "at": moment(now, ZONE),
        "findings": [(one, *GRAVITIES[one.gravity]) for one in findings(found)],
        "lag": duration(found.connected.lag_seconds),
        "queue_age": duration(found.jobs.oldest_seconds),
        "events_age": duration(found.events_waiting.oldest_seconds),
        "mails_age": duration(found.mails_waiting.oldest_seconds),
        "held_age": duration(found.plans.held.oldest_seconds),
        "pace": duration(found.connected.pace_seconds) if found.connected.pace_seconds >= 1 else "",
        "clock": duration(abs(found.database.clock_ahead_seconds)),
        **_lists(found.connected),
    }
    return render(request, "operations/page.html", shown)


def _lists(found: Connected) -> dict[str, Any]:
    return {
        "behind": [
            {
                "one": one,
                "tool": gallery.tool_name(one.tool),
                "since": _at(one.since),
                "why": why_words(one.why),
            }
            for one in found.behind
        ],
        "parked": [
            {"one": one, "tool": gallery.tool_name(one.tool), "good": _at(one.last_good_at)}
            for one in found.parked_shown
        ],
        "held": [{"one": one, "since": _at(one.since)} for one in found.held_shown],
        "troubles": [
            {
                "one": one,
                "tool": gallery.tool_name(one.tool),
                "words": error_words(one.error),
                "good": _at(one.oldest_good_at),
            }
            for one in found.troubles
        ],
        "groups": [(gallery.tool_name(one.tool), one, *CHIPS[State(one.state)]) for one in found.groups],
    }


def _at(value: datetime | None) -> Moment | None:
    return moment(value, ZONE)
