"""Erase an archived member for good, and remember without a readable word that they must not come back (Z7, rule 8).

No sync ever does this; an owner does, for one archived member at a time. What goes at once: the member, their links
and invitations, and their account if they belong to nothing else. What else names them is looked for afterwards
(``sync.erasing``), with what ``rest`` has sealed until then. Everything runs inside a transaction that acts for the
entity's company.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone
from msgspec import Struct

from rollcall.accounts import access, secrets, tokens
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import ApiToken, Entity, Grant, User
from rollcall.connections.gone import Gone, email_digest, employee_digest
from rollcall.directory import owners
from rollcall.directory.actions import Refused
from rollcall.directory.models import Link, Member, Tombstone
from rollcall.directory.roles import role_in
from rollcall.directory.telling import tell
from rollcall.engine.roster import Role, State
from rollcall.events.catalogue import Kind
from rollcall.events.emptying import scrubbed
from rollcall.events.models import Event

LONGEST_REASON: Final = 500
DUTY: Final = "schedule"
PAGE: Final = 50


class Known(Struct, frozen=True, kw_only=True):
    """An employee the member was tied to; ``everywhere``: by no other entity's member."""

    connection_id: int
    employee_id: str
    everywhere: bool


class Traces(Struct, kw_only=True):
    """By what the person may still be found elsewhere."""

    company_id: int
    entity_id: int
    member_id: int
    employees: list[Known]
    # the account, once it is removed
    user_id: int | None = None
    # addresses and full names that are theirs alone
    emails: list[str] = []
    names: list[str] = []

    @property
    def everywhere(self) -> bool:
        """Tell whether no other entity of the company knows the person."""
        return all(one.everywhere for one in self.employees)


def about(member: Member, *, reason: str, actor: Actor) -> Traces:
    """Lock the member and return by what they are known. Nothing is changed.

    Raises ``Refused``: ``owners_only``, ``not_archived``, ``reason_needed``, ``gone`` (erased meanwhile).
    """
    may_erase(member.entity_id, actor)
    if not reason.strip():
        raise Refused("reason_needed")
    owners.hold([member.entity_id])
    locked = Member.objects.select_for_update().filter(pk=member.pk).first()
    if locked is None:
        raise Refused("gone")
    if locked.state != State.ARCHIVED:
        raise Refused("not_archived")
    return Traces(
        company_id=locked.company_id,
        entity_id=locked.entity_id,
        member_id=locked.pk,
        employees=[_known(link) for link in Link.objects.filter(member=locked).order_by("pk")],
        emails=[locked.email],
        names=[f"{locked.first_name} {locked.last_name}".strip()],
    )


def known_elsewhere(member: Member) -> bool:
    """Tell whether another entity of the company has a member tied to the same employee."""
    return not all(_known(link).everywhere for link in Link.objects.filter(member=member))


def may_erase(entity_id: int, actor: Actor) -> None:
    """Raise ``Refused``: ``owners_only`` for everybody but an owner, and a token that an owner gave this right."""
    by_owner = actor.kind == "user" and role_in(entity_id, actor.id) == Role.OWNER
    if not by_owner and not (actor.kind == "token" and tokens.may_erase(actor.id, entity_id)):
        raise Refused("owners_only")


def _known(link: Link) -> Known:
    same = Link.objects.filter(connection_id=link.connection_id, employee_id=link.employee_id)
    others = same.exclude(entity_id=link.entity_id)
    return Known(
        connection_id=link.connection_id, employee_id=link.employee_id, everywhere=not others.exists()
    )


def past_words(member_id: int) -> tuple[list[str], list[str]]:
    """Return addresses and full names that the audit log knows the member by."""
    emails: set[str] = set()
    parts: dict[str, set[str]] = {"first_name": set(), "last_name": set()}
    for data in Event.objects.filter(member_id=member_id).values_list("data", flat=True):
        emails |= {value for value in (data.get("email"),) if value}
        for name, pair in (data.get("fields") or {}).items():
            given = {str(value) for value in pair if value}
            if name == "email":
                emails |= given
            elif name in parts:
                parts[name] |= given
    names = {f"{first} {last}" for first in parts["first_name"] for last in parts["last_name"]}
    return sorted(emails), sorted(names)


