"""Named places before and after every commit, request, job and mail: where the process may be killed.

Nothing of ours is changed for it. What is wrapped are the edges of the libraries below us; a place has the name of the
function of ours that stands behind it, and the number of times that it has come by, as "sync.apply._finish: commit 1,
before".
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, Final

import httpcore
from django.core.mail.backends.filebased import EmailBackend
from django.db.backends.base.base import BaseDatabaseWrapper
from procrastinate.jobs import JobDeferrer

OURS: Final = "rollcall."
_MACHINERY: Final = ("rollcall.accounts.access", "rollcall.accounts.again", "rollcall.http_client")
_EDGES: Final = (
    ("commit", BaseDatabaseWrapper, "_commit"),
    ("request", httpcore.ConnectionPool, "handle_request"),
    ("mail", EmailBackend, "send_messages"),
    ("job", JobDeferrer, "defer"),
)


def watch(reached: Callable[[str], None]) -> None:
    """Have ``reached`` told the name of every place that this process comes by."""
    seen: Counter[str] = Counter()
    for what, owner, name in _EDGES:
        setattr(owner, name, _told(getattr(owner, name), what, seen, reached))


def kill_at(place: str) -> None:
    """Have this process kill itself, as by kill -9, when it reaches the place."""

    def reached(name: str) -> None:
        if name == place:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(reached)


def note_in(path: str) -> None:
    """Write the name of every place into a file, a line each."""

    def reached(name: str) -> None:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - as it is told
            file.write(f"{name}\n")

    watch(reached)


def _told(
    original: Callable[..., Any], what: str, seen: Counter[str], reached: Callable[[str], None]
) -> Callable[..., Any]:
    @wraps(original)
    def around(*args: Any, **kwargs: Any) -> Any:
        caller = _caller(sys._getframe(1))
        if caller is None:
            return original(*args, **kwargs)
        key = f"{caller}: {what}"
        seen[key] += 1
        name = f"{key} {seen[key]}"
        reached(f"{name}, before")
        result = original(*args, **kwargs)
        reached(f"{name}, after")
        return result

    return around


def _caller(frame: FrameType | None) -> str | None:
    """Return module and function of ours that this call comes from; ``None`` if it is none of ours."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(OURS) and not module.startswith(_MACHINERY):
            return f"{module.removeprefix(OURS)}.{frame.f_code.co_name}"
        frame = frame.f_back
    return None
