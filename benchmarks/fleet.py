"""``scripts/bench fleet``: thousands of companies that are all due, and real worker processes that do their runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
import msgspec
import psycopg
from msgspec import Struct

from benchmarks import ground
from benchmarks.ground import Tool
from rollcall.project import database

PATIENCE: Final = 1800
STILL: Final = 90
"""When no connection has come through for so many seconds, those that are left are lost."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Fleet(Struct, frozen=True, kw_only=True):
    """What was found. Seconds; ``cpu_*`` are milliseconds of work for a run, in workers, database and stand-in."""

    connections: int
    people: int
    workers: int
    seconds: float
    runs: int
    failed: int
    killed: int
    lost: int
    rate: float
    median_wait: float
    longest_wait: float
    statements: float
    transactions: float
    cpu_workers: float
    cpu_database: float
    cpu_tool: float


@click.command()
@click.option(
    "--connections", default=500, show_default=True, type=click.IntRange(2), help="How many companies."
)
@click.option("--people", default=200, show_default=True, type=click.IntRange(1), help="Employees of each.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Worker processes.")
@click.option(
    "--concurrency", default=4, show_default=True, type=click.IntRange(1), help="Runs at once in each."
)
@click.option("--changes", is_flag=True, help="Ask the tool for changes only, as 23 of 24 runs do.")
@click.option(
    "--history",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Days of hourly runs that lie behind.",
)
@click.option("--kill", is_flag=True, help="Kill a worker in the middle, as by kill -9.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def fleet(
    context: click.Context,
    connections: int,
    people: int,
    workers: int,
    concurrency: int,
    *,
    changes: bool,
    history: int,
    kill: bool,
    as_json: bool,
) -> None:
    """Let all connections be due at once, nothing having changed; ends with 1 when one has no good run.

    Needs about 1 GB of disk for 1,000 connections of 200 people.
    """
    with (
        ground.fresh_home() as home,
        ground.simulator(people) as simulator,
        _still(simulator) as (tool, still),
    ):
        before = time.monotonic()
        task = msgspec.json.encode({"credentials": tool.credentials, "connections": connections})
        environment = {**ground.environment(home, tool), "ROLLCALL_LOG": "console:error"}
        ground.run("benchmarks.child", "benchmarks.fleet_fill", environment=environment, given=task)
        if not as_json:
            click.echo(f"filled in {time.monotonic() - before:.0f} s")
        _live(home, history)
        found = _measure(home, environment, still, people, workers, concurrency, changes=changes, kill=kill)
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))
    context.exit(1 if found.lost or found.failed else 0)


@contextmanager
def _still(simulator: Tool) -> Iterator[tuple[Tool, int]]:
    """Yield where the kept answers are served, and that process's id."""
    command = [sys.executable, "-m", "benchmarks.still", simulator.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Tool(process.stdout.readline().strip(), simulator.credentials), process.pid
    finally:
        process.terminate()
        process.wait()


def _measure(
    home: Path,
    environment: dict[str, str],
    still: int,
    people: int,
    workers: int,
    concurrency: int,
    *,
    changes: bool,
    kill: bool,
) -> Fleet:
    with _superuser(home) as admin:
        last = _one(admin, "SELECT coalesce(max(id), 0) FROM sync_run")
        connections = _one(admin, "SELECT count(*) FROM connections_connection")
        # a worker alone starts first: what it costs to start is no part of a run
        counts = [home / f"statements-{number}" for number in range(workers)]
        started = [_worker(environment, concurrency, path) for path in counts]
        try:
            time.sleep(6)
            since = "" if changes else ", changes_since = NULL"
            sent, spent = _sent(counts), _spent([one.pid for one in started], home, still)
            transactions = _one(admin, "SELECT xact_commit FROM pg_stat_database WHERE datname = 'rollcall'")
            admin.execute(f"UPDATE connections_connection SET next_run_at = now(){since}")
            due = admin.execute("SELECT now()").fetchone()
            before = time.monotonic()
            victim = started[0] if kill else None
            moved, left = before, connections
            while time.monotonic() - before < PATIENCE and time.monotonic() - moved < STILL:
                was, left = left, _left(admin, last)
                if not left:
                    break
                moved = time.monotonic() if left < was else moved
                if victim is not None and left < connections * 2 / 3:
                    victim.send_signal(signal.SIGKILL)
                    victim = None
                time.sleep(0.25)
            seconds = time.monotonic() - before
            time.sleep(1)
            now = _spent([one.pid for one in started], home, still)
            worked = [(b - a) * 1000 for a, b in zip(spent, now, strict=True)]
            sent = _sent(counts) - sent
            transactions = (
                _one(admin, "SELECT xact_commit FROM pg_stat_database WHERE datname = 'rollcall'")
                - transactions
            )
        finally:
            for one in started:
                one.terminate()
            for one in started:
                one.wait()
        waits = [
            float(wait)
            for (wait,) in admin.execute(
                "SELECT extract(epoch FROM min(started_at) - %s) FROM sync_run WHERE id > %s GROUP BY connection_id",
                [due[0] if due else None, last],
            )
        ]
        runs = _one(admin, f"SELECT count(*) FROM sync_run WHERE id > {last}")
        failed = f"SELECT count(*) FROM sync_run WHERE id > {last} AND state <> 'succeeded'"
        return Fleet(
            connections=connections,
            people=people,
            workers=workers,
            seconds=seconds,
            runs=runs,
            failed=_one(admin, f"{failed} AND error <> 'interrupted'"),
            killed=_one(admin, f"{failed} AND error = 'interrupted'"),
            lost=left,
            rate=runs / seconds,
            median_wait=median(waits),
            longest_wait=max(waits),
            statements=sent / runs,
            transactions=transactions / runs,
            cpu_workers=worked[0] / runs,
            cpu_database=worked[1] / runs,
            cpu_tool=worked[2] / runs,
        )


def _live(home: Path, days: int) -> None:
    """Put so many days of hourly quiet runs behind each connection, as if nothing of them had been let go."""
    with _superuser(home) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            """
            INSERT INTO sync_run (id, company_id, connection_id, trigger, started_by, state, error, error_params,
                                  started_at, finished_at, seen, levels)
            SELECT -(h::bigint * 1000000) - row_number() OVER (), c.company_id, c.id, 'clock', '', 'succeeded', '',
                   '{}',
                   now() - make_interval(hours => h), now() - make_interval(hours => h), r.seen, r.levels
            FROM generate_series(2, %s * 24) h, connections_connection c
            CROSS JOIN LATERAL (
                SELECT seen, levels FROM sync_run WHERE connection_id = c.id ORDER BY id DESC LIMIT 1) r
            """,
            [days],
        )
        admin.execute("VACUUM ANALYZE sync_run")


