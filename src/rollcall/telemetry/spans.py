"""Spans for traces. Nothing happens until somebody hands in a way to make them (``use``).

Attributes are ids, counts and our own words: never a name, an address, a text of an HR tool or a URL.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Value = str | int | float | bool


class Span(Protocol):
    """A step that is under way."""

    def set(self, **attributes: Value) -> None:
        """Say more about the step."""


class _Nothing:
    def set(self, **attributes: Value) -> None:
        """Nobody listens."""


Opens = Callable[[str, dict[str, Value]], AbstractContextManager[Span]]

_NOTHING = _Nothing()
_used: list[Opens] = []


def use(opens: Opens | None) -> None:
    """Make spans with ``opens`` from now on, or no more."""
    _used[:] = [] if opens is None else [opens]


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[Span]:
    """One step of the work, until the block ends; steps inside it belong to it."""
    if not _used:
        yield _NOTHING
        return
    with _used[0](name, attributes) as opened:
        yield opened
