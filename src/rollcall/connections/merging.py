"""From the staged rows of a read to the mirror: what differs is written.

A fixed number of statements, whatever the number of people; all run in the caller's transaction. Few rows are looked
up one by one in the mirror's indexes, many are joined whole: which it is to be is written into the statements, since
the server guesses wrong where it has no statistics yet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rollcall.connections.loops import mark_loops, mark_moved_loops
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


def expect_nothing(cursor: Any) -> None:
    """Let the planner guess again."""
    cursor.execute("SET LOCAL enable_nestloop = on")


_VALUES: Final = ("record_digest", "digest", *VALUE_COLUMNS)
# *custom* is staged as text: it is parsed only where it is written
_STAGED: Final = tuple("s.custom::jsonb" if name == "custom" else f"s.{name}" for name in _VALUES)


class Merged(Struct, frozen=True):
    """How many rows were written."""

    changed: int
    new: int
    # ids that came with different content: they are set aside
    doubled: Sequence[str]
    # pages of which somebody was left out who stood on another page as well
    incomplete: Sequence[int]


def merge_rows(cursor: Any, connection: Connection, now: datetime, *, blank: bool, few: bool) -> Merged:
    """Write staged rows that differ, and flag loops of managers.

    ``blank``: the mirror has nobody. ``few``: the rows are few beside those of the mirror. Leaves the table ``matched``
    with everybody who was staged, and the table ``present`` with all others who were in the read.
    """
    expect_many(cursor)
    doubled, incomplete = _drop_doubles(cursor)
    _match(cursor, connection.pk, blank=blank, few=few)
    doubled += _drop_contradicted(cursor)
    changed, regrouped = _write_changed(cursor, now, few=few) if not blank else (0, False)
    new = _write_new(cursor, connection, now)
    if (regrouped or new) and few:
        mark_moved_loops(cursor, connection.pk)
    elif regrouped or new:
        mark_loops(cursor, connection.pk, new=blank)
    return Merged(changed, new, doubled, incomplete)


def list_present(cursor: Any, connection_id: int, pages: Sequence[bytes]) -> None:
    """Fill the table ``present`` with who was in the read byte for byte as in the mirror; somebody may be in it twice.

    ``pages``: digests of those pages that were the same as in the read before.
    """
    cursor.execute("DROP TABLE IF EXISTS present")
    cursor.execute(
        """
        CREATE TEMPORARY TABLE present AS
        SELECT unnest(employees::bigint[]) AS id FROM stage_seen
        UNION ALL SELECT unnest(p.employees) FROM connections_readpage p
        WHERE p.connection_id = %s AND p.digest = ANY(%s)
        """,
        [connection_id, list(pages)],
    )


def _drop_doubles(cursor: Any) -> tuple[list[str], list[int]]:
    """Leave each id once in the stage; return ids that came with different content (P3, P8), and pages left short."""
    cursor.execute(
        "SELECT external_id, count(DISTINCT digest) > 1 FROM stage GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    )
    twice = cursor.fetchall()
    if not twice:
        return [], []
    doubled = [str(number) for number, differs in twice if differs]
    cursor.execute("DELETE FROM stage WHERE external_id = ANY(%s)", [doubled])
    cursor.execute(
        """
        DELETE FROM stage WHERE ctid IN (
            SELECT at FROM (SELECT ctid AS at, row_number() OVER (PARTITION BY external_id ORDER BY page, ctid) AS n
                            FROM stage WHERE external_id = ANY(%s)) s WHERE n > 1)
        RETURNING page
        """,
        [[str(number) for number, differs in twice if not differs]],
    )
    return doubled, sorted({int(page) for (page,) in cursor.fetchall()})


# "OFFSET 0" keeps the planner from looking at everybody first; "(SELECT ...)" from taking a connection that it does not
# know yet for an empty one, in which any index is as good as the unique one.
_ONE_BY_ONE: Final = """
    CROSS JOIN LATERAL (
        SELECT * FROM connections_employee x
        WHERE x.connection_id = (SELECT %s::bigint) AND x.external_id = s.external_id OFFSET 0
    ) e
"""
_WHOLE: Final = "JOIN connections_employee e ON e.connection_id = %s AND e.external_id = s.external_id"


def _match(cursor: Any, connection_id: int, *, blank: bool, few: bool) -> None:
    """Fill the table ``matched`` with the staged people whom the mirror has, and what is different about them."""
    cursor.execute("DROP TABLE IF EXISTS matched")
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE matched AS
        SELECT s.external_id, e.id, s.ctid AS at, e.digest <> s.digest AS differs,
               e.record_digest <> s.record_digest OR e.digest <> s.digest AS moved,
               e.manager_id IS DISTINCT FROM s.manager_id AS regrouped, e.absent_since IS NOT NULL AS back,
               s.manager_id
        FROM stage s {_ONE_BY_ONE if few else _WHOLE} {"LIMIT 0" if blank else ""}
        """,
        [connection_id],
    )


def _drop_contradicted(cursor: Any) -> list[str]:
    """Take out whoever was also in the read with what the mirror has of them, which is something else (P8)."""
    cursor.execute("SELECT EXISTS (SELECT FROM matched WHERE differs)")
    if not cursor.fetchone()[0]:
        return []
    cursor.execute(
        "DELETE FROM matched m USING present p WHERE m.differs AND p.id = m.id RETURNING m.external_id, m.at::text"
    )
    found = sorted(cursor.fetchall())
    if found:
        cursor.execute("DELETE FROM stage WHERE ctid = ANY(%s::tid[])", [[at for _, at in found]])
    return [str(number) for number, _ in found]


def _write_changed(cursor: Any, now: datetime, *, few: bool) -> tuple[int, bool]:
    lookup = "AND e.id = ANY (ARRAY(SELECT id FROM matched WHERE moved))" if few else ""
    columns = ", ".join(f"{name} = {value}" for name, value in zip(_VALUES, _STAGED, strict=True))
    cursor.execute(
        f"""
        WITH written AS (
            UPDATE connections_employee e
            SET {columns}, changed_at = CASE WHEN m.differs THEN %s ELSE e.changed_at END
            FROM matched m JOIN stage s ON s.ctid = m.at
            WHERE e.id = m.id AND m.moved {lookup}
        )
        SELECT count(*) FILTER (WHERE differs OR back), coalesce(bool_or(regrouped), false) FROM matched WHERE moved
        """,
        [now],
    )
    changed, regrouped = cursor.fetchone()
    return int(changed), bool(regrouped)


def _write_new(cursor: Any, connection: Connection, now: datetime) -> int:
    cursor.execute(
        f"""
        WITH new AS (
            INSERT INTO connections_employee
                (company_id, connection_id, external_id, {", ".join(_VALUES)},
                 manager_in_loop, first_seen_at, changed_at, absent_runs)
            SELECT %s, %s, s.external_id, {", ".join(_STAGED)}, false, %s, %s, 0
            FROM stage s WHERE NOT EXISTS (SELECT FROM matched m WHERE m.external_id = s.external_id)
            RETURNING id, external_id, manager_id
        )
        INSERT INTO matched (external_id, id, differs, moved, regrouped, back, manager_id)
        SELECT external_id, id, false, false, true, false, manager_id FROM new
        """,
        [connection.company_id, connection.pk, now, now],
    )
    return int(cursor.rowcount)
