"""Connecting by signing in at the HR tool: out to it and back, with nothing to copy (S20, S21)."""

import secrets
import time
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from rollcall.accounts.access import admin_required
from rollcall.connections import authorising, gallery
from rollcall.sync.words.sentences import error_sentence
from rollcall.web.tools.connect import find_tool, left_out_in, refused_for, try_and_keep
from rollcall.web.tools.integrations import of

ASKED: Final = "authorise_asked"
ANSWER_WITHIN: Final = 15 * 60


@require_GET
@admin_required
def authorise(request: HttpRequest, tool: str) -> HttpResponse:
    """Send the browser to the tool, which asks the person there and sends it back to ``authorised``."""
    chosen = find_tool(tool)
    refused = refused_for(request, chosen)
    if refused:
        return refused
    if not authorising.is_offered(tool):
        return redirect("connect_credentials", tool=tool)
    entity, _actor = of(request)
    state = secrets.token_urlsafe(24)
    request.session[ASKED] = {
        "state": state,
        "tool": tool,
        "entity": entity.pk,
        "left_out": sorted(left_out_in(request, chosen)),
        "at": time.time(),
    }
    return redirect(authorising.authorize_url(tool, state))


@require_GET
@admin_required
def authorised(request: HttpRequest) -> HttpResponse:
    """Take the answer back: it must be to what this browser asked, for the same entity, within a quarter of an hour."""
    asked = request.session.pop(ASKED, None)
    entity, _actor = of(request)
    fits = (
        asked is not None
        and constant_time_compare(request.GET.get("state", ""), asked["state"])
        and asked["entity"] == entity.pk
        and time.time() - asked["at"] < ANSWER_WITHIN
    )
    if not fits:
        messages.error(
            request, gettext("That answer does not belong to anything you just asked for. Try again.")
        )
        return redirect("integrations")
    tool = find_tool(asked["tool"])
    error = _taken(request, tool, frozenset(asked["left_out"]))
    if not error:
        return redirect("connect_confirm", tool=tool.key)
    messages.error(request, error)
    return redirect("connect_credentials", tool=tool.key)


def _taken(request: HttpRequest, tool: gallery.Tool, left_out: frozenset[str]) -> str:
    code = request.GET.get("code", "")
    if not code:
        return gettext("%(tool)s was not authorised, so nothing was connected.") % {"tool": tool.name}
    try:
        credentials = authorising.redeem(tool.key, code)
    except gallery.SourceError as error:
        return error_sentence(error.code, error.params)
    return try_and_keep(request, tool, credentials, left_out)
