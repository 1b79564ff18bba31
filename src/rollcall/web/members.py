"""Members: the list with HR status, one member, and what admins do about them."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollcall.accounts.access import admin_required, member_required
from rollcall.accounts.models import Role
from rollcall.connections import models as connections
from rollcall.connections.gallery import tool_name
from rollcall.connections.queries import subscription_of
from rollcall.directory import actions, queries
from rollcall.directory.queries import HrStatus
from rollcall.engine.roster import Role as MemberRole
from rollcall.engine.roster import State
from rollcall.sync.sentences import why_sentence
from rollcall.web.member_forms import EditForm, InviteForm, refusal
from rollcall.web.session import actor_of, entity_of, is_admin, role_of

LONGEST_ID: Final = 18  # digits of a number that PostgreSQL can hold
LONGEST_SEARCH: Final = 200


@member_required
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Show the members of one state, 50 at a time (S54, S57-S63). Requesters see nobody but themselves."""
    if role_of(request) == Role.REQUESTER:
        raise PermissionDenied
    entity = entity_of(request)
    state = _one_of(State, request.GET.get("state")) or State.ACTIVE
    status = _one_of(HrStatus, request.GET.get("hr"))
    search = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    after = _place(entity.pk, request.GET.get("after", ""))
    rows = queries.page_of_members(entity.pk, state, search=search, status=status, after=after)
    counts = queries.counts(entity.pk)
    shown = rows[: queries.PAGE]
    for row in shown:
        _say_hr_status(row, row.link)  # type: ignore[attr-defined]  # set by page_of_members
    context = {
        "members": shown,
        "more": shown[-1].pk if len(rows) > queries.PAGE else None,
        "paged": after is not None,
        "state": state,
        "status": status,
        "search": search,
        "tabs": [
            # French has a plural here, and none on the mark of one member.
            (State.ACTIVE, pgettext("tab", "Active")),
            (State.INVITED, pgettext("tab", "Invited")),
            (State.ARCHIVED, pgettext("tab", "Archived")),
        ],
        "statuses": [
            (HrStatus.MANAGED, _("Managed")),
            (HrStatus.RELEASED, _("No longer managed")),
            (HrStatus.MANUAL, _("By hand")),
        ],
        "counts": counts,
        "present": counts[State.ACTIVE] + counts[State.INVITED],
        "tool": _tool_of(entity.pk),
        "admin": is_admin(request),
    }
    return render(request, "members/list.html", context)


def _tool_of(entity_id: int) -> str:
    """Return the name of the HR tool the entity is connected to, empty while there is none."""
    used = subscription_of(entity_id)
    if used is None or used.connection.state == connections.State.DISCONNECTED:
        return ""
    return tool_name(used.connection.tool)


def _place(entity_id: int, after: str) -> tuple[str, str, int] | None:
    """Return the key of the last member shown; addresses carry the id: logs keep addresses."""
    if not (after.isascii() and after.isdigit() and len(after) <= LONGEST_ID):
        return None
    found = queries.members_of(entity_id).filter(pk=int(after)).values_list("last_name", "first_name", "pk")
    return found.first()


def _one_of(kind: Any, text: str | None) -> Any:
    return kind(text) if text in set(kind) else None


def _say_hr_status(member: Any, link: Any) -> None:
    """Put on a member what pages show of their link: `hr` and `hr_reason`."""
    member.hr = queries.hr_status(link)
    member.hr_reason = ""
    if member.hr is HrStatus.RELEASED:
        member.hr_reason = why_sentence(link.why_not, link.why_not_params)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, member_id: int) -> HttpResponse:
    """Show one member; owners and admins change the fields that the HR tool doesn't own (S55, S56)."""
    if role_of(request) == Role.REQUESTER:
        raise PermissionDenied
    if request.method == "POST" and not is_admin(request):
        raise PermissionDenied
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
    link = queries.link_of(found)
    _say_hr_status(found, link)
    locked = queries.locked_fields(found)
    initial = {name: getattr(found, name) or "" for name in actions.EDITABLE}
    form = EditForm(request.POST or None, initial=initial, locked=locked)
    if request.method == "POST" and form.is_valid():
        try:
            if actions.edit(found, form.changes(), actor=actor_of(request), now=timezone.now()):
                messages.success(request, _("Saved."))
            else:
                messages.info(request, _("Nothing was changed."))
            return redirect("member", member_id)
        except actions.Refused as error:
            form.add_error(None, refusal(error))
    context = {
        "member": found,
        "form": form,
        "locked": locked,
        "tool": tool_name(link.connection.tool) if link else "",
        "invitation": queries.open_invitation(found) if found.state == State.INVITED else None,
        "now": timezone.now(),
        "admin": is_admin(request),
        "everything_locked": all(name in locked for name in actions.EDITABLE),
    }
    return render(request, "members/member.html", context, status=422 if form.errors else 200)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody who isn't in the HR tool (S60, S61)."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = actions.invite_by_hand(
                entity_of(request),
                email=asked["email"],
                first_name=asked["first_name"],
                last_name=asked["last_name"],
                role=MemberRole(asked["role"]),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except actions.Refused as error:
            form.add_error("email", refusal(error))
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": made.email})
            return redirect(_list_of(State.INVITED))
    tool = _tool_of(entity_of(request).pk)
    return render(
        request, "members/invite.html", {"form": form, "tool": tool}, status=422 if form.errors else 200
    )


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, member_id: int) -> HttpResponse:
    """Ask, then archive somebody at once, managed or not (product decision 11)."""
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


def _ask_then_do(request: HttpRequest, member_id: int, question: str, act: Any, done: str) -> HttpResponse:
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
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
        "question": question,
        "tool": tool_name(link.connection.tool) if link and link.managed else "",
    }
    return render(request, "members/confirm.html", context)


@admin_required
@require_POST
def resend(request: HttpRequest, member_id: int) -> HttpResponse:
    """Send a new invitation; the link in the old mail stops working."""
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
    try:
        actions.resend_invitation(found, actor=actor_of(request), now=timezone.now())
        messages.success(
            request, _("A new invitation is on its way. The link in the old mail no longer works.")
        )
    except actions.Refused as error:
        messages.error(request, refusal(error))
    return redirect("member", member_id)


def _list_of(state: State) -> str:
    return f"{reverse('members')}?{urlencode({'state': state.value})}"
