"""A process that was asked to stop: its runs end at the next safe point, and another worker goes on (fault C2).

Safe points are between two pages of a read and between two chunks of an apply: nothing is half done there.
"""

import threading
from typing import Final

_ASKED: Final = threading.Event()


class Stopped(Exception):
    """This process is to end: leave the work as it is, whole, for whoever comes next."""


def ask() -> None:
    """Ask everything in this process that looks at safe points to stop there. For signal handlers too."""
    _ASKED.set()


def forget() -> None:
    """Take the request back; for processes that go on after all."""
    _ASKED.clear()


def asked() -> bool:
    """Tell whether this process is to end."""
    return _ASKED.is_set()


def here() -> None:
    """Mark a safe point. Raises ``Stopped``."""
    if _ASKED.is_set():
        raise Stopped
