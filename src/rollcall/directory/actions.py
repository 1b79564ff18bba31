"""What people do to members: invite, edit, archive, bring back; each with its audit entry in the same transaction.

Together with ``lines``, for plans, this is the only way in which members change; both write through ``batch``.

All functions run inside a transaction that acts for the company of the entity (``accounts.access.acting_for``).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final

from rollcall.accounts import access, secrets
from rollcall.accounts.actor import SYSTEM, Actor
from rollcall.accounts.models import Entity, Grant, User
from rollcall.directory import batch
from rollcall.directory.following import INVITATION_LIVES
from rollcall.directory.models import Invitation, Member
from rollcall.directory.queries import locked_fields
from rollcall.directory.telling import tell
from rollcall.directory.writes import Write
from rollcall.engine.change import Kind
from rollcall.engine.plan import is_email
from rollcall.engine.roster import Role, State
from rollcall.engine.snapshot import fold_email
from rollcall.events.catalogue import Kind as EventKind

REMINDERS: Final = (timedelta(days=3), timedelta(days=6), timedelta(days=12))
"""When somebody who has not signed up is reminded, after the invitation."""

EDITABLE: Final = (
    "email",
    "first_name",
    "last_name",
    "job_title",
    "department",
    "team",
    "work_location",
    "cost_center",
)
"""What a person may change on a member by hand, while the HR tool does not manage it."""


class Refused(Exception):
    """A person asked for something that must not be. ``code`` names the reason, ``params`` its details."""

    def __init__(self, code: str, **params: str) -> None:
        """Keep the reason; pages and the API have a sentence for it."""
        super().__init__(code)
        self.code = code
        self.params = params


def invitation_data(invitation: tuple[int, str], email: str, name: str, entity: Entity) -> dict[str, Any]:
    """Return what the mail with an invitation (number and nonce) needs."""
    return {
        "invitation_id": invitation[0],
        "nonce": invitation[1],
        "email": email,
        "first_name": name,
        "entity": entity.name,
        "language": entity.language,
    }


def invite_by_hand(
    entity: Entity, *, email: str, first_name: str, last_name: str, role: Role, actor: Actor, now: datetime
) -> Member:
    """Invite somebody who is not in the HR tool (S60). Raises ``Refused``: not_an_email, already_member."""
    if not is_email(email):
        raise Refused("not_an_email", email=email)
    after = {
        "email": email.strip(),
        "email_key": fold_email(email),
        "first_name": first_name.strip(),
        "last_name": last_name.strip(),
        "role": role,
    }
    write = Write(number=1, kind=Kind.CREATE, member_id=None, before={}, after=after)
    done, _ = batch.write([write], company_id=entity.company_id, entity_id=entity.pk, source=None, now=now)
    if not done or done[0].invitation is None:
        raise Refused("already_member", email=email)
    data = invitation_data(done[0].invitation, after["email"], after["first_name"], entity)
    tell(EventKind.MEMBER_INVITED, entity, {done[0].member_id: data}, actor)
    return Member.objects.get(pk=done[0].member_id)


def add_member(
    entity: Entity, *, user: User, first_name: str, last_name: str, role: Role, actor: Actor, now: datetime
) -> Member:
    """Make somebody who can sign in already a member of an entity, active at once: how the first owner comes to be."""
    member = Member.objects.create(
        company_id=entity.company_id,
        entity=entity,
        user=user,
        state=State.ACTIVE,
        role=role,
        email=user.email,
        email_key=fold_email(user.email),
        first_name=first_name,
        last_name=last_name,
        signed_up_at=now,
        created_at=now,
    )
    Grant.objects.create(company_id=entity.company_id, entity=entity, user=user, role=role)
    tell(EventKind.MEMBER_CREATED, entity, {member.pk: {"role": str(role)}}, actor)
    return member


def edit(member: Member, values: Mapping[str, str], *, actor: Actor, now: datetime) -> bool:
    """Change fields of a member by hand; return whether anything changed.

    Raises:
        Refused: ``managed`` for a field that the HR tool owns (S55), ``not_editable``, ``not_an_email``,
            ``already_member``, or ``stale`` when somebody else changed the member meanwhile.
    """
    locked = locked_fields(member)
    fields = {name: (getattr(member, name) or "", value.strip()) for name, value in values.items()}
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    if not fields:
        return False
    for name in fields:
        if name not in EDITABLE:
            raise Refused("not_editable", field=name)
        if name in locked:
            raise Refused("managed", field=name, tool=locked[name])
    nullable = {f.name for f in Member._meta.concrete_fields if f.null}  # noqa: SLF001 - documented API
    before = {n: (b or None) if n in nullable else b for n, (b, _) in fields.items()}
    after: dict[str, Any] = {n: (a or None) if n in nullable else a for n, (_, a) in fields.items()}
    if "email" in after:
        after["email_key"] = _free_address(member, after["email"])
    write = Write(number=1, kind=Kind.UPDATE, member_id=member.pk, before=before, after=after)
    done, _ = batch.write(
        [write], company_id=member.company_id, entity_id=member.entity_id, source=None, now=now
    )
    if not done:
        raise Refused("stale")
    data = {"fields": {name: list(pair) for name, pair in fields.items()}}
    tell(EventKind.MEMBER_UPDATED, member.entity, {member.pk: data}, actor)
    return True


def _free_address(member: Member, email: str) -> str:
    if not is_email(email):
        raise Refused("not_an_email", email=email)
    key = fold_email(email)
    others = Member.objects.filter(entity=member.entity_id, email_key=key).exclude(pk=member.pk)
    if others.exclude(state=State.ARCHIVED).exists():
        raise Refused("already_member", email=email)
    return key


def archive_by_hand(member: Member, *, actor: Actor, now: datetime) -> None:
    """Archive a member at once, managed or not (product decision 11). Raises ``Refused``: last_owner, archived."""
    if member.state == State.ARCHIVED:
        raise Refused("archived")
    write = Write(
        number=1, kind=Kind.ARCHIVE, member_id=member.pk, before={}, after={"archived_by_hand": True}
    )
    done, _ = batch.write(
        [write], company_id=member.company_id, entity_id=member.entity_id, source=None, now=now
    )
    if not done:
        raise Refused("last_owner")
    tell(EventKind.MEMBER_ARCHIVED, member.entity, {member.pk: {"why": "by_hand"}}, actor)


def reactivate_by_hand(member: Member, *, actor: Actor, now: datetime) -> None:
    """Bring an archived member back, as requester. Raises ``Refused``: not_archived, already_member."""
    if member.state != State.ARCHIVED:
        raise Refused("not_archived")
    _free_address(member, member.email)
    write = Write(number=1, kind=Kind.REACTIVATE, member_id=member.pk, before={}, after={})
    done, _ = batch.write(
        [write], company_id=member.company_id, entity_id=member.entity_id, source=None, now=now
    )
    if not done:
        raise Refused("stale")
    invitation = done[0].invitation
    data = invitation_data(invitation, member.email, member.first_name, member.entity) if invitation else {}
    tell(EventKind.MEMBER_REACTIVATED, member.entity, {member.pk: {"why": "by_hand", **data}}, actor)


def confirm_bank(member: Member, *, actor: Actor, now: datetime) -> None:
    """The member says that the account is theirs. Raises ``Refused``: no_account."""
    if not member.bank_mask:
        raise Refused("no_account")
    if member.bank_confirmed_at is None:
        member.bank_confirmed_at, member.bank_disputed_at = now, None
        member.save(update_fields=["bank_confirmed_at", "bank_disputed_at"])
        tell(EventKind.MEMBER_UPDATED, member.entity, {member.pk: {"why": "bank_confirmed"}}, actor)


def dispute_bank(member: Member, *, actor: Actor, now: datetime) -> None:
    """The member says that the account is not theirs: it stays unused, and admins are told. Raises ``Refused``."""
    if not member.bank_mask:
        raise Refused("no_account")
    if member.bank_disputed_at is None:
        member.bank_confirmed_at, member.bank_disputed_at = None, now
        member.save(update_fields=["bank_confirmed_at", "bank_disputed_at"])
        data = {"entity": member.entity.name, "name": f"{member.first_name} {member.last_name}".strip()}
        tell(EventKind.MEMBER_BANK_DISPUTED, member.entity, {member.pk: data}, actor)


def resend_invitation(member: Member, *, actor: Actor, now: datetime) -> None:
    """Send a new link to somebody who is still invited; the old link stops working. Raises ``Refused``."""
    if member.state != State.INVITED:
        raise Refused("not_invited")
    if member.suspended_at is not None:
        raise Refused("suspended")
    Invitation.objects.filter(member=member, used_at=None, cancelled_at=None).update(
        cancelled_at=now, next_reminder_at=None
    )
    invitation = Invitation.objects.create(
        company_id=member.company_id,
        member=member,
        nonce=token_urlsafe(16),
        created_at=now,
        expires_at=now + INVITATION_LIVES,
        next_reminder_at=now + REMINDERS[0],
    )
    data = invitation_data((invitation.pk, invitation.nonce), member.email, member.first_name, member.entity)
    tell(EventKind.MEMBER_INVITATION_RESENT, member.entity, {member.pk: data}, actor)


def cancel_invitation(member: Member, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back: the link stops working and the member is archived. Raises ``Refused``."""
    if member.state != State.INVITED:
        raise Refused("not_invited")
    tell(EventKind.MEMBER_INVITATION_CANCELLED, member.entity, {member.pk: {}}, actor)
    archive_by_hand(member, actor=actor, now=now)


