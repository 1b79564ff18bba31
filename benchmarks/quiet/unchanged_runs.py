"""Quiet runs one after the other; run by ``measuring.child`` in a process of its own.

Takes ``Work`` as JSON on standard input and prints a ``Quiet``. A statement is what one call of a database cursor
sends; ``BEGIN`` and ``COMMIT`` are not counted.
"""

import cProfile
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
import psycopg
from django.db import connection as database
from django.db import connections

from benchmarks.companies import flow
from benchmarks.quiet.unchanged import Quiet, Work
from rollcall.accounts import access
from rollcall.connections.models import Connection
from rollcall.connections.source import opened

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
    people = 0

    def read() -> None:
        nonlocal people
        people = 0
        # by the connector's own steps: what is measured is what a run does beyond asking exactly this
        question = connector._dataset_question()  # noqa: SLF001 - as said above
        number = pages = 1
        while number <= pages:
            answer = msgspec.json.decode(connector._ask_dataset(question, number, None).body)  # noqa: SLF001 - same
            people += len(answer["data"])
            pages = answer["meta"]["totalPages"]
            number += 1

    with access.acting_for(connection.company_id):
        row = Connection.objects.get(pk=connection.pk)
    with opened(row) as connector:
        own, _, seconds = cost_of(read, times)
    return people, own, seconds


def server_seconds() -> float:
    """Return the seconds that the server of this process's session has worked so far; 0 where none can tell."""
    with database.cursor():
        pid = database.connection.info.backend_pid
    file = Path(f"/proc/{pid}/schedstat")
    return int(file.read_text(encoding="ascii").split()[0]) / 1e9 if file.exists() else 0.0


def vacuum() -> None:
    # What autovacuum does within a minute; its moment would be luck. Only the tables' owner may.
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _writes() -> dict[str, int]:
    """Return rows inserted, changed and deleted so far, by table."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
            " WHERE schemaname NOT LIKE 'pg\\_temp%'"
        )
        return dict(cursor.fetchall())


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what cursors of any database connection of this process send meanwhile."""
    sent: list[str] = []
    originals = {kind: kind.execute for kind in (psycopg.Cursor, psycopg.ServerCursor)}

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, query: Any, *args: Any, **more: Any) -> Any:
            sent.append(" ".join(str(query).split()))
            return original(self, query, *args, **more)

        return execute

    for kind, original in originals.items():
        kind.execute = watched(original)  # type: ignore[method-assign] # what is watched is the library's edge
    try:
        yield sent
    finally:
        for kind, original in originals.items():
            kind.execute = original  # type: ignore[method-assign] # as the library had it


if __name__ == "__main__":
    done = quiet(msgspec.json.decode(sys.stdin.buffer.read(), type=Work))
    sys.stdout.write(msgspec.json.encode(done).decode())
