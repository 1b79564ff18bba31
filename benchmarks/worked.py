"""What processes have worked so far, read from Linux: CPU seconds hardly depend on what else the machine does."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> float:
    """Return the CPU seconds of a process, of all that descend from it, and of those of them that have ended."""
    parents = {one: _stat(one)[1] for one in _living()}
    family = {pid}
    while found := {one for one, parent in parents.items() if parent in family} - family:
        family |= found
    return sum(_worked(one) for one in family)


def postmaster(home: Path) -> int:
    """Return the process of the embedded PostgreSQL of this home; its sessions descend from it."""
    return int((home / "postgres" / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])


def _living() -> Iterator[int]:
    return (int(one.name) for one in Path("/proc").glob("[0-9]*"))


def _stat(pid: int) -> tuple[list[int], int]:
    """Return user and system ticks, own and of children that were waited for, and the parent's id."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return [], 0
    # The name of the program, in brackets, may have blanks.
    parts = text.rpartition(")")[2].split()
    return [int(one) for one in parts[11:15]], int(parts[1])


def _worked(pid: int) -> float:
    return sum(_stat(pid)[0]) / _TICK
