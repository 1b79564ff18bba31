"""The limits of an entity: each in a sentence, what of it syncs have used, and a form to change it with a reason."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from rollcall.accounts.access import admin_required
from rollcall.connections.models import State, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.engine.limits import GROUP_SIZE, RANGES, Limits, Scope, Window
from rollcall.sync import actions, limiting
from rollcall.sync.models import PlanState
from rollcall.sync.plans.preview import waiting_plan
from rollcall.sync.words import limits as limit_words
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.web.tools.integrations import of
from rollcall.web.tools.limit_rows import Input, Section, rows, sections

_LONGEST: Final = 2_000
_LONGEST_NUMBER: Final = 12


@require_http_methods(["GET", "POST"])
@admin_required
def limits(request: HttpRequest) -> HttpResponse:
    """Show the limits of the entity; change them with a reason, in force from the next sync on."""
    entity, actor = of(request)
    subscription = subscription_of(entity.pk)
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        raise Http404
    now = subscription.get_limits()
    if request.method != "POST":
        return _page(request, subscription, sections(now))
    typed = {name: request.POST.get(name, "").strip()[:_LONGEST_NUMBER] for name in RANGES}
    reason = request.POST.get("reason", "").strip()[:_LONGEST]
    found, wrong = _read(typed, now)
    if wrong or not reason:
        missing = "" if reason else gettext("Write down why the limits change; your name is kept with it.")
        shown = sections(now, typed=typed, wrong=wrong)
        return _page(request, subscription, shown, reason=reason, missing=missing, status=422)
    try:
        changed = limiting.change(subscription, found, reason=reason, actor=actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return redirect("limits")
    if changed:
        said = [limit_words.change_text(name, *pair) for name, pair in changed.items()]
        messages.success(request, " ".join([gettext("Limits changed, from the next sync on."), *said]))
    else:
        messages.info(request, gettext("No limit is different from before, so nothing was changed."))
    return redirect("limits")


def _page(
    request: HttpRequest,
    subscription: Subscription,
    shown: list[Section],
    *,
    reason: str = "",
    missing: str = "",
    status: int = 200,
) -> HttpResponse:
    used = limiting.used(subscription, now=timezone.now())
    waiting = waiting_plan(subscription.entity_id)
    page: dict[str, Any] = {
        "entity": subscription.entity,
        "rows": rows(subscription.get_limits(), used),
        "shared": any(one.scope is Scope.CONNECTION for one in used),
        "managed": next((one.of for one in used if one.window is Window.RUN), 0),
        "group_size": GROUP_SIZE,
        "sections": shown,
        "wrong": _wrong(shown),
        "reason": reason,
        "missing": missing,
        "held": waiting if waiting and waiting.state == PlanState.HELD else None,
    }
    return render(request, "integrations/limits.html", page, status=status)


def _wrong(shown: list[Section]) -> list[Input]:
    return [one for section in shown for one in section.inputs if one.error]


def _read(typed: Mapping[str, str], now: Limits) -> tuple[Limits, dict[str, str]]:
    """Return the limits that were typed, and what is wrong with a value, by its name."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, text in typed.items():
        before = getattr(now, name)
        # 33.3 % stands for a third: what nobody touched stays exactly as it is.
        value = before if text == limit_words.number_text(name, before) else _number(name, text)
        lowest, highest = RANGES[name]
        if value is None or not lowest <= value <= max(highest, before if value == before else highest):
            bounds = {
                "lowest": limit_words.number_text(name, lowest),
                "highest": limit_words.number_text(name, highest),
            }
            wrong[name] = gettext("From {lowest} to {highest}.").format_map(bounds)
        else:
            values[name] = value
    return msgspec.structs.replace(now, **values), wrong


def _number(name: str, text: str) -> float | None:
    """Return what a text means: per cent for shares, whole people; ``None`` if it is no such number."""
    plain = "".join(text.replace("%", "").replace(",", ".").split())
    whole, dot, part = plain.partition(".")
    if not (whole.isascii() and whole.isdecimal()) or (dot and not (part.isascii() and part.isdecimal())):
        return None
    if limit_words.is_share(name):
        return round(float(plain) / 100, 6)
    if name == "week_factor":
        return float(plain)
    return None if dot else int(whole)
