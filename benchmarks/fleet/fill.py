"""Fills a database with thousands of companies that are where one is after its first sync; see ``fleet.due``.

One company goes the whole way, through the code itself. Its rows are then copied set by set, as the server's superuser
and without triggers: every number that names a row of a company is moved on by the same distance.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import psycopg
from django.conf import settings
from msgspec import Struct
from psycopg import sql

from benchmarks.companies import flow
from benchmarks.measuring import ground
from rollcall.accounts import access
from rollcall.connections.known_pages import DIGEST
from rollcall.connections.models import Connection, ReadPage
from rollcall.connections.reading import asked_key
from rollcall.connections.source import opened

LEFT_OUT: Final = frozenset(
    {"notify_mail", "events_outbox", "events_event", "directory_invitation", "sync_line"}
)
"""What a quiet run does not look at."""

_COMPANY_TABLES: Final = """
    SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
      AND (a.attname = 'company_id' AND NOT a.attisdropped OR c.relname = 'accounts_company')
"""
_COLUMNS: Final = """
    SELECT a.attname, EXISTS (
        SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = a.attrelid AND k.conkey = ARRAY[a.attnum]
          AND k.confrelid::regclass::text = ANY(%(tables)s))
      OR a.attname = 'company_id' OR (a.attname = 'id' AND t.typname = 'int8')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum
"""
_ARRAYS: Final = {("connections_readpage", "employees")}
_UNIQUE_TEXT: Final = {("connections_webhook", "token_digest")}
_AT_ONCE: Final = 500


class Filled(Struct, frozen=True):
    """The task on standard input."""

    credentials: Mapping[str, str]
    connections: int


def fill(task: Filled) -> None:
    """Make the first company by hand, and all others after it."""
    connection = flow.invited(task.credentials)
    flow.read(connection, "clock")
    with ground.superuser(settings.ROLLCALL_HOME) as superuser:
        superuser.execute("SET session_replication_role = replica")
        tables = [name for (name,) in superuser.execute(_COMPANY_TABLES) if name not in LEFT_OUT]
        step = _step(superuser, tables)
        for start in range(1, task.connections, _AT_ONCE):
            stop = min(start + _AT_ONCE, task.connections) - 1
            for table in tables:
                _copy(superuser, table, tables, step, start, stop)
        _own_things(superuser, connection.company_id, connection.pk, step, task)
        _at_level(superuser)
        # the stand-in keeps no orders of calls
        superuser.execute("UPDATE connections_webhook SET registration = 'kept'")
        for table in tables:
            _move_sequence(superuser, table)
        superuser.execute("VACUUM ANALYZE")


def _step(superuser: psycopg.Connection, tables: Sequence[str]) -> int:
    most = 1
    for table in tables:
        (kind,) = superuser.execute(
            "SELECT coalesce((SELECT atttypid::regtype::text FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = 'id'), '')",
            [table],
        ).fetchone() or ("",)
        if kind == "bigint":
            statement = sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table))
            most = max(most, *(superuser.execute(statement).fetchone() or (0,)))
    return int(most) + 1


def _copy(
    superuser: psycopg.Connection, table: str, tables: Sequence[str], step: int, start: int, stop: int
) -> None:
    columns = superuser.execute(_COLUMNS, {"table": table, "tables": list(tables)}).fetchall()
    moved = [_moved(table, name, is_id=is_id) for name, is_id in columns]
    company = sql.Identifier("id" if table == "accounts_company" else "company_id")
    superuser.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {moved}"
            " FROM {table} t, generate_series({start}, {stop}) n"
            " WHERE t.{company} = (SELECT min(id) FROM accounts_company)"
        ).format(
            table=sql.Identifier(table),
            names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
            moved=sql.SQL(", ").join(one.format(step=sql.Literal(step)) for one in moved),
            company=company,
            start=sql.Literal(start),
            stop=sql.Literal(stop),
        )
    )


def _moved(table: str, name: str, *, is_id: bool) -> sql.SQL:
    column = f't."{name}"'
    if (table, name) in _ARRAYS:
        return sql.SQL(f"(SELECT array_agg(one + n * {{step}}) FROM unnest({column}) one)")
    if (table, name) in _UNIQUE_TEXT:
        return sql.SQL(f"md5({column} || n)")
    return sql.SQL(f"{column} + n * {{step}}" if is_id else column)


def _own_things(
    superuser: psycopg.Connection, company_id: int, connection_id: int, step: int, task: Filled
) -> None:
    """Each connection has its own sealed credentials, and its own digests of the pages it has read."""
    with access.acting_for(company_id):
        template = Connection.objects.get(pk=connection_id)
        pages = {bytes(one.digest): one.pk for one in ReadPage.objects.filter(connection=template)}
    with opened(template) as connector:
        connector.test()
        bodies = [page.body for page in connector.pages()]
        keys = {
            n: bytes.fromhex(asked_key(_nth(template, n, step), connector)) for n in range(task.connections)
        }
    rows = [pages[_digest(body, keys[0])] for body in bodies]
    superuser.execute("CREATE TEMPORARY TABLE own (id bigint, value bytea)")
    _put(superuser, "connections_connection", "credentials", _credentials(template, step, task))
    _put(
        superuser,
        "connections_readpage",
        "digest",
        (
            (row + n * step, _digest(body, keys[n]))
            for n in range(1, task.connections)
            for row, body in zip(rows, bodies, strict=True)
        ),
    )


def _at_level(superuser: psycopg.Connection) -> None:
    """Nobody has doubts, and what the last run of the first company has found holds for those of all others."""
    superuser.execute("TRUNCATE sync_doubt")
    superuser.execute(
        """
        UPDATE sync_run r SET levels = coalesce((
            SELECT jsonb_object_agg((l.key::bigint + r.company_id - first.id)::text, l.value || '{"marks": "0:0:0"}')
            FROM jsonb_each(r.levels) l), '{}')
        FROM (SELECT min(id) AS id FROM accounts_company) first
        """
    )


def _credentials(template: Connection, step: int, task: Filled) -> Iterator[tuple[int, bytes]]:
    for n in range(1, task.connections):
        one = _nth(template, n, step)
        one.set_credentials(dict(task.credentials))
        yield one.pk, bytes(one.credentials)


def _nth(template: Connection, n: int, step: int) -> Connection:
    return Connection(
        pk=template.pk + n * step, company_id=template.company_id + n * step, wanted=template.wanted
    )


def _digest(body: bytes, key: bytes) -> bytes:
    return hashlib.sha256(key + body).digest()[:DIGEST]


def _put(superuser: psycopg.Connection, table: str, column: str, values: Iterator[tuple[int, bytes]]) -> None:
    superuser.execute("TRUNCATE own")
    with superuser.cursor() as cursor, cursor.copy("COPY own FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
    superuser.execute(
        sql.SQL("UPDATE {table} t SET {column} = own.value FROM own WHERE own.id = t.id").format(
            table=sql.Identifier(table), column=sql.Identifier(column)
        )
    )


def _move_sequence(superuser: psycopg.Connection, table: str) -> None:
    name: Any = superuser.execute(
        "SELECT pg_get_serial_sequence(%s, 'id') WHERE EXISTS (SELECT FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = 'id')",
        [table, table],
    ).fetchone()
    if name and name[0]:
        superuser.execute(
            sql.SQL("SELECT setval({name}, (SELECT coalesce(max(id), 1) FROM {table}))").format(
                name=sql.Literal(name[0]), table=sql.Identifier(table)
            )
        )


if __name__ == "__main__":
    fill(msgspec.json.decode(sys.stdin.buffer.read(), type=Filled))
