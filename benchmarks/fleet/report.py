"""What a fleet of companies that were all due came to."""

from collections.abc import Iterator

from msgspec import Struct


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
