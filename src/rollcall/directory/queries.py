"""Reading members: lists, one person, what is locked and why, numbers for cards."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from django.db.models import Q, QuerySet

from rollcall.connections.models import Employee, Subscription
from rollcall.connections.models import State as ConnectionState
from rollcall.directory import numbers
from rollcall.directory.models import Invitation, Link, Member
from rollcall.engine.change import Why
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.roster import State
from rollcall.engine.scope import sends_managers
from rollcall.engine.settings import Ownership, ownership
from rollcall.engine.snapshot import fold_email


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


def own(entity_id: int, user_id: int, *, lock: bool = False) -> Member | None:
    """Return the membership of a signed-in person who isn't archived, with manager and entity; ``lock`` keeps it."""
    found = members_of(entity_id).filter(user_id=user_id).exclude(state=State.ARCHIVED)
    if lock:
        found = found.select_for_update(of=("self",))
    return found.select_related("manager", "entity").first()


def counts(entity_id: int) -> dict[str, int]:
    """Return how many members are invited, active and archived, and how many the HR tool manages."""
    found = numbers.counts(entity_id)
    return found.by_state | {"managed": found.managed}


def link_of(member: Member) -> Link | None:
    """Return the member's link, if they have one."""
    found = Link.objects.select_related("connection").filter(member=member)
    # Whoever was moved from one tool to another has the old tool's link too.
    return found.order_by("-managed", "-changed_at").first()


def employees_of(connection_id: int, members: Collection[int]) -> Mapping[int, str]:
    """Return the employee of the connection that each of these members is tied to, by member id; one query."""
    ties = Link.objects.filter(connection_id=connection_id, member_id__in=list(members))
    return dict(ties.values_list("member_id", "employee_id"))


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


def why_no_manager(link: Link | None) -> tuple[str, Mapping[str, str]] | None:
    """Return why a member with this link has no line manager (a code of ``engine.change.Why``, product decision 7).

    ``None`` when the HR tool names none, or says nothing about the member. Two queries.
    """
    if link is None or not link.managed:
        return None
    staff = Employee.objects.filter(connection=link.connection_id, absent_since=None)
    one = staff.filter(external_id=link.employee_id).first()
    if one is None or not (one.manager_id or one.manager_email):
        return None
    named = (
        Q(external_id=one.manager_id) if one.manager_id else Q(email_key=fold_email(one.manager_email or ""))
    )
    boss = staff.filter(named).first()
    if boss is None:
        return Why.MANAGER_UNKNOWN, {"manager": str(one.manager_email or one.manager_id)}
    name = f"{boss.first_name or ''} {boss.last_name or ''}".strip() or str(boss.work_email or "")
    if boss.pk == one.pk:
        return Why.MANAGER_SELF, {}
    return (Why.MANAGER_LOOP if one.manager_in_loop else Why.MANAGER_NO_MEMBER), {"manager": name}
