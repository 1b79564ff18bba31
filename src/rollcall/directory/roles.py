"""Roles of members: who has which, who may give which, and the change with its audit entry.

A role is ours, never the HR tool's: no plan sets one on an existing member (product decision 10).
"""

from typing import Final

from django.db.models import Case, IntegerField, Value, When

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Grant
from rollcall.directory import following, owners
from rollcall.directory.actions import Refused
from rollcall.directory.listing import searched
from rollcall.directory.models import Member
from rollcall.engine.roster import Role, State
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append

STRONGEST_FIRST: Final = (Role.OWNER, Role.ADMIN, Role.CONTROLLER, Role.REQUESTER)
SHOWN: Final = 100

_RANK: Final = {role: rank for rank, role in enumerate(STRONGEST_FIRST)}


def why_not(*, by: str, own: bool, before: str, after: str, last_owner: bool = False) -> str:
    """Return the code of the rule against a change of role, empty when it is allowed.

    ``by`` is the role of whoever asks, ``own`` that they ask for themselves. Codes: not_allowed, own_rise,
    owners_only, last_owner.
    """
    if by not in (Role.OWNER, Role.ADMIN):
        return "not_allowed"
    if own and _RANK[Role(after)] < _RANK[Role(before)]:
        return "own_rise"
    if Role.OWNER in (before, after) and by != Role.OWNER:
        return "owners_only"
    return "last_owner" if before == Role.OWNER != after and last_owner else ""


def role_in(entity_id: int, user_id: int | None) -> str:
    """Return what a signed-in person may do in the entity at this moment, empty without a right."""
    found = Grant.objects.filter(entity_id=entity_id, user_id=user_id or 0).values_list("role", flat=True)
    return found.first() or ""


def is_last_owner(member: Member) -> bool:
    """Tell whether nobody else who can sign in owns the entity."""
    if member.role != Role.OWNER:
        return False
    others = Member.objects.filter(
        entity_id=member.entity_id, role=Role.OWNER, state=State.ACTIVE, suspended_at=None
    )
    return not others.exclude(pk=member.pk).exists()


def change_role(member: Member, role: Role, *, actor: Actor) -> bool:
    """Give a member another role, managed by an HR tool or not; return whether anything changed.

    It holds from their next request on; somebody without access (invited, suspended) gets none by it. Inside a
    transaction that acts for the company. Raises ``Refused`` with a code of ``why_not``, or ``archived``.
    """
    owners.hold([member.entity_id])
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if locked.state == State.ARCHIVED:
        raise Refused("archived")
    if locked.role == role:
        return False
    # The asker's role is read behind the lock: somebody may have lowered it while the page was open.
    code = why_not(
        by=role_in(locked.entity_id, actor.id) if actor.kind == "user" else "",
        own=actor.kind == "user" and actor.id == locked.user_id,
        before=locked.role,
        after=role,
        last_owner=is_last_owner(locked),
    )
    if code:
        raise Refused(code)
    Member.objects.filter(pk=locked.pk).update(role=role)
    if role not in (Role.OWNER, Role.ADMIN):
        following.end_tokens([locked.pk])
    if locked.user_id is not None:
        Grant.objects.filter(entity_id=locked.entity_id, user_id=locked.user_id).update(role=role)
    event = NewEvent(
        company_id=locked.company_id,
        kind=Kind.MEMBER_ROLE_CHANGED,
        actor=actor,
        entity_id=locked.entity_id,
        member_id=locked.pk,
        data={"fields": {"role": [locked.role, str(role)]}},
    )
    append([event])
    return True


def people(entity_id: int, search: str = "") -> list[Member]:
    """Return up to ``SHOWN`` + 1 members who are not archived, strongest role first.

    Without words to search for: only those who are more than requesters.
    """
    found = searched(Member.objects.filter(entity_id=entity_id).exclude(state=State.ARCHIVED), search)
    if not search.split():
        found = found.exclude(role=Role.REQUESTER)
    ranks = [When(role=role, then=Value(rank)) for role, rank in _RANK.items()]
    ranked = found.annotate(rank=Case(*ranks, output_field=IntegerField()))
    return list(ranked.order_by("rank", "search", "pk")[: SHOWN + 1])
