"""The list of people by rows to skip, on a list that may move while it is read."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw

from rollcall.connectors.client import Dialogue
from rollcall.connectors.deel.payloads import IdRow, Listed
from rollcall.connectors.deel.session import Session
from rollcall.connectors.errors import Incomplete, UnexpectedAnswer
from rollcall.connectors.paging import PAGE_LIMIT, Part, StartOver, ids_of

T = TypeVar("T")

PATH: Final = "/people"
LIMIT: Final = 99
"""The largest that others ask for (seen); no maximum is published."""

# an order that does not change with people's names and dates (that it holds is assumed)
ORDER: Final = (("sort_by", "id"), ("sort_order", "asc"))


class Refused(Exception):
    """What was asked for besides may not be read."""


_lists: Final = msgspec.json.Decoder(Listed)
_raws: Final = msgspec.json.Decoder(list[Raw])
_ids: Final = msgspec.json.Decoder(list[IdRow])


def read(
    dialogue: Dialogue,
    session: Session,
    part_of: Callable[[Sequence[Raw], Sequence[str | None], int | None], Part],
    more: Sequence[tuple[str, Any]] = (),
    refused: Collection[int] = (),
    most: int = PAGE_LIMIT,
) -> Iterator[Part]:
    """Yield every page once. Each page but the first begins with the last person of the one before.

    Raises ``StartOver`` when it does not: somebody came or went meanwhile, and another may have slipped through.
    Raises ``Refused`` for a status in ``refused``.
    """
    done = 0
    last: str | None = None
    for _ in range(most):
        overlap = 1 if done else 0
        query = [("limit", LIMIT), ("offset", done - overlap), *ORDER, *more]
        answer = session.get(PATH, query)
        if answer.status in refused:
            raise Refused
        listed = session.read(answer, _lists)
        raws = rows_of(dialogue, bytes(listed.data), _raws)
        ids = ids_of(dialogue, bytes(listed.data), _ids, lambda row: row.id)
        if overlap and [*ids[:1]] != [last]:
            raise StartOver
        yield part_of(raws[overlap:], ids[overlap:], listed.page.total_rows)
        new = len(ids) - overlap
        done += new
        last = ids[-1] if ids else None
        total = listed.page.total_rows
        if new <= 0 or (len(ids) < LIMIT if total is None else done >= total):
            return
    raise Incomplete("page limit")


def rows_of(dialogue: Dialogue, rows: bytes, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
    """Return the rows in the shape of ``decoder``. Raises ``UnexpectedAnswer`` for another."""
    try:
        return decoder.decode(rows)
    except msgspec.DecodeError:
        raise dialogue.failure(UnexpectedAnswer, "another shape than documented") from None
