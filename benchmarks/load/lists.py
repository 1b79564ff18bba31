"""Requests a second of the REST lists of a company filled by ``crowd``, through the real server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from benchmarks.companies import crowd
from benchmarks.load.asker import Asked, Question
from benchmarks.measuring import ground, worked
from rollcall.simulators.loopback import LOOPBACK, NO_AUTHORITIES

_STARTS_WITHIN: Final = 60


class Loaded(Struct, frozen=True, kw_only=True):
    """One list under load. CPU is milliseconds a request: of the web processes, the database, and the asking client."""

    name: str
    requests: int
    rate: float
    median: float
    p99: float
    web: float
    database: float
    client: float
    bytes: int

    @property
    def possible(self) -> float:
        """Requests a second that as many cores as this machine has could answer if they did nothing else."""
        return (os.cpu_count() or 1) * 1_000 / (self.web + self.database)


def measure(
    home: Path, filled: crowd.Filled, *, seconds: float, connections: int, processes: int | None
) -> list[Loaded]:
    """Ask for each list of a company filled by ``crowd``."""
    environment = ground.environment(home)
    arguments = ("create-token", str(filled.company), "--name", "load", "--scope", "read")
    token = ground.run("rollcall.project", *arguments, environment=environment).decode().strip()
    with _serving(environment, processes) as (port, pid):
        found = []
        for name, paths in lists(port, token, filled).items():
            warm = Question(port=port, token=token, paths=paths, connections=connections, seconds=1)
            _ask(warm)
            before = worked.tree(pid), worked.tree(worked.postmaster(home))
            said = _ask(msgspec.structs.replace(warm, seconds=seconds))
            after = worked.tree(pid), worked.tree(worked.postmaster(home))
            web, database = (now - then for now, then in zip(after, before, strict=True))
            found.append(_loaded(name, said, web, database))
    return found


def lists(port: int, token: str, filled: crowd.Filled) -> dict[str, Sequence[str]]:
    """Return addresses of each list: first pages and pages further down."""
    at = f"/api/v1/entities/{filled.entity}"
    return {
        "members": _pages(port, token, f"{at}/members?limit=100"),
        "members, searched": [f"{at}/members?limit=100&search=last{one}" for one in range(10, 20)],
        "employees": _pages(port, token, f"{at}/employees?limit=100"),
        "runs": _pages(port, token, f"/api/v1/connections/{filled.connection}/runs?limit=100"),
        "events": _pages(port, token, "/api/v1/events?limit=100"),
        "one member": [_first(port, token, at)],
    }


def _pages(port: int, token: str, address: str, number: int = 20) -> list[str]:
    """Follow a list for some pages; nobody asks for the first one only."""
    found: list[str] = []
    cursor: str | None = ""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers=headers,
        trust_env=False,
        verify=NO_AUTHORITIES,
        timeout=60,
    ) as client:
        while cursor is not None and len(found) < number:
            found.append(f"{address}&cursor={cursor}")
            cursor = client.get(found[-1]).raise_for_status().json()["next"]
    return found


def _first(port: int, token: str, at: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    answer = LOOPBACK.get(f"http://127.0.0.1:{port}{at}/members?limit=1", headers=headers)
    return f"{at}/members/{answer.json()['items'][0]['id']}"


def _ask(question: Question) -> Asked:
    said = ground.run("benchmarks.load.asker", environment=os.environ, given=msgspec.json.encode(question))
    return msgspec.json.decode(said, type=Asked)


def _loaded(name: str, said: Asked, web: float, database: float) -> Loaded:
    count = len(said.took)
    cuts = [one * 1_000 for one in quantiles(said.took, n=100)]
    return Loaded(
        name=name,
        requests=count,
        rate=count / said.seconds,
        median=cuts[49],
        p99=cuts[98],
        web=web * 1_000 / count,
        database=database * 1_000 / count,
        client=said.cpu * 1_000 / count,
        bytes=said.bytes,
    )


@contextmanager
def _serving(environment: dict[str, str], processes: int | None) -> Iterator[tuple[int, int]]:
    """Yield port and process of a `rollcall web`, as an operator starts it; its log goes nowhere, but is written."""
    port = _free_port()
    chosen = [] if processes is None else ["--processes", str(processes)]
    command = [sys.executable, "-m", "rollcall.project", "web", "--port", str(port), *chosen]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            LOOPBACK.get(f"http://127.0.0.1:{port}/healthz", timeout=5).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
