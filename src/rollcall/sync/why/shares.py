"""What single people count for in the numbers of a tally: asked before and after they are written, it is the step."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import brings_managers, is_brought_in
from rollcall.connections.queries import WORKS_HERE
from rollcall.engine.scope import ATTRIBUTES, CUSTOM, condition
from rollcall.sync.why.between import Group, Place, named

MOST: Final = 2_000
"""More people than these are counted with everybody."""


class Share(Struct, frozen=True, kw_only=True):
    """One person who works here."""

    row_id: int
    # attributes and their values, ``None`` for empty
    values: tuple[tuple[str, str | None], ...]
    # by place, in the order they were asked: meets the conditions; belongs, also as somebody's manager
    chosen: tuple[bool, ...]
    inside: tuple[bool, ...]

    @property
    def group(self) -> Group | None:
        """The list between entities that has the person."""
        places = sum(self.inside)
        return Group.NOWHERE if not places else Group.SEVERAL if places > 1 else None


def shares_of(connection_id: int, places: Sequence[Place], ids: Collection[str]) -> list[Share]:
    """Return what each of these employees counts for; who left, is missing or unknown counts for nothing."""
    params: dict[str, Any] = {"connection": connection_id, "ids": list(ids)}
    chosen, inside = [], []
    for number, one in enumerate(places):
        scope, exceptions = one.settings.scope, one.settings.exceptions
        mine = named(condition(scope, "e", exceptions), f"c{number}", params)
        above = named(is_brought_in(connection_id, scope, exceptions, "e"), f"m{number}", params)
        chosen.append(f"({mine})")
        inside.append(f"(({mine}) OR {above})")
    attributes = ", ".join(f"nullif(e.{name}, '')" for name in ATTRIBUTES)
    with database.cursor() as cursor:
        if any(brings_managers(one.settings.scope) for one in places):
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            f"""
            SELECT e.id, ARRAY[{", ".join(chosen)}]::boolean[], ARRAY[{", ".join(inside)}]::boolean[],
                   ARRAY(SELECT c.key FROM jsonb_each_text(e.custom) c ORDER BY c.key),
                   ARRAY(SELECT nullif(c.value, '') FROM jsonb_each_text(e.custom) c ORDER BY c.key),
                   {attributes}
            FROM connections_employee e
            WHERE e.connection_id = %(connection)s AND e.external_id = ANY(%(ids)s) AND {WORKS_HERE}
            """,
            params,
        )
        return [_share(row) for row in cursor.fetchall()]


def _share(row: tuple[Any, ...]) -> Share:
    row_id, chosen, inside, names, custom, *plain = row
    own = zip((f"{CUSTOM}{name}" for name in names), custom, strict=True)
    return Share(
        row_id=row_id,
        values=(*zip(ATTRIBUTES, plain, strict=True), *own),
        chosen=tuple(chosen),
        inside=tuple(inside),
    )


def told_of(connection_id: int) -> list[tuple[str, str | None]] | None:
    """Return whom the merge of a read may write, with the line managers it brings, before it does and in its place.

    They are those who are staged, and those whose absence is being counted. ``None`` for too many.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.stage') IS NOT NULL")
        staged = "SELECT external_id, manager_id FROM pg_temp.stage UNION" if cursor.fetchone()[0] else ""
        cursor.execute(
            f"""
            {staged} SELECT external_id, NULL FROM connections_employee
            WHERE connection_id = %s AND absent_since IS NOT NULL AND absent_proven_at IS NULL LIMIT {MOST + 1}
            """,
            [connection_id],
        )
        rows: list[tuple[str, str | None]] = cursor.fetchall()
    return rows if len(rows) <= MOST else None


def with_managers(
    connection_id: int, places: Sequence[Place], told: Sequence[tuple[str, str | None]]
) -> frozenset[str] | None:
    """Return those of ``told_of``, and where managers are brought in everybody above them, as it is and as it will be.

    ``None`` for too many.
    """
    if not any(brings_managers(one.settings.scope) for one in places):
        return frozenset(one for one, _ in told)
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE up AS (
                SELECT x AS id FROM unnest(%(start)s::text[]) x
                UNION
                SELECT e.manager_id FROM up
                JOIN connections_employee e ON e.connection_id = %(connection)s AND e.external_id = up.id
                WHERE e.manager_id IS NOT NULL
            )
            SELECT id FROM up LIMIT {MOST + 1}
            """,
            {"start": [one for pair in told for one in pair if one], "connection": connection_id},
        )
        found = frozenset(row[0] for row in cursor.fetchall())
    return found if len(found) <= MOST else None
