"""What lists and pages say of a member: name, state, HR status, where a detail comes from."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from msgspec import Struct

from rollcall.connections import models as connections
from rollcall.connections.gallery import tool_name
from rollcall.connections.queries import subscription_of
from rollcall.directory.history import Source
from rollcall.directory.queries import HrStatus, hr_status
from rollcall.sync.words.sentences import why_sentence

DISCONNECTED = "disconnected"
"""Why a link is not managed after its HR tool was disconnected (product decision 14)."""


class HrLook(Struct, frozen=True):
    """The column "HR status" of one member: managed, released, disconnected or manual, and why."""

    key: str
    reason: str = ""


def hr_look(link: Any) -> HrLook:
    """Return what is shown for a member with this link (or ``None``), S57-S60."""
    status = hr_status(link)
    if status is not HrStatus.RELEASED:
        return HrLook(status.value)
    key = DISCONNECTED if link.why_not == DISCONNECTED else status.value
    return HrLook(key, why_sentence(link.why_not, link.why_not_params))


def full_name(member: Any) -> str:
    """Return first and last name, or the e-mail of somebody without."""
    return f"{member.first_name} {member.last_name}".strip() or str(member.email)


def tool_of(entity_id: int) -> str:
    """Return the name of the HR tool the entity is connected to, empty while there is none."""
    used = subscription_of(entity_id)
    if used is None or used.connection.state == connections.State.DISCONNECTED:
        return ""
    return tool_name(used.connection.tool)


class Origin(Struct, frozen=True, kw_only=True):
    """Where a detail comes from, in words, and when it came."""

    words: str
    # the day in the entity's zone, as people write it; the history has the minute
    day: str

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.words} · {self.day}"


def origin(source: Source | None, tool: str, zone: str) -> Origin | None:
    """Return the source of a detail in words; ``None`` when the audit log knows of none."""
    if source is None:
        return None
    if source.from_hr:
        # The tool that is linked now is the likeliest; the entry itself names none.
        words = _("From {tool}").format(tool=tool or _("the HR tool"))
    elif source.first:
        words = _("At the invitation, by {name}").format(name=_maker(source))
    else:
        words = _("By hand, by {name}").format(name=_maker(source))
    return Origin(words=words, day=date_format(source.at.astimezone(ZoneInfo(zone)), "j N Y"))


def _maker(source: Source) -> str:
    if source.actor_kind == "token":
        return _("API token “{name}”").format(name=source.actor_label)
    return source.actor_label or _("a person")
