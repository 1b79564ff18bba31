"""Many rows into the database in one go: by COPY into a temporary table, since PostgreSQL refuses it behind the wall.

What is staged goes on by ``INSERT ... SELECT``, through the wall like any other row. Tried with members, 35 columns:
one JSON document costs 24 microseconds a row before anything is written, this 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection as database


def stage(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Make a temporary table of the present transaction, in the place of one of that name, and fill it with rows.

    ``columns``: name -> type as in ``pg_type`` (text, int4, int8, bool); a document is staged as text and cast by
    whoever selects it. It is gone after the commit.
    """
    named = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with database.cursor() as cursor:
        cursor.execute(
            f"DROP TABLE IF EXISTS pg_temp.{table}; CREATE TEMPORARY TABLE {table} ({named}) ON COMMIT DROP"
        )
    add(table, columns, rows)


def array(values: Iterable[int | None]) -> str:
    """Return whole numbers, or truth values, as the text of an array: the driver would ask each one what it is."""
    return "{" + ",".join("NULL" if one is None else str(one) for one in values) + "}"


def texts(values: Iterable[str]) -> str:
    """Return texts as the text of an array, for ``%s::text[]``: the driver would ask each one what it is."""
    given = list(values)
    written = msgspec.json.encode(given).decode()
    if "\\" in written:
        # What JSON escapes is escaped in another way in an array.
        written = f"[{','.join(map(_quoted, given))}]"
    return f"{{{written[1:-1]}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def add(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Put more rows into what ``stage`` made."""
    with database.cursor() as cursor, cursor.copy(f"COPY pg_temp.{table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)
