"""One action on many members: who can be acted on, why not the others, and the deed in one transaction.

Judging and doing follow the same rules, and doing judges again behind a lock: what was done meanwhile is not done
twice. The number of statements does not grow with the number of members. Everything runs inside a transaction that
acts for the entity's company.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.directory import batch, following, owners, suspending
from rollcall.directory.actions import Refused, invitation_data
from rollcall.directory.models import Invitation, Member
from rollcall.directory.telling import tell
from rollcall.directory.writes import Write
from rollcall.engine.change import Kind
from rollcall.engine.roster import Role, State
from rollcall.events.catalogue import Kind as EventKind

JUST_NOW: Final = timedelta(minutes=1)
"""Whoever got an invitation this short a time ago gets no second one by a second click."""


class Action(StrEnum):
    """What can be done to many members at once."""

    RESEND = "resend"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    LIFT = "lift"
    ARCHIVE = "archive"
    BRING_BACK = "bring_back"


class Judged(Struct, frozen=True):
    """A member, and the code of why the action is not possible on them; empty when it is."""

    member: Member
    code: str


class Outcome(Struct, frozen=True):
    """Who was acted on, and who was left as they were."""

    done: Sequence[Member]
    left: Sequence[Judged]


def judge(
    entity: Entity, ids: Sequence[int], action: Action, *, actor: Actor, now: datetime, lock: bool = False
) -> list[Judged]:
    """Return the members with these ids in order of name, each with why the action is not possible.

    Ids that are no members of the entity are left out. ``lock`` keeps the rows as they are until the transaction ends.
    """
    if lock and action in (Action.SUSPEND, Action.ARCHIVE):
        owners.hold([entity.pk])
    found = Member.objects.filter(entity=entity, pk__in=ids).order_by("pk")
    members = sorted(found.select_for_update() if lock else found, key=lambda one: (one.search, one.pk))
    barred: Mapping[int, str] = _BARRED[action](entity, members, actor, now) if action in _BARRED else {}
    return [Judged(one, _by_state(one, action) or barred.get(one.pk, "")) for one in members]


def do(
    entity: Entity,
    ids: Sequence[int],
    action: Action,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Outcome:
    """Act on all of these members for whom it is possible; ``reason`` is kept with a suspension."""
    judged = judge(entity, ids, action, actor=actor, now=now, lock=True)
    able = [one.member for one in judged if not one.code]
    if able:
        if action is Action.SUSPEND:
            suspending.suspend(entity, able, reason=reason, actor=actor, now=now)
        else:
            _DEEDS[action](entity, able, actor, now)
    return Outcome(able, [one for one in judged if one.code])


def one(member: Member, action: Action, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Act on one member. Raises ``Refused`` with the code of why it is not possible."""
    outcome = do(member.entity, [member.pk], action, actor=actor, now=now, reason=reason)
    if outcome.left:
        raise Refused(outcome.left[0].code, email=member.email)


def _by_state(member: Member, action: Action) -> str:
    match action:
        case Action.RESEND if member.suspended_at is not None:
            return "suspended"
        case Action.RESEND | Action.CANCEL:
            return "" if member.state == State.INVITED else "not_invited"
        case Action.SUSPEND if member.suspended_at is not None:
            return "suspended"
        case Action.SUSPEND | Action.ARCHIVE:
            return "archived" if member.state == State.ARCHIVED else ""
        case Action.LIFT:
            return "" if member.suspended_at is not None else "not_suspended"
        case _:
            return "" if member.state == State.ARCHIVED else "not_archived"


