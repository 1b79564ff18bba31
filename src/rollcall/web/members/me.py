"""What every member sees of themselves, and what they say about their bank account: mine, or not mine."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rollcall.accounts.access import member_required
from rollcall.accounts.models import Language
from rollcall.connections.gallery import tool_name
from rollcall.directory import actions, history, queries
from rollcall.sync.words.sentences import field_label
from rollcall.web.members.member_forms import refusal
from rollcall.web.members.member_words import full_name, origin
from rollcall.web.session import actor_of, entity_of, user_of

SHOWN: Final = ("job_title", "department", "team", "work_location", "cost_center")


@member_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show the signed-in person's own details in the entity looked at, each with its source."""
    found = queries.own(entity_of(request).pk, user_of(request).pk)
    context: dict[str, Any] = {"member": found, "languages": Language.choices}
    if found is not None:
        link = queries.link_of(found)
        tool = tool_name(link.connection.tool) if link else ""
        sources, zone = history.sources(found), found.entity.time_zone
        bank = origin(sources.get("bank_account"), tool, zone)
        context |= {
            "tool": tool if link and link.managed else "",
            "details": _details(found, sources, tool),
            "bank": {"before": history.bank_before(found), "origin": bank},
        }
    return render(request, "members/me.html", context)


def _details(found: Any, sources: Any, tool: str) -> list[dict[str, Any]]:
    beginning, zone = sources.get(""), found.entity.time_zone
    names = sources.get("last_name") or sources.get("first_name") or beginning
    rows = [
        (_("Name"), full_name(found), names),
        (field_label("email"), found.email, sources.get("email") or beginning),
        *(
            (field_label(name), getattr(found, name), sources.get(name) or beginning)
            for name in SHOWN
            if getattr(found, name)
        ),
    ]
    return [
        {"label": label, "value": value, "origin": said.line if (said := origin(source, tool, zone)) else ""}
        for label, value, source in rows
    ]


@member_required
@require_POST
def confirm_bank(request: HttpRequest) -> HttpResponse:
    """Say "this account is mine". The form names the account that was seen: a newer one stays unconfirmed."""
    return _decide(request, actions.confirm_bank, _("Thank you. The account is confirmed and can be used."))


@member_required
@require_POST
def dispute_bank(request: HttpRequest) -> HttpResponse:
    """Say "this isn't my account": it stays unused, and the admins learn of it."""
    done = _("Thank you for saying so. The account is not used, and your admins are being told by mail.")
    return _decide(request, actions.dispute_bank, done)


def _decide(request: HttpRequest, act: Callable[..., None], done: str) -> HttpResponse:
    found = queries.own(entity_of(request).pk, user_of(request).pk, lock=True)
    if found is None:
        raise Http404
    if request.POST.get("seen") != (found.bank_digest or ""):
        messages.warning(request, _("The account has changed since this page was opened. Look again."))
        return redirect("me")
    try:
        act(found, actor=actor_of(request), now=timezone.now())
        messages.success(request, done)
    except actions.Refused as error:
        messages.error(request, refusal(error))
    return redirect("me")
