"""Who was not in a complete read: noted, counted, and proven only by reads that can be believed (rules 1 and 5).

Set-based, in the transaction that merges the read. A read by changes never comes here. What is counted and what
not is written down in ``docs/reference/limits.md`` for people and in ``engine/absence.py`` for the limits.
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


def note_absences(cursor: Any, read: Read) -> Noted:
    """Note who was missed by this read and who is back; return how many.

    The temporary table ``present`` has the ids of the mirror rows that were in the read. A list that is far too
    short proves nothing: whom it misses first is noted, but neither they nor others are counted by it. When people
    come back together, the lists without them were short: for everybody still missing the wait begins anew.
    """
    back = note_back(cursor, read.connection_id)
    cursor.execute(
        "UPDATE connections_employee SET absent_runs = 0, absent_proven_at = NULL"
        " WHERE connection_id = %s AND absent_since IS NOT NULL AND absent_runs > 0 AND external_id = ANY(%s)",
        [read.connection_id, list(read.excused)],
    )
    cursor.execute(
        """
        SELECT count(*) FROM connections_employee e
        WHERE e.connection_id = %s AND e.absent_since IS NULL AND NOT e.external_id = ANY(%s)
          AND NOT EXISTS (SELECT FROM present p WHERE p.id = e.id)
        """,
        [read.connection_id, list(read.excused)],
    )
    missing = int(cursor.fetchone()[0])
    if missing and _is_short(read, missing):
        _note_first(cursor, read)
    else:
        _count(cursor, read, anew=back > MOST_BACK)
    return Noted(missing, back)


def note_back(cursor: Any, connection_id: int) -> int:
    """Forget the absence of everybody in the table ``present``; return how many were absent."""
    cursor.execute(
        "UPDATE connections_employee e SET absent_since = NULL, absent_runs = 0, absent_proven_at = NULL"
        " WHERE e.connection_id = %s AND e.absent_since IS NOT NULL AND e.id IN (SELECT id FROM present)",
        [connection_id],
    )
    return int(cursor.rowcount)


def note_unread(cursor: Any, read: Read, *, anybody: bool) -> None:
    """Note whose record this read could not use, and forget it of all others, in the table ``present``'s transaction.

    ``read.excused`` are those known by number. With ``anybody`` a record had none: it may be that of anybody who was
    not in the read. What the mirror has of them may be old, so nothing is decided from it (rule 1, invariant 20).
    """
    cursor.execute(
        """
        UPDATE connections_employee e SET unread_since = CASE WHEN u.unread THEN %(now)s END
        FROM (
            SELECT id, external_id = ANY(%(excused)s)
                OR (%(anybody)s AND NOT EXISTS (SELECT FROM present p WHERE p.id = t.id)) AS unread
            FROM connections_employee t WHERE t.connection_id = %(connection)s
        ) u
        WHERE u.id = e.id AND u.unread <> (e.unread_since IS NOT NULL)
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
        " WHERE e.connection_id = %(connection)s AND e.absent_since IS NOT NULL AND e.absent_proven_at IS NULL"
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
        WHERE e.connection_id = %(connection)s AND NOT e.external_id = ANY(%(excused)s)
          AND (e.absent_proven_at IS NULL OR %(anew)s)
          AND NOT EXISTS (SELECT FROM present p WHERE p.id = e.id)
        """,
        {
            "connection": read.connection_id,
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
        WHERE e.connection_id = %s AND e.absent_since IS NULL AND NOT e.external_id = ANY(%s)
          AND NOT EXISTS (SELECT FROM present p WHERE p.id = e.id)
        """,
        [read.now, read.connection_id, list(read.excused)],
    )


def _is_short(read: Read, missing: int) -> bool:
    left = read.known - missing
    return is_drop(missing, read.known) or (read.usual is not None and is_fewer(left, read.usual))
