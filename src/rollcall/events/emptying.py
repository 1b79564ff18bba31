"""Empty the audit log of one person, as the owner of its table; the chain goes on proving everything (Z6, Z7).

The app's role can only append. So first an entry is appended that vouches, by digest, for what each emptied entry
will say; then the owner of the tables writes exactly that. `outbox.verify` accepts nothing else.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg
from django.db import connection, connections

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append, remaining_hash

CHUNK: Final = 500

_FOUND: Final = """
    select id, number, member_id, actor_kind, actor_id, actor_label, data
    from events_event
    where company_id = %s and id > %s and kind <> all(%s) and (
        (member_id = any(%s) and (erased_at is null or data <> '{}'))
        or (actor_kind = 'user' and actor_id = %s and actor_label <> '')
        or (%s and (data::text ilike any(%s) or actor_label ilike any(%s))))
    order by id limit %s
"""
_EMPTY: Final = """
    update events_event set data = %s::jsonb, actor_label = %s, salt = '', erased_at = coalesce(erased_at, now())
    where company_id = %s and id = %s
"""
_KEPT: Final = [str(kind) for kind in (Kind.MEMBER_ERASED, Kind.MEMBER_ALLOWED_AGAIN, Kind.AUDIT_EMPTIED)]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom entries are emptied of."""

    company_id: int
    members: Sequence[int]
    # their account, if it was removed: what they did stays, without their name
    user_id: int | None = None
    # addresses and names that stand in entries about others; empty: those stay as they are
    words: Sequence[str] = ()


class _Rest(msgspec.Struct, frozen=True):
    """What is left of an entry."""

    id: int
    number: int
    label: str
    data: Any


def empty(person: Person) -> int:
    """Empty every entry about the person, in its own transactions; return how many. Repeating it is harmless.

    Raises ``psycopg.Error`` when the owner of the tables cannot be reached: nothing is lost, and it can be repeated.
    """
    last, total = 0, 0
    while found := _next(person, last):
        last = found[-1].id
        with acting_for(person.company_id):
            hashes = {str(one.number): remaining_hash(one.label, one.data) for one in found}
            append(
                [
                    NewEvent(
                        company_id=person.company_id,
                        kind=Kind.AUDIT_EMPTIED,
                        actor=SYSTEM,
                        data={"entries": hashes},
                    )
                ]
            )
        _write(person.company_id, found)
        total += len(found)
    return total


def patterns(words: Sequence[str]) -> list[str]:
    """Return the words for ILIKE, as they stand in the text of a JSON value."""
    inner = (json.dumps(word, ensure_ascii=False)[1:-1] for word in words)
    return [f"%{_escaped(one)}%" for one in inner]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def scrubbed(value: Any, words: Sequence[str]) -> Any:
    """Return a JSON value in which no text holds any of the words, in whatever case."""
    if isinstance(value, str):
        for word in words:
            value = re.sub(re.escape(word), "", value, flags=re.IGNORECASE)
        return value
    if isinstance(value, dict):
        return {scrubbed(name, words): scrubbed(one, words) for name, one in value.items()}
    return [scrubbed(one, words) for one in value] if isinstance(value, list) else value


def _next(person: Person, last: int) -> list[_Rest]:
    """Return the next entries, as they will be. An empty list means that none is left."""
    wanted = patterns(person.words)
    user = -1 if person.user_id is None else person.user_id
    with acting_for(person.company_id), connection.cursor() as cursor:
        cursor.execute(
            _FOUND,
            [person.company_id, last, _KEPT, list(person.members), user, bool(wanted), wanted, wanted, CHUNK],
        )
        return [_rest(person, *row) for row in cursor.fetchall()]


def _rest(
    person: Person,
    event_id: int,
    number: int,
    member_id: int | None,
    actor_kind: str,
    actor_id: int | None,
    label: str,
    data: Any,
) -> _Rest:
    content = json.loads(data) if isinstance(data, str) else data
    about = member_id in person.members
    by = actor_kind == "user" and actor_id is not None and actor_id == person.user_id
    return _Rest(
        id=event_id,
        number=number,
        label="" if by else scrubbed(label, person.words),
        data={} if about else scrubbed(content, person.words),
    )


def _write(company_id: int, found: Sequence[_Rest]) -> None:
    with _owner() as own, own.transaction():
        own.execute("select set_config('rollcall.company', %s, true)", [str(company_id)])
        own.cursor().executemany(
            _EMPTY, [(json.dumps(one.data), one.label, company_id, one.id) for one in found]
        )


def _owner() -> "psycopg.Connection[tuple[Any, ...]]":
    """Return a new connection as the owner of the tables, who alone may update entries; the caller closes it."""
    params = connections["owner"].get_connection_params()
    wanted = {
        name: value for name, value in params.items() if name not in {"cursor_factory", "context", "pool"}
    }
    return psycopg.connect(**wanted, autocommit=True)
