"""Twins of tables, for write floors: the same columns and indexes, no foreign keys, no triggers, no walls."""

from collections.abc import Iterable

import psycopg
from psycopg import sql


def name(table: str) -> str:
    """Return what the twin of a table is called."""
    return f"floor_{table}"


def made(connection: psycopg.Connection, table: str) -> list[bytes]:
    """Make an empty twin and return the rows of the table, as ``COPY`` tells them."""
    names = {"table": sql.Identifier(table), "twin": sql.Identifier(name(table))}
    connection.execute(sql.SQL("CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)").format(**names))
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {table} TO STDOUT (FORMAT BINARY)").format(**names)) as source,
    ):
        return [bytes(block) for block in source]


def filled(connection: psycopg.Connection, table: str, blocks: Iterable[bytes]) -> int:
    """Write such rows into the twin by ``COPY`` and return how many there are."""
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(name(table)))
    with connection.cursor() as cursor:
        with cursor.copy(statement) as sink:
            for block in blocks:
                sink.write(block)
        return cursor.rowcount


def dropped(connection: psycopg.Connection, tables: Iterable[str]) -> None:
    """Remove the twins of these tables."""
    for table in tables:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name(table))))
