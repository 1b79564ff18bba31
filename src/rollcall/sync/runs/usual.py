"""What a full read usually brings, and what of the present one is unusual: shown, and no proof of anybody's absence."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from msgspec import Struct

from rollcall.engine.absence import is_fewer, is_slow
from rollcall.sync.models import Run, RunState

RUNS: Final = 10
"""So many good full reads are looked back on."""

TIMED: Final = 3
"""With fewer reads than this, how long they took says nothing."""


class Usual(Struct, frozen=True, kw_only=True):
    """The medians of the last good full reads; ``None`` while there are none, or too few."""

    employees: float | None = None
    seconds: float | None = None
    # in what the last of them was unusual itself: true until everybody is read again
    standing: Sequence[Mapping[str, Any]] = ()


def usual_of(connection_id: int) -> Usual:
    """Return what full reads of the connection usually bring; one statement."""
    good = Run.objects.filter(connection_id=connection_id, state=RunState.SUCCEEDED, seen__full=True)
    seen = list(good.order_by("-pk").values_list("seen", flat=True)[:RUNS])
    people = [one["employees"] for one in seen]
    took = [one["seconds"] for one in seen if "seconds" in one]
    return Usual(
        employees=median(people) if people else None,
        seconds=median(took) if len(took) >= TIMED else None,
        standing=seen[0].get("unusual", ()) if seen else (),
    )


def unusual(usual: Usual, employees: int, seconds: float) -> list[dict[str, Any]]:
    """Return in what a full read was unusual, as ``Run.seen`` keeps it: what, how much now, how much usually."""
    found: list[dict[str, Any]] = []
    if usual.employees is not None and is_fewer(employees, usual.employees):
        found.append({"what": "fewer", "now": employees, "usual": round(usual.employees)})
    if usual.seconds is not None and is_slow(seconds, usual.seconds):
        found.append({"what": "slow", "now": round(seconds), "usual": round(usual.seconds)})
    if not employees:
        found.append({"what": "nobody", "now": 0, "usual": round(usual.employees or 0)})
    return found
