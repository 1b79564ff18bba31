"""What admins do about one member: suspend, lift, archive, bring back, and their invitation. Asked first, then done."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rollcall.accounts.access import admin_required
from rollcall.connections.gallery import tool_name
from rollcall.directory import actions, bulk, queries
from rollcall.directory.bulk import Action
from rollcall.web.members.member_bulk import suspension_consequences
from rollcall.web.members.member_forms import refusal
from rollcall.web.members.member_words import full_name
from rollcall.web.session import actor_of, entity_of


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then end somebody's access at once, managed or not (product decision 11)."""
    reason = request.POST.get("reason", "").replace("\0", "")

    def act(member: Any, **how: Any) -> None:
        bulk.one(member, Action.SUSPEND, reason=reason, **how)

    return _ask_then_do(request, member_id, "suspend", act, _("Suspended. Their access ended at once."))


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then give a suspended member their access back."""

    def act(member: Any, **how: Any) -> None:
        bulk.one(member, Action.LIFT, **how)

    return _ask_then_do(request, member_id, "lift", act, _("The suspension is lifted."))


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then archive somebody at once, managed or not."""
    return _ask_then_do(
        request,
        member_id,
        "archive",
        actions.archive_by_hand,
        _("Archived. They can no longer sign in here."),
    )


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring_back(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then make an archived member a member again, as requester."""
    return _ask_then_do(
        request, member_id, "bring_back", actions.reactivate_by_hand, _("They are a member again.")
    )


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then take an invitation back."""
    return _ask_then_do(
        request, member_id, "cancel", actions.cancel_invitation, _("The invitation was taken back.")
    )


@admin_required
@require_POST
def resend(request: HttpRequest, member_id: int) -> HttpResponse:
    """Send a new invitation; the link in the old mail stops working."""
    found = _found(request, member_id)
    try:
        actions.resend_invitation(found, actor=actor_of(request), now=timezone.now())
        messages.success(
            request, _("A new invitation is on its way. The link in the old mail no longer works.")
        )
    except actions.Refused as error:
        messages.error(request, refusal(error))
    return redirect("member", member_id)


def _found(request: HttpRequest, member_id: int) -> Any:
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
    return found


def _ask_then_do(
    request: HttpRequest, member_id: int, question: str, act: Callable[..., None], done: str
) -> HttpResponse:
    found = _found(request, member_id)
    if request.method == "POST":
        try:
            act(found, actor=actor_of(request), now=timezone.now())
            messages.success(request, done)
        except actions.Refused as error:
            messages.error(request, refusal(error))
        return redirect("member", member_id)
    link = queries.link_of(found)
    context = {
        "member": found,
        "name": full_name(found),
        "question": question,
        "consequences": suspension_consequences(),
        "tool": tool_name(link.connection.tool) if link and link.managed else "",
    }
    return render(request, "members/confirm.html", context)
