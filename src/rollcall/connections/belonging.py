"""Who belongs to an entity, asked of the mirror: people the conditions choose, and the managers they bring in.

SQL only, for whoever puts a statement together; the rules are those of ``engine.scope`` and ``engine.match``.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rollcall.engine.scope import Everybody, Named, Scope, condition

NOBODY: Final = "SELECT NULL::text AS id WHERE false"


def brings_managers(scope: Scope) -> bool:
    """Tell whether line managers outside the conditions belong too (S45)."""
    return not isinstance(scope, Everybody) and scope.include_managers


def brought_in(
    connection_id: int, scope: Scope, exceptions: Iterable[Named] = ()
) -> tuple[str, list[int | str | list[str]]]:
    """Return a query for the ids of all managers above anybody in scope, as ``id``, and its parameters.

    As ``engine.match.managers_of``: who is inactive brings nobody in, and the way up ends at a manager who is kept
    out by hand. Some of the ids may be of people whom the conditions choose as well.
    """
    if not brings_managers(scope):
        return NOBODY, []
    up, params, kept_out = _up(connection_id, scope, tuple(exceptions))
    free, free_params = condition(Everybody(), "e", kept_out)
    sql = f"""
        {up}
        SELECT up.id FROM up
        JOIN connections_employee e ON e.connection_id = %s AND e.external_id = up.id AND ({free})
    """
    return sql, [*params, connection_id, *free_params]


def above(
    connection_id: int, scope: Scope, exceptions: Iterable[Named], alias: str
) -> tuple[tuple[str, list[int | str | list[str]]], tuple[str, list[int | str | list[str]]]]:
    """Return a query for ids, all of ``brought_in`` among them, and what must hold of a row ``alias`` with such an id.

    For statements that look at everybody themselves: those ids need not be looked up once more.
    """
    if not brings_managers(scope):
        return (NOBODY, []), ("false", [])
    up, params, kept_out = _up(connection_id, scope, tuple(exceptions))
    own, own_params = condition(Everybody(), alias, kept_out)
    return (f"{up} SELECT id FROM up WHERE id IS NOT NULL", params), (own, [*own_params])


def _up(
    connection_id: int, scope: Scope, named: Sequence[Named]
) -> tuple[str, list[int | str | list[str]], list[Named]]:
    """Return the walk upwards from everybody in scope as a common table ``up``, its parameters, and who ends it."""
    chosen, chosen_params = condition(scope, "e", named)
    kept_out = [one for one in named if one.act == "keep_out"]
    # For everybody the condition reads "not kept out".
    free, free_params = condition(Everybody(), "e", kept_out)
    sql = f"""
        WITH RECURSIVE up AS (
            SELECT e.manager_id AS id FROM connections_employee e
            WHERE e.connection_id = %s AND e.status IS DISTINCT FROM 'inactive' AND ({chosen})
            UNION
            SELECT e.manager_id FROM up
            JOIN connections_employee e ON e.connection_id = %s AND e.external_id = up.id AND ({free})
        )
    """
    return sql, [connection_id, *chosen_params, connection_id, *free_params], kept_out


def brought_among(
    connection_id: int, scope: Scope, exceptions: Iterable[Named], only: Sequence[str]
) -> tuple[str, list[int | str | list[str]]]:
    """Return what ``brought_in`` has of a few employees and of their line managers, looked for from above.

    It ends at the first person found below somebody, so that one person is quick even at the head of 100,000.
    """
    if not brings_managers(scope):
        return NOBODY, []
    brings, params = is_brought_in(connection_id, scope, exceptions, "t")
    sql = f"""
        SELECT t.external_id AS id FROM connections_employee t
        WHERE t.connection_id = %s AND t.external_id IN (
            SELECT unnest(%s::text[])
            UNION
            SELECT manager_id FROM connections_employee WHERE connection_id = %s AND external_id = ANY(%s)
        ) AND {brings}
    """
    few = list(only)
    return sql, [connection_id, few, connection_id, few, *params]


def is_brought_in(
    connection_id: int, scope: Scope, exceptions: Iterable[Named], alias: str
) -> tuple[str, list[int | str | list[str]]]:
    """Return the condition that ``brought_in`` has the mirror row ``alias``, and its parameters.

    Looked for from above; it ends at the first person found below.
    """
    if not brings_managers(scope):
        return "false", []
    named = tuple(exceptions)
    chosen, chosen_params = condition(scope, "c", named)
    kept_out = [one for one in named if one.act == "keep_out"]
    free, free_params = condition(Everybody(), "r", kept_out)
    top, top_params = condition(Everybody(), alias, kept_out)
    sql = f"""(({top}) AND EXISTS (
        WITH RECURSIVE below AS (
            SELECT {alias}.external_id AS id
            UNION
            SELECT r.external_id FROM below b
            JOIN connections_employee r ON r.connection_id = %s AND r.manager_id = b.id AND ({free})
        )
        SELECT FROM below b JOIN connections_employee c ON c.connection_id = %s AND c.manager_id = b.id
        WHERE c.status IS DISTINCT FROM 'inactive' AND ({chosen})
    ))"""
    return sql, [*top_params, connection_id, *free_params, connection_id, *chosen_params]
