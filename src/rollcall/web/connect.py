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
from rollcall.connections import authorising, gallery
from rollcall.connections.gallery import DataField, Pending, Tool
from rollcall.connections.models import State
from rollcall.connections.queries import subscription_of
from rollcall.sync import actions
from rollcall.sync.sentences import error_sentence, field_label, refusal_sentence
from rollcall.web.credential_inputs import inputs, missing
from rollcall.web.integrations import of

PENDING: Final = "connect_pending"
PENDING_LIVES: Final = 15 * 60
CHOICE: Final = "connect_choice"
"""What the admin leaves out, kept in the session until the tool is connected: no way back may lose it."""

_LONGEST: Final = 2_000


def find_tool(key: str) -> Tool:
    found = gallery.TOOLS.get(key)
    # files have a dialog of their own
    if found is None or found.kind == "file":
        raise Http404
    return found


def refused_for(request: HttpRequest, tool: Tool) -> HttpResponse | None:
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


def left_out_in(request: HttpRequest, tool: Tool) -> frozenset[str]:
    """Return the optional data the admin does not want read; ``?reviewed=1`` tells that boxes were shown."""
    asked = request.POST if request.method == "POST" else request.GET
    entity, _actor = of(request)
    place = [tool.key, entity.pk]
    if "reviewed" in asked:
        read = set(asked.getlist("read"))
        chosen = sorted(one.fields[0] for one in tool.data if one.optional and one.fields[0] not in read)
        request.session[CHOICE] = {"place": place, "left_out": chosen}
        return frozenset(chosen)
    kept = request.session.get(CHOICE)
    if kept and kept["place"] == place:
        return frozenset(kept["left_out"])
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
            "permission": gettext(one.permission) if one.permission else "",
            "without": without(one),
            "optional": one.optional,
            "read": one.fields[0] not in left_out,
        }
        for one in tool.data
    ]


def without(one: DataField) -> str:
    """Return what does not work without this data; empty where it is always needed and nothing is said."""
    if one.without:
        return gettext(one.without)
    return gettext("Stays as it is in Rollcall.") if one.optional else ""


def _permissions(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each permission once, in the order of the data it brings; what is left out needs none."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in data:
        if one["read"] and one["permission"]:
            found.setdefault(one["permission"], []).append(one)
    return [{"name": name, "brings": brings} for name, brings in found.items()]


@require_GET
@admin_required
def review(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 1: the data that will be read, each with the reason; optional ones can be left out (S12)."""
    chosen = find_tool(tool)
    refused = refused_for(request, chosen)
    if refused:
        return refused
    entity, _actor = of(request)
    shown = {
        "entity": entity,
        "tool": chosen,
        "step": 1,
        "data": _texts(chosen, left_out_in(request, chosen)),
    }
    return render(request, "connect/review.html", shown)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@admin_required
def credentials(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 2: the tool's own steps beside the inputs (S13, S15); a good test leads to step 3."""
    chosen = find_tool(tool)
    refused = refused_for(request, chosen)
    if refused:
        return refused
    left_out = left_out_in(request, chosen)
    error, values = "", _known_values(request, chosen)
    if request.method == "POST":
        values = {one.name: request.POST.get(one.name, "")[:_LONGEST] for one in chosen.credentials}
        error = _test(request, chosen, values, left_out)
        if not error:
            return redirect("connect_confirm", tool=chosen.key)
    entity, _actor = of(request)
    data = _texts(chosen, left_out)
    shown = {
        "entity": entity,
        "tool": chosen,
        "step": 2,
        "error": error,
        "data": data,
        "permissions": _permissions(data),
        "steps": [gettext(text) for text in chosen.steps],
        **inputs(chosen, values),
        "can_authorise": authorising.is_offered(chosen.key),
        "no_app": chosen.oauth is not None and not authorising.is_offered(chosen.key),
    }
    return render(request, "connect/credentials.html", shown, status=422 if error else 200)


def _known_values(request: HttpRequest, tool: Tool) -> dict[str, str]:
    entity, _actor = of(request)
    used = subscription_of(entity.pk)
    same = used is not None and used.connection.tool == tool.key
    name = next((one.name for one in tool.credentials if one.kind in ("subdomain", "address")), "")
    return {name: used.connection.address} if used is not None and same and name else {}


def _test(request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]) -> str:
    """Try what was typed; keep it for step 3 and return "", or return the error's sentence."""
    label = missing(tool, values)
    if label:
        return gettext("Fill in “%(field)s”.") % {"field": label}
    return try_and_keep(request, tool, values, left_out)


def try_and_keep(request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]) -> str:
    """Try credentials; keep them sealed for step 3 and return "", or return the error's sentence."""
    entity, actor = of(request)
    wanted = gallery.wanted_without(tool, left_out)
    try:
        values = gallery.tidied(tool, values)
        access = actions.try_credentials(tool.key, values, wanted, zone=entity.time_zone)
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
    chosen = find_tool(tool)
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
        "address": gallery.address_text(tool, gallery.address_of(tool, pending.credentials)),
        "minutes": round((pending.access.seconds or 0) / 60),
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
    request.session.pop(CHOICE, None)
    try:
        actions.connect(
            entity, tool.key, pending.credentials, wanted=pending.wanted, access=pending.access, actor=actor
        )
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
    return redirect("integrations")
