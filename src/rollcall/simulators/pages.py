"""What paged lists of several tools share: numbers in queries, opaque cursors, sorted ids, a page's bytes."""

import base64
import binascii
from collections.abc import Callable

from rollcall.simulators.people import Person
from rollcall.simulators.rows import Encode, Put, Rows, encoded, with_double
from rollcall.simulators.wire import Reply
from rollcall.simulators.world import World


class Orders:
    """Lists of ids worked out from all people, kept until somebody changes or the day turns."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._base: list[int] = []
        self._day = world.today()
        self._kept: dict[object, list[int]] = {}
        world.listeners.append(self._told)

    def _told(self, what: str, person: Person, fields: list[str]) -> None:
        self._kept = {}

    def of(self, key: object, make: Callable[[list[int]], list[int]]) -> list[int]:
        """The list for `key`, made from everybody's ids in rising order if it is not kept."""
        base, today = self.world.order(), self.world.today()
        if base is not self._base or today != self._day:
            self._base, self._day, self._kept = base, today, {}
        if key not in self._kept:
            if len(self._kept) > 20:
                self._kept = {}
            self._kept[key] = make(base)
        return self._kept[key]


def page_bytes(
    world: World, rows: Rows, encode: Encode, put: Put, *, key: tuple[object, ...] | None
) -> bytes:
    """The page's people as a JSON list; kept under `key`, unless that is None."""

    def make() -> bytes:
        return with_double(world, encoded(world, rows.ids, encode, put), rows.twice, encode)

    if key is None or rows.twice is not None or not rows.ids:
        return make()
    # Rising ids: whoever changes inside that range drops the page.
    return world.cached((*key, rows.ids[0], rows.ids[-1], len(rows.ids)), sorted(rows.ids), make)


def told_total(world: World, rows: Rows, start: int, size: int) -> int:
    """The total an answer tells: ever more if paging never ends (P5), what has been read if this page is said
    to be the last (P2).
    """
    if world.fault("P5"):
        return max(rows.total, start + size + 1)
    last = world.fault("P2")
    if last and last.mode == "last" and rows.next_start is None:
        return min(rows.total, start + len(rows.ids))
    return rows.total


def whole(text: str, default: int) -> int:
    """A number of a query, `default` if there is none, -1 for nonsense."""
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def packed(start: int, page: int) -> str:
    """A cursor: where the page starts and its number."""
    return base64.urlsafe_b64encode(f"{start}.{page}".encode()).decode().rstrip("=")


def unpacked(text: str) -> tuple[int, int] | None:
    """Start and number of a cursor's page; (0, 1) without cursor, None for nonsense."""
    if not text:
        return 0, 1
    try:
        start, page = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(".")
        return int(start), int(page)
    except (ValueError, binascii.Error):
        return None


def json_bytes(body: bytes) -> Reply:
    """A reply of JSON made elsewhere."""
    return Reply(body=body, headers={"Content-Type": "application/json; charset=utf-8"})