def _superuser(home: Path) -> "psycopg.Connection[tuple[Any, ...]]":
    entry = database.parts(home, database.SUPERUSER)
    return psycopg.connect(
        host=entry["HOST"], port=5432, user=entry["USER"], dbname=entry["NAME"], autocommit=True
    )


def _one(admin: "psycopg.Connection[tuple[Any, ...]]", statement: str) -> int:
    row = admin.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _left(admin: "psycopg.Connection[tuple[Any, ...]]", last: int) -> int:
    """Return how many connections have no good run yet since all were due."""
    return _one(
        admin,
        "SELECT (SELECT count(*) FROM connections_connection) - (SELECT count(DISTINCT connection_id)"
        f" FROM sync_run WHERE id > {last} AND state = 'succeeded')",
    )


def _worker(environment: dict[str, str], concurrency: int, path: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "benchmarks.child",
        "benchmarks.fleet_worker",
        str(concurrency),
        str(path),
    ]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def _sent(counts: Sequence[Path]) -> int:
    return sum(int(path.read_text(encoding="ascii") or 0) for path in counts if path.exists())


def _spent(workers: Sequence[int], home: Path, still: int) -> tuple[float, float, float]:
    """Return the seconds of processor time that workers, the database with its sessions, and the stand-in have had."""
    server = (home / "postgres").rglob("postmaster.pid")
    first = next(server, None)
    postmaster = int(first.read_text(encoding="ascii").split()[0]) if first else 0
    return sum(_own(pid) for pid in workers), _own(postmaster) + _children(postmaster), _own(still)


def _own(pid: int, *, ended: bool = False) -> float:
    file = Path(f"/proc/{pid}/stat")
    if not file.exists():
        return 0.0
    fields = file.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    # user and system time, then those of children that have ended
    return sum(int(value) for value in fields[11 : 15 if ended else 13]) / _TICKS


def _children(pid: int) -> float:
    total = _own(pid, ended=True) - _own(pid)
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def lines(found: Fleet) -> Iterator[str]:
    """Yield the figures for people."""
    yield f"{found.connections:,} connections of {found.people} people, {found.workers} workers: {found.seconds:.1f} s"
    yield f"runs {found.runs:,} ({found.rate:.1f} a second), failed {found.failed}, lost {found.lost}"
    yield f"wait: median {found.median_wait:.1f} s, longest {found.longest_wait:.1f} s; cut off by kill {found.killed}"
    yield f"for a run: {found.statements:.1f} statements, {found.transactions:.1f} transactions"
    total = found.cpu_workers + found.cpu_database + found.cpu_tool
    yield (
        f"for a run: CPU {total:.1f} ms = workers {found.cpu_workers:.1f}, database {found.cpu_database:.1f},"
        f" stand-in {found.cpu_tool:.1f}"
    )


if __name__ == "__main__":
    fleet()
