"""The list of members: tabs, HR status, search, filters, pages, and people invited by hand."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from rollcall.accounts.access import admin_required, member_required
from rollcall.accounts.models import Role
from rollcall.directory import actions, listing, numbers
from rollcall.directory.bulk import Action
from rollcall.directory.listing import Filters
from rollcall.directory.queries import HrStatus
from rollcall.engine.roster import Role as MemberRole
from rollcall.engine.roster import State
from rollcall.web.members.member_forms import InviteForm, refusal
from rollcall.web.members.member_words import full_name, hr_look, tool_of
from rollcall.web.session import actor_of, entity_of, is_admin, role_of

LONGEST_ID: Final = 18  # digits of a number that PostgreSQL can hold
LONGEST_SEARCH: Final = 200

POSSIBLE: Final = {
    State.ACTIVE: (Action.SUSPEND, Action.LIFT, Action.ARCHIVE),
    State.INVITED: (Action.RESEND, Action.SUSPEND, Action.LIFT, Action.CANCEL),
    State.ARCHIVED: (Action.BRING_BACK,),
}
"""What the bar under a list offers, by its tab."""


@member_required
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Show the members of one state, 50 at a time (S54, S57-S63). Requesters see nobody but themselves."""
    if role_of(request) == Role.REQUESTER:
        raise PermissionDenied
    entity = entity_of(request)
    state = one_of(State, request.GET.get("state")) or State.ACTIVE
    filters = _filters(request)
    page = listing.page(
        entity.pk,
        state,
        filters,
        after=_number(request.GET.get("after")),
        before=_number(request.GET.get("before")),
    )
    for row in page.rows:
        row.hr, row.name = hr_look(row.link), full_name(row)  # type: ignore[attr-defined] # columns of this page
    counts, locations = numbers.of_list(entity.pk)
    context = {
        "page": page,
        "state": state,
        "filters": filters,
        "narrowed": filters != Filters(),
        "tabs": [(key, name, counts.by_state[key]) for key, name in _tabs()],
        "statuses": _statuses(),
        "roles": [(role.value, role.label) for role in Role],
        "locations": locations,
        "counts": counts,
        "tool": tool_of(entity.pk),
        "admin": is_admin(request),
        "actions": [(one.value, action_label(one)) for one in _possible(state, filters, counts.suspended)],
    }
    return render(request, "members/list.html", context)


def _possible(state: State, filters: Filters, suspended: int) -> list[Action]:
    """Return what the bar offers: nothing that can't be done to anybody in the list."""
    never = (
        {Action.LIFT} if not suspended else {Action.SUSPEND, Action.RESEND} if filters.suspended else set()
    )
    return [action for action in POSSIBLE[state] if action not in never]


def _filters(request: HttpRequest) -> Filters:
    asked = request.GET
    return Filters(
        search=_text(asked.get("q", "")),
        status=one_of(HrStatus, asked.get("hr")),
        role=one_of(MemberRole, asked.get("role")),
        location=_text(asked.get("location", "")),
        suspended=asked.get("suspended") == "1",
        bank_open=asked.get("bank") == "1",
    )


def _text(given: str) -> str:
    return given.replace("\0", "").strip()[:LONGEST_SEARCH]


def _tabs() -> list[tuple[State, str]]:
    return [
        # French has a plural here, and none on the mark of one member.
        (State.ACTIVE, pgettext("tab", "Active")),
        (State.INVITED, pgettext("tab", "Invited")),
        (State.ARCHIVED, pgettext("tab", "Archived")),
    ]


def _statuses() -> list[tuple[HrStatus, str]]:
    return [
        (HrStatus.MANAGED, _("Managed")),
        (HrStatus.RELEASED, _("No longer managed")),
        (HrStatus.MANUAL, _("By hand")),
    ]


def action_label(action: Action) -> str:
    """Return the words on the button of a bulk action."""
    labels = {
        Action.RESEND: _("Send the invitation again"),
        Action.CANCEL: _("Take the invitation back"),
        Action.SUSPEND: _("Suspend now"),
        Action.LIFT: _("Lift the suspension"),
        Action.ARCHIVE: _("Archive now"),
        Action.BRING_BACK: _("Bring back"),
    }
    return labels[action]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


def one_of(kind: Any, text: str | None) -> Any:
    """Return the member of an enumeration with this value, or ``None``."""
    return kind(text) if text in set(kind) else None


def list_of(state: str) -> str:
    """Return the address of a tab."""
    return f"{reverse('members')}?{urlencode({'state': str(state)})}"


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
            return redirect(list_of(State.INVITED))
    tool = tool_of(entity_of(request).pk)
    return render(
        request, "members/invite.html", {"form": form, "tool": tool}, status=422 if form.errors else 200
    )
