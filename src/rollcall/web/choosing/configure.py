"""Choose employees and what is read (S29-S38, S43-S46); saving makes a plan to look at, changes nothing."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollcall.accounts.access import admin_required
from rollcall.connections import gallery
from rollcall.connections.models import Subscription
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.settings import MOST_EXCEPTIONS, Ownership, signed
from rollcall.sync import actions
from rollcall.sync.why import tally
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import field_label
from rollcall.web.choosing import choices, conditions, named
from rollcall.web.choosing.choices import Choice, Name, Row, Wrong
from rollcall.web.choosing.conflicts import Conflict, conflict, fingerprint
from rollcall.web.choosing.numbers import differing, matched
from rollcall.web.choosing.ready import ready
from rollcall.web.choosing.told import OWNERS
from rollcall.web.moments import moment
from rollcall.web.session import actor_of, entity_of


@require_http_methods(["GET", "POST"])
@admin_required
def configure(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST with ``op`` edits it (``_edit``) or, with save, makes the plan (S39).

    ``?q=`` searches for people to name, for links from pages about somebody.
    """
    subscription = ready(request)
    if subscription is None:
        return redirect("integrations")
    if request.method == "GET":
        draft = subscription.get_draft()
        shown = choices.from_settings(draft)
        shown.made_from = fingerprint(draft)
        shown.who = request.GET.get("q", "").replace("\0", "").strip()
        return _page(request, subscription, shown)
    choice, op = choices.from_post(request.POST), request.POST.get("op", "refresh")
    if op == "save":
        wrong = choices.problems(choice)
        if wrong:
            return _page(request, subscription, choice, wrong=wrong, status=422)
        return _save(request, subscription, choice)
    return _page(request, subscription, choice, focus=_edit(choice, op))


def _edit(choice: Choice, op: str) -> str:
    """Change the form as a button asks, and return the id of the input to go on with, empty for none.

    ``op``: add, remove-<n> (a condition), add:<employee id>, keep_out:<employee id>, unname-<n>, else nothing.
    """
    act, _, employee_id = op.partition(":")
    if employee_id and act in ("add", "keep_out"):
        return _name(choice, Name(employee_id=employee_id, act="add" if act == "add" else "keep_out"))
    what, _, number = op.partition("-")
    lists: dict[str, list[Any]] = {"remove": choice.rows, "unname": choice.names}
    if what in lists:
        rows = lists[what]
        if number.isdecimal() and int(number) < len(rows):
            del rows[int(number)]
        return "who" if what == "unname" else "add-condition"
    # Whoever has just turned to a filter gets a first condition to fill in.
    first = not choice.everybody and not choice.rows
    if (op == "add" or first) and len(choice.rows) < choices.MOST_CONDITIONS:
        choice.rows.append(Row())
        return f"c{len(choice.rows) - 1}-attribute" if op == "add" else ""
    return ""


def _name(choice: Choice, person: Name) -> str:
    known = [one.employee_id for one in choice.names]
    if person.employee_id in known:
        return f"x{known.index(person.employee_id)}-reason"
    choice.names.append(person)
    choice.who = ""
    return f"x{len(known)}-reason"


def _save(request: HttpRequest, subscription: Subscription, choice: Choice) -> HttpResponse:
    actor = actor_of(request)
    now = Subscription.objects.select_for_update().get(pk=subscription.pk)
    before = now.get_draft()
    settings = signed(choices.to_settings(choice, before), before, by=actor.label, at=timezone.now())
    found = conflict(request, now, choice.made_from, settings)
    if found is not None:
        # Saving once more is then a decision.
        choice.made_from = fingerprint(before)
        return _page(request, subscription, choice, meanwhile=found, status=409)
    try:
        made = actions.preview(subscription, settings, actor=actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return redirect("integrations")
    counted = tally.tally_of(subscription.connection_id)
    seen = conditions.seen_now(tally.values_of(counted, subscription.connection_id))
    Subscription.objects.filter(pk=subscription.pk).update(seen_values=seen)
    return redirect("plan", plan_id=made.pk)


@require_POST
@admin_required
def people(request: HttpRequest) -> HttpResponse:
    """Whom the search for people to name finds, for the form as it stands."""
    subscription = ready(request)
    if subscription is None:
        return HttpResponse(status=409)
    choice = choices.from_post(request.POST)
    return render(request, "configure/found.html", {"found": named.find(subscription.connection_id, choice)})


def _page(
    request: HttpRequest,
    subscription: Subscription,
    choice: Choice,
    *,
    wrong: Sequence[Wrong] = (),
    meanwhile: Conflict | None = None,
    focus: str = "",
    status: int = 200,
) -> HttpResponse:
    counted = tally.tally_of(subscription.connection_id)
    known = tally.values_of(counted, subscription.connection_id)
    complaints = {one.place: one.sentence for one in wrong}
    fragment, match = bool(getattr(request, "htmx", False)), matched(subscription, choice, counted)
    shown = {
        "entity": entity_of(request),
        "tool_name": gallery.tool_name(subscription.connection.tool),
        "live": subscription.is_live,
        "edited": subscription.draft is not None and subscription.is_live,
        "choice": choice,
        "problems": wrong,
        "filter_wrong": complaints.get("filter", ""),
        "names_wrong": complaints.get("names", ""),
        "days_wrong": complaints.get("days", ""),
        "domains_wrong": complaints.get("domains", ""),
        "conflict": meanwhile,
        "focus": focus,
        "rows": conditions.shown(choice.rows, known, subscription.seen_values, wrong),
        "names": named.shown(subscription.connection_id, choice, subscription.get_draft().exceptions, wrong),
        "full": len(choice.names) >= MOST_EXCEPTIONS,
        "found": named.find(subscription.connection_id, choice),
        "match": match,
        # Whoever asks for a piece of the page can ask once more; without script all comes at once.
        "against": None if fragment else differing(subscription, choice),
        "waits": fragment and match is not None,
        "counted": moment(counted.counted_at, entity_of(request).time_zone) if counted else None,
        "unfinished": choices.unfinished(choice),
        "owners": _owners(choice),
    }
    template = "configure/form.html" if fragment else "configure/page.html"
    return render(request, template, shown, status=200 if fragment else status)


def _owners(choice: Choice) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": field_label(name),
            "chosen": choice.fields.get(name, Ownership.HR),
            "choices": [(one.value, OWNERS[one]) for one in choices.owner_choices(name)],
        }
        for name in OWNED_FIELDS
    ]
