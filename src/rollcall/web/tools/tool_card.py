"""The card of the connected HR tool: its state, what to do about it, and the numbers beside that (S26, S51-S53)."""

from typing import Final

import msgspec
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.models import Entity
from rollcall.connections import authorising, gallery
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.directory import queries as members
from rollcall.sync import actions
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.plans.preview import waiting_plan
from rollcall.sync.plans.remarks import conflicts, newest_look
from rollcall.sync.words.run_notices import present_notices
from rollcall.sync.words.sentences import change_sentence, error_sentence, field_label
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
"""Every state as word, icon and colour."""

BUSY: Final = (State.CONNECTING, State.SYNCING)
_NEW_ACCESS: Final = ("credentials", "address", "other_company", "authorisation_ended", "wrong_kind")
_PERMISSIONS: Final = ("permission", "empty_list")


class Mend(msgspec.Struct, frozen=True):
    """The one button that leads to where an error is mended."""

    label: str
    address: str
    icon: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the card shows."""

    connection: Connection
    tool_name: str
    address: str
    # a file of people, no system that can be asked
    is_file: bool
    state: State
    word: str
    icon: str
    colour: str
    busy: bool
    # a preview was confirmed
    live: bool
    read: int
    # how many there were last time, or as the tool announces; 0 for not known
    expected: int
    managed: int
    members: int
    connected: Moment | None
    last_good: Moment | None
    next_run: Moment | None
    # that time has come already
    next_due: bool
    zone: str
    error: str
    # somebody has to act, or else time mends it
    needs_admin: bool
    mend: Mend | None
    waiting: Plan | None
    held: bool
    # since when runs were stopped, while what happened meanwhile waits for a look
    paused_since: Moment | None
    # what the plan that waits would do, in one sentence with numbers
    waiting_says: str
    # nothing had happened during the pause
    caught_up: bool
    # records of which it is not sure who is meant, and that wait for a person
    conflicts: int
    unreadable: list[str]
    # what the last sync found doubtful and did not let through
    notices: list[str]
    can_connect: bool
    # the tool can tell of changes at once
    instant: bool
    # people sign in at the tool instead of pasting a key
    signs_in: bool

    @property
    def stamp(self) -> str:
        """What the card is about; while it stays the same, only the progress in it changes."""
        return f"{self.state}.{int(self.busy)}"

    @property
    def read_aloud(self) -> int:
        """The number of people with one digit that counts: said aloud now and then, not every second."""
        step = int("1" + "0" * (len(str(self.read)) - 1))
        return self.read // step * step


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
    notices = present_notices(connection, entity.pk)
    word, icon, colour = CHIPS[state]
    if state == State.HELD and subscription.paused_since is not None:
        word, icon = _("Waiting for your look"), "list-checks"
    if notices and state == State.CONNECTED:
        # P6: nobody listed, or a doubt, is not green.
        icon, colour = "circle-alert", "warn"
    counts = members.counts(entity.pk)
    zone = entity.time_zone
    applying = Plan.objects.filter(entity=entity, state=PlanState.APPLYING).exists()
    tool = gallery.TOOLS.get(connection.tool)
    newest = newest_look(entity.pk) if subscription.is_live else None
    return Card(
        connection=connection,
        tool_name=gallery.tool_name(connection.tool),
        address=gallery.address_text(connection.tool, connection.address),
        is_file=tool is not None and tool.kind == "file",
        state=state,
        word=str(word),
        icon=icon,
        colour=colour,
        busy=state in BUSY or bool(connection.run_wanted) or applying,
        live=subscription.is_live,
        read=int(connection.progress.get("read") or 0),
        expected=int(connection.progress.get("total") or connection.employees),
        managed=counts["managed"],
        members=counts["invited"] + counts["active"],
        connected=moment(connection.connected_at, zone),
        last_good=moment(connection.last_good_at, zone),
        next_run=moment(connection.next_run_at, zone),
        next_due=connection.next_run_at is not None and connection.next_run_at <= timezone.now(),
        zone=zone,
        error=error_sentence(connection.error, connection.error_params),
        needs_admin=state == State.ERROR and gallery.needs_admin(connection.error),
        mend=_mend(connection, tool) if entity.company.plan in actions.PLANS_WITH_HR else None,
        waiting=waiting,
        held=waiting is not None and waiting.state == PlanState.HELD,
        paused_since=moment(subscription.paused_since, zone),
        waiting_says=change_sentence(waiting.counts) if waiting is not None else "",
        caught_up=entity.pk in connection.progress.get("caught_up", ()),
        conflicts=conflicts(newest.counts) if newest is not None else 0,
        unreadable=sorted({field_label(name) for name in connection.unreadable}),
        notices=notices,
        can_connect=entity.company.plan in actions.PLANS_WITH_HR,
        instant=tool is not None and bool(tool.webhooks),
        signs_in=tool is not None and tool.oauth is not None and authorising.is_offered(tool.key),
    )


def _mend(connection: Connection, tool: gallery.Tool | None) -> Mend | None:
    """Return where the error is mended; ``None`` where time or whoever runs Rollcall mends it."""
    if tool is None or not connection.error:
        return None
    if tool.kind == "file":
        if gallery.needs_admin(connection.error):
            return Mend(gettext("Upload a new file"), reverse("csv_upload"), "upload")
        return None
    if connection.error in _PERMISSIONS:
        guide = reverse("guide", kwargs={"tool": tool.key})
        return Mend(gettext("Look at the permissions it needs"), f"{guide}#permissions", "shield-check")
    if connection.error not in _NEW_ACCESS:
        return None
    access = reverse("connect_credentials", kwargs={"tool": tool.key})
    if connection.error == "address":
        return Mend(gettext("Correct the address"), access, "pencil")
    if tool.oauth is not None and authorising.is_offered(tool.key):
        return Mend(gettext("Sign in to %(tool)s again") % {"tool": tool.name}, access, "log-in")
    return Mend(gettext("Give a new key"), access, "key-round")
