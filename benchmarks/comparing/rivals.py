"""Runs the peers: which they are, what each is given, and the environment in which nothing of theirs calls home."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from benchmarks.comparing import floors, sides
from benchmarks.measuring import ground
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.timing import Broken, Clock, Spent
from rollcall.project import database

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"

KEY: Final = "eeid"
"""The field by which people are told apart."""


class Peer(Struct, frozen=True, kw_only=True):
    """One program, and what is special in its task."""

    module: str
    more: Mapping[str, Any] = {}


PEERS: Final[Mapping[str, Peer]] = {
    "dlt": Peer(module="dlt_merge", more={"tuned": False}),
    "dlt_tuned": Peer(module="dlt_merge", more={"tuned": True}),
    "airbyte": Peer(module="airbyte_read"),
    "singer": Peer(module="singer_load"),
    "diffsync": Peer(module="diffsync_plan"),
}


def installed() -> bool:
    """Whether ``scripts/bench peers`` has been run here."""
    return PYTHON.exists()


def measured(
    names: Sequence[str], clock: Clock, home: Path, tool: Tool, people: int
) -> tuple[dict[str, Spent], dict[str, str]]:
    """Let these peers do their job on the same bytes and in the same database server.

    Returns their steps, and the last line of those that ended badly: the others and we are measured all the same.
    """
    found: dict[str, Spent] = {}
    broken: dict[str, str] = {}
    asked = {
        "url": tool.url,
        "path": floors.PATH,
        "api_key": tool.credentials["api_key"],
        "question": floors.question(tool),
        "key": KEY,
        "people": people,
    }
    for name in names:
        try:
            found |= _one(name, clock, home, asked)
        except Broken as error:
            broken[name] = str(error).strip().rpartition("\n")[2]
    return found, broken


def _one(name: str, clock: Clock, home: Path, asked: Mapping[str, Any]) -> dict[str, Spent]:
    peer = PEERS[name]
    with tempfile.TemporaryDirectory(prefix="rollcall-peer-") as folder, _database(home) as address:
        task = {**asked, "name": f"peer_{name}", "folder": folder, "database": address, **peer.more}
        if name == "diffsync":
            task["sides"] = sides.write(asked["people"], Path(folder))
        command = [str(PYTHON), "-m", f"benchmarks.peers.{peer.module}"]
        steps = clock.child(name, command, task, environment=environment(folder))
    return {f"{name}.{step}": spent for step, spent in steps.items()}


@contextmanager
def _database(home: Path) -> Iterator[str]:
    """Yield the address of a new database beside ours; it is dropped afterwards."""
    parts = database.parts(home, database.SUPERUSER)
    with ground.superuser(home, "postgres") as connection:
        connection.execute("CREATE DATABASE peers")
        try:
            # user, password and host have to stand there for dlt; the socket is what counts
            yield f"postgresql://{parts['USER']}:none@localhost/peers?host={parts['HOST']}"
        finally:
            connection.execute("DROP DATABASE peers WITH (FORCE)")


def environment(folder: str) -> dict[str, str]:
    """Nothing of ours or of this user's, and every telemetry off before its first start."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "*",
        "DO_NOT_TRACK": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DLT_DATA_DIR": f"{folder}/dlt",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SINGER_SDK_LOG_LEVEL": "ERROR",
        "AIRBYTE_OFFLINE_MODE": "1",
    }
