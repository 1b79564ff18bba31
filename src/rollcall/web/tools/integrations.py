"""Settings > Integrations: the gallery of HR tools, the card of the connected one, and its buttons."""

from collections.abc import Callable
from typing import Any, cast

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reselect, reswap, retarget

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity, User
from rollcall.connections import authorising, gallery, tool_requests
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.queries import connection_of, subscription_of
from rollcall.directory import queries as members
from rollcall.sync import actions
from rollcall.sync.plans.preview import waiting_plan
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.web.folding import folded
from rollcall.web.moments import moment
from rollcall.web.tools.tool_card import BUSY, CHIPS, Card, card_of, state_for

__all__ = [
    "BUSY",
    "CHIPS",
    "Card",
    "Offer",
    "card_of",
    "disconnect",
    "elsewhere",
    "integrations",
    "join",
    "of",
    "offers",
    "others_of",
    "pause",
    "resume",
    "shared_with",
    "state_for",
    "status",
    "sync_now",
]


class Offer(msgspec.Struct, frozen=True):
    """A tool of the gallery, and what is special about it in a few words."""

    tool: gallery.Tool
    special: str


def of(request: HttpRequest) -> tuple[Entity, Actor]:
    """Return the current entity and who acts; only behind ``admin_required``."""
    entity = cast("CompanyRequest", request).entity
    user = cast("User", request.user)
    if entity is None:  # pragma: no cover - admin_required lets nobody in without an entity
        raise PermissionError
    return entity, Actor(kind="user", id=user.pk, label=user.get_full_name())


@require_GET
@admin_required
def integrations(request: HttpRequest) -> HttpResponse:
    """The card, the gallery and the form for a missing tool (S9, S10, S64); ``?q=`` searches the gallery.

    With htmx and ``?part=gallery`` only the gallery is answered.
    """
    entity, _actor = of(request)
    search = request.GET.get("q", "").strip()[:100]
    card = card_of(entity)
    shown: dict[str, Any] = {
        "entity": entity,
        "card": card,
        "offers": offers(search, besides=card.connection.tool if card else ""),
        "coming": [one for one in gallery.ANNOUNCED if folded(search) in folded(one.name)],
        "q": search,
        "included": entity.company.plan in actions.PLANS_WITH_HR,
    }
    if getattr(request, "htmx", None) and request.GET.get("part") == "gallery":
        return render(request, "integrations/gallery.html", shown)
    shown["shared"] = [] if card else shared_with(entity)
    shown["asked"] = [
        (one, moment(one.asked_at, entity.time_zone)) for one in tool_requests.asked_in(entity.company_id)
    ]
    return render(request, "integrations/page.html", shown)


def offers(search: str = "", besides: str = "") -> list[Offer]:
    """Return the tools whose name has ``search`` in it, but not ``besides``; ways for any tool come last."""
    found = [
        one for one in gallery.TOOLS.values() if folded(search) in folded(one.name) and one.key != besides
    ]
    found.sort(key=lambda one: (one.kind == "file" or bool(one.place), one.name.casefold()))
    return [Offer(one, _special(one)) for one in found]


def _special(tool: gallery.Tool) -> str:
    if tool.kind == "file":
        return gettext("No access to give")
    if authorising.is_offered(tool.key):
        return gettext("Sign in, no key to copy")
    return gettext("Changes arrive at once") if tool.webhooks else gettext("Changes arrive every hour")


def shared_with(entity: Entity, tool: str = "") -> list[tuple[Connection, str, str]]:
    """Return connections of the company's other entities, each with the tool's name and who uses it (S8).

    With ``tool`` (its key) only the connection to that one.
    """
    found = []
    for connection in gallery.used_in_company(entity.company_id):
        users = Subscription.objects.filter(connection=connection).exclude(entity=entity)
        names = sorted(users.values_list("entity__name", flat=True))
        if names and tool in ("", connection.tool):
            found.append((connection, gallery.tool_name(connection.tool), ", ".join(names)))
    return found


@require_GET
@admin_required
def status(request: HttpRequest) -> HttpResponse:
    """The card alone; its progress asks for itself again while the tool is being read (S24, S42).

    ``?was=`` tells what the card in the page is about. When that is over, the whole card is put in its place.
    """
    entity, _actor = of(request)
    card, was = card_of(entity), request.GET.get("was")
    over = was is not None and (card is None or card.stamp != was)
    answer = render(request, "integrations/card.html", {"entity": entity, "card": card, "over": over})
    if over:
        answer = retarget(reselect(reswap(answer, "outerHTML"), "#tool-card"), "#tool-card")
    return answer


