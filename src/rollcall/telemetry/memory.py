"""The highest memory of this process while something was at work in it.

Linux keeps the highest resident size of a process and lets the process set it back. It is set back only while nobody
measures: with several runs at once each is told the highest size since the first of them began, which is never too
little. Elsewhere it is the highest size of the process's whole life.
"""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_RESET: Final = Path("/proc/self/clear_refs")
_lock: Final = Lock()
_measuring: Final[set[object]] = set()


@contextmanager
def measured() -> Iterator[None]:
    """Let ``peak`` speak of the time since this block began, or since an earlier one that still goes on."""
    me = object()
    with _lock:
        if not _measuring:
            # A sandbox may forbid it: then the figure is that of the process's life, as elsewhere.
            with suppress(OSError):
                _RESET.write_bytes(b"5")
        _measuring.add(me)
    try:
        yield
    finally:
        with _lock:
            _measuring.discard(me)


def peak() -> int:
    """Return the highest resident size in bytes."""
    try:
        for line in _STATUS.read_bytes().splitlines():
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
