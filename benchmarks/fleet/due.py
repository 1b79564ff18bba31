"""Real worker processes and thousands of connections that are all due: until each has had its run, or is lost."""

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from benchmarks.fleet.report import Fleet
from benchmarks.measuring import ground, worked

PATIENCE: Final = 1800
STILL: Final = 90
"""When no connection has come through for so many seconds, those that are left are lost."""


def measure(
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
    """Let all connections be due, watch until each has a good run or none comes through any more, and count."""
    with ground.superuser(home) as admin:
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
            spent_on_runs = [(b - a) * 1000 for a, b in zip(spent, now, strict=True)]
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
            cpu_workers=spent_on_runs[0] / runs,
            cpu_database=spent_on_runs[1] / runs,
            cpu_tool=spent_on_runs[2] / runs,
        )


def _one(admin: psycopg.Connection, statement: str) -> int:
    row = admin.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _left(admin: psycopg.Connection, last: int) -> int:
    """Return how many connections have no good run yet since all were due."""
    return _one(
        admin,
        "SELECT (SELECT count(*) FROM connections_connection) - (SELECT count(DISTINCT connection_id)"
        f" FROM sync_run WHERE id > {last} AND state = 'succeeded')",
    )


def _worker(environment: dict[str, str], concurrency: int, path: Path) -> subprocess.Popen[bytes]:
    command = ground.child("benchmarks.fleet.worker", str(concurrency), str(path))
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def _sent(counts: Sequence[Path]) -> int:
    return sum(int(path.read_text(encoding="ascii") or 0) for path in counts if path.exists())


def _spent(workers: Sequence[int], home: Path, still: int) -> tuple[float, float, float]:
    """Return the seconds of processor time that workers, the database with its sessions, and the stand-in have had."""
    *own, database, tool = worked.trees((*workers, worked.postmaster(home), still))
    return sum(own), database, tool
