"""Erase an archived member for good; who was erased, and letting somebody come back (Z7). For owners."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Role
from rollcall.connections.gallery import tool_name
from rollcall.directory import erasing as stones
from rollcall.directory import queries
from rollcall.directory.actions import Refused
from rollcall.directory.erasing import LONGEST_REASON, PAGE, Buried
from rollcall.engine.roster import State
from rollcall.sync import erasing
from rollcall.web.members.member_forms import refusal
from rollcall.web.members.member_words import full_name
from rollcall.web.moments import moment
from rollcall.web.session import actor_of, entity_of, role_of

LONGEST_ID = 18


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, member_id: int) -> HttpResponse:
    """Say exactly what goes and what stays, ask for the reason, then erase. Only owners; only archived members."""
    found = queries.member(entity_of(request).pk, member_id)
    if found is None:
        raise Http404
    if role_of(request) != Role.OWNER:
        raise PermissionDenied
    if found.state != State.ARCHIVED:
        messages.info(request, _("Archive the member first. Only archived members can be erased."))
        return redirect("member", member_id)
    reason, problem = request.POST.get("reason", "").replace("\0", "")[:LONGEST_REASON], ""
    if request.method == "POST":
        try:
            erasing.erase(found, reason=reason, actor=actor_of(request), now=timezone.now())
        except Refused as error:
            problem = refusal(error)
        else:
            messages.success(
                request, _("Erased for good. The audit log is emptied of them within a few minutes.")
            )
            return redirect("erased_members")
    link = queries.link_of(found)
    shown = {
        "member": found,
        "name": full_name(found),
        "tool": tool_name(link.connection.tool) if link else "",
        "elsewhere": stones.known_elsewhere(found),
        "account": found.user_id is not None,
        "problem": problem,
        "reason": reason,
        "longest": LONGEST_REASON,
    }
    return render(request, "members/erase.html", shown, status=422 if problem else 200)


@admin_required
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """The list of erasures: when, by whom and why; nothing says who it was."""
    entity = entity_of(request)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_ID else 0
    found = stones.buried(entity.pk, before=before)
    shown = {
        "rows": [_row(one, entity.time_zone) for one in found[:PAGE]],
        "next": found[PAGE - 1].id if len(found) > PAGE else None,
        "owner": role_of(request) == Role.OWNER,
    }
    return render(request, "members/erased.html", shown)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def allow_again(request: HttpRequest, tombstone_id: int) -> HttpResponse:
    """Ask, then let the HR tool bring the person in again."""
    entity = entity_of(request)
    found = stones.one_buried(entity.pk, tombstone_id)
    if found is None:
        raise Http404
    if role_of(request) != Role.OWNER:
        raise PermissionDenied
    if request.method == "POST":
        try:
            erasing.allow_again(entity, tombstone_id, actor=actor_of(request))
            messages.success(
                request, _("Allowed. If the HR tool still lists them, the next sync invites them anew.")
            )
        except Refused as error:
            messages.error(request, refusal(error))
        return redirect("erased_members")
    return render(request, "members/allow_again.html", {"one": _row(found, entity.time_zone)})


def _row(one: Buried, zone: str) -> dict[str, Any]:
    return {
        "stone": one,
        "at": moment(one.erased_at, zone),
        "lifted": moment(one.lifted_at, zone),
        "tool": tool_name(one.tool) if one.tool else "",
    }
