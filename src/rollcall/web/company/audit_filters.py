"""What somebody wants to see of the audit log: from the address to a query, and the words of each kind of entry."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rollcall.events.catalogue import Kind
from rollcall.events.queries import Wanted

GROUPS: Final[Sequence[tuple[str, Any, Mapping[Kind, Any]]]] = (
    (
        "members",
        _("Members"),
        {
            Kind.MEMBER_CREATED: _("Member added"),
            Kind.MEMBER_LINKED: _("Managed from now on"),
            Kind.MEMBER_UPDATED: _("Details changed"),
            Kind.MEMBER_EMAIL_CHANGED: _("E-mail changed"),
            Kind.MEMBER_BANK_CHANGED: _("Bank account changed"),
            Kind.MEMBER_BANK_DISPUTED: _("Bank account disputed"),
            Kind.MEMBER_RELEASED: _("No longer managed"),
            Kind.MEMBER_ARCHIVED: _("Archived"),
            Kind.MEMBER_REACTIVATED: _("Brought back"),
            Kind.MEMBER_ERASED: _("Erased for good"),
            Kind.MEMBER_ALLOWED_AGAIN: _("Allowed again"),
            Kind.IDENTITY_DECIDED: _("Who is who decided"),
        },
    ),
    (
        "access",
        _("Access and roles"),
        {
            Kind.MEMBER_ROLE_CHANGED: _("Role changed"),
            Kind.MEMBER_SUSPENDED: _("Suspended"),
            Kind.MEMBER_SUSPENSION_LIFTED: _("Suspension lifted"),
            Kind.TOKEN_ISSUED: _("API token made"),
            Kind.TOKEN_REVOKED: _("API token revoked"),
        },
    ),
    (
        "invitations",
        _("Invitations"),
        {
            Kind.MEMBER_INVITED: _("Invited"),
            Kind.MEMBER_SIGNED_UP: _("Signed up"),
            Kind.MEMBER_INVITATION_RESENT: _("Sent again"),
            Kind.MEMBER_INVITATION_REMINDED: _("Reminded"),
            Kind.MEMBER_INVITATION_CANCELLED: _("Taken back"),
        },
    ),
    (
        "connection",
        _("HR tool"),
        {
            Kind.CONNECTION_CONNECTED: _("Connected"),
            Kind.CONNECTION_CHANGED: _("Connection changed or paused"),
            Kind.CONNECTION_FAILED: _("Connection failed"),
            Kind.CONNECTION_RECOVERED: _("Works again"),
            Kind.CONNECTION_DISCONNECTED: _("Disconnected"),
            Kind.TOOL_REQUESTED: _("HR tool asked for"),
        },
    ),
    (
        "plans",
        _("Previews and changes"),
        {
            Kind.PLAN_PREVIEWED: _("Preview shown"),
            Kind.PLAN_HELD: _("Changes held"),
            Kind.PLAN_APPROVED: _("Changes confirmed"),
            Kind.PLAN_REJECTED: _("Changes rejected"),
            Kind.PLAN_APPLIED: _("Changes made"),
        },
    ),
    (
        "company",
        _("Company and settings"),
        {
            Kind.SETTINGS_CHANGED: _("Settings changed"),
            Kind.LIMITS_CHANGED: _("Limits changed"),
            Kind.ENTITY_CREATED: _("Entity added"),
            Kind.ENTITY_CHANGED: _("Entity changed"),
            Kind.COMPANY_PLAN_CHANGED: _("Plan changed"),
            Kind.AUDIT_EMPTIED: _("Entries emptied of a person"),
            Kind.SUMMARY_WEEKLY: _("Weekly summary"),
        },
    ),
)
"""Kinds of entries as people look for them: key and name of the group, and each kind in words."""

COMPANY: Final = "company"
EVERYWHERE: Final = "all"
_GROUP: Final = "group:"
_LONGEST_ID: Final = 18
_LONGEST: Final = 200
_ACTORS: Final = ("user", "token", "sync", "system")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The address as read: texts as typed, to show them again, and what they mean."""

    # id of an entity, "company", "all", or empty: the entity looked at and what concerns the whole company
    entity: str = ""
    # a kind, or "group:members"
    kind: str = ""
    kinds: tuple[Kind, ...] = ()
    # a name or e-mail, or the id of a member
    q: str = ""
    member: int = 0
    # "user:7", "token:3", "sync", "system"
    actor: str = ""
    actor_kind: str = ""
    actor_id: int | None = None
    since: str = ""
    until: str = ""
    # what couldn't be read, by the name of its input
    wrong: tuple[str, ...] = ()

    @property
    def narrows(self) -> bool:
        """Tell whether anything but the place was asked for."""
        return any((self.kind, self.q, self.member, self.actor, self.since, self.until))


def asked(query: QueryDict) -> Asked:
    """Read an address; what makes no sense is left out, days that can't be are named in `wrong`."""
    kind = query.get("kind", "")
    actor = query.get("actor", "")
    actor_kind, _colon, actor_id = actor.partition(":")
    if actor_kind not in _ACTORS or (actor_id and not number(actor_id)):
        actor = actor_kind = actor_id = ""
    kinds = _kinds(kind)
    days = {name: query.get(name, "").strip()[:10] for name in ("since", "until")}
    wrong = [name for name, text in days.items() if text and _day(text) is None]
    if not wrong and days["since"] and days["until"] and days["since"] > days["until"]:
        wrong = ["until"]
    return Asked(
        entity=query.get("entity", "")[:_LONGEST_ID],
        kind=kind if kinds else "",
        kinds=kinds,
        q=query.get("q", "").replace("\0", "").strip()[:_LONGEST],
        member=number(query.get("member", "")),
        actor=actor,
        actor_kind=actor_kind,
        actor_id=number(actor_id) or None,
        since=days["since"],
        until=days["until"],
        wrong=tuple(wrong),
    )


def wanted(
    asked: Asked, *, entities: tuple[int | None, ...] | None, members: tuple[int, ...] | None, zone: str
) -> Wanted:
    """Return the query for what was asked; days begin and end at midnight of the entity's zone."""
    since = _day(asked.since) if "since" not in asked.wrong else None
    until = _day(asked.until) if "until" not in asked.wrong else None
    return Wanted(
        entities=entities,
        kinds=asked.kinds,
        members=members,
        actor_kind=asked.actor_kind,
        actor_id=asked.actor_id,
        since=_midnight(since, zone) if since else None,
        until=_midnight(until + timedelta(days=1), zone) if until else None,
    )


def number(text: str) -> int:
    """Return the positive number that PostgreSQL can hold, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else 0


def _kinds(kind: str) -> tuple[Kind, ...]:
    if kind in set(Kind):
        return (Kind(kind),)
    for key, _name, kinds in GROUPS:
        if kind == f"{_GROUP}{key}":
            return tuple(kinds)
    return ()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Zones can't tell midnight at the ends of the calendar.
    return day if 1900 < day.year < 9000 else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
