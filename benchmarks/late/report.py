"""What first reads of a tool that answers late cost."""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Work(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]
    # seconds before each page
    late: float
    times: int


class Late(Struct, frozen=True, kw_only=True):
    """What one first read cost: seconds by the clock, seconds of work of this process and of its database session."""

    people: int
    pages: int
    # whether a page was fetched while the one before was worked on
    ahead: bool
    seconds: float
    own: float
    server: float


def lines(found: Sequence[Late]) -> list[str]:
    """Return a table for people to read."""
    head = ("people", "pages", "ahead", "seconds", "own s", "server s")
    return [
        "".join(f"{word:>10}" for word in head),
        *(
            f"{one.people:10}{one.pages:10}{'yes' if one.ahead else 'no':>10}"
            f"{one.seconds:10.2f}{one.own:10.2f}{one.server:10.2f}"
            for one in found
        ),
    ]
