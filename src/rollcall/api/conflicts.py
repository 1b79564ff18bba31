"""Conflicts: records of which only a person can say whose they are, and what they say."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.api.auth import Bearer, caller, refuse_if_shared, subscription_for
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, read, respond, told
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.sync.identity import conflicts
from rollcall.sync.identity.conflicts import Conflict
from rollcall.sync.words.sentences import why_sentence


class RecordAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HR record, as far as it tells people apart."""

    employee_id: str
    employee_number: str | None
    first_name: str | None
    last_name: str | None
    work_email: str | None
    status: str | None
    start_date: date | None
    end_date: date | None
    work_location: str | None


class MemberSide(msgspec.Struct, frozen=True, kw_only=True):
    """The member that a record is, or may be, about."""

    id: int
    email: str
    first_name: str
    last_name: str
    state: str
    start_date: date | None
    work_location: str | None


class ConflictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One record that waits; whoever decides repeats ``digest``, which names exactly these records."""

    # the reason, as in plans
    why: str
    params: Mapping[str, Any]
    sentence: str
    record: RecordAnswer
    other: RecordAnswer | None
    member: MemberSide | None
    # what may be said: same, other, leave
    choices: Sequence[str]
    digest: str


class Decide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said about a record: one of its ``choices``."""

    decision: str
    digest: str


class DecidedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about a record from now on, until a record changes."""

    employee_id: str
    decision: str


router = Router(tags=["conflicts"])
_AT = "/{int:entity_id}/conflicts"


@router.get(_AT, auth=Bearer("read"), summary="List conflicts", **told(Listed[ConflictAnswer], also=(409,)))
def list_conflicts(
    request: HttpRequest, entity_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = ""
) -> HttpResponse:
    """Everybody whose record waits for a person, in the order of the newest plan; nothing happens to them meanwhile."""
    used = _used(request, entity_id)
    found = conflicts.waiting(used, after=after_number(cursor), size=limit + 1).conflicts
    return page(found, limit, key=lambda one: str(one.number), shown=lambda one: _answer(one, used))


@router.post(
    _AT + "/{employee_id}/decide",
    auth=Bearer("plans:approve"),
    summary="Decide who a record is about",
    **told(DecidedAnswer, takes=Decide, example={"decision": "same", "digest": "4f0c..."}, also=(409,)),
)
def decide_conflict(request: HttpRequest, entity_id: int, employee_id: str) -> HttpResponse:
    """Say whether a record and a member are one person; the next sync acts on it, inside the limits.

    409: `no_conflict` (it is over), `changed` (a record has changed since it was read), `no_choice`.
    """
    used = _used(request, entity_id)
    asked = read(request, Decide)
    conflicts.decide(
        used,
        employee_id.replace("\0", ""),
        asked.decision,
        asked.digest,
        actor=caller(request),
        now=timezone.now(),
    )
    return respond(DecidedAnswer(employee_id=employee_id, decision=asked.decision))


def _used(request: HttpRequest, entity_id: int) -> Subscription:
    used = subscription_for(request, entity_id)
    refuse_if_shared(request, used.connection_id)
    return used


def _answer(one: Conflict, used: Subscription) -> ConflictAnswer:
    return ConflictAnswer(
        why=str(one.why),
        params=one.params,
        sentence=why_sentence(one.why, one.params, tool=used.connection.tool),
        record=_record(one.record),
        other=_record(one.other) if one.other else None,
        member=_member(one.member) if one.member else None,
        choices=[str(kind) for kind in one.choices],
        digest=one.digest,
    )


def _record(row: Row) -> RecordAnswer:
    names = [name for name in RecordAnswer.__struct_fields__ if name not in ("employee_id", "end_date")]
    values = {name: getattr(row, name) for name in names}
    return RecordAnswer(employee_id=row.external_id, end_date=row.last_working_day or row.end_date, **values)


def _member(member: Any) -> MemberSide:
    return MemberSide(**{name: getattr(member, name) for name in MemberSide.__struct_fields__})
