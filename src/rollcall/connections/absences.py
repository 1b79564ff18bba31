"""Who was not in a complete read: noted, counted, and proven only by reads that can be believed (rules 1 and 5).

Set-based, in the transaction that merges the read. A read by changes never comes here. What is counted and what not
is written down in ``docs/reference/limits.md`` for people and in ``engine/absence.py`` for the limits.

The connection is given as "(SELECT ...)": the planner then counts with one of usual size and takes the index made for
the question. A new one that it does not know yet it takes for empty, and any index for good enough.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from rollcall.engine.absence import MOST_BACK, WAIT, is_drop, is_fewer


class Read(Struct, frozen=True, kw_only=True):
    """What is known about a complete read before anybody is called absent by it."""

    connection_id: int
    # aware; when the read began
    now: datetime
    # ids of records that were set aside: they count as present
    excused: Sequence[str]
    # people who were present before this read
    known: int
    # how many people the last good full reads brought, if there were any
    usual: float | None = None


class Noted(Struct, frozen=True):
    """How many people are newly absent, and how many are back."""

    missing: int
    back: int


def count_present(cursor: Any, connection_id: int) -> int:
    """Return how many people of the mirror are not absent. Looks at indexes alone where it can."""
    cursor.execute(
        "SELECT (SELECT count(*) FROM connections_employee WHERE connection_id = (SELECT %(c)s::bigint))"
        " - (SELECT count(*) FROM connections_employee"
        "    WHERE connection_id = (SELECT %(c)s::bigint) AND absent_since IS NOT NULL)",
        {"c": connection_id},
    )
    return int(cursor.fetchone()[0])


def list_missing(cursor: Any, connection_id: int) -> None:
    """Fill the table ``missing`` with everybody of the mirror who is neither in ``present`` nor in ``matched``.

    Everybody is looked at, by the index of ids alone: what is missing is found, not remembered.
    """
    cursor.execute("DROP TABLE IF EXISTS missing")
    cursor.execute(
        """
        CREATE TEMPORARY TABLE missing AS
        SELECT e.id FROM connections_employee e
        WHERE e.connection_id = (SELECT %s::bigint) AND NOT EXISTS (
            SELECT FROM (SELECT id FROM present UNION ALL SELECT id FROM matched) p WHERE p.id = e.id)
        """,
        [connection_id],
    )


def note_absences(cursor: Any, read: Read) -> Noted:
    """Note who was missed by this read and who is back; return how many.

    The temporary table ``missing`` has the ids of the mirror rows that were not in the read. A list that is far too
    short proves nothing: whom it misses first is noted, but neither they nor others are counted by it. When people
    come back together, the lists without them were short: for everybody still missing the wait begins anew.
    """
    cursor.execute(
        """
        SELECT count(*) FILTER (WHERE e.absent_since IS NULL AND NOT e.external_id = ANY(%s)), count(*)
        FROM connections_employee e WHERE e.id = ANY (ARRAY(SELECT id FROM missing))
        """,
        [list(read.excused)],
    )
    missing, listed = cursor.fetchone()
    back = note_back(cursor, read)
    if not listed:
        return Noted(0, back)
    if missing and _is_short(read, int(missing)):
        _note_first(cursor, read)
    else:
        _count(cursor, read, anew=back > MOST_BACK)
    return Noted(int(missing), back)


def note_back(cursor: Any, read: Read) -> int:
    """Forget the absence of everybody who is not in the table ``missing``, or is listed by number all the same.

    Whoever's record cannot be read is present (invariant 20). Return how many were absent.
    """
    cursor.execute(
        "UPDATE connections_employee e SET absent_since = NULL, absent_runs = 0, absent_proven_at = NULL"
        " WHERE e.connection_id = (SELECT %s::bigint) AND e.absent_since IS NOT NULL"
        " AND (NOT EXISTS (SELECT FROM missing m WHERE m.id = e.id) OR e.external_id = ANY(%s))",
        [read.connection_id, list(read.excused)],
    )
    return int(cursor.rowcount)


def note_unread(cursor: Any, read: Read, *, anybody: bool) -> None:
    """Note whose record this read could not use, and forget it of all others; with the table ``missing``.

    ``read.excused`` are those known by number. With ``anybody`` a record had none: it may be that of anybody who was
    not in the read. What the mirror has of them may be old, so nothing is decided from it (rule 1, invariant 20).
    """
    cursor.execute(
        """
        WITH unread AS (
            SELECT e.id FROM connections_employee e
            WHERE e.connection_id = (SELECT %(connection)s::bigint) AND e.external_id = ANY(%(excused)s)
            UNION SELECT id FROM missing WHERE %(anybody)s
        ), wrong AS (
            SELECT u.id FROM unread u JOIN connections_employee e ON e.id = u.id WHERE e.unread_since IS NULL
            UNION ALL
            SELECT e.id FROM connections_employee e
            WHERE e.connection_id = (SELECT %(connection)s::bigint) AND e.unread_since IS NOT NULL
              AND e.id NOT IN (SELECT id FROM unread)
        )
        UPDATE connections_employee e SET unread_since = CASE WHEN e.unread_since IS NULL THEN %(now)s END
        WHERE e.id = ANY (ARRAY(SELECT id FROM wrong))
        """,
        {
            "connection": read.connection_id,
            "now": read.now,
            "excused": list(read.excused),
            "anybody": anybody,
        },
    )


def count_on(cursor: Any, connection_id: int, now: datetime) -> None:
    """Count a complete read whose pages were all those of the read before: who was absent is absent still."""
    cursor.execute(
        f"UPDATE connections_employee e SET {_COUNTED}"
        " WHERE e.connection_id = (SELECT %(connection)s::bigint)"
        " AND e.absent_since IS NOT NULL AND e.absent_proven_at IS NULL"
        " AND NOT EXISTS (SELECT FROM connections_readpage p"
        "                 WHERE p.connection_id = %(connection)s AND e.id = ANY(p.employees))",
        {"connection": connection_id, "now": now, "wait": WAIT, "anew": False},
    )


# Somebody's count begins with this read if no earlier one counts; a proof once made is not written again.
_COUNTED = """
    absent_since = CASE WHEN %(anew)s OR e.absent_runs = 0 THEN %(now)s ELSE e.absent_since END,
    absent_runs = CASE WHEN %(anew)s THEN 1 ELSE e.absent_runs + 1 END,
    absent_proven_at = CASE WHEN NOT %(anew)s AND e.absent_runs > 0 AND e.absent_since <= %(now)s - %(wait)s
                            THEN %(now)s END
"""


def _count(cursor: Any, read: Read, *, anew: bool) -> None:
    cursor.execute(
        f"""
        UPDATE connections_employee e SET {_COUNTED}
        WHERE e.id = ANY (ARRAY(SELECT id FROM missing)) AND NOT e.external_id = ANY(%(excused)s)
          AND (e.absent_proven_at IS NULL OR %(anew)s)
        """,
        {
            "excused": list(read.excused),
            "now": read.now,
            "wait": WAIT,
            "anew": anew,
        },
    )


def _note_first(cursor: Any, read: Read) -> None:
    cursor.execute(
        """
        UPDATE connections_employee e SET absent_since = %s, absent_runs = 0
        WHERE e.id = ANY (ARRAY(SELECT id FROM missing)) AND e.absent_since IS NULL AND NOT e.external_id = ANY(%s)
        """,
        [read.now, list(read.excused)],
    )


def _is_short(read: Read, missing: int) -> bool:
    left = read.known - missing
    return is_drop(missing, read.known) or (read.usual is not None and is_fewer(left, read.usual))
