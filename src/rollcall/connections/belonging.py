"""Who belongs to an entity, asked of the mirror: people the conditions choose, and the managers they bring in.

SQL only, for whoever puts a statement together; the rules are those of ``engine.scope`` and ``engine.match``.
"""

from collections.abc import Iterable
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
    named = tuple(exceptions)
    chosen, chosen_params = condition(scope, "e", named)
    # For everybody the condition reads "not kept out".
    free, free_params = condition(Everybody(), "e", [one for one in named if one.act == "keep_out"])
    sql = f"""
        WITH RECURSIVE up AS (
            SELECT e.manager_id AS id FROM connections_employee e
            WHERE e.connection_id = %s AND e.status IS DISTINCT FROM 'inactive' AND ({chosen})
            UNION
            SELECT e.manager_id FROM up
            JOIN connections_employee e ON e.connection_id = %s AND e.external_id = up.id AND ({free})
        )
        SELECT up.id FROM up
        JOIN connections_employee e ON e.connection_id = %s AND e.external_id = up.id AND ({free})
    """
    return sql, [connection_id, *chosen_params, connection_id, *free_params, connection_id, *free_params]
