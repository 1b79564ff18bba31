"""Who is who, as SQL: what a person decided, new numbers for old members, addresses that look like a member's.

The readings of ``engine.match`` and ``engine.identity`` in the database; the property tests of the candidates hold
them together. No address is folded here: folded keys are stored.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from django.db import connection as database
from msgspec import UNSET

from rollcall.accounts.staging import texts
from rollcall.directory.decisions import stands
from rollcall.engine import identity
from rollcall.engine.lookalike import ODD, skeleton
from rollcall.engine.match import Decided
from rollcall.engine.snapshot import Employee, Status

COMES_OR_WORKS: Final = """t.absent_since IS NULL AND (t.status IS DISTINCT FROM 'inactive'
    OR (coalesce(t.last_working_day, t.end_date) IS NULL AND t.start_date > %(first_day)s))"""
"""``engine.status.comes_or_works`` for the alias ``t``."""

# A value, not EXISTS: that would be made a join, and where nested loops are off one with all links for each person.
_UNTIED: Final = """(SELECT tl.id FROM directory_link tl WHERE tl.entity_id = %(entity)s
                        AND tl.connection_id = %(connection)s AND tl.employee_id = t.external_id) IS NULL"""

COLUMNS: Final = f"""
    (SELECT d.kind FROM directory_decision d
     WHERE {stands("d", "e", "CASE WHEN l.id IS NULL THEN s.id ELSE m.id END")}),
    CASE WHEN m.id IS NOT NULL THEN (
        SELECT ARRAY[min(k.external_id COLLATE "C") FILTER (WHERE k.kind IS DISTINCT FROM 'other'),
                     max(k.kind) FILTER (WHERE k.kind = 'same'),
                     (count(*) FILTER (WHERE k.kind = 'other' AND e.email_key = m.email_key))::text]
        FROM (
            SELECT t.external_id,
                   (SELECT d.kind FROM directory_decision d WHERE {stands("d", "t", "m.id")}) AS kind
            FROM connections_employee t
            WHERE t.connection_id = %(connection)s AND t.email_key = m.email_key AND t.external_id <> e.external_id
              AND {COMES_OR_WORKS} AND {_UNTIED}) k) END,
    ol.employee_id, ol.managed, oe.id IS NOT NULL, oe.absent_since IS NOT NULL,
    oe.status, oe.start_date, oe.end_date, oe.last_working_day, oe.time_zone
"""
"""What ``values`` makes a candidate's fields of; for the aliases of the candidates' statement."""

COUNT: Final = 11

UNTIED: Final[Mapping[str, Any]] = {
    "same_email_linked": False,
    "tied_to": "",
    "tied_record": None,
    "tied_gone": False,
}
"""The fields of ``values`` about a member whose address a new record has, where it has nothing to do with it."""


def values(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields of a candidate that ``COLUMNS`` are about."""
    decided, followed, employee_id, managed, known, gone, *record = row
    successor, same, apart = followed or (None, None, None)
    # A link that a disconnect left behind, to an id that the tool does not know any more, stands in nobody's way.
    tied = employee_id is not None and (managed or known)
    return {
        "decided": Decided(decided) if decided else None,
        "successor": successor or "",
        "replaced": same is not None,
        "apart": int(apart or 0),
        "same_email_linked": tied,
        "tied_to": employee_id if tied else "",
        "tied_record": _record(employee_id, *record) if tied and known else None,
        "tied_gone": tied and (gone or not known),
    }


def _record(employee_id: str, status: str | None, start: Any, end: Any, last: Any, zone: Any) -> Employee:
    return Employee(
        id=employee_id,
        status=Status(status) if status else UNSET,
        start_date=start,
        end_date=end,
        last_working_day=last,
        time_zone=zone,
    )


def renumbered(entity_id: int, connection_id: int, day: date) -> bool:
    """Tell whether HR gave new numbers to many at once (``engine.identity.renumbered``); one statement.

    ``day``: the earliest on earth.
    """
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FILTER (WHERE l.managed), count(*) FILTER (WHERE
                (o.id IS NULL AND l.managed OR o.absent_since IS NOT NULL) AND (
                    SELECT count(*) = 1 AND bool_and(t.status IS DISTINCT FROM 'inactive' AND {_UNTIED}
                        AND NOT EXISTS (SELECT FROM directory_decision d WHERE {stands("d", "t", "m.id")}))
                    FROM connections_employee t
                    WHERE t.connection_id = %(connection)s AND t.email_key = m.email_key AND {COMES_OR_WORKS}))
            FROM directory_link l
            JOIN directory_member m ON m.id = l.member_id AND m.state <> 'archived'
            LEFT JOIN connections_employee o ON o.connection_id = %(connection)s AND o.external_id = l.employee_id
            WHERE l.entity_id = %(entity)s AND l.connection_id = %(connection)s
            """,
            {"entity": entity_id, "connection": connection_id, "first_day": day},
        )
        managed, pairs = cursor.fetchone()
    return identity.many(pairs, managed)


class Alike:
    """Addresses of an entity's living members that others are easily mistaken for; read once, and when needed."""

    def __init__(self, entity_id: int) -> None:
        """Read nothing yet."""
        self._entity_id = entity_id
        self._odd: dict[str, list[str]] | None = None

    def find(self, keys: Collection[str]) -> dict[str, str]:
        """Return for folded addresses that no living member has the one of a member that looks the same.

        One statement for any number of addresses, and one for the first of them.
        """
        if not keys:
            return {}
        shapes = {key: skeleton(key) for key in keys}
        taken = {*self._addresses("AND email_key = ANY(%s::text[])", texts({*shapes, *shapes.values()}))}
        odd = self._odd_ones()
        found: dict[str, str] = {}
        for key, shape in shapes.items():
            others = [*odd.get(shape, ()), *({shape} & taken)]
            if others and key not in taken:
                found[key] = min(others)
        return found

    def _odd_ones(self) -> dict[str, list[str]]:
        if self._odd is None:
            self._odd = {}
            for key in self._addresses("AND email_key ~ %s", ODD):
                if (shape := skeleton(key)) != key:
                    self._odd.setdefault(shape, []).append(key)
        return self._odd

    def _addresses(self, condition: str, value: str) -> Iterator[str]:
        with database.cursor() as cursor:
            cursor.execute(
                f"SELECT email_key FROM directory_member WHERE entity_id = %s AND state <> 'archived' {condition}",
                [self._entity_id, value],
            )
            for row in cursor.fetchall():
                yield row[0]
