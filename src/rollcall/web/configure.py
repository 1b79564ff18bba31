"""Choose employees and what is read (S29-S38, S43-S46); saving makes a plan to look at, changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from rollcall.accounts.access import admin_required
from rollcall.connections import gallery
from rollcall.connections.models import State, Subscription
from rollcall.connections.queries import Matching, Value, filter_values, matching, subscription_of
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.settings import Ownership
from rollcall.sync import actions
from rollcall.sync.sentences import field_label, refusal_sentence
from rollcall.web.forms import choosing
from rollcall.web.forms.choosing import Choice, Row
from rollcall.web.integrations import of

LONG_LIST: Final = 12
"""From so many values on, a list of values gets a search field."""

SHOWN_VALUES: Final = 60

OWNERS: Final = {
    Ownership.HR: _("From the HR tool"),
    Ownership.AT_CREATION: _("From the HR tool at creation only"),
    Ownership.NOT_READ: _("Not read"),
}


def _ready(request: HttpRequest) -> Subscription | None:
    """Return the entity's subscription if its tool has been read at least once, else say why not."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        messages.info(request, gettext("Connect an HR tool first."))
        return None
    if subscription.connection.last_good_at is None:
        messages.info(request, refusal_sentence("not_read_yet", {}))
        return None
    return subscription


@require_http_methods(["GET", "POST"])
@admin_required
def configure(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST with ``op`` add, remove-<n> or refresh edits it, save makes the plan (S39)."""
    subscription = _ready(request)
    if subscription is None:
        return redirect("integrations")
    if request.method == "GET":
        return _page(request, subscription, choosing.from_settings(subscription.get_draft()), [])
    choice, op = choosing.from_post(request.POST), request.POST.get("op", "refresh")
    if op == "save":
        wrong = choosing.problems(choice)
        return _page(request, subscription, choice, wrong) if wrong else _save(request, subscription, choice)
    _edit(choice, op)
    return _page(request, subscription, choice, [])


def _edit(choice: Choice, op: str) -> None:
    removed = op.removeprefix("remove-") if op.startswith("remove-") else ""
    if removed:
        if removed.isdecimal() and int(removed) < len(choice.rows):
            del choice.rows[int(removed)]
        return
    # Whoever has just turned to a filter gets a first condition to fill in.
    first = not choice.everybody and not choice.rows
    if (op == "add" or first) and len(choice.rows) < choosing.MOST_CONDITIONS:
        choice.rows.append(Row())


def _save(request: HttpRequest, subscription: Subscription, choice: Choice) -> HttpResponse:
    _entity, actor = of(request)
    settings = choosing.to_settings(choice, subscription.get_draft())
    try:
        made = actions.preview(subscription, settings, actor=actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return redirect("integrations")
    return redirect("plan", plan_id=made.pk)


@require_POST
@admin_required
def count(request: HttpRequest) -> HttpResponse:
    """The live sentence “312 of 500 employees match”, for the form as it stands."""
    subscription = _ready(request)
    if subscription is None:
        return HttpResponse(status=409)
    shown = {"match": _matching(subscription, choosing.from_post(request.POST))}
    return render(request, "configure/count.html", shown)


def _matching(subscription: Subscription, choice: Choice) -> Matching | None:
    scope = choosing.scope_of(choice)
    return matching(subscription.connection_id, scope) if scope is not None else None


def _page(request: HttpRequest, subscription: Subscription, choice: Choice, wrong: list[str]) -> HttpResponse:
    entity, _actor = of(request)
    values = filter_values(subscription.connection_id)
    shown = {
        "entity": entity,
        "tool_name": gallery.tool_name(subscription.connection.tool),
        "live": subscription.is_live,
        "edited": subscription.draft is not None and subscription.is_live,
        "choice": choice,
        "problems": wrong,
        "rows": [_row(number, row, values) for number, row in enumerate(choice.rows)],
        "match": _matching(subscription, choice),
        "owners": [
            {
                "name": name,
                "label": field_label(name),
                "chosen": choice.fields.get(name, Ownership.HR),
                "choices": [(one, OWNERS[Ownership(one)]) for one in choosing.owner_choices(name)],
            }
            for name in OWNED_FIELDS
        ],
    }
    fragment = bool(getattr(request, "htmx", False))
    template = "configure/form.html" if fragment else "configure/page.html"
    return render(request, template, shown, status=422 if wrong and not fragment else 200)


def _row(number: int, row: Row, known: Mapping[str, Sequence[Value]]) -> dict[str, Any]:
    counts = {one.value or "": one.count for one in known.get(row.attribute, ())}
    # A chosen value that HR does not send any more stays visible, with nobody in it.
    every = {**{value: 0 for value in row.values if value not in counts}, **counts}
    found = [
        {"value": value, "count": many, "checked": value in row.values}
        for value, many in every.items()
        if value in row.values or row.search.lower() in value.lower()
    ]
    found.sort(key=lambda one: not one["checked"])
    attributes = list(known) + ([row.attribute] if row.attribute and row.attribute not in known else [])
    return {
        "number": number,
        "row": row,
        "attributes": [(name, field_label(name)) for name in attributes],
        "values": found[:SHOWN_VALUES],
        "more": max(0, len(found) - SHOWN_VALUES),
        "long": len(every) >= LONG_LIST,
    }
