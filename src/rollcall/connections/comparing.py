"""What settings being edited would mean, before any plan is made: who is chosen, who comes in, who falls out.

It compares choices with choices, by people who work here or are about to. What happens to members is for the preview
to say: it knows e-mails, invitations and members kept by hand.

Line managers are found level by level, each looked up once: first those above anybody who is chosen, then those above
them, who are a tenth as many. The rules are those of ``belonging``.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import brings_managers
from rollcall.connections.narrow import ROWS, row_of
from rollcall.connections.queries import WORKS_HERE
from rollcall.engine.scope import Everybody, condition
from rollcall.engine.settings import Settings

NAMES: Final = 20
"""So many people are named on either side; the preview names all."""

FEW: Final = 1_000
"""So many are put in order of name; of more, the first ones are met soon where everybody stands in that order."""

_ACTIVE: Final = "e.status IS DISTINCT FROM 'inactive'"
_EVERYBODY: Final = f"FROM {ROWS} e WHERE e.connection_id = %(connection)s"
_ABOVE: Final = f"CROSS JOIN {row_of('%(connection)s', 't.head')} e"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody as a list names them; ``name`` may be empty."""

    id: str
    name: str
    email: str


class Count(Struct, frozen=True, kw_only=True):
    """Whom a choice has. Leavers count nowhere."""

    # meet the conditions, or were added by hand, of so many
    matching: int
    employees: int
    # beside them, brought in as somebody's line manager
    managers: int = 0


class Difference(Struct, frozen=True, kw_only=True):
    """How a choice differs from the confirmed one. Leavers count nowhere."""

    coming: int = 0
    leaving: int = 0
    # the first of them by name
    come: Sequence[Person] = ()
    leave: Sequence[Person] = ()


def count(connection_id: int, settings: Settings) -> Count:
    """Return whom ``settings`` choose. One statement, which looks at everybody once."""
    values: dict[str, Any] = {"connection": connection_id}
    chosen = _chosen(settings, "c", values)
    if not brings_managers(settings.scope):
        counted = f"count(*) FILTER (WHERE {chosen}), count(*)"
        matching, employees = _row(f"SELECT {counted} {_EVERYBODY} AND {WORKS_HERE}", values)
        return Count(matching=matching, employees=employees)
    free, beside = _free(settings, "f", values), f"({WORKS_HERE} AND NOT {chosen})"
    # Teams are counted, and then added up: whoever has no manager is one too.
    sql = f"""
        WITH RECURSIVE teams AS MATERIALIZED (
            SELECT e.manager_id AS head, bool_or({_ACTIVE} AND {chosen}) AS brings,
                   count(*) FILTER (WHERE {WORKS_HERE} AND {chosen}) AS matching,
                   count(*) FILTER (WHERE {WORKS_HERE}) AS employees
            {_EVERYBODY} GROUP BY 1
        ), up AS (
            SELECT e.external_id AS id, e.manager_id AS head, {beside} AS beside
            FROM teams t {_ABOVE} WHERE t.brings AND {free}
            UNION
            SELECT e.external_id, e.manager_id, {beside}
            FROM (SELECT DISTINCT head FROM up) t {_ABOVE} WHERE {free}
        )
        SELECT coalesce(sum(matching), 0)::bigint, coalesce(sum(employees), 0)::bigint,
               (SELECT count(*) FROM up WHERE beside)
        FROM teams
    """
    matching, employees, managers = _row(sql, values)
    return Count(matching=matching, employees=employees, managers=managers)


def compare(connection_id: int, settings: Settings, confirmed: Settings) -> Difference:
    """Return who comes in and who falls out against the confirmed settings. At most one statement."""
    if (settings.scope, _acts(settings)) == (confirmed.scope, _acts(confirmed)):
        return Difference()
    values: dict[str, Any] = {"connection": connection_id, "few": FEW, "most": NAMES}
    brought, now, was = _sides(settings, confirmed, values)
    sql = f"""
        WITH RECURSIVE {brought}
        differ AS MATERIALIZED (
            SELECT id, now FROM (SELECT e.id, {now} AS now, {was} AS was {_EVERYBODY} AND {WORKS_HERE} OFFSET 0) e
            WHERE now <> was
        ), sizes AS MATERIALIZED (
            SELECT count(*) FILTER (WHERE now) AS come, count(*) FILTER (WHERE NOT now) AS leave FROM differ
        )
        SELECT come, leave, ({_names("come", "now")}), ({_names("leave", "NOT now")}) FROM sizes
    """
    coming, leaving, come, leave = _row(sql, values)
    return Difference(coming=coming, leaving=leaving, come=_people(come), leave=_people(leave))


