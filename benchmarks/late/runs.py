"""First reads of a tool that answers late; run by ``benchmarks.measuring.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a list of ``Late``. A read inside a transaction asks for no page
ahead (``connections.ahead``): that is the read to compare with.
"""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from benchmarks.late.report import Late, Work
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.session import server_seconds
from rollcall.accounts import access
from rollcall.accounts.companies import create_company
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, State
from rollcall.connections.source import opened

_PAGES: Final = "/datasets/employee/data"


def late(work: Work) -> list[Late]:
    """Read everybody into one empty mirror after the other."""
    tool = Tool(os.environ["ROLLCALL_BASE_URL_BAMBOOHR"], work.credentials)
    if work.late:
        fault = {"id": "T4", "mode": "late", "path": _PAGES, "seconds": work.late}
        tool.control("faults", {"on": fault})
    return [_read(work, ahead=ahead) for _ in range(work.times) for ahead in (False, True)]


def _read(work: Work, *, ahead: bool) -> Late:
    connection = _connected(work.credentials)
    server, own, clock = server_seconds(), time.process_time(), time.perf_counter()
    with opened(connection) as connector, nullcontext() if ahead else transaction.atomic():
        read = fetch(connection, connector, now=timezone.now(), progress=lambda _: None)
    return Late(
        people=read.employees,
        pages=read.pages,
        ahead=ahead,
        seconds=time.perf_counter() - clock,
        own=time.process_time() - own,
        server=server_seconds() - server,
    )


def _connected(credentials: Mapping[str, str]) -> Connection:
    """Make a company with nothing but a connection."""
    company = create_company("Acme")
    with access.acting_for(company.pk):
        connection = Connection(
            company=company, tool="bamboohr", state=State.CONNECTED, connected_at=timezone.now()
        )
        connection.save()
        connection.set_credentials(dict(credentials))
        connection.save()
        return connection


if __name__ == "__main__":
    done = late(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
