"""Numbers of the mirror that go on from the last count: what the people of a read count for now, less what they did.

A read tells before it writes whom it may write, and what they count for is asked then and afterwards. That the rest of
the mirror is as it was when it was counted, marks tell (``sync.models.Doubt``): there were the same ones when the first
answer was given, and all that came since name nobody else, whatever code wrote. In any doubt everybody is counted.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import brings_managers
from rollcall.connections.models import Connection, Tally
from rollcall.connections.queries import MANY_VALUES
from rollcall.sync.why.between import Group, Place
from rollcall.sync.why.shares import Share, shares_of, with_managers

MOST_NAMED: Final = 2_000
"""So many people of a list between entities are kept, in their order; who looks further waits."""

LEAST_NAMED: Final = MOST_NAMED // 2
"""A list of more people that has become shorter than this is made anew."""


class Before(Struct, frozen=True, kw_only=True):
    """What the people whom a read may write counted for, and which marks there were then."""

    key: str
    marks: str
    day: date
    places: Sequence[Place]
    ids: frozenset[str]
    shares: Sequence[Share]


def before(
    connection: Connection, places: Sequence[Place], key: str, told: Sequence[tuple[str, str | None]]
) -> Before | None:
    """Return what a read's people count for, in the transaction that is about to merge them; ``None`` for too many.

    Args:
        connection: that was read.
        places: which entities choose whom.
        key: tells the places apart from others.
        told: ``told_of`` this read.
    """
    ids = with_managers(connection.pk, places, told)
    if ids is None:
        return None
    shares = shares_of(connection.pk, places, ids)
    # Only now: whatever was written until the answer above has left its mark.
    marks, day = marks_of(connection.pk)
    return Before(key=key, marks=marks, day=day, places=places, ids=ids, shares=shares)


def marks_of(connection_id: int) -> tuple[str, date]:
    """Return which marks of the mirror there are, to be read before it is counted, and which day it is in UTC."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0), now()::date"
            " FROM sync_doubt WHERE connection_id = %s",
            [connection_id],
        )
        marks, day = cursor.fetchone()
    return marks, day


def stepped(tally: Tally, was: Before) -> Mapping[str, Any] | None:
    """Return the fields of a tally that are others after the read, ``None`` when everybody has to be counted.

    ``tally`` has been loaded without its people, which are loaded when they matter.
    """
    if (tally.marks, tally.key) != (was.marks, was.key) or tally.counted_at.astimezone(UTC).date() != was.day:
        return None
    marks = _marks_since(tally, was)
    if marks is None:
        return None
    now = shares_of(tally.connection_id, was.places, was.ids)
    numbers = _numbers(tally, was.places, was.shares, now)
    values = _values(tally, was.shares, now)
    people = _people(tally, numbers, was, now) if was.places else {}
    if values is None or people is None:
        return None
    return {"marks": marks, **numbers, **values, **people}


def _marks_since(tally: Tally, was: Before) -> str | None:
    """Return the marks of now, if all that are new name nobody but the people of the read, on the same day.

    Where managers are brought in, the managers that those people have now must be among them as well: they are, unless
    somebody else has written one of them too.
    """
    with database.cursor() as cursor:
        cursor.execute(
            """
            WITH mine AS MATERIALIZED (SELECT id, employees FROM sync_doubt WHERE connection_id = %(connection)s),
            new AS MATERIALIZED (SELECT * FROM mine WHERE id > %(newest)s)
            SELECT (SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0)
                    FROM mine WHERE id <= %(newest)s),
                   (SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0) FROM mine),
                   EXISTS (SELECT FROM new WHERE employees IS NULL)
                   OR EXISTS (SELECT FROM new, unnest(employees) x WHERE NOT x = ANY(%(known)s))
                   OR %(managers)s AND EXISTS (
                       SELECT FROM connections_employee e
                       WHERE e.connection_id = %(connection)s AND e.external_id = ANY(%(known)s)
                         AND NOT e.manager_id = ANY(%(known)s)),
                   now()::date
            """,
            {
                "connection": tally.connection_id,
                "newest": int(tally.marks.rpartition(":")[2]),
                "known": list(was.ids),
                "managers": any(brings_managers(one.settings.scope) for one in was.places),
            },
        )
        then, now, others, day = cursor.fetchone()
    return None if then != tally.marks or others or day != was.day else str(now)


