"""Who is above themselves among line managers (M2): found among everybody, or around what has moved."""

from typing import Any, Final

_EVERYBODY: Final = "SELECT id, external_id, manager_id FROM connections_employee WHERE connection_id = %(c)s"
_NEW: Final = "SELECT id, external_id, manager_id FROM matched"

_NONE_LOOPS: Final = """
    UPDATE connections_employee SET manager_in_loop = false
    WHERE connection_id = (SELECT %(c)s::bigint) AND manager_in_loop
"""
_LOOPS: Final = """
    WITH RECURSIVE above AS (
        SELECT id AS start, manager AS at FROM rest
        UNION
        SELECT a.start, r.manager FROM above a JOIN rest r ON r.id = a.at
    ), loops AS MATERIALIZED (SELECT start AS id FROM above WHERE start = at), flagged AS MATERIALIZED (
        SELECT id FROM connections_employee
        WHERE connection_id = (SELECT %(c)s::bigint) AND manager_in_loop
    )
    UPDATE connections_employee SET manager_in_loop = NOT manager_in_loop
    WHERE id = ANY (ARRAY(
        (SELECT id FROM loops EXCEPT SELECT id FROM flagged)
        UNION ALL (SELECT id FROM flagged EXCEPT SELECT id FROM loops)
    ))
"""


def mark_loops(cursor: Any, connection_id: int, *, new: bool = False) -> None:
    """Flag everybody who is above themselves (M2).

    Whoever is reached going down from people without a known manager is in no loop; each is visited once. Only
    among the rest, who are few, is anybody followed upwards. With ``new`` the mirror has nobody but those in the
    table ``matched``, which is read in their place: it is narrow.
    """
    people = _NEW if new else _EVERYBODY
    cursor.execute("DROP TABLE IF EXISTS edges, reached, rest")
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE edges AS
        WITH people AS MATERIALIZED ({people})
        SELECT p.id, m.id AS manager FROM people p LEFT JOIN people m ON m.external_id = p.manager_id
        """,
        {"c": connection_id},
    )
    # A table, since of what a recursion finds the planner expects millions. It would also sort everybody at each step.
    cursor.execute("SET LOCAL enable_mergejoin = off")
    cursor.execute(
        """
        CREATE TEMPORARY TABLE reached AS
        WITH RECURSIVE down AS (
            SELECT id FROM edges WHERE manager IS NULL
            UNION ALL
            SELECT e.id FROM down d JOIN edges e ON e.manager = d.id
        ) SELECT id FROM down
        """
    )
    cursor.execute(
        "CREATE TEMPORARY TABLE rest AS SELECT e.id, e.manager FROM edges e"
        " WHERE NOT EXISTS (SELECT FROM reached r WHERE r.id = e.id)"
    )
    # Nobody is in a loop in nearly every company; the recursion would make room for millions to find that out.
    nobody = cursor.rowcount == 0
    if not (nobody and new):
        cursor.execute(_NONE_LOOPS if nobody else _LOOPS, {"c": connection_id})
    cursor.execute("SET LOCAL enable_mergejoin = on")
    cursor.execute("DROP TABLE edges, reached, rest")


def mark_moved_loops(cursor: Any, connection_id: int) -> None:
    """Do the same where few have moved: those in the table ``matched`` who are new or have another manager.

    A loop that was not there before leads through one of them; one that is gone had its people flagged. Both are
    followed upwards, person by person, whatever the number of all others.
    """
    cursor.execute(
        """
        WITH RECURSIVE flagged AS (
            SELECT e.id, e.external_id FROM connections_employee e
            WHERE e.connection_id = (SELECT %(c)s::bigint) AND e.manager_in_loop
        ), above AS (
            SELECT b.external_id AS start, e.manager_id AS at
            FROM (SELECT external_id FROM matched WHERE regrouped UNION SELECT external_id FROM flagged) b,
                 LATERAL (SELECT x.manager_id FROM connections_employee x
                          WHERE x.connection_id = (SELECT %(c)s::bigint) AND x.external_id = b.external_id OFFSET 0) e
            UNION
            SELECT a.start, e.manager_id FROM above a,
                 LATERAL (SELECT x.manager_id FROM connections_employee x
                          WHERE x.connection_id = (SELECT %(c)s::bigint) AND x.external_id = a.at OFFSET 0) e
            WHERE a.at <> a.start
        ), inside AS (
            SELECT DISTINCT at FROM above WHERE start = ANY (ARRAY(SELECT start FROM above WHERE start = at))
        ), wrong AS (
            SELECT id FROM flagged WHERE external_id NOT IN (SELECT at FROM inside)
            UNION ALL
            SELECT e.id FROM inside i,
                 LATERAL (SELECT x.id, x.manager_in_loop FROM connections_employee x
                          WHERE x.connection_id = (SELECT %(c)s::bigint) AND x.external_id = i.at OFFSET 0) e
            WHERE NOT e.manager_in_loop
        )
        UPDATE connections_employee SET manager_in_loop = NOT manager_in_loop
        WHERE id = ANY (ARRAY(SELECT id FROM wrong))
        """,
        {"c": connection_id},
    )