def remind(invitation: Invitation, *, now: datetime) -> None:
    """Remind somebody who has not signed up, and set the day of the next reminder, if there is one."""
    invitation.reminders += 1
    left = REMINDERS[invitation.reminders :]
    invitation.next_reminder_at = invitation.created_at + left[0] if left else None
    invitation.save(update_fields=["reminders", "next_reminder_at"])
    member = invitation.member
    data = invitation_data((invitation.pk, invitation.nonce), member.email, member.first_name, member.entity)
    about = {member.pk: data | {"reminder": invitation.reminders}}
    tell(EventKind.MEMBER_INVITATION_REMINDED, member.entity, about, SYSTEM)


def signature(invitation: Invitation) -> str:
    """Return the unguessable part of the invitation's link."""
    return secrets.sign("invitation", f"{invitation.pk}:{invitation.nonce}")


def sign_up(invitation: Invitation, *, user: User, now: datetime) -> Member:
    """Turn *invited* into *active* (S62, S63). Raises ``Refused``: used, cancelled, expired, not_invited,
    suspended.
    """
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    for spent, code in ((locked.used_at, "used"), (locked.cancelled_at, "cancelled")):
        if spent:
            raise Refused(code)
    if locked.expires_at <= now:
        raise Refused("expired")
    member = Member.objects.select_for_update().select_related("entity").get(pk=locked.member_id)
    if member.state != State.INVITED:
        raise Refused("not_invited")
    if member.suspended_at is not None:
        raise Refused("suspended")
    locked.used_at, locked.next_reminder_at = now, None
    locked.save(update_fields=["used_at", "next_reminder_at"])
    member.user, member.state, member.signed_up_at = user, State.ACTIVE, now
    member.save(update_fields=["user", "state", "signed_up_at"])
    Grant.objects.update_or_create(
        entity_id=member.entity_id, user=user, defaults={"company_id": member.company_id, "role": member.role}
    )
    actor = Actor(kind="user", id=user.pk, label=user.email)
    tell(EventKind.MEMBER_SIGNED_UP, member.entity, {member.pk: {}}, actor)
    return member


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link's token (``id.signature``), whatever has become of it; else ``None``.

    Looks across companies by design: whoever holds the signed link has shown that they may.
    """
    number, _, signed = token.partition(".")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    with access.on_duty("invitation"):
        found = Invitation.objects.filter(pk=int(number)).first()
    return found if found is not None and compare_digest(signature(found).encode(), signed.encode()) else None
