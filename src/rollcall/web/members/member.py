"""One member: who they are, where each detail comes from, what happened; owners and admins change what is ours."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollcall.accounts.access import member_required
from rollcall.accounts.models import Role
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import State as ConnectionState
from rollcall.directory import actions, history, queries
from rollcall.engine.roster import State
from rollcall.events.models import Event
from rollcall.sync.words.sentences import field_label, why_sentence
from rollcall.web.event_sentences import actor_name, event_parts
from rollcall.web.members.member_forms import EditForm, refusal
from rollcall.web.members.member_words import full_name, hr_look, origin
from rollcall.web.moments import moment
from rollcall.web.session import actor_of, entity_of, is_admin, role_of
from rollcall.web.words import value_label

# Shown, never typed: they come from the HR tool or from nobody.
FACTS: Final = ("employee_number", "country", "legal_entity", "employment_type", "language", "start_date")
# No part of what a member begins with: only an entry of their own says where they come from.
APART: Final = ("manager", "role", "bank_account")
LONGEST_ID: Final = 18
CONFLICT: Final = 409


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, member_id: int) -> HttpResponse:
    """Show one member; owners and admins change the fields that the HR tool doesn't own (S55, S56)."""
    if role_of(request) == Role.REQUESTER or (request.method == "POST" and not is_admin(request)):
        raise PermissionDenied
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
    link, locked = queries.link_of(found), queries.locked_fields(found)
    tool = tool_name(link.connection.tool) if link else ""
    zone = found.entity.time_zone
    sources = history.sources(found)
    origins = {
        name: origin(sources.get(name) or (None if name in APART else sources.get("")), tool, zone)
        for name in (*actions.EDITABLE, *FACTS, *APART)
        if name in sources or getattr(found, name, None)
    }
    initial = {name: getattr(found, name) or "" for name in actions.EDITABLE}
    form = EditForm(request.POST or None, initial=initial, locked=locked, origins=origins)
    status, problem = 200, ""
    if request.method == "POST":
        answer, problem = _save(request, found, form)
        if answer is not None:
            return answer
        status = 422
        if problem:
            # Nothing of the old page is sent again: what stands here now is what is stored.
            form, status = EditForm(initial=initial, locked=locked, origins=origins), CONFLICT
    context = {
        "member": found,
        "name": full_name(found),
        "hr": hr_look(link),
        "record": link.employee_id if link else "",
        "gone": link is not None and link.connection.state == ConnectionState.DISCONNECTED,
        "form": form,
        "problem": problem,
        "locked": locked,
        "tool": tool,
        "facts": _facts(found, origins),
        "origins": origins,
        "no_manager": _no_manager(found, link, tool),
        "invitation": queries.open_invitation(found) if found.state == State.INVITED else None,
        "now": timezone.now(),
        "suspended_at": moment(found.suspended_at, zone),
        "admin": is_admin(request),
        "owner": role_of(request) == Role.OWNER,
        "everything_locked": all(name in locked for name in actions.EDITABLE),
        **_history(request, found, tool),
    }
    return render(request, "members/member.html", context, status=status)


def _save(request: HttpRequest, found: Any, form: EditForm) -> tuple[HttpResponse | None, str]:
    """Return where to go after a save; else ``None`` and, when somebody was quicker, what to say."""
    if not form.is_valid():
        return None, ""
    if overtaken := form.overtaken():
        fields = ", ".join(field_label(name) for name in overtaken)
        said = _("Somebody else changed this meanwhile: {fields}. Your changes were not saved.")
        return None, said.format(fields=fields)
    try:
        if actions.edit(found, form.changes(), actor=actor_of(request), now=timezone.now()):
            messages.success(request, _("Saved."))
        else:
            messages.info(request, _("Nothing was changed."))
    except actions.Refused as error:
        form.add_error(None, refusal(error))
        return None, ""
    return redirect("member", found.pk), ""


def _facts(found: Any, origins: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": field_label(name),
            "day": getattr(found, name) if name == "start_date" else None,
            "value": value_label(name, str(getattr(found, name))),
            "origin": origins.get(name),
        }
        for name in FACTS
        if getattr(found, name)
    ]


def _no_manager(found: Any, link: Any, tool: str) -> str:
    """Return why there is no line manager (product decision 7)."""
    if found.manager_id is not None:
        return ""
    reason = queries.why_no_manager(link)
    if reason:
        return why_sentence(reason[0], reason[1], tool=tool)
    if link is not None and link.managed:
        return _("{tool} has none.").format(tool=tool)
    return ""


def _history(request: HttpRequest, found: Any, tool: str) -> dict[str, Any]:
    asked = request.GET.get("before", "")
    known = asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_ID
    events, older = history.events_of(found, before=int(asked) if known else None)
    return {
        "events": [_line(one, tool, found.entity.time_zone) for one in events],
        "older": events[-1].pk if older else None,
        "later_page": known,
    }


def _line(event: Event, tool: str, zone: str) -> dict[str, Any]:
    head, changes = event_parts(event, tool=tool)
    return {
        "sentence": head or (changes[0] if len(changes) == 1 else _("Details changed.")),
        "changes": changes if len(changes) > 1 or head else [],
        "who": actor_name(event),
        "at": moment(event.at, zone),
        "run": event.run_id,
        "icon": _ICONS.get(event.kind, "dot"),
    }


_ICONS: Final = {
    "member.invited": "mail",
    "member.invitation_resent": "mail",
    "member.invitation_reminded": "bell",
    "member.invitation_cancelled": "x",
    "member.linked": "check",
    "member.created": "user-plus",
    "member.updated": "pencil",
    "member.role_changed": "key-round",
    "member.archived": "archive",
    "member.reactivated": "archive-restore",
    "member.released": "triangle-alert",
    "member.signed_up": "circle-check",
    "member.email_changed": "mail",
    "member.bank_changed": "landmark",
    "member.bank_disputed": "triangle-alert",
    "member.suspended": "circle-pause",
    "member.suspension_lifted": "circle-play",
}
