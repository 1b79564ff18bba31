"""``scripts/bench fleet``: thousands of companies that are all due, and real worker processes that do their runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from benchmarks.fleet.due import measure
from benchmarks.fleet.report import lines
from benchmarks.measuring import ground
from benchmarks.measuring.ground import Tool


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
    """Put so many days of hourly quiet runs behind each connection, as if nothing of them had been let go."""
    with ground.superuser(home) as admin:
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


if __name__ == "__main__":
    fleet()
