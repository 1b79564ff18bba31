"""Settings > Integrations: the gallery of HR tools, the card of the connected one, and its buttons."""

from collections.abc import Callable
from typing import Final, cast

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity, User
from rollcall.connections import gallery
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.queries import connection_of, subscription_of
from rollcall.directory import queries as members
from rollcall.sync import actions
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.preview import runs, waiting_plan
from rollcall.sync.sentences import error_sentence, field_label, refusal_sentence
from rollcall.web.moments import Moment, moment

CHIPS: Final = {
    State.CONNECTING: (_("Connecting"), "loader", "info"),
    State.ACTION_REQUIRED: (_("Action required"), "circle-alert", "warn"),
    State.CONNECTED: (_("Connected"), "circle-check", "ok"),
    State.SYNCING: (_("Syncing"), "refresh-cw", "info"),
    State.HELD: (_("On hold"), "hand", "warn"),
    State.ERROR: (_("Error"), "triangle-alert", "bad"),
    State.PAUSED: (_("Paused"), "pause", ""),
    State.DISCONNECTED: (_("Disconnected"), "unplug", ""),
}
"""Every state as word, icon and colour (S26, S51-S53)."""

BUSY: Final = (State.CONNECTING, State.SYNCING)
# Errors that a new key, or a right in the HR tool, mends; the others wait for time or for the operator.
_MENDED_BY_CONNECTING: Final = (
    "credentials",
    "permission",
    "address",
    "other_company",
    "empty_list",
    "authorisation_ended",
    "wrong_kind",
)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the card of the connected tool shows."""

    connection: Connection
    tool_name: str
    address: str
    state: State
    word: str
    icon: str
    colour: str
    busy: bool
    live: bool
    read: int
    managed: int
    members: int
    connected: Moment | None
    last_good: Moment | None
    next_run: Moment | None
    error: str
    reconnect: bool
    waiting: Plan | None
    held: bool
    unreadable: list[str]
    can_connect: bool
    # the tool can tell of changes at once
    instant: bool


def of(request: HttpRequest) -> tuple[Entity, Actor]:
    """Return the current entity and who acts; only behind ``admin_required``."""
    entity = cast("CompanyRequest", request).entity
    user = cast("User", request.user)
    if entity is None:  # pragma: no cover - admin_required lets nobody in without an entity
        raise PermissionError
    return entity, Actor(kind="user", id=user.pk, label=user.get_full_name())


def state_for(subscription: Subscription, waiting: Plan | None) -> State:
    """Return the state as this entity sees it: others that share the connection may stand elsewhere."""
    state = State(subscription.connection.state)
    if state in (State.CONNECTED, State.HELD, State.ACTION_REQUIRED):
        if not subscription.is_live:
            return State.ACTION_REQUIRED
        held = waiting is not None and waiting.state == PlanState.HELD
        return State.HELD if held else State.CONNECTED
    return state


def card_of(entity: Entity) -> Card | None:
    """Return the card of the entity's tool, or ``None`` when there is none in use."""
    subscription = subscription_of(entity.pk)
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        return None
    connection, waiting = subscription.connection, waiting_plan(entity.pk)
    state = state_for(subscription, waiting)
    word, icon, colour = CHIPS[state]
    counts = members.counts(entity.pk)
    zone = entity.time_zone
    applying = Plan.objects.filter(entity=entity, state=PlanState.APPLYING).exists()
    return Card(
        connection=connection,
        tool_name=gallery.tool_name(connection.tool),
        address=gallery.address_text(connection.tool, connection.address),
        state=state,
        word=str(word),
        icon=icon,
        colour=colour,
        busy=state in BUSY or bool(connection.run_wanted) or applying,
        live=subscription.is_live,
        read=int(connection.progress.get("read") or 0),
        managed=counts["managed"],
        members=counts["invited"] + counts["active"],
        connected=moment(connection.connected_at, zone),
        last_good=moment(connection.last_good_at, zone),
        next_run=moment(connection.next_run_at, zone),
        error=error_sentence(connection.error, connection.error_params),
        reconnect=connection.error in _MENDED_BY_CONNECTING,
        waiting=waiting,
        held=waiting is not None and waiting.state == PlanState.HELD,
        unreadable=sorted({field_label(name) for name in connection.unreadable}),
        can_connect=entity.company.plan in actions.PLANS_WITH_HR,
        instant=connection.tool in gallery.TOOLS and bool(gallery.TOOLS[connection.tool].webhooks),
    )


@require_GET
@admin_required
def integrations(request: HttpRequest) -> HttpResponse:
    """The card and the gallery (S9, S10); ``?q=`` searches the gallery, also as an htmx fragment."""
    entity, _actor = of(request)
    search = request.GET.get("q", "").strip()
    card = card_of(entity)
    shown = {
        "entity": entity,
        "card": card,
        "tools": [one for one in gallery.TOOLS.values() if search.lower() in one.name.lower()],
        "coming": [one for one in gallery.ANNOUNCED if search.lower() in one.name.lower()],
        "q": search,
        "included": entity.company.plan in actions.PLANS_WITH_HR,
        "shared": [] if card else _shared(entity),
    }
    fragment = getattr(request, "htmx", None) and request.GET.get("part") == "gallery"
    return render(request, "integrations/gallery.html" if fragment else "integrations/page.html", shown)


def _shared(entity: Entity) -> list[tuple[Connection, str, str]]:
    """Return connections of the company's other entities, each with the tool's name and who uses it."""
    found = []
    for connection in gallery.used_in_company(entity.company_id):
        users = Subscription.objects.filter(connection=connection).exclude(entity=entity)
        names = sorted(users.values_list("entity__name", flat=True))
        if names:
            found.append((connection, gallery.tool_name(connection.tool), ", ".join(names)))
    return found


@require_GET
@admin_required
def status(request: HttpRequest) -> HttpResponse:
    """The card alone; asks for itself again while the tool is being read (S24, S42)."""
    entity, _actor = of(request)
    return render(request, "integrations/card.html", {"entity": entity, "card": card_of(entity)})


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

    return _press(request, act, gettext("Resumed. A sync starts in a moment."))


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
    shown = {
        "entity": entity,
        "tool_name": name,
        "counts": members.counts(entity.pk),
        "others": ", ".join(others),
        "refused": elsewhere(strangers) if strangers else "",
        "runs": len(runs(connection.pk, size=1)),
    }
    return render(request, "integrations/disconnect.html", shown)
