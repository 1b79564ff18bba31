"""Counts of this process since somebody last took them; whoever stores them adds them up over all processes.

Labels hold names of tools, states and routes: never a name, an address or an id of a person.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Final

from msgspec import Struct

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Name of the metric, and its labels sorted by name."""

EDGE: Final = "le"
"""The label that tells the buckets of a histogram apart; its sum stands under ``SUM``."""

SUM: Final = "sum"
OVER: Final = "+Inf"


class Known(Struct, frozen=True, kw_only=True):
    """A metric that processes count: its sentence, its labels, and the edges of its buckets if it has some."""

    text: str
    labels: tuple[str, ...]
    edges: tuple[float, ...] = ()


_MEGABYTE: Final = 1024 * 1024

KNOWN: Final[Mapping[str, Known]] = {
    "rollcall_runs": Known(
        text="Runs that ended, by tool, end and trigger.", labels=("tool", "state", "trigger")
    ),
    "rollcall_run_seconds": Known(
        text="Seconds of runs, by tool and phase: read, plan, apply.", labels=("tool", "phase")
    ),
    "rollcall_run_cpu_seconds": Known(text="Seconds of processor time of runs, by tool.", labels=("tool",)),
    "rollcall_run_memory_bytes": Known(
        text="Highest memory of the worker during a run.",
        labels=(),
        edges=tuple(size * _MEGABYTE for size in (64.0, 128.0, 192.0, 256.0, 384.0, 512.0, 1024.0, 2048.0)),
    ),
    "rollcall_people_read": Known(text="People read from HR tools by runs that succeeded.", labels=("tool",)),
    "rollcall_tool_requests": Known(
        text="Requests to HR tools, by tool and kind of answer (2xx, 4xx, 5xx, none).",
        labels=("tool", "answer"),
    ),
    "rollcall_tool_throttled": Known(
        text="Requests that an HR tool turned away with a 429.", labels=("tool",)
    ),
    "rollcall_tool_seconds": Known(
        text="Seconds until an HR tool had answered a request.",
        labels=("tool",),
        edges=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    ),
    "rollcall_tool_waited_seconds": Known(
        text="Seconds that requests waited to stay inside the limits of an HR tool.", labels=("tool",)
    ),
    "rollcall_tool_bytes": Known(text="Bytes of the answers of HR tools, unpacked.", labels=("tool",)),
    "rollcall_mails": Known(text="Mails tried, by purpose and what came of it.", labels=("purpose", "state")),
    "rollcall_page_seconds": Known(
        text="Server time of pages and of the API, by route, method and kind of answer.",
        labels=("route", "method", "answer"),
        edges=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    ),
}

_lock: Final = Lock()
_counts: Final[dict[Key, float]] = {}


def add(metric: str, amount: float = 1.0, **labels: str) -> None:
    """Count ``amount`` more of a metric of ``KNOWN``."""
    _add_all({_key(metric, labels): amount})


def observe(metric: str, value: float, **labels: str) -> None:
    """Count one value of a histogram of ``KNOWN``, in its bucket and in its sum."""
    edge = next((str(one) for one in KNOWN[metric].edges if value <= one), OVER)
    _add_all({_key(metric, {**labels, EDGE: edge}): 1.0, _key(metric, {**labels, EDGE: SUM}): value})


def take() -> dict[Key, float]:
    """Return what was counted since the last call, and begin at nothing."""
    with _lock:
        taken = dict(_counts)
        _counts.clear()
        return taken


def put_back(taken: Mapping[Key, float]) -> None:
    """Count once more what was taken and could not be stored."""
    _add_all(taken)


def _add_all(more: Mapping[Key, float]) -> None:
    with _lock:
        for key, amount in more.items():
            _counts[key] = _counts.get(key, 0.0) + amount


def _key(metric: str, labels: Mapping[str, str]) -> Key:
    return metric, tuple(sorted(labels.items()))
