"""Which of several dated versions holds on a day: for tools that keep a history of titles and contracts."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypeAlias

import msgspec

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.joining import digest

Rank: TypeAlias = tuple[bool, int]

_order: Final = msgspec.json.Decoder(tuple[Rank, str])
_version: Final = msgspec.json.Decoder(tuple[int, list[Any]])


class InForce:
    """Keeps one version a person: the latest that has begun by ``day``, else the first that is still to come.

    The day is that of the read, so that a record changes when a version comes into force and not every night.
    Everybody's is kept during a read, so as few bytes: some 150 more than the values have.
    """

    def __init__(self, day: date) -> None:
        self._day = day
        # digest of a person's id -> rank and tie, a line break, which keys it has and their values
        self._kept: dict[bytes, bytes] = {}
        self._keys: dict[tuple[str, ...], int] = {}

    def note(self, person: str, begins: object, tie: str, version: Mapping[str, Any]) -> None:
        """Take a version into account. ``begins`` is as the tool wrote it; of two of one day the greater ``tie`` holds.

        One whose beginning nobody can read counts as older than any other.
        """
        place, rank = digest(person), self._rank(begins)
        kept = self._kept.get(place)
        if kept is None or (rank, tie) >= _order.decode(kept.partition(b"\n")[0]):
            keys = self._keys.setdefault(tuple(version), len(self._keys))
            values = msgspec.json.encode((keys, list(version.values())))
            self._kept[place] = msgspec.json.encode((rank, tie)) + b"\n" + values

    def settle(self) -> None:
        """Forget what decides between versions: all of them have been noted."""
        for place, kept in self._kept.items():
            self._kept[place] = kept.rpartition(b"\n")[2]

    def of(self, person: str) -> Mapping[str, Any] | None:
        """Return what holds for a person; None where there is nothing."""
        kept = self._kept.get(digest(person))
        if kept is None:
            return None
        number, values = _version.decode(kept.rpartition(b"\n")[2])
        return dict(zip(list(self._keys)[number], values, strict=True))

    def _rank(self, begins: object) -> Rank:
        try:
            found = parsing.day(begins, "begins")  # type: ignore[arg-type]  # whatever JSON holds
        except UnreadableRecord:
            found = None
        if not isinstance(found, date):
            return True, 0
        return (True, found.toordinal()) if found <= self._day else (False, -found.toordinal())
