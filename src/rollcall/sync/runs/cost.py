"""What a run costs: time by phase, processor time, memory, requests. It is stored with the run's last write.

A run is the work of one thread and of those that fetch pages for it; its processor time is theirs. Its memory is that
of the whole worker while it was at work: runs beside it count too.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Final

from rollcall.connections.models import Connection
from rollcall.sync.models import Run, RunState
from rollcall.telemetry import counts, memory, traffic
from rollcall.telemetry.spans import span

READ: Final = "read"
PLAN: Final = "plan"
APPLY: Final = "apply"
PHASES: Final = (READ, PLAN, APPLY)

Cost = dict[str, int | float]
"""``seconds``, ``read``, ``plan``, ``apply``, ``cpu``, ``waited`` in seconds; ``memory``, ``bytes``; ``requests``."""


class Meter:
    """Sums of one run; hears of its requests (``traffic.Listener``)."""

    def __init__(self, stack: ExitStack) -> None:
        """Measure nothing yet; what ``begin`` opens is closed with ``stack``."""
        self._stack = stack
        self._began, self._cpu = time.perf_counter(), time.thread_time()
        self._phases = dict.fromkeys(PHASES, 0.0)
        self._requests, self._size, self._waited, self._helped = 0, 0, 0.0, 0.0
        self.run: Run | None = None

    def begin(self, run: Run, connection: Connection) -> None:
        """Measure this run until the block ends; then count it for the operator, whatever became of it."""
        self.run = run
        self._stack.callback(_count, run, connection.tool)
        self._stack.enter_context(memory.measured())
        self._stack.enter_context(traffic.heard_by(self))
        step = self._stack.enter_context(
            span("run", connection=connection.pk, run=run.pk, tool=connection.tool, trigger=run.trigger)
        )
        self._stack.callback(lambda: step.set(state=str(run.state), requests=self._requests))

    def answered(self, status: int, seconds: float, size: int) -> None:
        """See ``traffic.Listener``."""
        self._requests += 1
        self._size += size

    def waited(self, seconds: float) -> None:
        """See ``traffic.Listener``."""
        self._waited += seconds

    def worked(self, seconds: float) -> None:
        """See ``traffic.Listener``."""
        self._helped += seconds

    def add(self, name: str, seconds: float) -> None:
        """Add to the time of a phase."""
        self._phases[name] += seconds

    def taken(self) -> Cost:
        """Return the sums up to now."""
        return {
            "seconds": round(time.perf_counter() - self._began, 3),
            **{name: round(seconds, 3) for name, seconds in self._phases.items()},
            "cpu": round(time.thread_time() - self._cpu + self._helped, 3),
            "waited": round(self._waited, 3),
            "memory": memory.peak(),
            "requests": self._requests,
            "bytes": self._size,
        }


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metering() -> Iterator[Meter]:
    """Yield the meter of what this thread does until the block ends."""
    with ExitStack() as stack:
        meter = Meter(stack)
        token = _meter.set(meter)
        try:
            yield meter
        finally:
            _meter.reset(token)


@contextmanager
def phase(name: str, **attributes: int) -> Iterator[None]:
    """Add the time until the block ends to a phase of the present run; without a run it is only a span."""
    meter, began = _meter.get(), time.perf_counter()
    try:
        with span(name, **attributes):
            yield
    finally:
        if meter is not None:
            meter.add(name, time.perf_counter() - began)


def taken() -> Cost:
    """Return what the present run has cost so far; nothing where nobody measures."""
    meter = _meter.get()
    return {} if meter is None or meter.run is None else meter.taken()


def _count(run: Run, tool: str) -> None:
    counts.add("rollcall_runs", tool=tool, state=str(run.state), trigger=run.trigger)
    cost = run.cost
    if not cost:
        return
    for name in PHASES:
        counts.add("rollcall_run_seconds", cost[name], tool=tool, phase=name)
    counts.add("rollcall_run_cpu_seconds", cost["cpu"], tool=tool)
    counts.observe("rollcall_run_memory_bytes", cost["memory"])
    if run.state == RunState.SUCCEEDED:
        counts.add("rollcall_people_read", run.seen.get("employees", 0), tool=tool)
