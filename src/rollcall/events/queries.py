"""Reading the audit log: one page of what a person may see, newest first, and the names of who acted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from django.db import connection
from django.db.models import QuerySet

from rollcall.accounts.rows import fetch_columns
from rollcall.events.catalogue import Kind
from rollcall.events.models import ChainHead, Event

PAGE: Final = 25

HIDDEN: Final = frozenset({"nonce", "invitation_id"})
"""Parts of the links in invitations: in an event for the mail, and for nobody to read."""

# An event takes its time before it waits for the company's chain, so times and numbers may cross, by less than this.
_CROSSING: Final = timedelta(hours=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: every condition must hold. Empty conditions let everything through."""

    # ids of entities; in it None stands for the company itself (tokens, connections). None: all there are.
    entities: tuple[int | None, ...] | None = None
    kinds: tuple[Kind, ...] = ()
    members: tuple[int, ...] | None = None
    actor_kind: str = ""
    actor_id: int | None = None
    # aware times; from `since` on, before `until`
    since: datetime | None = None
    until: datetime | None = None


def page(company_id: int, wanted: Wanted, *, before: int = 0, size: int = PAGE) -> list[Event]:
    """Return up to `size` + 1 events, newest first, those before the id `before`. At most three statements."""
    return list(_page(company_id, wanted, before, size))


def rows(
    company_id: int, wanted: Wanted, columns: Sequence[str], *, before: int = 0, size: int = PAGE
) -> list[tuple[Any, ...]]:
    """Return these columns of what `page` returns; `data`, as JSON text, may hold what is `HIDDEN`."""
    return fetch_columns(_page(company_id, wanted, before, size), columns)


def _page(company_id: int, wanted: Wanted, before: int, size: int) -> QuerySet[Event]:
    found = _narrowed(company_id, wanted)
    if wanted.entities is None:
        # Numbers and ids rise together, and the company's index goes by number.
        if before:
            last = Event.objects.filter(company_id=company_id, pk=before).values_list("number", flat=True)
            found = found.filter(number__lt=last.first() or 0)
        return found.order_by("-number")[: size + 1]
    if before:
        found = found.filter(pk__lt=before)
    # One index range for each entity: PostgreSQL would sort all of them for a list of entities.
    parts = [_part(found, entity).order_by("-pk")[: size + 1] for entity in wanted.entities]
    if len(parts) == 1:
        return parts[0]
    return Event.objects.none().union(*parts, all=True).order_by("-pk")[: size + 1]


def pages(company_id: int, wanted: Wanted, *, size: int = 1000) -> Iterator[list[Event]]:
    """Yield everything wanted in pages, newest first. Opens nothing: act for the company around each `next`."""
    before = 0
    while True:
        rows = page(company_id, wanted, before=before, size=size)
        if rows[:size]:
            yield rows[:size]
        if len(rows) <= size:
            return
        before = rows[size - 1].pk


def written(company_id: int) -> int:
    """Return how many events the company has."""
    return ChainHead.objects.filter(company_id=company_id).values_list("number", flat=True).first() or 0


def shown_data(event: Event) -> dict[str, Any]:
    """Return the data that may be read, for pages, files and the API."""
    return without_hidden(event.data)


def without_hidden(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's data without what nobody may read."""
    return {name: value for name, value in data.items() if name not in HIDDEN}


def _part(found: QuerySet[Event], entity: int | None) -> QuerySet[Event]:
    return found.filter(entity_id__isnull=True) if entity is None else found.filter(entity_id=entity)


def _narrowed(company_id: int, wanted: Wanted) -> QuerySet[Event]:
    found = Event.objects.filter(company_id=company_id)
    if wanted.kinds:
        found = found.filter(kind__in=wanted.kinds)
    if wanted.members is not None:
        found = found.filter(member_id__in=wanted.members)
    if wanted.actor_kind:
        found = found.filter(actor_kind=wanted.actor_kind)
    if wanted.actor_id is not None:
        found = found.filter(actor_id=wanted.actor_id)
    # Bounds by id keep a search for an old day from walking through all that came later.
    if wanted.since:
        first = _id_near(company_id, wanted.since - _CROSSING)
        found = found.filter(at__gte=wanted.since, pk__gte=first) if first else found.none()
    if wanted.until:
        last = _id_near(company_id, wanted.until + _CROSSING)
        found = found.filter(at__lt=wanted.until)
        found = found.filter(pk__lte=last) if last else found
    return found


# Halves the numbers, which have no gaps, some twenty times; an index of times would make every event dearer.
# LATERAL and LIMIT: without them PostgreSQL reads the whole table for each half.
_NEAR: Final = """
    WITH RECURSIVE halves(low, high) AS (
        SELECT 0::bigint, number + 1 FROM events_chainhead WHERE company_id = %(company)s
        UNION ALL
        SELECT CASE WHEN e.at < %(moment)s THEN e.number ELSE h.low END,
               CASE WHEN e.at < %(moment)s THEN h.high ELSE e.number END
        FROM halves h
        CROSS JOIN LATERAL (
            SELECT at, number FROM events_event
            WHERE company_id = %(company)s AND number = (h.low + h.high) / 2 LIMIT 1
        ) e
        WHERE h.high - h.low > 1
    )
    SELECT e.id FROM halves h
    CROSS JOIN LATERAL (
        SELECT id FROM events_event WHERE company_id = %(company)s AND number = h.high LIMIT 1
    ) e
    WHERE h.high - h.low = 1
"""


def _id_near(company_id: int, moment: datetime) -> int:
    """Return the id of the first event from `moment` on, give or take `_CROSSING`; 0 if all are older."""
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"company": company_id, "moment": moment})
        row = cursor.fetchone()
    return int(row[0]) if row else 0
