"""The work locations and departments of a mirror, for who searches for a place: few texts for many people."""

from typing import Final

from django.db import connection as database

from rollcall.connections.narrow import SHORT

_NAMES: Final = "('work_location', 'department')"

# Whoever is neither here nor there works here on every day, and is among those counted.
_GONE: Final = "(e.status = 'inactive' OR e.absent_since IS NOT NULL)"

# The newest mark of the count. One that is newer and names nobody is of settings, or of a run that has read very many.
_NEWEST: Final = "nullif(split_part(t.marks, ':', 3), '')::bigint"

# Each index by itself: through both together (``narrow.ROWS``) everybody would be handed on twice.
_DISTINCT: Final = """SELECT DISTINCT e.work_location, e.department FROM connections_employee e
            WHERE e.connection_id = %(connection)s"""

_PLACES: Final = f"""
    WITH counted AS MATERIALIZED (
        SELECT t.values FROM connections_tally t
        WHERE t.connection_id = %(connection)s AND NOT t.crowded ?| ARRAY['work_location', 'department']
          AND (t.counted_at AT TIME ZONE 'UTC')::date = now()::date
          AND t.marks = (SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0)
                         FROM sync_doubt WHERE connection_id = %(connection)s AND id <= {_NEWEST})
          AND NOT EXISTS (SELECT FROM sync_doubt
                          WHERE connection_id = %(connection)s AND id > {_NEWEST} AND employees IS NOT NULL)
          AND coalesce((SELECT started_at FROM sync_run WHERE connection_id = %(connection)s
                        ORDER BY id DESC LIMIT 1), t.counted_at) <= t.counted_at
    ), places (name, value) AS (
        SELECT named ->> 0, pair ->> 0
        FROM counted c, jsonb_array_elements(c.values) named, jsonb_array_elements(named -> 1) pair
        WHERE named ->> 0 IN {_NAMES}
        UNION
        SELECT x.name, x.value FROM (
            {_DISTINCT} AND {SHORT} AND {_GONE}
            UNION ALL
            {_DISTINCT} AND {SHORT} AND NOT EXISTS (SELECT FROM counted)
            UNION ALL
            {_DISTINCT} AND NOT ({SHORT})
        ) e, LATERAL (VALUES ('work_location', e.work_location), ('department', e.department)) x (name, value)
    )
    SELECT coalesce(array_agg(value) FILTER (WHERE name = 'work_location'), '{{}}'),
           coalesce(array_agg(value) FILTER (WHERE name = 'department'), '{{}}')
    FROM places WHERE value > ''
"""


def workplaces(connection_id: int) -> tuple[list[str], list[str]]:
    """Return all work locations and all departments that anybody has or had, leavers too. One statement.

    They are those of the last count, if nobody has written the mirror since, and those of whoever has left; else
    everybody is looked at.
    """
    with database.cursor() as cursor:
        cursor.execute(_PLACES, {"connection": connection_id})
        locations, departments = cursor.fetchone()
    return locations, departments
