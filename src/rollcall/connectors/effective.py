"""Which of several dated versions holds on a day: for tools that keep a history of titles and contracts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord


class InForce:
    """Keeps one version a person: the latest that has begun by ``day``, else the first that is still to come.

    The day is that of the read, so that a record changes when a version comes into force and not every night.
    """

    def __init__(self, day: date) -> None:
        self._day = day
        self._kept: dict[str, tuple[tuple[bool, int], str, Mapping[str, Any]]] = {}

    def note(self, person: str, begins: object, tie: str, version: Mapping[str, Any]) -> None:
        """Take a version into account. ``begins`` is as the tool wrote it; of two of one day the greater ``tie`` holds.

        One whose beginning nobody can read counts as older than any other.
        """
        rank = self._rank(begins)
        kept = self._kept.get(person)
        if kept is None or (rank, tie) >= kept[:2]:
            self._kept[person] = (rank, tie, version)

    def of(self, person: str) -> Mapping[str, Any] | None:
        """Return what holds for a person; None where there is nothing."""
        kept = self._kept.get(person)
        return None if kept is None else kept[2]

    def _rank(self, begins: object) -> tuple[bool, int]:
        try:
            found = parsing.day(begins, "begins")  # type: ignore[arg-type]  # whatever JSON holds
        except UnreadableRecord:
            found = None
        if not isinstance(found, date):
            return True, 0
        return (True, found.toordinal()) if found <= self._day else (False, -found.toordinal())
