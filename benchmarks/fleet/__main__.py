"""``scripts/bench fleet``: thousands of companies that are all due, and real worker processes that do their runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import msgspec

from benchmarks.fleet.due import measure
from benchmarks.fleet.report import lines
from benchmarks.measuring import ground
from benchmarks.measuring.ground import Tool

EACH_DAYS: Final = 3
"""For so many days each quiet run is kept, before them one a day (``sync/runs/retention.py``)."""


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
    help="Days that lie behind, as retention leaves them.",
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
        ground.run("benchmarks.measuring.child", "benchmarks.fleet.fill", environment=environment, given=task)
        if not as_json:
            click.echo(f"filled in {time.monotonic() - before:.0f} s")
        _live(home, history)
        found = measure(home, environment, still, people, workers, concurrency, changes=changes, kill=kill)
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))
    context.exit(1 if found.lost or found.failed else 0)


@contextmanager
def _still(simulator: Tool) -> Iterator[tuple[Tool, int]]:
    """Yield where the kept answers are served, and that process's id."""
    command = [sys.executable, "-m", "benchmarks.fleet.still", simulator.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Tool(process.stdout.readline().strip(), simulator.credentials), process.pid
    finally:
        process.terminate()
        process.wait()


def _live(home: Path, days: int) -> None:
    """Put so many days behind each connection: what is kept of their hourly quiet runs, and two plans a week."""
    with ground.superuser(home) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(_RUNS, {"days": days, "each": EACH_DAYS})
        admin.execute(_PLANS, {"days": days})
        admin.execute("VACUUM ANALYZE sync_run, sync_plan")


# Numbers below zero, the older the lower: what is newest is found by its number.
_RUNS: Final = """
    INSERT INTO sync_run (id, company_id, connection_id, trigger, started_by, state, error, error_params,
                          started_at, finished_at, seen, levels, settled)
    SELECT -(hour * 1000000) - row_number() OVER (), c.company_id, c.id, 'clock', '', 'succeeded', '', '{}',
           at, at, r.seen, r.levels, at < kept.since
    FROM generate_series(2::bigint, %(days)s * 24) hour
    CROSS JOIN LATERAL (SELECT now() - make_interval(hours => hour::int) AS at) moment
    CROSS JOIN LATERAL (
        SELECT date_trunc('day', now(), 'UTC') - make_interval(days => %(each)s) AS since) kept
    CROSS JOIN connections_connection c
    CROSS JOIN LATERAL (
        SELECT seen, levels FROM sync_run WHERE connection_id = c.id AND id > 0 ORDER BY id DESC LIMIT 1) r
    WHERE at >= kept.since OR hour %% 24 = 0
"""
_PLANS: Final = """
    INSERT INTO sync_plan
    SELECT (jsonb_populate_record(p, jsonb_build_object('id', -(day * 1000000) - p.id))).*
    FROM generate_series(3::bigint, %(days)s, 3) day CROSS JOIN sync_plan p
"""


if __name__ == "__main__":
    fleet()
