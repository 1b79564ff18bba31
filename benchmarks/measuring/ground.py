"""What a measurement stands on: a home of its own with an embedded PostgreSQL, and a simulator in its own process."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from rollcall.project import database
from rollcall.simulators.loopback import LOOPBACK


class Tool(Struct, frozen=True):
    """Where a simulated HR tool listens, and its made-up credentials."""

    url: str
    credentials: Mapping[str, str]

    def control(self, action: str, body: Mapping[str, Any]) -> None:
        """Have it do something, such as ``hire`` or ``change``."""
        LOOPBACK.post(f"{self.url}/_control/{action}", json=body, timeout=300).raise_for_status()


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Yield a home whose PostgreSQL runs and has all tables; it is removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="rollcall-bench-"))
    # The server's own user must pass through.
    home.chmod(0o711)
    try:
        with database.running(home):
            run("rollcall.project", "migrate", environment=environment(home))
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def superuser(home: Path, name: str | None = None) -> psycopg.Connection:
    """Open a session of the server's superuser with the database of this home, or with another one of its server."""
    parts = database.parts(home, database.SUPERUSER)
    return psycopg.connect(
        host=parts["HOST"], port=5432, user=parts["USER"], dbname=name or parts["NAME"], autocommit=True
    )


@contextmanager
def simulator(people: int, tool: str = "bamboohr") -> Iterator[Tool]:
    """Yield a simulated HR tool with that many people, served by another process."""
    command = ["rollcall.project", "simulate", tool, "--port", "0", "--people", str(people)]
    with _serving(command) as said:
        _name, url, *words = said.split()
        values = dict(word.split("=", 1) for word in words)
        values.pop("control")
        yield Tool(url, values)


@contextmanager
def served(upstream: Tool) -> Iterator[Tool]:
    """Yield the same HR tool with its answers in memory (``benchmarks.measuring.served``), in another process."""
    with _serving(["benchmarks.measuring.served", upstream.url]) as said:
        yield Tool(said.strip(), upstream.credentials)


@contextmanager
def _serving(module: Sequence[str]) -> Iterator[str]:
    """Keep a module running in a process of its own; yield the first line that it prints."""
    with subprocess.Popen([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline() if process.stdout else ""
        finally:
            process.terminate()


def environment(home: Path, tool: Tool | None = None) -> dict[str, str]:
    """Return the environment of a process that works in this home and, with ``tool``, reads the simulator."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ROLLCALL_") and name not in {"DATABASE_URL", "EMAIL_URL"}
    }
    ours = {"ROLLCALL_HOME": str(home), "DJANGO_SETTINGS_MODULE": "rollcall.project.settings"}
    if tool is not None:
        ours |= {"ROLLCALL_BASE_URL_BAMBOOHR": tool.url, "ROLLCALL_ALLOW_HOSTS": "127.0.0.1"}
    return plain | ours


def child(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module which holds models in a process of its own."""
    return [sys.executable, "-m", "benchmarks.measuring.child", module, *arguments]


def run(module: str, *arguments: str, environment: Mapping[str, str], given: bytes = b"") -> bytes:
    """Run a module in a process of its own and return what it printed. Raises ``CalledProcessError``."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, env=dict(environment), input=given, stdout=subprocess.PIPE, check=True
    ).stdout