def _numbers(
    tally: Tally, places: Sequence[Place], was: Sequence[Share], now: Sequence[Share]
) -> dict[str, Any]:
    def step(counts: Callable[[Share], bool]) -> int:
        return sum(map(counts, now)) - sum(map(counts, was))

    entities = {}
    for at, place in enumerate(places):
        known = tally.entities[str(place.entity_id)]
        chosen = sum(one.chosen[at] for one in now) - sum(one.chosen[at] for one in was)
        inside = sum(one.inside[at] for one in now) - sum(one.inside[at] for one in was)
        entities[str(place.entity_id)] = {
            **known,
            "chosen": known["chosen"] + chosen,
            "managers": known["managers"] + inside - chosen,
        }
    return {
        "employees": tally.employees + len(now) - len(was),
        "nowhere": tally.nowhere + step(lambda one: one.group is Group.NOWHERE),
        "several": tally.several + step(lambda one: one.group is Group.SEVERAL),
        "entities": entities,
    }


def _values(tally: Tally, was: Sequence[Share], now: Sequence[Share]) -> dict[str, Any] | None:
    """Return the attributes' values as they are after a step."""
    known = {name: dict(pairs) for name, pairs in tally.values}
    crowded, moved = dict(tally.crowded), dict[str, dict[str | None, int]]()
    for name, steps in _steps(was, now).items():
        if name in crowded:
            # Of so many values nobody counts each; at least those are left that nobody has lost.
            crowded[name] -= sum(1 for step in steps.values() if step < 0)
            if crowded[name] <= MANY_VALUES:
                return None
        elif name in known:
            counts = Counter(known[name])
            counts.update(steps)
            moved[name] = {value: n for value, n in counts.items() if n}
            if len(moved[name]) > MANY_VALUES or not any(value is not None for value in moved[name]):
                return None
        elif any(value is not None for value in steps):
            return None
    if not moved:
        return {"crowded": crowded} if crowded != tally.crowded else {}
    ordered = _ordered(moved)
    return {
        "crowded": crowded,
        "values": [(name, ordered.get(name, pairs)) for name, pairs in tally.values],
    }


def _steps(was: Sequence[Share], now: Sequence[Share]) -> dict[str, dict[str | None, int]]:
    """Return by attribute how many more people have each value, where it is not as many."""
    count = Counter(pair for one in now for pair in one.values)
    count.subtract(Counter(pair for one in was for pair in one.values))
    found: dict[str, dict[str | None, int]] = {}
    for (name, value), step in count.items():
        if step:
            found.setdefault(name, {})[value] = step
    return found


def _ordered(values: Mapping[str, Mapping[str | None, int]]) -> dict[str, list[tuple[str | None, int]]]:
    """Return values in the order of ``filter_values``, which PostgreSQL knows."""
    rows = [(name, value, n) for name, pairs in values.items() for value, n in pairs.items()]
    found: dict[str, list[tuple[str | None, int]]] = {}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS x(attribute, value, n)"
            " ORDER BY 1, 3 DESC, 2",
            [list(column) for column in zip(*rows, strict=True)],
        )
        for name, value, n in cursor.fetchall():
            found.setdefault(name, []).append((value, n))
    return found


def _people(
    tally: Tally, numbers: Mapping[str, Any], was: Before, now: Sequence[Share]
) -> dict[str, Any] | None:
    """Return the lists of people after a step; nothing where it has to do with nobody of either list."""
    all_of_them = (*was.shares, *now)
    if not any(one.group for one in all_of_them):
        return {}
    touched = {one.row_id for one in all_of_them}
    lists: dict[str, list[Any]] = {}
    for group, size, former in (
        (Group.NOWHERE, numbers["nowhere"], tally.nowhere),
        (Group.SEVERAL, numbers["several"], tally.several),
    ):
        known = tally.people.get(group.value, [])
        left = {row: tuple(inside) for row, inside in known if row not in touched}
        came = {one.row_id: _entities(was.places, one) for one in now if one.group is group}
        found = _in_order(left, came, whole=len(known) == former)[:MOST_NAMED]
        if len(found) != size and len(found) < LEAST_NAMED:
            return None
        if found:
            lists[group.value] = found
    return {"people": lists}


def _entities(places: Sequence[Place], one: Share) -> tuple[int, ...]:
    return tuple(place.entity_id for place, there in zip(places, one.inside, strict=True) if there)


def _in_order(
    left: Mapping[int, tuple[int, ...]], came: Mapping[int, tuple[int, ...]], *, whole: bool
) -> list[tuple[int, tuple[int, ...]]]:
    """Return both in order of name; behind the last one left of a list that goes on nobody is known to be next."""
    if not came:
        return list(left.items())
    inside = {**left, **came}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM connections_employee WHERE id = ANY(%s) ORDER BY search, id", [list(inside)]
        )
        rows = [row[0] for row in cursor.fetchall()]
    if not whole:
        while rows and rows[-1] in came:
            rows.pop()
    return [(row, inside[row]) for row in rows]