def _sides(settings: Settings, confirmed: Settings, values: dict[str, Any]) -> tuple[str, str, str]:
    """Return the common tables of who is brought in, and what is true of whoever belongs now, and did before."""
    now, was = _chosen(settings, "c", values), _chosen(confirmed, "b", values)
    if not (brings_managers(settings.scope) or brings_managers(confirmed.scope)):
        return "", now, was
    sides = ((settings, now, "now"), (confirmed, was, "was"))
    bringing = [mine if brings_managers(one.scope) else "false" for one, mine, _name in sides]
    brings = ", ".join(
        f"bool_or({mine}) AS {name}" for mine, name in zip(bringing, ("now", "was"), strict=True)
    )
    both = ", ".join(f"(t.{name} AND {_free(one, name, values)})" for one, _mine, name in sides)
    free = " OR ".join(f"(t.{name} AND {_free(one, name, values)})" for one, _mine, name in sides)
    up = f"""teams AS MATERIALIZED (
            SELECT e.manager_id AS head, {brings} {_EVERYBODY} AND {_ACTIVE} AND ({" OR ".join(bringing)}) GROUP BY 1
        ), up (id, head, now, was) AS (
            SELECT e.external_id, e.manager_id, {both} FROM teams t {_ABOVE} WHERE {free}
            UNION
            SELECT e.external_id, e.manager_id, {both}
            FROM (SELECT DISTINCT head, now, was FROM up) t {_ABOVE} WHERE {free}
        ), now_up AS MATERIALIZED (SELECT DISTINCT id FROM up WHERE now),
        was_up AS MATERIALIZED (SELECT DISTINCT id FROM up WHERE was),"""
    # Asked of whoever is not chosen: most people need no look into the list.
    return (
        up,
        f"({now} OR e.external_id IN (SELECT id FROM now_up))",
        f"({was} OR e.external_id IN (SELECT id FROM was_up))",
    )


def _chosen(settings: Settings, prefix: str, values: dict[str, Any]) -> str:
    return _given(condition(settings.scope, "e", settings.exceptions), prefix, values)


def _free(settings: Settings, prefix: str, values: dict[str, Any]) -> str:
    """Return what holds of a manager who is not kept out by hand."""
    kept_out = [one for one in settings.exceptions if one.act == "keep_out"]
    return _given(condition(Everybody(), "e", kept_out), f"free_{prefix}", values)


def _given(part: tuple[str, Sequence[Any]], prefix: str, values: dict[str, Any]) -> str:
    """Return a condition that may stand in a statement more than once; add its values under names."""
    sql, params = part
    for number, value in enumerate(params):
        name = f"{prefix}_{number}"
        sql, values[name] = sql.replace("%s", f"%({name})s", 1), value
    return f"({sql})"


def _acts(settings: Settings) -> AbstractSet[tuple[str, str]]:
    return {(one.employee_id, one.act) for one in settings.exceptions}


def _names(side: str, which: str) -> str:
    """Return a query for the first people of a side by name: few are put in order, many are met on the way."""
    few = f"SELECT id FROM differ WHERE {which} AND (SELECT {side} FROM sizes) <= %(few)s LIMIT %(few)s"
    many = f"""
        SELECT x.id FROM (
            SELECT id, search FROM connections_employee WHERE connection_id = %(connection)s
            ORDER BY search, id OFFSET 0
        ) x WHERE (SELECT {side} FROM sizes) > %(few)s AND (x.id IN (SELECT id FROM differ WHERE {which})) IS TRUE
        LIMIT %(most)s"""
    return f"""
        SELECT json_agg(json_build_object('id', external_id, 'name', name, 'email', email) ORDER BY search, id) FROM (
            SELECT e.id, e.search, e.external_id, btrim(concat(e.first_name, ' ', e.last_name)) AS name,
                   coalesce(e.work_email, '') AS email
            FROM (({few}) UNION ALL ({many})) x JOIN connections_employee e ON e.id = x.id
            ORDER BY e.search, e.id LIMIT %(most)s
        ) named"""


def _row(sql: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    with database.cursor() as cursor:
        # Compiling it takes PostgreSQL longer than running it for most companies.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(sql, values)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _people(rows: list[Mapping[str, str]] | None) -> tuple[Person, ...]:
    return tuple(Person(**row) for row in rows or ())
