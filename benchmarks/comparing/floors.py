"""Floors: the least that anybody could do with the same bytes and rows, without deciding anything about anybody.

*Read floor*: the same pages fetched over one connection, and decoded by msgspec into plain values. *Write floor*: the
same rows by ``COPY`` into a twin of the same table with the same indexes. Both are out of reach on purpose: there are
no limits of time and size on answers, no digests, no walls between companies, no foreign keys and no audit chain.
"""

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from benchmarks.measuring import ground, twins
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.timing import Clock, Spent
from rollcall.connectors import catalogue
from rollcall.connectors.bamboohr.connector import PAGE_SIZE, BambooHR

PATH: Final = "/api/v2/datasets/employee/data"
MIRROR: Final = ("connections_employee", "connections_readpage")
PLAN: Final = ("sync_line",)
APPLIED: Final = (
    "directory_member",
    "directory_link",
    "directory_invitation",
    "events_event",
    "events_outbox",
)
TABLES: Final = {"mirror": MIRROR, "plan": PLAN, "apply": APPLIED}
"""What a first sync writes for each person, by the phase that writes it."""


class Read(Struct, frozen=True):
    """What came with one plain read."""

    people: int
    bytes: int
    pages: int


def question(tool: Tool) -> dict[str, object]:
    """Return the body with which our connector asks for the first page; every reader compared asks the same."""
    with catalogue.connect(
        "bamboohr", tool.credentials, environ_base_url=tool.url, allow_hosts=("127.0.0.1",)
    ) as connector:
        assert isinstance(connector, BambooHR)
        found = connector._dataset_question()  # noqa: SLF001 - a floor must ask for exactly the same fields
        assert found is not None
    return {
        "fields": list(found.names),
        "filter": None,
        "orderBy": "eeid asc",
        "page": 1,
        "pageSize": PAGE_SIZE,
    }


def read(tool: Tool, asked: dict[str, object]) -> Read:
    """Fetch all pages and decode each; one page is kept at a time."""
    people = size = number = 0
    for body in pages(tool, asked):
        people += len(msgspec.json.decode(body)["data"])
        size += len(body)
        number += 1
    return Read(people, size, number)


def pages(tool: Tool, asked: dict[str, object]) -> Iterator[bytes]:
    """Fetch all pages over one connection."""
    pair = f"{tool.credentials['api_key']}:x".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    connection = http.client.HTTPConnection(urlsplit(tool.url).netloc, timeout=60)
    total, number = 1, 0
    while number < total:
        number += 1
        connection.request("POST", PATH, json.dumps({**asked, "page": number}), headers)
        answer = connection.getresponse()
        came = answer.read()
        assert answer.status == 200, answer.status
        if number == 1:
            total = _meta.decode(came).meta.total_pages
        yield came
    connection.close()


class _Meta(Struct, rename="camel"):
    total_pages: int


class _Page(Struct):
    meta: _Meta


_meta: Final = msgspec.json.Decoder(_Page)


def write(home: Path, clock: Clock) -> dict[str, Spent]:
    """Copy what our flow has written into twins of its tables, as a step a phase; each says the rows by table.

    The rows are read before the clock runs.
    """
    found: dict[str, Spent] = {}
    with ground.superuser(home) as connection:
        for phase, tables in TABLES.items():
            blocks = {table: twins.made(connection, table) for table in tables}
            with clock.own(f"floor.{phase}") as found[phase]:
                rows = {table: twins.filled(connection, table, blocks[table]) for table in tables}
            found[phase].said = rows
            twins.dropped(connection, tables)
    return found
