"""How many requests a tool needs, counted against its stand-in, beside the least that its API allows."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final, TypeAlias

from msgspec import Struct

from benchmarks.measuring.ground import Tool, simulator
from benchmarks.tools.ways import WAYS, Way, connected
from rollcall.connectors.catalogue import normalised
from rollcall.connectors.pacing import InProcess, pace

CHANGED: Final = 10
"""So many people change before the second count."""

Places: TypeAlias = Mapping[str, int]
"""Method and path with ``*`` for ids -> how often it was asked."""


class Least(Struct, frozen=True, kw_only=True):
    """The fewest requests by which the API gives the same data; page sizes as its documents say."""

    # from the number of people, and from what a full read asked for: of lists beside the people only the tool
    # knows how long they are
    full: Callable[[int, Places], int]
    # for a few changed people; None where it cannot tell
    changed: Callable[[int, Places], int] | None = None
    why: str


class Needed(Struct, frozen=True, kw_only=True):
    """A row of the report."""

    tool: str
    people: int
    # its test included
    full: int
    # inside the published limits, in seconds; 0 where none is published
    seconds: float
    # for ``CHANGED`` changed people, and how many records came; None where the tool cannot tell
    changed: int | None
    records: int | None
    least: int
    least_changed: int | None
    why: str
    # where the requests of a full read go, its test not included
    places: dict[str, int]


def _of(places: Places, *words: str) -> int:
    """Return how often the paths were asked that hold one of the words."""
    return sum(count for name, count in places.items() if any(word in name for word in words))


_LISTS: Final = ("/legal-entities", "/org-units", "/workplaces", "/cost-centers")

LEAST: Final[Mapping[str, Least]] = {
    "bamboohr": Least(
        full=lambda people, _: ceil(people / 1000),
        changed=lambda *_: 2,
        why="N/1000; changes: the feed of deletions and a page",
    ),
    "deel": Least(
        full=lambda people, places: 2 * ceil(people / 99) + _of(places, "/contracts", "/legal-ent", "/banks"),
        why="2·N/99, as some fields come only when they are asked for by name; contracts/50; entities;"
        " one for each account",
    ),
    "factorial": Least(
        full=lambda people, places: (
            ceil(people / 100) + _of(places, "/contract_versions", "/locations", "/legal_entities", "/teams")
        ),
        why="N/100; contract versions/100; three lists",
    ),
    "hibob": Least(
        full=lambda *_: 2,
        why="the fields, and everybody in one answer: of 28 MiB, so we ask for 200 at a time from 16 MiB on",
    ),
    "humaans": Least(
        full=lambda people, places: (
            ceil(people / 250) + _of(places, "/job-roles", "/bank-accounts", "/companies", "/locations")
        ),
        why="N/250; job roles/250; bank accounts/250; two lists",
    ),
    "lucca": Least(
        full=lambda people, _: 2 * ceil(people / 100) + 6,
        why="N/100; personal records/100; five lists; a token",
    ),
    "lucca-legacy": Least(
        full=lambda people, _: ceil(people / 1000) + 4,
        changed=lambda *_: 5,
        why="N/1000, or one; four lists for the names",
    ),
    "payfit": Least(
        full=lambda _, places: _of(places, "/collaborators", "/contracts") + 2,
        why="N/50; contracts/50; their kinds/50, in France; the key and the company",
    ),
    "personio": Least(
        full=lambda people, _: ceil(people / 200) + 1, changed=lambda *_: 2, why="N/200, or one; a token"
    ),
    "personio-v2": Least(
        full=lambda people, places: ceil(people / 50) + people + _of(places, *_LISTS) + 1,
        changed=lambda _, places: 1 + CHANGED + _of(places, *_LISTS) + 1,
        why="N/50, or one; one for each person's employments; four lists/50; a token",
    ),
    "scim": Least(
        full=lambda people, _: ceil(people / 200),
        changed=lambda *_: 1,
        why="N/200, or one: the server decides, and the stand-in gives 200; we ask for 100, as most give no more",
    ),
    "workday": Least(
        full=lambda _, places: _of(places, "/ccx/") - 1,
        changed=lambda _, places: _of(places, "/Cash_Management/") + 2,
        why="N/999; accounts/999, for changes too; one for each day on which somebody starts;"
        " changes: what was typed in, and what became true",
    ),
}
"""Way -> the least, with its reasons."""


def needed(key: str, people: int) -> Needed:
    """Count a full read, its test included, and one of changes."""
    way, least = WAYS[key], LEAST[key]
    with simulator(people, way.tool) as tool:
        clock = Clock()
        credentials = normalised(way.kind, way.credentials(tool.credentials))
        keep_pace = pace(way.kind, credentials, InProcess(clock.now), clock.sleep)
        with connected(way, tool.url, tool.credentials, before=keep_pace) as (connector, kept):
            connector.test()
            tested = kept.places.copy()
            deque(connector.pages(), maxlen=0)
        changed, records = _changed(way, tool) if way.kind.tool.delta else (None, None)
    places = kept.places - tested
    return Needed(
        tool=way.name,
        people=people,
        full=kept.requests,
        seconds=clock.at,
        changed=changed,
        records=records,
        least=least.full(people, places),
        least_changed=least.changed(people, places) if least.changed else None,
        why=least.why,
        places=dict(places),
    )


def _changed(way: Way, tool: Tool) -> tuple[int, int] | tuple[None, None]:
    """Return how many requests tell what changed after some people have, and how many records come."""
    since = datetime.now(UTC) - timedelta(minutes=5)
    tool.control("change", {"n": CHANGED, "fields": {"job_title": "Tester"}})
    with connected(way, tool.url, tool.credentials) as (connector, kept):
        delta = connector.changes(since)
        return (None, None) if delta is None else (kept.requests, len(delta.records))


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        """Return the seconds so far."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.at += seconds


def head() -> Iterator[str]:
    """Yield the head of the table."""
    yield f"| tool | everybody | least | inside the limit | {CHANGED} changes | least | reasons |"
    yield "|---|---|---|---|---|---|---|"


def row(found: Needed) -> str:
    """Return a row of the table."""
    seconds = f"{found.seconds:,.0f} s" if found.seconds else "-"
    changed, least = ("-" if each is None else f"{each}" for each in (found.changed, found.least_changed))
    cells = (found.tool, f"{found.full:,}", f"{found.least:,}", seconds, changed, least, found.why)
    return f"| {' | '.join(cells)} |"
