"""Reading members: lists, one person, what is locked and why, numbers for cards."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from rollcall.connections.models import State as ConnectionState
from rollcall.connections.models import Subscription
from rollcall.directory.models import Invitation, Link, Member
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.roster import State
from rollcall.engine.scope import sends_managers
from rollcall.engine.settings import Ownership, ownership

PAGE: Final = 50


class HrStatus(StrEnum):
    """The column "HR status" (S57-S60)."""

    MANAGED = "managed"
    RELEASED = "released"
    MANUAL = "manual"


def members_of(entity_id: int) -> QuerySet[Member]:
    """Return the entity's members."""
    return Member.objects.filter(entity_id=entity_id)


def member(entity_id: int, member_id: int) -> Member | None:
    """Return one member of the entity with manager and entity, or ``None``."""
    return members_of(entity_id).select_related("manager", "entity", "user").filter(pk=member_id).first()


def page_of_members(
    entity_id: int,
    state: State,
    *,
    search: str = "",
    status: HrStatus | None = None,
    after: tuple[str, str, int] | None = None,
) -> list[Member]:
    """Return up to ``PAGE`` + 1 members in order of name; ``after`` is the key of the last one shown.

    Each has ``link``: its Link, or ``None``. Two queries.
    """
    found = members_of(entity_id).filter(state=state).select_related("manager")
    for word in search.split()[:5]:
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email_key__contains=word.lower())
        )
    if status is not None:
        links = Link.objects.filter(member_id=OuterRef("pk"))
        found = found.filter(
            ~Exists(links)
            if status is HrStatus.MANUAL
            else Exists(links.filter(managed=status is HrStatus.MANAGED))
        )
    if after:
        last, first, key = after
        found = found.filter(
            Q(last_name__gt=last)
            | Q(last_name=last, first_name__gt=first)
            | Q(last_name=last, first_name=first, pk__gt=key)
        )
    rows = list(found.order_by("last_name", "first_name", "pk")[: PAGE + 1])
    found_links = Link.objects.filter(member__in=rows).order_by("managed", "changed_at")
    links_by = {one.member_id: one for one in found_links}
    for row in rows:
        row.link = links_by.get(row.pk)  # type: ignore[attr-defined] # a view's column, not the model's
    return rows


def counts(entity_id: int) -> dict[str, int]:
    """Return how many members are invited, active and archived, and how many the HR tool manages."""
    states = dict(members_of(entity_id).values_list("state").annotate(Count("pk")))
    managed = (
        Link.objects.filter(entity_id=entity_id, managed=True).exclude(member__state=State.ARCHIVED).count()
    )
    return {state.value: states.get(state.value, 0) for state in State} | {"managed": managed}


def link_of(member: Member) -> Link | None:
    """Return the member's link, if they have one."""
    found = Link.objects.select_related("connection").filter(member=member)
    # Whoever was moved from one tool to another has the old tool's link too.
    return found.order_by("-managed", "-changed_at").first()


def hr_status(link: Link | None) -> HrStatus:
    """Return what the column "HR status" shows for a member with this link."""
    if link is None:
        return HrStatus.MANUAL
    return HrStatus.MANAGED if link.managed else HrStatus.RELEASED


def locked_fields(member: Member) -> Mapping[str, str]:
    """Return the member's fields that only the HR tool may change, each with the tool's key (S55, S56)."""
    link = link_of(member)
    if link is None or not link.managed or link.connection.state == ConnectionState.DISCONNECTED:
        return {}
    subscription = Subscription.objects.filter(entity=member.entity_id, connection=link.connection_id).first()
    if subscription is None or not subscription.is_live:
        return {}
    settings = subscription.get_settings()
    return {
        name: link.connection.tool
        for name in OWNED_FIELDS
        if ownership(settings, name) is Ownership.HR and (name != "manager" or sends_managers(settings.scope))
    }


def open_invitation(member: Member) -> Invitation | None:
    """Return the invitation whose link still works, if there is one."""
    return Invitation.objects.filter(member=member, used_at=None, cancelled_at=None).order_by("-pk").first()
