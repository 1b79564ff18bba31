"""The guided dialog that connects an HR tool: what is read, the tool's steps and the key, confirm (S11-S22).

The steps have addresses of their own. Between the test and the confirm the credentials wait in the session,
sealed for this person and entity; they are never sent back to the browser.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Entity
from rollcall.connections import authorising, gallery
from rollcall.connections.gallery import Pending, Tool
from rollcall.connections.models import State
from rollcall.connections.queries import subscription_of
from rollcall.sync import actions
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import error_sentence, field_label
from rollcall.web.moments import moment
from rollcall.web.tools.credential_inputs import inputs, missing
from rollcall.web.tools.data_read import grouped, permissions, texts
from rollcall.web.tools.integrations import elsewhere, of, others_of, shared_with

PENDING: Final = "connect_pending"
DONE: Final = "connect_done"
"""What this browser has connected last: going back to its confirm shows the card instead of an error."""

PENDING_LIVES: Final = 15 * 60
CHOICE: Final = "connect_choice"
"""What the admin leaves out, kept in the session until the tool is connected: no way back may lose it."""

_LONGEST: Final = 2_000
# the input that an error of the tool is about, by its kind
_INPUT_OF: Final = {
    "address": ("subdomain", "address"),
    "credentials": ("secret",),
    "wrong_kind": ("secret",),
    "other_company": ("secret",),
    "permission": ("secret",),
}


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
    said = refusal_sentence(code, params) if code else ""
    # new credentials for a tool that other entities use would be theirs too
    common = next((one for one in gallery.used_in_company(entity.company_id) if one.tool == tool.key), None)
    if not said and common is not None:
        strangers = others_of(request, common)[1]
        said = elsewhere(strangers) if strangers else ""
    if not said:
        return None
    messages.error(request, said)
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
        "groups": grouped(texts(chosen, left_out_in(request, chosen))),
        "included": True,
        "shared": [] if subscription_of(entity.pk) else shared_with(entity, chosen.key),
    }
    return render(request, "connect/review.html", shown)


def _signed_in_first(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let somebody whose session has ended meanwhile come back to step 2, with their choice of data and a word."""

    @wraps(view)
    def look(request: HttpRequest, tool: str) -> HttpResponseBase:
        if request.method != "POST" or request.user.is_authenticated:
            return view(request, tool)
        again = QueryDict(mutable=True)
        again["signed_in"] = "1"
        if "reviewed" in request.POST:
            again["reviewed"] = "1"
            names = {one.fields[0] for one in find_tool(tool).data}
            again.setlist("read", sorted(names & set(request.POST.getlist("read"))))
        return redirect_to_login(f"{request.path}?{again.urlencode()}")

    return look


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@_signed_in_first
@admin_required
def credentials(request: HttpRequest, tool: str) -> HttpResponse:
    """Step 2: the tool's own steps beside the inputs (S13, S15); a good test leads to step 3."""
    chosen = find_tool(tool)
    refused = refused_for(request, chosen)
    if refused:
        return refused
    left_out = left_out_in(request, chosen)
    error, at, values = "", "", _known_values(request, chosen)
    if request.method == "POST":
        values = {one.name: request.POST.get(one.name, "")[:_LONGEST] for one in chosen.credentials}
        error, at = _test(request, chosen, values, left_out)
        if not error:
            return redirect("connect_confirm", tool=chosen.key)
    entity, _actor = of(request)
    data = texts(chosen, left_out)
    shown = {
        "entity": entity,
        "tool": chosen,
        "step": 2,
        "error": error,
        "signed_in_again": "signed_in" in request.GET,
        "data": data,
        "permissions": permissions(data),
        "steps": [gettext(text) for text in chosen.steps],
        **inputs(chosen, values, wrong=at),
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


def _test(
    request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]
) -> tuple[str, str]:
    """Try what was typed and keep it for step 3; or return the error's sentence, and the input it is about."""
    empty = missing(tool, values)
    if empty is not None:
        return gettext("Fill in “%(field)s”.") % {"field": gettext(empty.label)}, empty.name
    try:
        _try(request, tool, values, left_out)
    except gallery.SourceError as error:
        kinds = _INPUT_OF.get(error.code, ())
        typed = [one for one in tool.credentials if one.kind in kinds and values.get(one.name, "").strip()]
        return error_sentence(error.code, error.params), typed[-1].name if typed else ""
    return "", ""


def try_and_keep(request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]) -> str:
    """Try credentials; keep them sealed for step 3 and return "", or return the error's sentence."""
    try:
        _try(request, tool, values, left_out)
    except gallery.SourceError as error:
        return error_sentence(error.code, error.params)
    return ""


def _try(request: HttpRequest, tool: Tool, values: dict[str, str], left_out: frozenset[str]) -> None:
    """Try credentials and keep them sealed. Raises ``SourceError``."""
    entity, actor = of(request)
    wanted = gallery.wanted_without(tool, left_out)
    values = gallery.tidied(tool, values)
    access = actions.try_credentials(tool.key, values, wanted, zone=entity.time_zone)
    pending = Pending(tool=tool.key, credentials=values, wanted=wanted, access=access)
    mark, sealed = gallery.seal_pending(
        pending, company_id=entity.company_id, entity_id=entity.pk, user_id=actor.id or 0
    )
    request.session[PENDING] = {"mark": mark, "sealed": sealed, "at": time.time(), "entity": entity.pk}
    request.session.pop(DONE, None)


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
    over = _over(request, entity, chosen)
    if over is not None:
        return over
    pending = _pending(request, entity, actor.id or 0, chosen)
    if pending is None:
        messages.info(
            request,
            gettext(
                "Nothing is connected yet: a test is kept for a quarter of an hour, and until you sign out."
                " Test the connection again."
            ),
        )
        return redirect("connect_credentials", tool=chosen.key)
    refused = refused_for(request, chosen)
    if refused:
        return refused
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
            for one in texts(chosen, gallery.left_out_of(chosen, _plain(pending)))
            if not one["read"]
        ],
        "back": reverse("connect_credentials", kwargs={"tool": chosen.key}),
    }
    return render(request, "connect/confirm.html", shown)


def _over(request: HttpRequest, entity: Entity, tool: Tool) -> HttpResponse | None:
    """Return the way to the card when this tool was connected here already, by this browser or somebody else."""
    used = subscription_of(entity.pk)
    if used is None or used.connection.tool != tool.key or not used.connection.is_used:
        return None
    if request.session.get(DONE) == [tool.key, entity.pk] and PENDING not in request.session:
        return redirect("integrations")
    tested, connected = (request.session.get(PENDING) or {}).get("at"), used.connection.connected_at
    if tested is None or connected is None or connected.timestamp() <= tested:
        return None
    del request.session[PENDING]
    at = moment(connected, entity.time_zone)
    said = gettext("%(who)s has connected %(tool)s meanwhile, on %(when)s. Nothing was done twice.")
    messages.info(
        request,
        said % {"who": used.connection.connected_by, "tool": tool.name, "when": at.absolute if at else ""},
    )
    return redirect("integrations")


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
    else:
        request.session[DONE] = [tool.key, entity.pk]
    return redirect("integrations")
