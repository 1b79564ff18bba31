"""What every simulated tool has in common: an interface for the server, webhooks kept, buckets for limits."""

import random
import time
from collections import deque
from datetime import date
from typing import Protocol, runtime_checkable

import msgspec

from rollcall.simulators.faults import Fault
from rollcall.simulators.people import Person
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


class Window:
    """Fixed window on the real clock: `limit` requests in each span of `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._began, self._used = time.monotonic(), 0

    def take(self) -> bool:
        """Take one; False if none is left in this span."""
        now = time.monotonic()
        if now - self._began >= self.seconds:
            self._began, self._used = now, 0
        if self._used >= self.limit:
            return False
        self._used += 1
        return True

    @property
    def left(self) -> int:
        """How many more this span allows."""
        return self.limit - self._used

    @property
    def wait(self) -> float:
        """Seconds until the next span."""
        return max(0.0, self._began + self.seconds - time.monotonic())


class RollingWindow:
    """At most `limit` requests in any `seconds` in a row, on the real clock."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._taken: deque[float] = deque(maxlen=limit)

    def take(self) -> bool:
        """Take one; False if there is none."""
        now = time.monotonic()
        if len(self._taken) == self.limit and now - self._taken[0] < self.seconds:
            return False
        self._taken.append(now)
        return True


@runtime_checkable
class HooksByAdmin(Protocol):
    """A tool whose webhooks are made on its screens (or its partner's), not through its API."""

    def admin_hooks(self, body: dict[str, object]) -> object:
        """Do what the control action `hooks` asks (`url`, `secret`, `events`; more by tool); tells the result."""


@runtime_checkable
class EffectiveDated(Protocol):
    """A tool that answers as of a day and as of a moment of entry, and so must hear of edits beforehand."""

    def before_edit(self, person: Person) -> None:
        """Somebody is about to be edited."""

    def plan(self, person: Person, wanted: Person, effective: date) -> None:
        """Somebody is to be like `wanted` from that later day on; it is typed in now."""


@runtime_checkable
class OwnBodies(Protocol):
    """A tool whose bodies are no JSON: it makes the faults that spoil them itself."""

    def instead_of(self, fault: Fault) -> Reply | None:
        """The answer in the tool's place, or None where the general one will do."""

    def spoiled(self, reply: Reply, fault: Fault) -> Reply | None:
        """The answer with the fault in its body, or None where the general way will do."""


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
