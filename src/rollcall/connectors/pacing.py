"""Staying inside a tool's limits before it has to say so: requests are spread, not bursts sent and refused.

The schedule is a generic cell rate algorithm (ITU-T I.371): a single moment for each limit and key, so that it
can stand in one row of a database that all workers share. Rollcall uses four fifths of what is published, and a
fifth of the number at once, so that no window of any alignment holds more requests than the tool permits.
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final, Protocol

from rollcall.connectors.base import Connector, RateLimit
from rollcall.telemetry import traffic

SHARE: Final = 0.8
"""Part of a published limit that is used."""


class Limiter(Protocol):
    """Whoever keeps the schedule."""

    def reserve(self, key: str, interval: float, burst: float) -> float:
        """Take the next place under ``key``; return the seconds to wait until it comes.

        ``interval`` is the seconds between two requests, ``burst`` the seconds a caller may be ahead.
        """
        ...


class InProcess:
    """A schedule for one process: for commands, tests and tools without a database."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing reserved; ``clock`` in seconds."""
        self._clock = clock
        self._next: dict[str, float] = {}
        self._lock = Lock()

    def reserve(self, key: str, interval: float, burst: float) -> float:
        """See ``Limiter``."""
        with self._lock:
            now = self._clock()
            due = max(self._next.get(key, now), now)
            self._next[key] = due + interval
        return max(0.0, due - burst - now)


def interval_of(limit: RateLimit) -> float:
    """Return the seconds between two requests."""
    return limit.seconds / (limit.requests * SHARE)


def burst_of(limit: RateLimit) -> float:
    """Return how many seconds of the schedule may be used at once; none for small limits."""
    return max(0, int(limit.requests * (1 - SHARE)) - 1) * interval_of(limit)


def pace(
    kind: type[Connector],
    credentials: Mapping[str, str],
    limiter: Limiter,
    sleep: Callable[[float], object] = time.sleep,
) -> Callable[[str], None]:
    """Return what to call with the path of each request before it is sent; it sleeps as long as needed."""
    whom = kind.limited_by(credentials)
    lanes: Sequence[tuple[re.Pattern[str], str, RateLimit]] = [
        (re.compile(limit.paths), _key(kind.tool.key, limit.name, whom), limit) for limit in kind.tool.limits
    ]

    def wait(path: str) -> None:
        for pattern, key, limit in lanes:
            if pattern.match(path):
                seconds = limiter.reserve(key, interval_of(limit), burst_of(limit))
                if seconds > 0:
                    traffic.waited(seconds)
                    sleep(seconds)

    return wait


def _key(tool: str, limit: str, whom: str) -> str:
    # a key is stored and shared: it must not tell a credential
    return hashlib.sha256(f"{tool}\0{limit}\0{whom}".encode()).hexdigest()


def seconds_for(limit: RateLimit, requests: int) -> float:
    """Return how long so many requests take at our pace."""
    return max(0.0, (requests - 1) * interval_of(limit) - burst_of(limit))
