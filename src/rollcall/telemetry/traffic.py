"""Who wants to hear of each request of this thread to another server: how it went and how long it took.

A thread that fetches for another one runs in a copy of its context, so the same listeners hear of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

NO_ANSWER = 0
"""The status of a request that got none."""


class Listener(Protocol):
    """Hears of requests, in the thread that sends them."""

    def answered(self, status: int, seconds: float, size: int) -> None:
        """One try is over: its status or ``NO_ANSWER``, how long it took, the bytes of its body unpacked."""

    def waited(self, seconds: float) -> None:
        """The client waits so long: for a limit of the tool, or before it tries again."""

    def worked(self, seconds: float) -> None:
        """A thread that fetched for this one has ended; so long it kept a processor busy."""


_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let ``listener`` hear of every request until the block ends."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


def answered(status: int, seconds: float, size: int) -> None:
    """Tell everybody who listens that a try is over."""
    for one in _listeners.get():
        one.answered(status, seconds, size)


def waited(seconds: float) -> None:
    """Tell everybody who listens that the client waits."""
    for one in _listeners.get():
        one.waited(seconds)


def worked(seconds: float) -> None:
    """Tell everybody who listens what a thread beside theirs has worked."""
    for one in _listeners.get():
        one.worked(seconds)
