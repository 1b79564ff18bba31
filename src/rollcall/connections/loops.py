"""Who is above themselves among line managers (M2): found among everybody, or around what has moved."""

from typing import Any


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
