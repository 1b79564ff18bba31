"""What settings being edited would mean, before any plan is made: who is chosen, who comes in, who falls out.

It compares choices with choices, by people who work here or are about to. What happens to members is for the preview
to say: it knows e-mails, invitations and members kept by hand.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import NOBODY, above
from rollcall.connections.queries import WORKS_HERE
from rollcall.engine.scope import condition
from rollcall.engine.settings import Settings

NAMES: Final = 20
"""So many people are named on either side; the preview names all."""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody as a list names them; ``name`` may be empty."""

    id: str
    name: str
    email: str


class Comparison(Struct, frozen=True, kw_only=True):
    """The choice as it is edited, and how it differs from the confirmed one. Leavers count nowhere."""

    # meet the conditions, or were added by hand, of so many
    matching: int
    employees: int
    # beside them, brought in as somebody's line manager
    managers: int
    # against the confirmed settings; nought on both sides where nothing was confirmed yet
    coming: int = 0
    leaving: int = 0
    # the first of them by last name
    come: Sequence[Person] = ()
    leave: Sequence[Person] = ()


def compare(connection_id: int, settings: Settings, confirmed: Settings | None) -> Comparison:
    """Return what ``settings`` choose, and who comes in and falls out against the confirmed ones. One statement."""
    chosen, chosen_params = condition(settings.scope, "e", settings.exceptions)
    ids, (free, free_params) = above(connection_id, settings.scope, settings.exceptions, "e")
    before, before_params, ids_before = _before(connection_id, confirmed)
    sql = f"""
        WITH brought AS MATERIALIZED ({ids[0]}), brought_before AS MATERIALIZED ({ids_before[0]}),
        people AS MATERIALIZED (
            SELECT e.external_id AS id, e.first_name, e.last_name, e.work_email, ({chosen}) AS chosen,
                   ({chosen}) OR (e.external_id IN (SELECT id FROM brought) AND ({free})) AS inside,
                   ({before}) AS was
            FROM connections_employee e WHERE e.connection_id = %s AND {WORKS_HERE}
        )
        SELECT count(*) FILTER (WHERE chosen), count(*), count(*) FILTER (WHERE inside AND NOT chosen),
               count(*) FILTER (WHERE inside AND NOT was), count(*) FILTER (WHERE was AND NOT inside),
               ({_names("inside AND NOT was")}), ({_names("was AND NOT inside")})
        FROM people
    """
    with database.cursor() as cursor:
        # Compiling it takes PostgreSQL longer than running it for most companies.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            sql,
            [
                *(*ids[1], *ids_before[1], *chosen_params, *chosen_params, *free_params),
                *(*before_params, connection_id, NAMES, NAMES),
            ],
        )
        matching, employees, beside, coming, leaving, come, leave = cursor.fetchone()
    if confirmed is None:
        return Comparison(matching=matching, employees=employees, managers=beside)
    return Comparison(
        matching=matching,
        employees=employees,
        managers=beside,
        coming=coming,
        leaving=leaving,
        come=_people(come),
        leave=_people(leave),
    )


def _before(connection_id: int, confirmed: Settings | None) -> tuple[str, list[Any], tuple[str, list[Any]]]:
    """Return the condition of who belongs already, its parameters, and the query that it takes managers from."""
    if confirmed is None:
        return "true", [], (NOBODY, [])
    sql, params = condition(confirmed.scope, "e", confirmed.exceptions)
    ids, (free, free_params) = above(connection_id, confirmed.scope, confirmed.exceptions, "e")
    was = f"({sql}) OR (e.external_id IN (SELECT id FROM brought_before) AND ({free}))"
    return was, [*params, *free_params], ids


def _names(which: str) -> str:
    return f"""
        SELECT json_agg(x) FROM (
            SELECT id, btrim(concat(first_name, ' ', last_name)) AS name, coalesce(work_email, '') AS email
            FROM people WHERE {which} ORDER BY last_name, first_name, id LIMIT %s
        ) x
    """


def _people(rows: list[Mapping[str, str]] | None) -> tuple[Person, ...]:
    return tuple(Person(**row) for row in rows or ())
