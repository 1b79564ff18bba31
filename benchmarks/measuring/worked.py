"""What processes have worked so far, read from Linux: CPU seconds hardly depend on what else the machine does."""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_WHOLE_PROCESS: Final = 2
"""Linux makes the number of a process's clock of its id and this (clock_getcpuclockid)."""


def tree(process: int) -> float:
    """Return the seconds of a process, of all that descend from it, and of those of them that have ended."""
    return trees((process,))[0]


def trees(processes: Sequence[int]) -> list[float]:
    """Return the same of each of these processes, of one moment; 0 outside Linux."""
    own: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        one = int(file.parent.name)
        try:
            # The name of the program, in brackets, may have blanks.
            parts = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            # Of itself to the nanosecond; of ended children the system keeps ticks of 10 ms.
            own[one] = time.clock_gettime(~one << 3 | _WHOLE_PROCESS)
        except OSError:
            continue  # it ended between two looks; its parent has its ticks now
        own[one] += sum(int(part) for part in parts[13:15]) / _TICKS
        children[int(parts[1])].append(one)

    def with_children(process: int) -> float:
        return own.get(process, 0.0) + sum(with_children(one) for one in children[process])

    return [with_children(process) for process in processes]


def postmaster(home: Path) -> int:
    """Return the process of the embedded PostgreSQL of this home; its sessions descend from it."""
    return int((home / "postgres" / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
