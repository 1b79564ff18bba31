"""Lists that say more about people than the list of people does: read whole, before it, or refused."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw

from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import UnexpectedAnswer
from rollcall.connectors.paging import Part, complete, framed

Row: TypeAlias = Mapping[str, Any]

_rows: Final = msgspec.json.Decoder(list[dict[str, Any]])


def digest(number: str) -> bytes:
    """Return what stands for an id in a dictionary of everybody: half the size of a UUID's text."""
    return hashlib.blake2b(number.encode(), digest_size=12).digest()


class Refused(Exception):
    """The key may not read this list: its fields are not delivered, and members go on (A7)."""


def part(
    dialogue: Dialogue,
    data: Raw,
    take: Callable[[str, Row], None],
    *,
    total: int | None = None,
    cursor: str | None = None,
) -> Part:
    """Hand each row of a JSON list to ``take`` with its ``id``, and return what proves the list complete.

    ``take`` may get a row twice, when the list is read a second time. Raises ``UnexpectedAnswer`` for a row that
    is no object: passed over, it would be somebody's value cleared.
    """
    try:
        rows = _rows.decode(data)
    except msgspec.ValidationError:
        raise dialogue.failure(UnexpectedAnswer, "no rows where rows belong") from None
    numbers = ["" if row.get("id") is None else str(row["id"]) for row in rows]
    for number, row in zip(numbers, rows, strict=True):
        take(number, row)
    ids = [number or None for number in numbers]
    return Part(page=framed(b"0", bytes(data)), ids=ids, total=total, cursor=cursor)


def read_whole(dialogue: Dialogue, read: Callable[[], Iterator[Part]]) -> bool:
    """Read a list to its proven end; return False where a page raised ``Refused``. Raises ``SourceError``."""
    try:
        deque(complete(dialogue, read), maxlen=0)
    except Refused:
        return False
    return True
