"""What people decided about records of which nobody could tell whose they are."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import connection as database
from msgspec import Struct

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.directory.models import Decision, Link
from rollcall.engine.match import Decided
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append

MEMBER_DIGEST: Final = "md5(concat_ws(E'\\x1f', {m}.email_key, {m}.first_name, {m}.last_name))"
"""SQL for what of a member a decision is about."""


def stands(decision: str, record: str, member: str) -> str:
    """Return the SQL condition that a decision about a mirror row still holds.

    It holds for the member it was about, while the record, that member and the other record, if there is one, are as
    they were. Named parameters: ``entity`` and ``connection``.

    Args:
        decision: alias of ``directory_decision``.
        record: alias of ``connections_employee``.
        member: an expression for the id of the member that the record is, or may be, about; null for nobody.
    """
    d = decision
    return f"""{d}.entity_id = %(entity)s AND {d}.connection_id = %(connection)s
        AND {d}.employee_id = {record}.external_id AND {d}.employee_digest = {record}.digest
        AND {d}.member_id IS NOT DISTINCT FROM ({member})
        AND ({d}.member_id IS NULL OR {d}.member_digest = (
            SELECT {MEMBER_DIGEST.format(m="dm")} FROM directory_member dm WHERE dm.id = {d}.member_id))
        AND ({d}.other_id = '' OR EXISTS (
            SELECT FROM connections_employee de WHERE de.connection_id = {d}.connection_id
               AND de.external_id = {d}.other_id AND de.digest = {d}.other_digest))"""


class Said(Struct, frozen=True, kw_only=True):
    """The records that a decision is about, each with its digest as the person saw it."""

    employee_id: str
    employee_digest: str
    member_id: int | None = None
    member_digest: str = ""
    other_id: str = ""
    other_digest: str = ""


def member_digests(members: Collection[int]) -> Mapping[int, str]:
    """Return what ``stands`` compares of these members, by id; one statement."""
    if not members:
        return {}
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT m.id, {MEMBER_DIGEST.format(m='m')} FROM directory_member m WHERE m.id = ANY(%s)",
            [list(members)],
        )
        return dict(cursor.fetchall())


def record(
    entity: Entity, connection_id: int, said: Said, kind: Decided, *, why: str, actor: Actor, now: datetime
) -> None:
    """Store what a person said about a record; it takes the place of what was said about it before.

    Of several records that may be one member, the last one said to be so is: the others are asked about again.
    """
    mine = Decision.objects.filter(entity=entity, connection_id=connection_id)
    if kind is Decided.SAME:
        rivals = mine.filter(kind=Decided.SAME)
        if said.member_id is not None:
            rivals.filter(member_id=said.member_id).delete()
        if said.other_id:
            rivals.filter(employee_id=said.other_id).delete()
    mine.update_or_create(
        employee_id=said.employee_id,
        defaults={
            "company_id": entity.company_id,
            "entity": entity,
            "connection_id": connection_id,
            "employee_digest": said.employee_digest,
            "member_id": said.member_id,
            "member_digest": said.member_digest,
            "other_id": said.other_id,
            "other_digest": said.other_digest,
            "kind": str(kind),
            "by": actor.label,
            "at": now,
        },
    )
    data = {"decision": str(kind), "why": why, "employee_id": said.employee_id, "other_id": said.other_id}
    _tell(Kind.IDENTITY_DECIDED, entity, said.member_id, data, actor)


def leave_behind(
    entity: Entity, connection_id: int, said: Said, tool: str, *, actor: Actor, now: datetime
) -> None:
    """Release a member from a number that is somebody else's now; the member stays as they are.

    The link is remembered, unmanaged and under no number that the tool will ever give, so that the page of the member
    says why.
    """
    if said.member_id is None:
        return
    released = Link.objects.filter(
        entity=entity, connection_id=connection_id, member_id=said.member_id, employee_id=said.employee_id
    ).update(
        employee_id=f"former:{said.employee_id}:{said.member_id}",
        managed=False,
        why_not="somebody_else",
        why_not_params={"tool": tool},
        changed_at=now,
        applied_digest="",
    )
    if released:
        data = {"why": "somebody_else", "params": {"tool": tool}, "employee_id": said.employee_id}
        _tell(Kind.MEMBER_RELEASED, entity, said.member_id, data, actor)


def _tell(
    kind: Kind, entity: Entity, member_id: int | None, data: Mapping[str, object], actor: Actor
) -> None:
    append(
        [
            NewEvent(
                company_id=entity.company_id,
                kind=kind,
                actor=actor,
                entity_id=entity.pk,
                member_id=member_id,
                data=dict(data),  # type: ignore[arg-type] # texts and mappings of texts
            )
        ]
    )
