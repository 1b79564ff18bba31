"""Write events inside the caller's transaction, and prove afterwards that nobody touched them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from django.db import connection
from django.utils import timezone

from rollcall.accounts.actor import Actor
from rollcall.events.catalogue import Kind
from rollcall.events.models import ChainHead, Event
from rollcall.events.tasks import nudge

__all__ = ["NewEvent", "append", "nudge", "remaining_hash", "verify"]

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
GENESIS = ""  # the hash before the first event


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event to write. `data` holds JSON values without floats (they do not come back from the database
    unchanged).
    """

    company_id: int
    kind: Kind
    actor: Actor
    entity_id: int | None = None
    member_id: int | None = None
    run_id: int | None = None
    plan_id: int | None = None
    data: Mapping[str, Json] = {}


class _Row(msgspec.Struct):
    """A row as the chain sees it; `data` is canonical JSON."""

    number: int
    kind: str
    at: str
    actor_kind: str
    actor_id: int | None
    entity_id: int | None
    member_id: int | None
    run_id: int | None
    plan_id: int | None
    content_hash: str
    previous_hash: str
    hash: str = ""
    actor_label: str = ""
    data: str = "{}"
    salt: str = ""


_canonical = msgspec.json.Encoder(order="deterministic")
_LABEL = 200

_LOCK = """
    insert into events_chainhead as head (company_id, number, hash) values (%s, 0, '')
    on conflict (company_id) do update set number = head.number returning number, hash
"""
# One statement for any number of events. COPY is not possible: PostgreSQL refuses it under row-level
# security. Arrays are read several times faster than one JSON document (tried with 100,000 events), except
# for the data itself: in an array every quote of it would be escaped, in Python.
_ARRAYS: Final = (
    ("number", "bigint"),
    ("kind", "text"),
    ("actor_kind", "text"),
    ("actor_id", "bigint"),
    ("actor_label", "text"),
    ("entity_id", "bigint"),
    ("member_id", "bigint"),
    ("run_id", "bigint"),
    ("plan_id", "bigint"),
    ("salt", "text"),
    ("content_hash", "text"),
    ("previous_hash", "text"),
    ("hash", "text"),
)
_NAMES: Final = ", ".join([*(name for name, _ in _ARRAYS), "data"])
_SOURCES: Final = ", ".join(f"%s::{kind}[]" for _, kind in _ARRAYS)
_INSERT: Final = f"""
    with written as (
        insert into events_event (company_id, at, {_NAMES})
        select %s, %s::timestamptz, {_NAMES}
        from rows from (unnest({_SOURCES}), jsonb_array_elements(%s::jsonb)) as r({_NAMES})
        returning id, company_id
    )
    insert into events_outbox (event_id, company_id) select id, company_id from written
"""


def append(events: Sequence[NewEvent]) -> None:
    """Write the events of one company, in this order, with their outbox rows: three statements.

    Call it inside `acting_for(company)` and in the transaction that makes the change. It takes the company's
    chain until that transaction ends. Readers are woken after the commit. Raises ValueError for mixed
    companies and TypeError for data that is not plain JSON.
    """
    if not events:
        return
    company_id = events[0].company_id
    if any(event.company_id != company_id for event in events):
        message = "events of one call belong to one company"
        raise ValueError(message)
    at = timezone.now().astimezone(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [company_id])
        number, previous = cursor.fetchone() or (0, GENESIS)
        rows = list(_chained(events, number, previous, at))
        arrays = [[getattr(row, name) for row in rows] for name, _ in _ARRAYS]
        data = f"[{','.join(row.data for row in rows)}]"
        cursor.execute(_INSERT, [company_id, rows[0].at, *arrays, data])
        cursor.execute(
            "update events_chainhead set number = %s, hash = %s where company_id = %s",
            [rows[-1].number, rows[-1].hash, company_id],
        )
    nudge()


