"""The numbers that follow every change of the form: how many match at once, then how that differs from today.

Each is a piece of the page and a request of its own, so that the first never waits for the second.
"""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from rollcall.accounts.access import admin_required
from rollcall.connections import comparing
from rollcall.connections.comparing import Count, Difference
from rollcall.connections.models import Subscription, Tally
from rollcall.engine.settings import Settings
from rollcall.sync.why import tally
from rollcall.web.choosing import choices, conditions
from rollcall.web.choosing.choices import Choice
from rollcall.web.choosing.ready import ready


@require_POST
@admin_required
def count(request: HttpRequest) -> HttpResponse:
    """The live sentence “312 of 500 employees match” for the form as it stands; it sends for ``against``."""
    subscription = ready(request)
    if subscription is None:
        return HttpResponse(status=409)
    choice = choices.from_post(request.POST)
    shown = {
        "match": matched(subscription, choice),
        "unfinished": choices.unfinished(choice),
        "live": subscription.is_live,
        # Only of lists that the page has: a count may come while another attribute is on its way to it.
        "chosen": [
            (number, conditions.chosen_words(row))
            for number, row in enumerate(choice.rows)
            if row.attribute and row.attribute == request.POST.get(f"c{number}-was")
        ],
        "fresh": True,
    }
    return render(request, "configure/count.html", shown)


@require_POST
@admin_required
def against(request: HttpRequest) -> HttpResponse:
    """Who comes in or falls out against the confirmed settings, for the form as it stands."""
    subscription = ready(request)
    if subscription is None:
        return HttpResponse(status=409)
    difference = differing(subscription, choices.from_post(request.POST))
    return render(request, "configure/differing.html", {"against": difference})


def matched(subscription: Subscription, choice: Choice, counted: Tally | None = None) -> Count | None:
    """Return whom the form chooses, ``None`` for a filter without a condition; as ``counted`` where that fits."""
    settings = _settings(subscription, choice)
    if settings is None:
        return None
    known = tally.count_of(counted, subscription.entity_id, settings)
    return known or comparing.count(subscription.connection_id, settings)


def differing(subscription: Subscription, choice: Choice) -> Difference | None:
    """Return how the form differs from the confirmed settings, ``None`` where either has nothing to compare."""
    settings = _settings(subscription, choice)
    if settings is None or not subscription.is_live:
        return None
    return comparing.compare(subscription.connection_id, settings, subscription.get_settings())


def _settings(subscription: Subscription, choice: Choice) -> Settings | None:
    scope = choices.scope_of(choice)
    if scope is None:
        return None
    return msgspec.structs.replace(
        subscription.get_draft(), scope=scope, exceptions=choices.exceptions_of(choice)
    )
