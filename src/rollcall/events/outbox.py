"""Write events inside the caller's transaction, as links of the company's chain (``chain.py``)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from django.db import connection
from django.utils import timezone

from rollcall.accounts.actor import Actor
from rollcall.accounts.staging import stage
from rollcall.events.catalogue import Kind
from rollcall.events.chain import GENESIS, canonical, content_hash, entry_hash, moment, remaining_hash, verify
from rollcall.events.tasks import nudge

__all__ = ["NewEvent", "TypedEvent", "append", "nudge", "remaining_hash", "verify"]

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class TypedEvent(NewEvent, frozen=True, kw_only=True, gc=False):
    """An event whose data is made of types that leave no float, so that nobody needs to look for one."""


_LABEL = 200

_LOCK = """
    insert into events_chainhead as head (company_id, number, hash) values (%s, 0, '')
    on conflict (company_id) do update set number = head.number returning number, hash
"""
_COLUMNS: Final[Mapping[str, str]] = {
    "number": "int8",
    "kind": "text",
    "actor_kind": "text",
    "actor_id": "int8",
    "actor_label": "text",
    "entity_id": "int8",
    "member_id": "int8",
    "run_id": "int8",
    "plan_id": "int8",
    "salt": "text",
    "content_hash": "text",
    "previous_hash": "text",
    "hash": "text",
    "data": "text",
}
_NAMES: Final = ", ".join(_COLUMNS)
_VALUES: Final = _NAMES.removesuffix("data") + "data::jsonb"
MANY: Final = 100
"""From so many events on they are staged; fewer are sooner sent as arrays."""
_ARRAYS: Final = (
    f"ROWS FROM (unnest({', '.join(f'%s::{kind}[]' for kind in _COLUMNS.values())})) AS r({_NAMES})"
)


def _insert(source: str) -> str:
    return f"""
        with written as (
            insert into events_event (company_id, at, {_NAMES}) select %s, %s::timestamptz, {_VALUES} from {source}
            returning id, company_id
        )
        insert into events_outbox (event_id, company_id) select id, company_id from written
    """


def append(events: Sequence[NewEvent]) -> None:
    """Write the events of one company, in this order, with their outbox rows: three statements, or five
    for many.

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
    at = moment(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [company_id])
        number, previous = cursor.fetchone() or (0, GENESIS)
        rows = list(_chained(events, number, previous, at))
        if len(rows) < MANY:
            cursor.execute(_insert(_ARRAYS), [company_id, at, *map(list, zip(*rows, strict=True))])
        else:
            stage("new_event", _COLUMNS, rows)
            cursor.execute(_insert("new_event"), [company_id, at])
        last = dict(zip(_COLUMNS, rows[-1], strict=True))
        cursor.execute(
            "update events_chainhead set number = %s, hash = %s where company_id = %s",
            [last["number"], last["hash"], company_id],
        )
    nudge()


def _chained(
    events: Sequence[NewEvent], number: int, previous: str, at: str
) -> Iterator[tuple[str | int | None, ...]]:
    """Yield the values of ``_COLUMNS``."""
    salts = secrets.token_hex(16 * len(events))
    for index, event in enumerate(events):
        number += 1
        salt = salts[32 * index : 32 * index + 32]
        actor = event.actor
        label = actor.label[:_LABEL]
        if not isinstance(event, TypedEvent):
            _refuse_floats(event.data)
        data = canonical(event.data)
        content = content_hash(salt, label, data)
        kind = event.kind.value
        about = (event.entity_id, event.member_id, event.run_id, event.plan_id)
        found = entry_hash(
            previous, event.company_id, number, kind, at, actor.kind, actor.id, *about, content
        )
        yield (
            number, kind, actor.kind, actor.id, label, *about, salt, content, previous, found, data.decode(),
        )  # fmt: skip
        previous = found


def _refuse_floats(data: Mapping[str, Json]) -> None:
    rest: list[Iterable[Any]] = [data.values()]
    while rest:
        for inner in rest.pop():
            kind = type(inner)
            if kind is str or inner is None or kind is int:
                continue  # nearly everything
            if kind is tuple or kind is list:
                rest.append(inner)
            elif isinstance(inner, Mapping):
                rest.append(inner.values())
            elif isinstance(inner, float):
                message = "event data holds no floats"
                raise TypeError(message)
            elif isinstance(inner, list | tuple):
                rest.append(inner)