def _chained(events: Sequence[NewEvent], number: int, previous: str, at: datetime) -> Iterator[_Row]:
    moment = _moment(at)
    for event in events:
        number += 1
        salt = secrets.token_hex(16)
        label = event.actor.label[:_LABEL]
        _refuse_floats(event.data)
        data = _canonical.encode(event.data)
        row = _Row(
            number=number,
            kind=str(event.kind),
            at=moment,
            actor_kind=event.actor.kind,
            actor_id=event.actor.id,
            entity_id=event.entity_id,
            member_id=event.member_id,
            run_id=event.run_id,
            plan_id=event.plan_id,
            content_hash=_content_hash(salt, label, data),
            previous_hash=previous,
        )
        previous = _hash(event.company_id, row)
        row.hash, row.actor_label, row.salt, row.data = (
            previous,
            label,
            salt,
            data.decode(),
        )
        yield row


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _content_hash(salt: str, label: str, data: bytes) -> str:
    return hashlib.sha256(_canonical.encode([salt, label, msgspec.Raw(data)])).hexdigest()


def _hash(company_id: int, row: _Row) -> str:
    parts = [
        row.previous_hash,
        company_id,
        row.number,
        row.kind,
        row.at,
        row.actor_kind,
        row.actor_id,
        row.entity_id,
        row.member_id,
        row.run_id,
        row.plan_id,
        row.content_hash,
    ]
    return hashlib.sha256(_canonical.encode(parts)).hexdigest()


def _refuse_floats(value: object) -> None:
    if value is None or isinstance(value, str):
        return  # nearly everything
    if isinstance(value, float):
        message = "event data holds no floats"
        raise TypeError(message)
    if isinstance(value, Mapping):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def verify(company_id: int) -> int | None:
    """Walk the company's chain and return the first broken number, or None. Call it inside
    `acting_for(company)`.

    A gap, a changed or reordered row, and rows cut off at the end are all found; memory stays flat. What an
    erasure has emptied holds nothing, or exactly what a later entry of the chain vouches for.
    """
    vouched = _vouched(company_id)
    expected, previous = 1, GENESIS
    for event in Event.objects.filter(company_id=company_id).order_by("number").iterator(chunk_size=2000):
        if event.number != expected or not _intact(event, previous, vouched):
            return expected
        expected, previous = expected + 1, event.hash
    head = ChainHead.objects.filter(company_id=company_id).first()
    if head is None:
        return None if expected == 1 else expected - 1
    return None if (head.number, head.hash) == (expected - 1, previous) else expected


def remaining_hash(label: str, data: object) -> str:
    """Return the digest by which an entry of the chain vouches for what is left of an emptied one."""
    return _content_hash("", label, _canonical.encode(data))


def _vouched(company_id: int) -> dict[int, set[str]]:
    """Return, by number, the digests of what may be left of emptied entries: few, since few people are erased."""
    found: dict[int, set[str]] = {}
    told = Event.objects.filter(company_id=company_id, kind=Kind.AUDIT_EMPTIED).values_list("number", "data")
    for by, data in told:
        for number, digest in data.get("entries", {}).items():
            if int(number) < by:
                found.setdefault(int(number), set()).add(digest)
    return found


def _intact(event: Event, previous: str, vouched: Mapping[int, set[str]]) -> bool:
    if event.erased_at is not None:
        nothing = not event.data and not event.actor_label
        left = remaining_hash(event.actor_label, event.data)
        if not nothing and left not in vouched.get(event.number, ()):
            return False
    else:
        content = _content_hash(event.salt, event.actor_label, _canonical.encode(event.data))
        if content != event.content_hash:
            return False
    row = _Row(
        number=event.number,
        kind=event.kind,
        at=_moment(event.at),
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        entity_id=event.entity_id,
        member_id=event.member_id,
        run_id=event.run_id,
        plan_id=event.plan_id,
        content_hash=event.content_hash,
        previous_hash=previous,
    )
    return event.previous_hash == previous and event.hash == _hash(event.company_id, row)
