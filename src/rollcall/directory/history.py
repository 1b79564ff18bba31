"""What the audit log tells about one member: their history, and where each of their details comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection as database
from msgspec import Struct

from rollcall.directory.models import Member
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event

PAGE: Final = 20

# The nearest hands first: an entry's maker is a plan of the HR tool, or whoever is named.
_SOURCES: Final = """
    SELECT DISTINCT ON (f.name) f.name, e.at, e.plan_id IS NOT NULL, e.actor_kind, e.actor_label, e.run_id, e.kind
    FROM events_event e
    CROSS JOIN LATERAL (
        SELECT jsonb_object_keys(e.data->'fields') AS name
        UNION ALL SELECT '' WHERE e.kind = ANY(%s)
    ) f
    WHERE e.company_id = %s AND e.member_id = %s AND e.erased_at IS NULL
    ORDER BY f.name, e.id DESC
"""
_BEGINNINGS: Final = [Kind.MEMBER_INVITED, Kind.MEMBER_CREATED]


class Source(Struct, frozen=True, kw_only=True):
    """Who gave a detail its present value, and when."""

    at: datetime
    # from the HR tool, through a plan
    from_hr: bool
    # user, token, sync or system, and the name of whoever it was
    actor_kind: str
    actor_label: str
    run_id: int | None
    # the value is the one the member began with
    first: bool


def sources(member: Member) -> Mapping[str, Source]:
    """Return the source of each field that the audit log knows, and under ``""`` how the member began. One query."""
    with database.cursor() as cursor:
        cursor.execute(_SOURCES, [[str(kind) for kind in _BEGINNINGS], member.company_id, member.pk])
        rows = cursor.fetchall()
    return {
        name: Source(
            at=at,
            from_hr=from_plan,
            actor_kind=kind,
            actor_label=label,
            run_id=run_id,
            first=event in _BEGINNINGS,
        )
        for name, at, from_plan, kind, label, run_id, event in rows
    }


def events_of(member: Member, *, before: int | None = None) -> tuple[Sequence[Event], bool]:
    """Return up to ``PAGE`` entries about the member, newest first, and whether there are older ones. One query.

    ``before`` is the number of the last entry shown.
    """
    found = Event.objects.filter(company_id=member.company_id, member_id=member.pk)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def bank_before(member: Member) -> str:
    """Return the masked account that the member had before the present one, empty if the audit log knows of none."""
    found = Event.objects.filter(
        company_id=member.company_id, member_id=member.pk, data__fields__has_key="bank_account"
    ).order_by("-pk")
    pair = found.values_list("data__fields__bank_account", flat=True).first()
    return str(pair[0] or "") if pair else ""
