"""Reading the mirror for people: values to filter by with their counts, and how many employees match."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.accounts.rows import fetch_columns
from rollcall.connections.models import Connection, Employee, Subscription
from rollcall.connections.narrow import ROWS
from rollcall.connections.searching import has_word, records_with, words_of
from rollcall.engine.scope import ATTRIBUTES, CUSTOM, Named, Scope, condition

MANY_VALUES: Final = 500
"""An attribute with more values than this is not offered as a filter: it is a name, not a group."""


WORKS_HERE: Final = """
    (e.absent_since IS NULL AND (e.status IS DISTINCT FROM 'inactive'
     OR (coalesce(e.last_working_day, e.end_date) IS NULL AND e.start_date > now()::date)))
"""
"""SQL for the mirror row ``e``: works here or is about to. Some tools call a future hire inactive until the first day.
Read by day in UTC: it feeds counts that people look at, never a decision."""


MOST_FOUND: Final = 20
"""A search for people shows so many; whoever is not among them is asked for more precisely."""


FEW_NAMED: Final = 2_000
"""So many people with a name are looked up one by one; beyond, everybody's rows are read sooner."""

_FOUND: Final = (
    f"SELECT e.last_name, e.first_name, e.external_id FROM connections_employee e WHERE {WORKS_HERE}"
)


class Value(Struct, frozen=True):
    """One value of an attribute and how many employees have it; ``None`` stands for *empty*."""

    value: str | None
    count: int


class Matching(Struct, frozen=True, kw_only=True):
    """How many employees a scope has, leavers left out, of how many there are."""

    matching: int
    employees: int


def subscription_of(entity_id: int) -> Subscription | None:
    """Return the entity's use of a connection, with the connection, or ``None``."""
    return (
        Subscription.objects.select_related("connection", "entity__company")
        .filter(entity_id=entity_id)
        .first()
    )


def connection_of(company_id: int, connection_id: int) -> Connection | None:
    """Return the company's connection, or ``None``."""
    return Connection.objects.filter(company_id=company_id, pk=connection_id).first()


_COLUMNS: Final = (*ATTRIBUTES, "custom")
# PostgreSQL tells the column a group is of by the bits of all the others, the last column's bit being 1.
_ALONE: Final = {name: 2 ** len(_COLUMNS) - 1 - 2**bit for bit, name in enumerate(reversed(_COLUMNS))}

_VALUES: Final = f"""
    WITH groups AS MATERIALIZED (
        SELECT {", ".join(_COLUMNS)}, grouping({", ".join(_COLUMNS)}) AS others, count(*) AS n
        FROM connections_employee e WHERE e.connection_id = %s AND {WORKS_HERE}
        GROUP BY GROUPING SETS ({", ".join(f"({name})" for name in _COLUMNS)})
    ), pairs AS (
        SELECT CASE others {" ".join(f"WHEN {_ALONE[name]} THEN '{name}'" for name in ATTRIBUTES)} END AS attribute,
               nullif(coalesce({", ".join(ATTRIBUTES)}), '') AS value, n
        FROM groups WHERE others <> {_ALONE["custom"]}
        UNION ALL
        SELECT '{CUSTOM}' || c.key, nullif(c.value, ''), n
        FROM groups g, jsonb_each_text(coalesce(g.custom, '{{}}'::jsonb)) c WHERE others = {_ALONE["custom"]}
    )
    SELECT attribute, value, sum(n)::bigint FROM pairs GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""


def filter_values(connection_id: int) -> Mapping[str, Sequence[Value]]:
    """Return each attribute that can be filtered by with its values, most common first (S31-S34).

    Attributes without any value are left out. One statement that looks at everybody once; leavers do not count.
    """
    return all_values(connection_id)[0]


def all_values(connection_id: int) -> tuple[Mapping[str, Sequence[Value]], Mapping[str, int]]:
    """Return ``filter_values``, and how many values the attributes have that have too many. One statement."""
    with database.cursor() as cursor:
        cursor.execute(_VALUES, [connection_id])
        found: dict[str, list[Value]] = {}
        for attribute, value, count in cursor.fetchall():
            found.setdefault(attribute, []).append(Value(value, count))
    order = {name: index for index, name in enumerate(ATTRIBUTES)}
    offered = {
        name: values
        for name, values in sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
        if len(values) <= MANY_VALUES and any(one.value is not None for one in values)
    }
    return offered, {name: len(values) for name, values in found.items() if len(values) > MANY_VALUES}


def matching(connection_id: int, scope: Scope, exceptions: Iterable[Named] = ()) -> Matching:
    """Return how many employees the scope has, without managers brought in by it. One statement."""
    sql, params = condition(scope, "e", exceptions)
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE {sql}), count(*) FROM {ROWS} e"
            f" WHERE e.connection_id = %s AND {WORKS_HERE}",
            [*params, connection_id],
        )
        inside, everybody = cursor.fetchone()
    return Matching(matching=int(inside), employees=int(everybody))


def listed(connection_id: int) -> int:
    """Return how many people the tool's last list had. Two indexes tell it, and no row is looked at."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM connections_employee WHERE connection_id = %s)"
            " - (SELECT count(*) FROM connections_employee WHERE connection_id = %s AND absent_since IS NOT NULL)",
            [connection_id, connection_id],
        )
        (found,) = cursor.fetchone()
    return int(found)


def page_of_employees(
    connection_id: int, columns: Sequence[str], *, after: str = "", size: int = 100
) -> list[tuple[Any, ...]]:
    """Return these columns of up to ``size`` mirror rows in order of employee id, those behind ``after``."""
    rows = Employee.objects.filter(connection_id=connection_id, absent_since=None, external_id__gt=after)
    return fetch_columns(rows.order_by("external_id")[:size], columns)


def employees_found(connection_id: int, search: str, *, few: int = FEW_NAMED) -> list[Employee]:
    """Return up to ``MOST_FOUND`` + 1 people in order of name whose name, e-mail or number has all the words.

    People who left or are not listed any more are not found. Two statements. Names are read from an index alone; rows
    of those who have the name, or of everybody where these are more than ``few``.
    """
    words = words_of(search)
    if not words:
        return []
    params = {f"word_{number}": word for number, word in enumerate(words)}
    given = [f"%({name})s" for name in params]
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            WITH named AS MATERIALIZED (
                SELECT id FROM {records_with("%(connection)s", given)} s LIMIT {few + 1:d}
            )
            SELECT external_id FROM (
                SELECT e.* FROM (SELECT id FROM named WHERE (SELECT count(*) FROM named) <= {few:d}) n,
                     LATERAL ({_FOUND} AND e.id = n.id OFFSET 0) e
                UNION ALL
                {_FOUND} AND (SELECT count(*) FROM named) > {few:d} AND e.connection_id = %(connection)s
                     AND {" AND ".join(has_word("e.search", word) for word in given)}
            ) e ORDER BY last_name, first_name, external_id LIMIT {MOST_FOUND + 1}
            """,
            {**params, "connection": connection_id},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = employees_named(connection_id, ids)
    return [found[one] for one in ids]


def employees_named(connection_id: int, ids: Collection[str]) -> Mapping[str, Employee]:
    """Return the mirror rows of these employee ids, also of people who left; ids nobody has are left out."""
    rows = Employee.objects.filter(connection_id=connection_id, external_id__in=list(ids)).defer(
        "bank_sealed"
    )
    return {one.external_id: one for one in rows}
