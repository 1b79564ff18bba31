"""What every simulated tool has in common: an interface for the server, webhooks kept, buckets for limits."""

import random
import time
from typing import Protocol

import msgspec

from rollcall.simulators.wire import Reply, Request
from rollcall.simulators.world import World


class Hook(msgspec.Struct, kw_only=True):
    """A webhook somebody registered, `settings` as they gave them."""

    id: str
    url: str
    secret: str
    settings: dict[str, object]
    log: list[dict[str, object]] = []


class Bucket:
    """Token bucket on the real clock: `rate` requests a second after a first `burst`."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._at = float(burst), time.monotonic()

    def take(self) -> bool:
        """Take one; False if there is none."""
        now = time.monotonic()
        self._left, self._at = min(self.burst, self._left + (now - self._at) * self.rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def left(self) -> int:
        """How many could be taken at once."""
        return int(self._left)


class Buckets:
    """One bucket per endpoint; new rates start them afresh."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._buckets: dict[str, Bucket] = {}

    def set(self, rate: float, burst: int) -> None:
        """Change the rates for all endpoints."""
        self.rate, self.burst, self._buckets = rate, burst, {}

    def of(self, endpoint: str) -> Bucket:
        """The bucket of an endpoint."""
        if endpoint not in self._buckets:
            self._buckets[endpoint] = Bucket(self.rate, self.burst)
        return self._buckets[endpoint]


class Tool(Protocol):
    """One simulated tool."""

    world: World

    def __init__(self, world: World) -> None:
        """Serve that account."""

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """Make up the values that the connect dialog asks for, by the name of the field."""

    @property
    def bank_fields(self) -> tuple[str, ...]:
        """What fault A5 hides if not told otherwise, by canonical name."""

    buckets: Buckets

    def answer(self, request: Request) -> Reply:
        """The reply to a request when nothing is wrong with the wire."""

    def page_of(self, request: Request) -> int | None:
        """The page (from 1) of people that the request reads, or None if it reads something else."""

    def refusal(self, status: int) -> Reply:
        """The tool's own error reply of that status."""

    def failed_200(self) -> Reply:
        """A 200 whose body says that the call failed (T12)."""

    def canonical(self, field: str) -> str:
        """One name for a field that has several; unknown names as they are."""
