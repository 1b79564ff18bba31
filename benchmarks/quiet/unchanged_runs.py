"""Quiet runs one after the other; run by ``measuring.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a ``Quiet``. A statement is what one call of a database cursor
sends; ``BEGIN`` and ``COMMIT`` are not counted.
"""

import cProfile
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Final

import msgspec
from django.db import connection as database

from benchmarks.companies import flow
from benchmarks.measuring.session import server_seconds, statements, vacuum
from benchmarks.quiet.unchanged import Quiet, Work
from rollcall.accounts import access
from rollcall.connections.models import Connection
from rollcall.connections.source import opened
from rollcall.connectors.bamboohr.connector import BambooHR
from rollcall.connectors.base import Connector

SETTLING: Final = 3
"""Runs after everybody was invited, until nothing is left to be looked at."""


def quiet(work: Work) -> list[Quiet]:
    """Let everybody be invited, run until nothing is left to be done, then measure."""
    connection = flow.invited(work.credentials)
    for _ in range(SETTLING):
        flow.read_everybody_next(connection)
        flow.read(connection, "clock")
    vacuum()
    people, floor, floor_seconds = _floor(connection, work.runs)
    found = []
    for whole in (False, True):
        before = _writes()
        with statements() as sent:
            own, server, seconds = cost_of(
                lambda: flow.read(connection, "clock"),
                work.runs,
                work.profile,
                prepare=(lambda: flow.read_everybody_next(connection)) if whole else None,
                sent=sent,
            )
        after = _writes()
        found.append(
            Quiet(
                people=people,
                reads="everybody" if whole else "changes",
                runs=work.runs,
                statements=round(len(sent) / work.runs),
                own=own,
                server=server,
                seconds=seconds,
                floor=floor,
                floor_seconds=floor_seconds,
                written={
                    table: (rows - before.get(table, 0) - (work.runs if whole and table == _OWN else 0))
                    / work.runs
                    for table, rows in after.items()
                    if rows != before.get(table, 0)
                },
            )
        )
    return found


_OWN: Final = "connections_connection"


def cost_of(
    do: Callable[[], object],
    times: int,
    profile: str = "",
    *,
    prepare: Callable[[], object] | None = None,
    sent: list[str] | None = None,
) -> tuple[float, float, float]:
    own, server, seconds = [], [], []
    profiler = cProfile.Profile() if profile else None
    for _ in range(times):
        if prepare is not None:
            already = len(sent or ())
            prepare()
            del (sent or [])[already:]
        there, here, clock = server_seconds(), time.process_time(), time.perf_counter()
        if profiler:
            profiler.enable()
        do()
        if profiler:
            profiler.disable()
        seconds.append(time.perf_counter() - clock)
        own.append((time.process_time() - here) * 1_000)
        server.append((server_seconds() - there) * 1_000)
    if profiler:
        profiler.dump_stats(profile)
    return median(own), median(server), median(seconds)


def _floor(connection: Connection, times: int) -> tuple[int, float, float]:
    """Fetch and decode the pages that a run reads, with the same client, and keep nothing."""
    with access.acting_for(connection.company_id):
        row = Connection.objects.get(pk=connection.pk)
    people: list[int] = []
    with opened(row) as connector:
        own, _, seconds = cost_of(lambda: people.append(_pages(connector)), times)
    return people[-1], own, seconds


def _pages(connector: Connector) -> int:
    # by the connector's own steps: what is measured is what a run does beyond asking exactly this
    assert isinstance(connector, BambooHR)
    question = connector._dataset_question()  # noqa: SLF001 - as said above
    assert question is not None
    people, number, pages = 0, 1, 1
    while number <= pages:
        answer = msgspec.json.decode(connector._ask_dataset(question, number, None).body)  # noqa: SLF001 - same
        people += len(answer["data"])
        pages = answer["meta"]["totalPages"]
        number += 1
    return people


def _writes() -> dict[str, int]:
    """Return rows inserted, changed and deleted so far, by table."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
            " WHERE schemaname NOT LIKE 'pg\\_temp%'"
        )
        return dict(cursor.fetchall())


if __name__ == "__main__":
    done = quiet(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
