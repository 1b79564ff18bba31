"""The guided dialog that connects an HR tool: what is read, the tool's steps and the key, confirm (S11-S22).

The steps have addresses of their own. Between the test and the confirm the credentials wait in the session,
sealed for this person and entity; they are never sent back to the browser.
"""

import time
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.connections.gallery import Pending, Tool
from rollcall.connections.models import State
from rollcall.connections.queries import subscription_of
from rollcall.sync import actions
from rollcall.sync.sentences import error_sentence, field_label, refusal_sentence
from rollcall.web.integrations import of

PENDING: Final = "connect_pending"
PENDING_LIVES: Final = 15 * 60
_LONGEST: Final = 2_000


def _tool(key: str) -> Tool:
    if key not in gallery.TOOLS:
        raise Http404
    return gallery.TOOLS[key]


def _refused(request: HttpRequest, tool: Tool) -> HttpResponse | None:
    """Return where to go when this entity cannot connect this tool at all."""
    entity, _actor = of(request)
    code, params = "", {}
    used = subscription_of(entity.pk)
    if entity.company.plan not in actions.PLANS_WITH_HR:
        code = "plan"
    elif (
        used is not None and used.connection.state != State.DISCONNECTED and used.connection.tool != tool.key
    ):
        code, params = "in_use", {"tool": used.connection.tool}
    if not code:
        return None
    messages.error(request, refusal_sentence(code, params))
    return redirect("integrations")


def _left_out(request: HttpRequest, tool: Tool) -> frozenset[str]:
    """Return the optional data the admin does not want read; ``?reviewed=1`` tells that boxes were shown."""
    asked = request.POST if request.method == "POST" else request.GET
    if "reviewed" in asked:
        read = set(asked.getlist("read"))
        return frozenset(one.fields[0] for one in tool.data if one.optional and one.fields[0] not in read)
    entity, _actor = of(request)
    used = subscription_of(entity.pk)
    if used is not None and used.connection.tool == tool.key:
        return gallery.left_out_of(tool, used.connection.wanted)
    return frozenset()


def _texts(tool: Tool, left_out: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.fields[0],
            "label": gettext(one.label),
            "why": gettext(one.why),
            "permission": gettext(one.permission),
            "optional": one.optional,
            "read": one.fields[0] not in left_out,
        }
        for one in tool.data
    ]


@require_GET
@admin_required
def review(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 1: the data that will be read, each with the reason; optional ones can be left out (S12)."""
    chosen = _tool(tool)
    refused = _refused(request, chosen)
    if refused:
        return refused
    entity, _actor = of(request)
    shown = {"entity": entity, "tool": chosen, "step": 1, "data": _texts(chosen, _left_out(request, chosen))}
    return render(request, "connect/review.html", shown)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@admin_required
def credentials(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 2: the tool's own steps beside the inputs (S13, S15); a good test leads to step 3."""
    chosen = _tool(tool)
    refused = _refused(request, chosen)
    if refused:
        return refused
    left_out = _left_out(request, chosen)
    error, values = "", _known_values(request, chosen)
    if request.method == "POST":
        values = {one.name: request.POST.get(one.name, "")[:_LONGEST] for one in chosen.credentials}
        error = _test(request, chosen, values, left_out)
        if not error:
            return redirect("connect_confirm", tool=chosen.key)
    entity, _actor = of(request)
    shown = {
        "entity": entity,
        "tool": chosen,
        "step": 2,
        "error": error,
        "data": _texts(chosen, left_out),
        "steps": [gettext(text) for text in chosen.steps],
        "fields": [
            {
                "name": one.name,
                "label": gettext(one.label),
                "help": gettext(one.help) if one.help else "",
                "example": one.example,
                "secret": one.kind == "secret",
                # a secret is never sent back
                "value": "" if one.kind == "secret" else values.get(one.name, ""),
                "suffix": one.suffixes[0] if one.suffixes else "",
            }
            for one in chosen.credentials
        ],
    }
    return render(request, "connect/credentials.html", shown, status=422 if error else 200)


def _known_values(request: HttpRequest, tool: Tool) -> dict[str, str]:
    entity, _actor = of(request)
    used = subscription_of(entity.pk)
    same = used is not None and used.connection.tool == tool.key
    return {"subdomain": used.connection.address} if used is not None and same else {}


def _test(request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]) -> str:
    """Try the credentials; keep them sealed for step 3 and return "", or return the error's sentence."""
    entity, actor = of(request)
    missing = [one for one in tool.credentials if not values[one.name].strip()]
    if missing:
        return gettext("Fill in “%(field)s”.") % {"field": gettext(missing[0].label)}
    wanted = gallery.wanted_without(tool, left_out)
    try:
        values = gallery.tidied(tool, values)
        access = actions.try_credentials(tool.key, values, wanted)
    except gallery.SourceError as error:
        return error_sentence(error.code, error.params)
    pending = Pending(tool=tool.key, credentials=values, wanted=wanted, access=access)
    mark, sealed = gallery.seal_pending(
        pending, company_id=entity.company_id, entity_id=entity.pk, user_id=actor.id or 0
    )
    request.session[PENDING] = {"mark": mark, "sealed": sealed, "at": time.time(), "entity": entity.pk}
    return ""


def _pending(request: HttpRequest, entity: Entity, user_id: int, tool: Tool) -> Pending | None:
    kept = request.session.get(PENDING)
    if not kept or kept["entity"] != entity.pk or time.time() - kept["at"] > PENDING_LIVES:
        request.session.pop(PENDING, None)
        return None
    found = gallery.open_pending(
        kept["mark"], kept["sealed"], company_id=entity.company_id, entity_id=entity.pk, user_id=user_id
    )
    return found if found.tool == tool.key else None


@require_http_methods(["GET", "POST"])
@admin_required
def confirm(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 3: what the test saw, and the button that connects (S14). A second press finds it done."""
    chosen = _tool(tool)
    entity, actor = of(request)
    pending = _pending(request, entity, actor.id or 0, chosen)
    if pending is None:
        used = subscription_of(entity.pk)
        if (
            request.method == "POST"
            and used is not None
            and used.connection.tool == tool
            and used.connection.is_used
        ):
            return redirect("integrations")
        messages.info(request, gettext("Test the connection first; a test is kept for a quarter of an hour."))
        return redirect("connect_credentials", tool=chosen.key)
    if request.method == "POST":
        return _connect(request, chosen, pending)
    labels = {name: one for one in chosen.data for name in one.fields}
    unreadable = {
        gettext(labels[name].label) if name in labels else field_label(name): gettext(permission)
        for name, permission in pending.access.unreadable.items()
    }
    shown = {
        "entity": entity,
        "tool": chosen,
        "step": 3,
        "access": pending.access,
        "address": gallery.address_text(tool, pending.credentials.get("subdomain", "")),
        "unreadable": unreadable,
        "left_out": [
            one["label"]
            for one in _texts(chosen, gallery.left_out_of(chosen, _plain(pending)))
            if not one["read"]
        ],
        "back": reverse("connect_credentials", kwargs={"tool": chosen.key}),
    }
    return render(request, "connect/confirm.html", shown)


def _plain(pending: Pending) -> dict[str, object]:
    return {"leave_out": sorted(pending.wanted.leave_out)}


def _connect(request: HttpRequest, tool: Tool, pending: Pending) -> HttpResponse:
    entity, actor = of(request)
    del request.session[PENDING]
    try:
        actions.connect(
            entity, tool.key, pending.credentials, wanted=pending.wanted, access=pending.access, actor=actor
        )
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
    return redirect("integrations")
