"""People between the entities of a company: in nobody's scope, or in several (product decision 6).

Set-based: each list is one statement over the mirror, with the scope condition of every entity in it, whatever the
number of people. Only confirmed settings count, and only people who work here or are about to.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import above, brings_managers, is_brought_in
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.narrow import ROWS
from rollcall.connections.queries import WORKS_HERE
from rollcall.connections.rows import VALUE_COLUMNS, employee_of
from rollcall.connections.searching import has_word, words_of
from rollcall.engine.match import full_name
from rollcall.engine.scope import Everybody, condition
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee

PAGE: Final = 50
CHUNK: Final = 2_000
LOOKED: Final = (300, 2_000)
"""So many people with a searched name are looked at by themselves, at first and then; a list of which fewer than one in
fifty would be found is short, and known by name (``tally.MOST_NAMED``)."""

_COLUMNS: Final = ("id", "external_id", *(name for name in VALUE_COLUMNS if name != "bank_sealed"))


class Group(StrEnum):
    """Which list."""

    NOWHERE = "nowhere"
    SEVERAL = "several"


_WANTED: Final = {Group.NOWHERE: "= 0", Group.SEVERAL: "> 1"}


class Place(Struct, frozen=True, kw_only=True):
    """One entity that uses the connection, with its confirmed settings."""

    entity_id: int
    name: str
    settings: Settings


class Person(Struct, frozen=True, kw_only=True):
    """One person of a list; ``inside`` has the ids of the entities whose scope they are in."""

    row_id: int
    employee: Employee
    inside: tuple[int, ...]

    @property
    def name(self) -> str:
        """First and last name, empty when HR has none."""
        return full_name(self.employee)


class Counts(Struct, frozen=True, kw_only=True):
    """How many people work here, are in no entity, and in several; of each place, whom it chooses and brings in."""

    employees: int
    nowhere: int
    several: int
    # in the order of the places: people chosen, and line managers beside them
    places: tuple[tuple[int, int], ...] = ()


def places_of(connection: Connection) -> tuple[list[Place], int]:
    """Return the entities with confirmed settings, by name, and how many use the connection without."""
    used = list(
        Subscription.objects.select_related("entity")
        .filter(connection=connection)
        .order_by("entity__name", "entity_id")
    )
    live = [
        Place(entity_id=one.entity_id, name=one.entity.name, settings=one.get_settings())
        for one in used
        if one.is_live
    ]
    return live, len(used) - len(live)


def counts(connection_id: int, places: Sequence[Place]) -> Counts:
    """Return the numbers on the tabs, and those of each place. One statement that looks at everybody once."""
    with_, inside, params = _placed(connection_id, places)
    chosen = [
        named(condition(one.settings.scope, "e", one.settings.exceptions), f"h{number}", params)
        for number, one in enumerate(places)
    ]
    columns = "".join(
        f", ({mine}) AS c{number}, {there} AS i{number}"
        for number, (mine, there) in enumerate(zip(chosen, inside, strict=True))
    )
    of_places = "".join(
        f", count(*) FILTER (WHERE c{number}), count(*) FILTER (WHERE i{number} AND NOT c{number})"
        for number in range(len(places))
    )
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        # OFFSET 0 keeps the sum from being worked out twice a person.
        cursor.execute(
            f"{with_} SELECT count(*), count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n > 1){of_places}"
            f" FROM (SELECT {_sum(inside)} AS n{columns} FROM {ROWS} e"
            f" WHERE e.connection_id = %(connection)s AND {WORKS_HERE} OFFSET 0) counted",
            params,
        )
        employees, nowhere, several, *pairs = cursor.fetchone()
    return Counts(
        employees=employees,
        nowhere=nowhere,
        several=several,
        places=tuple(zip(pairs[::2], pairs[1::2], strict=True)),
    )


def people(
    connection_id: int,
    places: Sequence[Place],
    group: Group,
    *,
    search: str = "",
    after: int = 0,
    size: int | None = PAGE,
) -> Iterator[Person]:
    """Yield up to ``size`` + 1 people of a group in order of name (``None``: all), those behind row ``after``.

    One statement, in the caller's transaction.
    """
    with_, inside, params = _placed(connection_id, places)
    where = [f"({_sum(inside)}) {_WANTED[group]}", *_narrowed(search, after, params)]
    limit = "" if size is None else f"LIMIT {size + 1:d}"
    columns = ", ".join(f"e.{name}" for name in _COLUMNS)
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
    with database.chunked_cursor() as cursor:
        cursor.execute(
            f"{with_} SELECT {columns}, ARRAY[{', '.join(inside)}]::boolean[] FROM connections_employee e"
            f" WHERE e.connection_id = %(connection)s AND {WORKS_HERE} AND {' AND '.join(where)}"
            f" ORDER BY {_order('e')} {limit}",
            params,
        )
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                yield _person(row, places)


def people_found(
    connection_id: int,
    places: Sequence[Place],
    group: Group,
    search: str,
    *,
    after: int = 0,
    size: int = PAGE,
    looked: Sequence[int] = LOOKED,
) -> list[Person]:
    """Return up to ``size`` + 1 people of a group as ``people`` does for a search, which finds few or is common.

    Names come first, from an index alone, some at a time; filters and managers are looked at for these. One or two
    statements for each of ``looked``; whoever is not found among so many is looked for among everybody.
    """
    found: list[Person] = []
    for most in looked:
        ids = _named_so(connection_id, search, after, most)
        found += _among(connection_id, places, group, ids) if ids else []
        if len(ids) < most or len(found) > size:
            return found[: size + 1]
        after = ids[-1]
    rest = people(connection_id, places, group, search=search, after=after, size=size - len(found))
    return found + list(rest)


def _named_so(connection_id: int, search: str, after: int, size: int) -> list[int]:
    params: dict[str, Any] = {"connection": connection_id, "size": size}
    where = ["e.connection_id = %(connection)s", *_narrowed(search, after, params)]
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id FROM connections_employee e WHERE {' AND '.join(where)}"
            f" ORDER BY {_order('e')} LIMIT %(size)s",
            params,
        )
        return [row[0] for row in cursor.fetchall()]


def _among(connection_id: int, places: Sequence[Place], group: Group, ids: Sequence[int]) -> list[Person]:
    params: dict[str, Any] = {"ids": list(ids)}
    inside = []
    for number, one in enumerate(places):
        scope, exceptions = one.settings.scope, one.settings.exceptions
        mine = named(condition(scope, "e", exceptions), f"c{number}", params)
        above = named(is_brought_in(connection_id, scope, exceptions, "e"), f"m{number}", params)
        inside.append(f"(({mine}) OR {above})")
    columns = ", ".join(f"e.{name}" for name in _COLUMNS)
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        # OFFSET 0 keeps each entity's condition from being worked out twice a person.
        cursor.execute(
            f"SELECT * FROM (SELECT {columns}, ARRAY[{', '.join(inside)}]::boolean[] AS inside, e.search AS name"
            f" FROM connections_employee e WHERE e.id = ANY(%(ids)s) AND {WORKS_HERE} OFFSET 0) found"
            f" WHERE cardinality(array_positions(inside, true)) {_WANTED[group]} ORDER BY name, id",
            params,
        )
        return [_person(row[:-1], places) for row in cursor.fetchall()]


def people_known(
    connection_id: int,
    known: Mapping[int, Sequence[int]],
    *,
    search: str = "",
    after: int = 0,
    size: int = PAGE,
) -> list[Person]:
    """Return up to ``size`` + 1 of people whose entities are known by mirror row, as ``people`` does. One statement."""
    params: dict[str, Any] = {"connection": connection_id, "known": list(known)}
    where = ["e.connection_id = %(connection)s", "e.id = ANY(%(known)s)", *_narrowed(search, after, params)]
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'e.{name}' for name in _COLUMNS)} FROM connections_employee e"
            f" WHERE {' AND '.join(where)} ORDER BY {_order('e')} LIMIT {size + 1:d}",
            params,
        )
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return [
        Person(row_id=row["id"], employee=employee_of(row), inside=tuple(known[row["id"]])) for row in rows
    ]


def inside_of(connection_id: int, external_id: str, places: Sequence[Place]) -> tuple[int, ...]:
    """Return the ids of the entities that one employee belongs to. One statement, quick for one person."""
    if not places:
        return ()
    params: dict[str, Any] = {"connection": connection_id, "person": external_id}
    clauses, inside = [], []
    for number, one in enumerate(places):
        settings = one.settings
        mine = named(condition(settings.scope, "e", settings.exceptions), f"c{number}", params)
        # Whom those below bring in as a manager, found from above: for one person they are few.
        free = named(condition(Everybody(), "r", settings.exceptions), f"f{number}", params)
        kept_out = named(condition(Everybody(), "e", settings.exceptions), f"k{number}", params)
        clauses.append(f"""below{number} AS (
            SELECT %(person)s AS id
            UNION
            SELECT r.external_id FROM below{number} b
            JOIN connections_employee r
              ON r.connection_id = %(connection)s AND r.manager_id = b.id AND ({free})
             AND {"true" if brings_managers(settings.scope) else "false"}
        )""")
        inside.append(f"""EXISTS (
            SELECT FROM below{number} b
            JOIN connections_employee e ON e.connection_id = %(connection)s AND e.external_id = b.id
            WHERE ({mine}) AND (e.external_id = %(person)s OR e.status IS DISTINCT FROM 'inactive')
        ) AND EXISTS (
            SELECT FROM connections_employee e
            WHERE e.connection_id = %(connection)s AND e.external_id = %(person)s AND ({kept_out})
        )""")
    with database.cursor() as cursor:
        cursor.execute(f"WITH RECURSIVE {', '.join(clauses)} SELECT {', '.join(inside)}", params)
        found = cursor.fetchone()
    return tuple(one.entity_id for one, there in zip(places, found, strict=True) if there)


def _narrowed(search: str, after: int, params: dict[str, Any]) -> list[str]:
    """Return the conditions of a search and of a later page; add their parameters."""
    where = []
    for number, word in enumerate(words_of(search)):
        params[f"word_{number}"] = word
        where.append(has_word("e.search", f"%(word_{number})s"))
    if after:
        params["after"] = after
        where.append(
            f"({_order('e')}) > (SELECT {_order('p')} FROM connections_employee p"
            " WHERE p.id = %(after)s AND p.connection_id = %(connection)s)"
        )
    return where


def _order(alias: str) -> str:
    return f"{alias}.search, {alias}.id"


def _sum(inside: Sequence[str]) -> str:
    return " + ".join(f"({one})::int" for one in inside) or "0"


def _placed(connection_id: int, places: Sequence[Place]) -> tuple[str, list[str], dict[str, Any]]:
    """Return the WITH clause of managers brought in, one condition an entity over ``e``, and parameters."""
    params: dict[str, Any] = {"connection": connection_id}
    clauses, inside = [], []
    for number, one in enumerate(places):
        scope, exceptions = one.settings.scope, one.settings.exceptions
        mine = named(condition(scope, "e", exceptions), f"c{number}", params)
        if brings_managers(scope):
            ids, free = above(connection_id, scope, exceptions, "e")
            clauses.append(f"up{number} AS MATERIALIZED ({named(ids, f'm{number}', params)})")
            kept = named(free, f"f{number}", params)
            mine = f"({mine}) OR (e.external_id IN (SELECT id FROM up{number}) AND ({kept}))"
        inside.append(f"({mine})")
    return (f"WITH {', '.join(clauses)}" if clauses else ""), inside, params


def named(part: tuple[str, Sequence[Any]], prefix: str, params: dict[str, Any]) -> str:
    """Return a part of a statement with named parameters, since it holds those of several entities; add them."""
    sql, values = part
    for index, value in enumerate(values):
        name = f"{prefix}_{index}"
        sql = sql.replace("%s", f"%({name})s", 1)
        params[name] = value
    return sql


def _person(row: tuple[Any, ...], places: Sequence[Place]) -> Person:
    values = dict(zip(_COLUMNS, row[:-1], strict=True))
    inside = tuple(one.entity_id for one, there in zip(places, row[-1], strict=True) if there)
    return Person(row_id=values["id"], employee=employee_of(values), inside=inside)