def _key_holders(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> dict[int, str]:
    """Nobody locks themselves out by a tick too many, and somebody keeps the keys (invariant 3)."""
    barred = {
        one.pk: "yourself" for one in members if actor.kind == "user" and one.user_id == actor.id is not None
    }
    going = [one.pk for one in members if one.role == Role.OWNER and one.pk not in barred]
    left = Member.objects.filter(
        entity=entity, role=Role.OWNER, state=State.ACTIVE, suspended_at=None
    ).exclude(pk__in=going)
    if going and not left.exists():
        barred |= dict.fromkeys(going, "last_owner")
    return barred


def _just_invited(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> dict[int, str]:
    fresh = Invitation.objects.filter(member__in=members, cancelled_at=None, created_at__gt=now - JUST_NOW)
    return dict.fromkeys(fresh.values_list("member_id", flat=True), "sent_just_now")


def _addresses_taken(
    entity: Entity, members: Sequence[Member], actor: Actor, now: datetime
) -> dict[int, str]:
    keys = [one.email_key for one in members]
    living = Member.objects.filter(entity=entity, email_key__in=keys).exclude(state=State.ARCHIVED)
    taken = set(living.values_list("email_key", flat=True))
    # Two of those selected may share an address: the first comes back, the other stays.
    barred = {}
    for one in members:
        if one.email_key in taken:
            barred[one.pk] = "already_member"
        taken.add(one.email_key)
    return barred


def _archive(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> None:
    _write(entity, members, Kind.ARCHIVE, {"archived_by_hand": True}, now)
    by_hand = {one.pk: {"why": "by_hand"} for one in members}
    tell(EventKind.MEMBER_ARCHIVED, entity, by_hand, actor)


def _cancel(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> None:
    tell(EventKind.MEMBER_INVITATION_CANCELLED, entity, {one.pk: {} for one in members}, actor)
    _archive(entity, members, actor, now)


def _bring_back(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> None:
    invitations = _write(entity, members, Kind.REACTIVATE, {}, now)
    by_hand = {one.pk: {"why": "by_hand", **_mail(invitations.get(one.pk), one, entity)} for one in members}
    tell(EventKind.MEMBER_REACTIVATED, entity, by_hand, actor)


def _resend(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> None:
    Invitation.objects.filter(member__in=members, used_at=None, cancelled_at=None).update(
        cancelled_at=now, next_reminder_at=None
    )
    invitations = following.send_invitations(_ids(members), entity.company_id, now)
    mails = {one.pk: _mail(invitations.get(one.pk), one, entity) for one in members}
    tell(EventKind.MEMBER_INVITATION_RESENT, entity, mails, actor)


def _lift(entity: Entity, members: Sequence[Member], actor: Actor, now: datetime) -> None:
    suspending.lift(entity, members, actor=actor, now=now)
    open_links = Invitation.objects.filter(member__in=members, used_at=None, cancelled_at=None)
    having = set(open_links.values_list("member_id", flat=True))
    # Whoever came back in HR meanwhile was sent none while suspended.
    waiting = [one for one in members if one.state == State.INVITED and one.pk not in having]
    if waiting:
        _resend(entity, waiting, actor, now)


def _write(
    entity: Entity, members: Sequence[Member], kind: Kind, after: Mapping[str, Any], now: datetime
) -> dict[int, tuple[int, str] | None]:
    writes = [
        Write(number=number, kind=kind, member_id=one.pk, before={}, after=dict(after))
        for number, one in enumerate(members)
    ]
    done, _ = batch.write(writes, company_id=entity.company_id, entity_id=entity.pk, source=None, now=now)
    return {one.member_id: one.invitation for one in done}


def _mail(invitation: tuple[int, str] | None, member: Member, entity: Entity) -> dict[str, Any]:
    return invitation_data(invitation, member.email, member.first_name, entity) if invitation else {}


def _ids(members: Sequence[Member]) -> list[int]:
    return [one.pk for one in members]


_BARRED: Final = {
    Action.SUSPEND: _key_holders,
    Action.ARCHIVE: _key_holders,
    Action.RESEND: _just_invited,
    Action.BRING_BACK: _addresses_taken,
}
_DEEDS: Final = {
    Action.RESEND: _resend,
    Action.CANCEL: _cancel,
    Action.LIFT: _lift,
    Action.ARCHIVE: _archive,
    Action.BRING_BACK: _bring_back,
}