def _press(request: HttpRequest, act: Callable[[Connection, Actor], None], said: str) -> HttpResponse:
    """Do one thing with the entity's connection and go back to the card, with a sentence either way."""
    entity, actor = of(request)
    subscription = subscription_of(entity.pk)
    if subscription is None:
        messages.error(request, refusal_sentence("not_connected", {}))
        return redirect("integrations")
    try:
        act(subscription.connection, actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
    else:
        messages.success(request, said)
    return redirect("integrations")


@require_POST
@admin_required
def sync_now(request: HttpRequest) -> HttpResponse:
    """Start a run now; pressing twice starts one."""

    def act(connection: Connection, actor: Actor) -> None:
        if connection.state not in BUSY and not connection.run_wanted:
            actions.start(connection, trigger="person", actor=actor)

    return _press(request, act, gettext("A sync has been asked for. It starts in a moment."))


@require_POST
@admin_required
def pause(request: HttpRequest) -> HttpResponse:
    """Stop runs until somebody resumes."""

    def act(connection: Connection, actor: Actor) -> None:
        actions.pause(connection, actor=actor)

    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    strangers = others_of(request, subscription.connection)[1] if subscription else []
    if strangers:
        messages.error(request, elsewhere(strangers))
        return redirect("integrations")
    return _press(request, act, gettext("Paused. Nobody is invited, updated or archived until you resume."))


@require_POST
@admin_required
def resume(request: HttpRequest) -> HttpResponse:
    """Go on after a pause."""

    def act(connection: Connection, actor: Actor) -> None:
        actions.resume(connection, actor=actor)

    return _press(
        request,
        act,
        gettext("Resumed. A sync looks at what happened meanwhile and shows you first."),
    )


@require_POST
@admin_required
def join(request: HttpRequest) -> HttpResponse:
    """Use the connection of another entity of the company."""
    entity, actor = of(request)
    asked = request.POST.get("connection", "")
    connection = connection_of(entity.company_id, int(asked)) if asked.isascii() and asked.isdigit() else None
    if connection is None:
        messages.error(request, refusal_sentence("not_connected", {}))
        return redirect("integrations")
    try:
        actions.join(entity, connection, actor=actor)
    except actions.Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
        return redirect("integrations")
    return redirect("configure")


def others_of(request: HttpRequest, connection: Connection) -> tuple[list[str], list[str]]:
    """Return the other entities that share the connection, and those of them this person doesn't manage."""
    entity, _actor = of(request)
    mine = {one.entity_id for one in cast("CompanyRequest", request).grants if one.role in ADMINS}
    users = Subscription.objects.filter(connection=connection).exclude(entity=entity)
    pairs = sorted(users.values_list("entity__name", "entity_id"))
    return [name for name, _id in pairs], [name for name, number in pairs if number not in mine]


def elsewhere(names: list[str]) -> str:
    """Return why somebody may not act on a connection that these entities use too."""
    return gettext(
        "%(entities)s use this connection too, and you do not manage them. Ask an owner or admin there."
    ) % {"entities": ", ".join(names)}


@require_http_methods(["GET", "POST"])
@admin_required
def disconnect(request: HttpRequest) -> HttpResponse:
    """Say what disconnecting does, with numbers, and do it when confirmed (S47-S49)."""
    entity, actor = of(request)
    subscription = subscription_of(entity.pk)
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        messages.info(request, gettext("No HR tool is connected."))
        return redirect("integrations")
    connection = subscription.connection
    others, strangers = others_of(request, connection)
    name = gallery.tool_name(connection.tool)
    if request.method == "POST" and not strangers:
        actions.disconnect(connection, actor=actor)
        said = gettext("%(tool)s is disconnected. All members stay as they are.") % {"tool": name}
        messages.success(request, said)
        return redirect("integrations")
    counts = members.counts(entity.pk)
    shown = {
        "entity": entity,
        "tool_name": name,
        "way": _way(connection.tool),
        "counts": counts,
        "all": counts["active"] + counts["invited"] + counts["archived"],
        "employees": connection.employees,
        "waiting": waiting_plan(entity.pk) is not None,
        "others": ", ".join(others),
        "refused": elsewhere(strangers) if strangers else "",
    }
    return render(request, "integrations/disconnect.html", shown)


def _way(key: str) -> str:
    """Return how Rollcall gets in: "file", "sign_in" or "key"."""
    tool = gallery.TOOLS.get(key)
    if tool is not None and tool.kind == "file":
        return "file"
    return "sign_in" if tool is not None and tool.oauth and authorising.is_offered(key) else "key"
