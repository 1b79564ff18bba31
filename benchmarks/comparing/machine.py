"""What a measurement ran on, for whoever reads its figures later."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.comparing.rounds import Round

_LIBRARIES: Final = ("Django", "psycopg", "msgspec", "httpx")
_PEERS: Final = {"dlt": "dlt", "airbyte": "airbyte-cdk", "singer": "singer-sdk", "diffsync": "diffsync"}


def described(rounds: Sequence[Round], code: str) -> dict[str, str]:
    """Return names and values: the day, the code, the machine, the programs and their versions.

    ``code`` is the ``revision`` at the beginning.
    """
    told = {
        _PEERS[peer]: str(one.said["version"])
        for each in rounds
        for name, one in each.spent.items()
        if (peer := name.split(".")[0]) in _PEERS and "version" in one.said
    }
    return {
        "Measured on": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Rollcall": code,
        "cores": str(os.cpu_count()),
        "processor": _line(Path("/proc/cpuinfo"), "model name"),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": rounds[0].server,
        **{name: version(name) for name in _LIBRARIES},
        **told,
    }


def _memory() -> str:
    words = _line(Path("/proc/meminfo"), "MemTotal").split()
    return f"{int(words[0]) / 2**20:.0f} GiB" if words[0].isdecimal() else "not told"


def _line(file: Path, name: str) -> str:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "not told")


def revision() -> str:
    """Return the commit that is measured, if this is a checkout."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or version("rollcall")
