"""What every member sees of themselves, and the confirmation of their bank account."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rollcall.accounts.access import member_required
from rollcall.connections.gallery import tool_name
from rollcall.directory import actions, queries
from rollcall.engine.roster import State
from rollcall.web.member_forms import refusal
from rollcall.web.session import actor_of, entity_of, user_of


@member_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show the signed-in person's own details in the entity looked at."""
    found = (
        queries.members_of(entity_of(request).pk)
        .select_related("manager", "entity")
        .filter(user_id=user_of(request).pk)
        .exclude(state=State.ARCHIVED)
        .first()
    )
    link = queries.link_of(found) if found else None
    tool = tool_name(link.connection.tool) if link and link.managed else ""
    return render(request, "members/me.html", {"member": found, "tool": tool})


@member_required
@require_POST
def confirm_bank(request: HttpRequest) -> HttpResponse:
    """Say "this account is mine". The form names the account that was seen: a newer one stays unconfirmed."""
    found = (
        queries.members_of(entity_of(request).pk)
        .select_for_update(of=("self",))
        .select_related("entity")
        .filter(user_id=user_of(request).pk)
        .exclude(state=State.ARCHIVED)
        .first()
    )
    if found is None:
        raise Http404
    if request.POST.get("seen") != (found.bank_digest or ""):
        messages.warning(request, _("The account has changed since this page was opened. Please look again."))
        return redirect("me")
    try:
        actions.confirm_bank(found, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("Thank you. The account is confirmed and can be used."))
    except actions.Refused as error:
        messages.error(request, refusal(error))
    return redirect("me")