def bury(traces: Traces, *, reason: str, actor: Actor, now: datetime) -> int:
    """Delete the member and what is theirs, leave tombstones and one entry in the audit log; return the first's id."""
    member = Member.objects.select_related("entity").get(pk=traces.member_id)
    entity, key, user_id = member.entity, member.email_key, member.user_id
    _keep_what_is_others(traces)
    Member.objects.filter(manager=member).update(manager=None)
    member.delete()
    if user_id is not None and _remove_account(user_id):
        traces.user_id = user_id
    stones = _tombstones(traces, entity, key, reason=reason, actor=actor, now=now)
    _seal(stones[0], traces)
    said = {"tombstone": stones[0].pk, "reason": stones[0].reason}
    tell(Kind.MEMBER_ERASED, entity, {traces.member_id: said}, actor)
    return int(stones[0].pk)


def _keep_what_is_others(traces: Traces) -> None:
    """Leave out words that name a living member, too: theirs are not to be touched."""
    others = Member.objects.filter(company_id=traces.company_id).exclude(pk=traces.member_id)
    keys = {one.strip().lower(): one for one in traces.emails if one}
    taken = set(others.filter(email_key__in=keys).values_list("email_key", flat=True))
    traces.emails = sorted(one for key, one in keys.items() if key not in taken)
    named = set()
    for first, last in others.filter(last_name__in=_last_words(traces.names)).values_list(
        "first_name", "last_name"
    ):
        named.add(f"{first} {last}".strip().casefold())
    # A single word may be anybody's.
    traces.names = sorted({one for one in traces.names if " " in one.strip() and one.casefold() not in named})


def _last_words(names: Iterable[str]) -> list[str]:
    """Return every ending of a name that may be a last name."""
    return [" ".join(name.split(" ")[at:]) for name in names for at in range(len(name.split(" ")))]


def _remove_account(user_id: int) -> bool:
    """Delete the account unless the person belongs to anything else; return whether it is gone."""
    with access.as_user(user_id):
        if Grant.objects.filter(user_id=user_id).exists():
            return False
    if Member.objects.filter(user_id=user_id).exists():
        return False
    try:
        with transaction.atomic(), database.cursor() as cursor:
            # Members of other companies stand behind the wall; a foreign key sees them all the same.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            ApiToken.objects.filter(created_by=user_id, revoked_at=None).update(revoked_at=timezone.now())
            User.objects.get(pk=user_id).delete()
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError:
        return False
    return True


def _tombstones(
    traces: Traces, entity: Entity, email_key: str, *, reason: str, actor: Actor, now: datetime
) -> list[Tombstone]:
    words = [*traces.emails, *traces.names]
    known: list[Known | None] = list(traces.employees) or [None]
    return [
        Tombstone.objects.create(
            company_id=traces.company_id,
            entity=entity,
            connection_id=one.connection_id if one else None,
            employee_digest=employee_digest(
                one.employee_id, company_id=traces.company_id, connection_id=one.connection_id
            )
            if one
            else "",
            email_digest=email_digest(email_key, company_id=traces.company_id),
            everywhere=traces.everywhere,
            member_id=traces.member_id,
            erased_at=now,
            erased_by=actor.label,
            reason=str(scrubbed(reason.strip()[:LONGEST_REASON], words)).strip(),
        )
        for one in known
    ]


def _seal(stone: Tombstone, traces: Traces) -> None:
    stone.rest = secrets.seal(
        msgspec.json.encode(traces),
        company_id=stone.company_id,
        table="directory_tombstone",
        field="rest",
        row=stone.pk,
    )
    stone.save(update_fields=["rest"])


def unfinished() -> list[tuple[int, int]]:
    """Return company and tombstone of every erasure that is not finished, across companies."""
    with access.on_duty(DUTY):
        return list(
            Tombstone.objects.filter(rest__isnull=False).order_by("pk").values_list("company_id", "pk")
        )


