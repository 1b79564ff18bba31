"""First reads of a tool that answers late; run by ``benchmarks.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a list of ``Late``. A read inside a transaction asks for no page
ahead (``connections.ahead``): that is the read to compare with.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from benchmarks.late import Late, Work
from benchmarks.quiet_runs import cost_of
from rollcall.accounts import access
from rollcall.accounts.companies import create_company
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, State
from rollcall.connections.reading import Fetched
from rollcall.connections.source import opened
from rollcall.simulators.loopback import LOOPBACK

_PAGES: Final = "/datasets/employee/data"


def late(work: Work) -> list[Late]:
    """Read everybody into one empty mirror after the other."""
    found: list[Late] = []
    for _ in range(work.times):
        found += [_read(work, ahead=False), _read(work, ahead=True)]
    return found


def _read(work: Work, *, ahead: bool) -> Late:
    _control(clear=True)
    connection = _connected(work.credentials)
    if work.late:
        _control(on={"id": "T4", "mode": "late", "path": _PAGES, "seconds": work.late})
    read: list[Fetched] = []

    def once() -> None:
        with opened(connection) as connector, nullcontext() if ahead else transaction.atomic():
            read.append(fetch(connection, connector, now=timezone.now(), progress=lambda _: None))

    own, server, seconds = cost_of(once, 1)
    return Late(
        people=read[0].employees,
        pages=read[0].pages,
        ahead=ahead,
        seconds=seconds,
        own=own / 1_000,
        server=server / 1_000,
    )


def _connected(credentials: Mapping[str, str]) -> Connection:
    """Make a company with nothing but a connection."""
    company = create_company("Acme")
    with access.acting_for(company.pk):
        connection = Connection(
            company=company, tool="bamboohr", state=State.CONNECTED, connected_at=timezone.now()
        )
        connection.save()
        connection.set_credentials(credentials)
        connection.save()
        return connection


def _control(**body: object) -> None:
    address = f"{os.environ['ROLLCALL_BASE_URL_BAMBOOHR']}/_control/faults"
    LOOPBACK.post(address, json=body).raise_for_status()


if __name__ == "__main__":
    done = late(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
