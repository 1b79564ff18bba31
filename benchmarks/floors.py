"""Floors: the same pages fetched and parsed, and the same rows copied, with nothing in between.

A floor is not reachable: it has no walls between companies, no foreign keys, no digests and no audit chain.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql

from benchmarks.ground import Tool
from rollcall.connectors import catalogue
from rollcall.connectors.bamboohr.connector import PAGE_SIZE, BambooHR
from rollcall.project import database

TABLES: Final = (
    "connections_employee",
    "sync_line",
    "directory_member",
    "directory_link",
    "directory_invitation",
    "events_event",
    "events_outbox",
)
"""Everything the flow writes once per person."""


class Read(Struct, frozen=True):
    """One plain read of all pages, in seconds."""

    fetch: float
    parse: float
    people: int
    bytes: int


def read(tool: Tool) -> Read:
    """Fetch the pages our connector asks for with a plain client and decode each; one page is kept at a time."""
    fetched = parsed = 0.0
    people = size = 0
    for seconds, body in _pages(tool):
        fetched += seconds
        before = time.perf_counter()
        people += len(msgspec.json.decode(body)["data"])
        parsed += time.perf_counter() - before
        size += len(body)
    return Read(fetched, parsed, people, size)


def _pages(tool: Tool) -> Iterator[tuple[float, bytes]]:
    auth = (tool.credentials["api_key"], "x")
    question = {"fields": _fields(tool), "filter": None, "orderBy": "eeid asc", "pageSize": PAGE_SIZE}
    with httpx.Client(base_url=tool.url, auth=auth, trust_env=False, timeout=60) as client:
        pages = number = 1
        while number <= pages:
            before = time.perf_counter()
            answer = client.post("/api/v2/datasets/employee/data", json={**question, "page": number})
            seconds = time.perf_counter() - before
            pages = int(msgspec.json.decode(answer.raise_for_status().content)["meta"]["totalPages"])
            yield seconds, answer.content
            number += 1


def _fields(tool: Tool) -> list[str]:
    with catalogue.connect(
        "bamboohr", tool.credentials, environ_base_url=tool.url, allow_hosts=("127.0.0.1",)
    ) as connector:
        assert isinstance(connector, BambooHR)
        question = connector._dataset_question()  # noqa: SLF001 - the floor must ask for exactly the same fields
        assert question is not None
        return list(question.names)


class Copied(Struct, frozen=True):
    """Rows of one table, and the seconds to copy them out and into a twin with the same indexes."""

    rows: int
    out: float
    into: float


def copies(home: Path) -> dict[str, Copied]:
    """Copy what the flow has written into twins of its tables: same columns and indexes, no walls, no keys."""
    parts = database.parts(home, database.SUPERUSER)
    with psycopg.connect(
        host=parts["HOST"], port=5432, user=parts["USER"], dbname=parts["NAME"], autocommit=True
    ) as connection:
        return {table: _copy(connection, table) for table in TABLES}


def _copy(connection: psycopg.Connection, table: str) -> Copied:
    names = {"table": sql.Identifier(table), "twin": sql.Identifier(f"floor_{table}")}
    connection.execute(sql.SQL("CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)").format(**names))
    with connection.cursor() as cursor:
        before = time.perf_counter()
        with cursor.copy(sql.SQL("COPY {table} TO STDOUT (FORMAT BINARY)").format(**names)) as source:
            blocks = [bytes(block) for block in source]
        out = time.perf_counter() - before
        before = time.perf_counter()
        with cursor.copy(sql.SQL("COPY {twin} FROM STDIN (FORMAT BINARY)").format(**names)) as sink:
            for block in blocks:
                sink.write(block)
        return Copied(cursor.rowcount, out, time.perf_counter() - before)
