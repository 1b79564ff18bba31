"""Rows of a statement of our own as plain tuples: for lists that are asked for hundreds of times a second."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg.types.datetime import TimestamptzLoader


def fetch(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement; of several, divided by semicolons, those of the last. They go in one exchange.

    Times are aware, in UTC, and ``jsonb`` stays text. Django's own reading of a time costs more than all other columns
    of a row together; it turns them into the session's zone, which is UTC here.
    """
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(statement, values)
        while cursor.nextset():
            pass
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch_columns(found: "QuerySet[Any]", columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return these columns of what a query finds, read as ``fetch`` does; no models are made."""
    try:
        statement, values = found.values_list(*columns).query.sql_with_params()
    except EmptyResultSet:  # Django says of some that they can find nothing
        return []
    return fetch(statement, values)
