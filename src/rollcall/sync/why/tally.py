"""Numbers of the mirror that are counted once, when a run has read, and shown by pages with the hour they are of.

Counting 100,000 people takes tenths of a second for each number, and a page that chooses employees has hundreds. After
a few changes nobody counts: the numbers go on by what those people have come to count for (``stepping``).
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.comparing import Count
from rollcall.connections.models import Connection, Tally
from rollcall.connections.queries import Value, all_values, filter_values
from rollcall.engine.scope import Everybody
from rollcall.engine.settings import Settings
from rollcall.sync.why.between import (
    PAGE,
    Counts,
    Group,
    Person,
    Place,
    counts,
    people,
    people_known,
    places_of,
)
from rollcall.sync.why.shares import told_of
from rollcall.sync.why.stepping import MOST_NAMED, Before, before, marks_of, stepped


def tally_of(connection_id: int) -> Tally | None:
    """Return what was counted last, or ``None``: nothing was yet. The people are loaded by whoever asks for them."""
    return Tally.objects.filter(connection_id=connection_id).defer("people").first()


def about_to_read(connection: Connection) -> Before | None:
    """Return what ``count`` needs to go on from the last count; in the transaction of the merge, before it writes.

    ``None``: nobody is written, or too many are.
    """
    told = told_of(connection.pk)
    if not told:
        return None
    places, _unset = places_of(connection)
    return before(connection, places, key_of(places), told)


def count(company_id: int, connection_id: int, *, moved: bool, was: Before | None = None) -> None:
    """Count anew, unless nothing can differ: ``moved`` tells that the mirror does.

    Whoever starts on a day counts from that day on, so that every day is a new count. Only for whoever holds the
    connection's lease. ``was`` is of ``about_to_read``: then nobody is counted who was not read.
    """
    with access.acting_for(company_id):
        known, now = tally_of(connection_id), timezone.now()
        step = stepped(known, was) if known and was else None
        if known and step is not None:
            # A person was erased meanwhile if these marks are gone; the numbers went with them.
            mine = Tally.objects.filter(pk=known.pk, marks=known.marks)
            mine.update(**step, counted_at=now)
            return
        connection = Connection.objects.get(pk=connection_id)
        places, _unset = places_of(connection)
        if known and not moved and known.key == key_of(places) and _day(known.counted_at) == _day(now):
            return
        _count(connection, places, now)


def _count(connection: Connection, places: Sequence[Place], now: datetime) -> None:
    # First: what is written while everybody is counted leaves a mark that is not among these.
    marks, _ = marks_of(connection.pk)
    found = counts(connection.pk, places)
    values, crowded = all_values(connection.pk)
    Tally.objects.update_or_create(
        connection=connection,
        defaults={
            "company_id": connection.company_id,
            "counted_at": now,
            "employees": found.employees,
            "values": [(name, [(one.value, one.count) for one in pairs]) for name, pairs in values.items()],
            "crowded": crowded,
            "marks": marks,
            "key": key_of(places),
            "entities": {
                str(place.entity_id): {"key": key_of([place]), "chosen": chosen, "managers": managers}
                for place, (chosen, managers) in zip(places, found.places, strict=True)
            },
            "nowhere": found.nowhere,
            "several": found.several,
            "people": _named(connection.pk, places, found),
        },
    )


def chosen_now(connection_id: int, entity_id: int, settings: Settings) -> int | None:
    """Return whom the settings choose or bring in, if that was counted and nobody has written the mirror since."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT e ->> 'key', (e ->> 'chosen')::int + (e ->> 'managers')::int
            FROM connections_tally t, jsonb_extract_path(t.entities, %(entity)s) e
            WHERE t.connection_id = %(connection)s AND (t.counted_at AT TIME ZONE 'UTC')::date = now()::date
              AND t.marks = (SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0)
                             FROM sync_doubt WHERE connection_id = %(connection)s)
            """,
            {"connection": connection_id, "entity": str(entity_id)},
        )
        row = cursor.fetchone()
    if row is None or row[0] != key_of([Place(entity_id=entity_id, name="", settings=settings)]):
        return None
    return int(row[1])


def values_of(tally: Tally | None, connection_id: int) -> Mapping[str, Sequence[Value]]:
    """Return ``filter_values`` as counted, else counted now."""
    if tally is None:
        return filter_values(connection_id)
    # PostgreSQL keeps the names of a JSON object in an order of its own.
    return {name: [Value(*pair) for pair in values] for name, values in tally.values}


def count_of(tally: Tally | None, entity_id: int, settings: Settings) -> Count | None:
    """Return ``comparing.count`` for settings that were counted, ``None`` for any others."""
    if tally is None:
        return None
    if isinstance(settings.scope, Everybody) and not settings.exceptions:
        return Count(matching=tally.employees, employees=tally.employees)
    known = tally.entities.get(str(entity_id))
    if known is None or key_of([Place(entity_id=entity_id, name="", settings=settings)]) != known["key"]:
        return None
    return Count(matching=known["chosen"], employees=tally.employees, managers=known["managers"])


def counts_of(tally: Tally | None, places: Sequence[Place]) -> Counts | None:
    """Return ``between.counts`` as counted, ``None`` when the entities' choices are others by now."""
    if tally is None or tally.key != key_of(places):
        return None
    return Counts(employees=tally.employees, nowhere=tally.nowhere, several=tally.several)


def people_of(tally: Tally, group: Group, *, search: str = "", after: int = 0) -> list[Person] | None:
    """Return a page of a list, and one more, as ``between.people`` does; ``None`` where it goes beyond those named."""
    named = tally.people.get(group.value, [])
    whole = len(named) == (tally.nowhere if group is Group.NOWHERE else tally.several)
    if search and not whole:
        return None
    if search:
        return people_known(tally.connection_id, dict(named), search=search, after=after)
    rows = [row for row, _inside in named]
    if after and after not in rows:
        return None
    start = rows.index(after) + 1 if after else 0
    page = named[start : start + PAGE + 1]
    if len(page) <= PAGE and not whole:
        return None
    return people_known(tally.connection_id, dict(page)) if page else []


def key_of(places: Sequence[Place]) -> str:
    """Return what tells choices of employees apart: the conditions and the people named, of each entity."""
    told = [
        (
            one.entity_id,
            one.settings.scope,
            sorted((exception.employee_id, exception.act) for exception in one.settings.exceptions),
        )
        for one in sorted(places, key=lambda place: place.entity_id)
    ]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _named(
    connection_id: int, places: Sequence[Place], found: Counts
) -> dict[str, list[tuple[int, tuple[int, ...]]]]:
    sizes = {Group.NOWHERE: found.nowhere, Group.SEVERAL: found.several}
    return {
        group.value: [
            (one.row_id, one.inside) for one in people(connection_id, places, group, size=MOST_NAMED - 1)
        ]
        for group, size in sizes.items()
        if size and places
    }


def _day(moment: datetime) -> object:
    return moment.astimezone(UTC).date()
