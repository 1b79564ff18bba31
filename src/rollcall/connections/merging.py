"""From the staged rows of a read to the mirror: what differs is written, loops are flagged.

A fixed number of statements, whatever the number of people; all run in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rollcall.connections.models import Connection
from rollcall.connections.rows import VALUE_COLUMNS

MANY: Final = 2_000
"""From so many rows on, statements are planned for whole tables."""

FEW: Final = 50
"""Above so many people the joins of a run are hashed, in a company that is one of thousands too: PostgreSQL multiplies
the selectivities of company, connection and entity, which are the same rows, and guesses one row where there are all.
"""


def expect_many(cursor: Any) -> None:
    """Tell the planner, for this transaction, that most rows will be touched.

    Right after a first read the tables have no statistics, the app's role may not ANALYZE them, and PostgreSQL
    guesses one row where there are all: it then picks nested loops that take minutes instead of a second.
    """
    cursor.execute("SET LOCAL enable_nestloop = off")


_VALUES: Final = ("record_digest", "digest", *VALUE_COLUMNS)


def merge_rows(cursor: Any, connection: Connection, now: datetime) -> tuple[int, int, bool]:
    """Write staged rows that differ; return rows changed, rows new, and whether anybody's manager moved."""
    cursor.execute("ANALYZE stage")
    cursor.execute(
        f"""
        WITH moved AS (
            SELECT e.id, e.manager_id IS DISTINCT FROM s.manager_id AS manager,
                   e.digest <> s.digest OR e.absent_since IS NOT NULL AS content
            FROM stage s JOIN connections_employee e
              ON e.connection_id = %s AND e.external_id = s.external_id
            WHERE e.record_digest <> s.record_digest OR e.digest <> s.digest
        ), written AS (
            UPDATE connections_employee e SET ({", ".join(_VALUES)}, changed_at) =
                (SELECT {", ".join("s." + name for name in _VALUES)},
                        CASE WHEN e.digest <> s.digest THEN %s ELSE e.changed_at END)
            FROM stage s
            WHERE e.connection_id = %s AND e.external_id = s.external_id AND e.id IN (SELECT id FROM moved)
        )
        SELECT count(*) FILTER (WHERE content), coalesce(bool_or(manager), false) FROM moved
        """,
        [connection.pk, now, connection.pk],
    )
    changed, regrouped = cursor.fetchone()
    cursor.execute(
        f"""
        INSERT INTO connections_employee
            (company_id, connection_id, external_id, {", ".join(_VALUES)},
             manager_in_loop, first_seen_at, changed_at, absent_runs)
        SELECT %s, %s, s.external_id, {", ".join("s." + name for name in _VALUES)}, false, %s, %s, 0
        FROM stage s
        WHERE NOT EXISTS (
            SELECT FROM connections_employee e WHERE e.connection_id = %s AND e.external_id = s.external_id
        )
        """,
        [connection.company_id, connection.pk, now, now, connection.pk],
    )
    new = cursor.rowcount
    return int(changed), int(new), bool(regrouped or new)


def mark_loops(cursor: Any, connection_id: int) -> None:
    """Flag everybody who is above themselves (M2).

    Whoever is reached going down from people without a known manager is in no loop; each is visited once. Only
    among the rest, who are few, is anybody followed upwards.
    """
    cursor.execute(
        """
        WITH RECURSIVE reached AS (
            SELECT e.external_id FROM connections_employee e
            WHERE e.connection_id = %(c)s AND (e.manager_id IS NULL OR NOT EXISTS (
                SELECT FROM connections_employee m
                WHERE m.connection_id = %(c)s AND m.external_id = e.manager_id))
            UNION ALL
            SELECT e.external_id FROM reached r
            JOIN connections_employee e ON e.connection_id = %(c)s AND e.manager_id = r.external_id
        ), rest AS (
            SELECT e.external_id, e.manager_id FROM connections_employee e
            WHERE e.connection_id = %(c)s AND NOT EXISTS (
                SELECT FROM reached r WHERE r.external_id = e.external_id)
        ), above AS (
            SELECT external_id AS start, manager_id AS at FROM rest
            UNION
            SELECT a.start, r.manager_id FROM above a JOIN rest r ON r.external_id = a.at
        ), loops AS (SELECT DISTINCT start FROM above WHERE start = at)
        UPDATE connections_employee e SET manager_in_loop = NOT e.manager_in_loop
        WHERE e.connection_id = %(c)s
          AND e.manager_in_loop <> EXISTS (SELECT FROM loops l WHERE l.start = e.external_id)
        """,
        {"c": connection_id},
    )


def drop_doubles(cursor: Any, connection_id: int, pages: Sequence[bytes]) -> list[str]:
    """Leave each id once in the stage; return ids that came with different content: they are set aside (P3, P8).

    ``pages``: digests of those pages that were the same as in the read before.
    """
    cursor.execute(
        """
        WITH twice AS (
            SELECT s.external_id FROM stage s
            LEFT JOIN connections_employee e
              ON e.connection_id = %s AND e.external_id = s.external_id
             AND e.id IN (
                SELECT employee FROM stage_seen
                UNION ALL
                SELECT unnest(p.employees) FROM connections_readpage p
                WHERE p.connection_id = %s AND p.digest = ANY(%s)
             )
            GROUP BY s.external_id
            HAVING count(DISTINCT s.digest) > 1 OR count(e.id) FILTER (WHERE e.digest <> s.digest) > 0
        ),
        gone AS (DELETE FROM stage s USING twice t WHERE s.external_id = t.external_id)
        SELECT external_id FROM twice ORDER BY 1
        """,
        [connection_id, connection_id, list(pages)],
    )
    doubled = [str(row[0]) for row in cursor.fetchall()]
    cursor.execute(
        "DELETE FROM stage s USING stage o"
        " WHERE s.external_id = o.external_id AND (s.page, s.ctid) > (o.page, o.ctid)"
    )
    return doubled


def remember_pages(cursor: Any, connection: Connection, pages: Mapping[int, bytes]) -> None:
    """Keep which people stood on these pages (number in the stage -> digest), so that they need not be parsed again."""
    cursor.execute(
        """
        INSERT INTO connections_readpage (company_id, connection_id, digest, employees)
        SELECT %s, %s, p.digest, coalesce(array_agg(one.id) FILTER (WHERE one.id IS NOT NULL), '{}')
        FROM unnest(%s::int[], %s::bytea[]) AS p(page, digest)
        LEFT JOIN (
            SELECT page, employee AS id FROM stage_seen
            UNION SELECT s.page, e.id FROM stage s JOIN connections_employee e
              ON e.connection_id = %s AND e.external_id = s.external_id
        ) one ON one.page = p.page
        GROUP BY p.digest
        ON CONFLICT (connection_id, digest) DO UPDATE SET employees = excluded.employees
        """,
        [
            connection.company_id,
            connection.pk,
            list(pages),
            list(pages.values()),
            connection.pk,
        ],
    )