def rest_of(tombstone_id: int) -> Traces | None:
    """Return what is still to be looked for, ``None`` when the erasure is finished."""
    stone = Tombstone.objects.filter(pk=tombstone_id).first()
    if stone is None or stone.rest is None:
        return None
    plain = secrets.unseal(
        stone.rest,
        company_id=stone.company_id,
        table="directory_tombstone",
        field="rest",
        row=stone.pk,
    )
    return msgspec.json.decode(plain, type=Traces)


def finished(tombstone_id: int) -> None:
    """Forget what was to be looked for: from now on nothing readable is left."""
    Tombstone.objects.filter(pk=tombstone_id).update(rest=None)


def gone_from_mirror(company_id: int, connection_id: int) -> Gone:
    """Return whom a read of this connection leaves out; one statement."""
    stones = Tombstone.objects.filter(company_id=company_id, everywhere=True, lifted_at=None)
    rows = list(stones.values_list("connection_id", "employee_digest", "email_digest"))
    return Gone(
        company_id=company_id,
        employees=frozenset(one for owner, one, _ in rows if owner == connection_id and one),
        emails=frozenset(one for _, _, one in rows if one),
    )


def gone_from_entity(company_id: int, entity_id: int) -> Gone:
    """Return whom no plan of this entity brings in; one statement."""
    stones = Tombstone.objects.filter(entity_id=entity_id, lifted_at=None)
    rows = list(stones.values_list("employee_digest", "email_digest"))
    return Gone(
        company_id=company_id,
        employees=frozenset(one for one, _ in rows if one),
        emails=frozenset(one for _, one in rows if one),
    )


class Buried(Struct, frozen=True, kw_only=True):
    """A tombstone as people see it."""

    id: int
    erased_at: datetime
    erased_by: str
    reason: str
    tool: str
    # entries of the audit log and others are still being emptied
    unfinished: bool
    lifted_at: datetime | None
    lifted_by: str


def buried(entity_id: int, *, before: int = 0, size: int = PAGE) -> Sequence[Buried]:
    """Return up to ``size`` + 1 erasures of the entity, newest first, those before the id ``before``. One query."""
    stones = Tombstone.objects.select_related("connection").filter(entity_id=entity_id)
    if before:
        stones = stones.filter(pk__lt=before)
    return [_shown(one) for one in stones.order_by("-pk")[: size + 1]]


def one_buried(entity_id: int, tombstone_id: int) -> Buried | None:
    """Return one erasure of the entity, or ``None``."""
    stones = Tombstone.objects.select_related("connection").filter(entity_id=entity_id, pk=tombstone_id)
    found = stones.first()
    return _shown(found) if found else None


def _shown(one: Tombstone) -> Buried:
    return Buried(
        id=one.pk,
        erased_at=one.erased_at,
        erased_by=one.erased_by,
        reason=one.reason,
        tool=one.connection.tool if one.connection else "",
        unfinished=one.rest is not None,
        lifted_at=one.lifted_at,
        lifted_by=one.lifted_by,
    )


def lift(entity: Entity, tombstone_id: int, *, actor: Actor, now: datetime) -> list[int]:
    """Let the HR tool bring the person in again; what was erased stays erased. Returns the connections to read anew.

    Raises ``Refused``: ``owners_only``, ``lifted`` (done already, or never there).
    """
    may_erase(entity.pk, actor)
    stones = Tombstone.objects.select_for_update().filter(entity=entity, lifted_at=None)
    stone = stones.filter(pk=tombstone_id).first()
    if stone is None:
        raise Refused("lifted")
    # Somebody known to two tools has two stones.
    together = Tombstone.objects.filter(entity=entity, member_id=stone.member_id, lifted_at=None)
    found = list(together.exclude(connection=None).values_list("connection_id", flat=True))
    member_id = stone.member_id
    together.update(lifted_at=now, lifted_by=actor.label, employee_digest="", email_digest="")
    tell(Kind.MEMBER_ALLOWED_AGAIN, entity, {member_id: {"tombstone": tombstone_id}}, actor)
    return found
