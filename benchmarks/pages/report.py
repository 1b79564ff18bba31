"""What a page cost, and what it may cost."""

from collections.abc import Mapping

from msgspec import Struct


class Task(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]
    # how often a page is looked at
    times: int
    # look while another process syncs companies of as many people
    during_sync: bool


class Visit(Struct, frozen=True, kw_only=True):
    """One page: statements and bytes of its largest answer, milliseconds of the middle and of the 95th of 100.

    ``cpu`` is the work of this process and of its database session for one visit, which hardly depends on what else
    the machine does; on systems that don't tell of the database's, only this process's.
    """

    name: str
    statements: int
    bytes: int
    cpu: float
    median: float
    p95: float


class Bound(Struct, frozen=True):
    """What a page may cost at most; milliseconds of 95 of 100 visits, bytes before they are packed."""

    p95: float
    # "why?" asks the most; every other page has 16 at most
    statements: int = 24
    bytes: int = 60_000


LISTS = ("members", "plan", "runs", "run")
_OF_LISTS = Bound(50, 11)
_OF_OTHERS = Bound(30)


def beyond(one: Visit, *, busy: bool = False) -> list[str]:
    """Return in what the page costs more than it may; on a ``busy`` machine its work counts, and not its time."""
    most = _OF_LISTS if one.name.split(",")[0] in LISTS else _OF_OTHERS
    found = (
        ("statements", one.statements > most.statements),
        ("time", (one.cpu if busy else one.p95) > most.p95),
        ("bytes", one.bytes > most.bytes),
    )
    return [name for name, is_over in found if is_over]
