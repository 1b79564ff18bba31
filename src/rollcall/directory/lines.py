"""Lines of an approved plan become changes of members, with their audit entries in the same transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.directory import batch, leading
from rollcall.directory.writes import Source, Write, Written
from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.snapshot import fold_email
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, TypedEvent, append

_EVENTS: Final[Mapping[Kind, EventKind]] = {
    Kind.CREATE: EventKind.MEMBER_INVITED,
    Kind.LINK: EventKind.MEMBER_LINKED,
    Kind.UPDATE: EventKind.MEMBER_UPDATED,
    Kind.ARCHIVE: EventKind.MEMBER_ARCHIVED,
    Kind.REACTIVATE: EventKind.MEMBER_REACTIVATED,
    Kind.RELEASE: EventKind.MEMBER_RELEASED,
}


class Numbered(Struct, frozen=True, kw_only=True, gc=False):
    """A line of a stored plan on its way to the directory."""

    number: int
    change: Change
    employee_digest: str


class Applied(Struct, frozen=True, kw_only=True):
    """What became of a batch of lines: number -> member, and the numbers that no longer fitted.

    ``led``: numbers of the done ones whose line manager is set already.
    """

    done: Mapping[int, int]
    stale: Sequence[int]
    led: Collection[int] = ()


def apply_lines(
    lines: Sequence[Numbered],
    *,
    entity: Entity,
    source: Source,
    actor: Actor,
    run_id: int | None,
    plan_id: int,
    now: datetime,
) -> Applied:
    """Apply acting lines of a plan in one go; line managers are set by ``apply_managers`` afterwards."""
    writes = [_write(one) for one in lines]
    done, stale = batch.write(
        writes, company_id=entity.company_id, entity_id=entity.pk, source=source, now=now
    )
    changes = {one.number: one.change for one in lines}
    append(
        [
            event
            for one in done
            for event in _events(one, changes[one.write.number], entity, actor, run_id, plan_id)
        ]
    )
    return Applied(
        done={one.write.number: one.member_id for one in done},
        stale=stale,
        led={one.write.number for one in done if one.write.after.get("manager_id") is not None},
    )


def apply_managers(pairs: Sequence[tuple[int, str | None]], *, entity: Entity, connection_id: int) -> int:
    """Set the line managers of applied lines: member -> employee id of the manager; return rows changed."""
    return leading.set_managers(pairs, entity_id=entity.pk, connection_id=connection_id)


def _write(one: Numbered) -> Write:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    change = one.change
    for name, field in change.fields.items():
        if name in PLAIN_FIELDS:
            empty = "" if name in ("first_name", "last_name") else None
            before[name] = field.before if field.before is not None else empty
            after[name] = field.after if field.after is not None else empty
    if "email" in after:
        after["email"] = after["email"].strip()
        after["email_key"] = fold_email(after["email"])
    if change.why is Why.UNDONE and change.kind is Kind.REACTIVATE:
        before["role"] = after["role"] = change.params["role"]
    bank, boss = change.fields.get("bank_account"), change.fields.get("manager")
    if bank is not None:
        before["bank_mask"] = bank.before
    return Write(
        number=one.number,
        kind=change.kind,
        member_id=change.member_id,
        before=before,
        after=after,
        employee_id=change.employee_id,
        employee_digest=one.employee_digest,
        takes_bank=bank is not None,
        manager=boss.ref if boss is not None and change.kind is Kind.CREATE else None,
        why=change.why,
        params=change.params,
    )


def _events(
    one: Written, change: Change, entity: Entity, actor: Actor, run_id: int | None, plan_id: int | None
) -> Iterator[NewEvent]:
    """The audit entry of a change, then what the member has to be told about it."""
    data: dict[str, Any] = {
        "why": str(change.why),
        "params": dict(change.params),
        "employee_id": change.employee_id,
        "fields": {name: (field.before, field.after) for name, field in change.fields.items()},
    }
    person = _person(change, entity)
    if one.invitation:
        data |= person | {"invitation_id": one.invitation[0], "nonce": one.invitation[1]}
    told = [
        kind
        for name, kind in (
            ("email", EventKind.MEMBER_EMAIL_CHANGED),
            ("bank_account", EventKind.MEMBER_BANK_CHANGED),
        )
        if name in change.fields and change.fields[name].before and change.fields[name].after
    ]
    for kind, about in ((_EVENTS[change.kind], data), *((kind, person) for kind in told)):
        yield TypedEvent(
            company_id=entity.company_id,
            kind=kind,
            actor=actor,
            entity_id=entity.pk,
            member_id=one.member_id,
            run_id=run_id,
            plan_id=plan_id,
            data=about,
        )


def _person(change: Change, entity: Entity) -> dict[str, Any]:
    """What a mail to the person needs; in their own language if HR knows it."""
    language, first_name = change.fields.get("language"), change.fields.get("first_name")
    return {
        "email": change.email,
        "first_name": (first_name.after if first_name else None) or change.name,
        "entity": entity.name,
        "language": (language.after if language else None) or entity.language,
    }
