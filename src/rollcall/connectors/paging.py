"""Reading a list page by page until it is proven complete; each way of paging detects loops.

A read that does not add up is done a second time, once. Pages of both reads are yielded: whoever was seen in
either is present, and the caller judges repeated ids.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from rollcall.connectors.base import Page
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import Incomplete, UnexpectedAnswer

T = TypeVar("T")

PAGE_LIMIT: Final = 50_000
"""More pages than any company needs: a million people come to 20,000 in the smallest pages (P5)."""

_AT_ONCE: Final = 250_000
"""So many ids are compared in a set; of more it would take more room than the rest of a read."""

_list: Final = Decoder(list[Raw])


class Part(Struct, frozen=True, kw_only=True):
    """One page with what its answer said about the whole list."""

    page: Page
    # one for each record; None where it cannot be read
    ids: Sequence[str | None]
    # how many people there are, if the tool says
    total: int | None = None
    # how many pages there are, for paging by number
    pages: int = 1
    # where to go on, for paging by cursor; None on the last page
    cursor: str | None = None


class StartOver(Exception):
    """What came cannot be the whole list, though no total says so: the read starts over, once."""


class CursorExpired(StartOver):
    """The tool does not know a cursor any more that it gave out itself; the read starts over, once."""


def framed(frame: bytes, rows: bytes | memoryview) -> Page:
    """Return the page of a JSON list.

    Each record is ``{"as":frame,"row":row}``, so that it decides its person alone.

    ``frame`` is JSON and holds what the mapping must know besides the row, such as which field is the IBAN.
    """
    head = b'{"as":' + frame + b',"row":'

    def records() -> Sequence[bytes]:
        return [b"%b%b}" % (head, row) for row in _list.decode(rows)]

    # A digest decides them as well as they do themselves, and is not as long: rows are part of an answer that is whole.
    body = hashlib.sha256(frame + b"\n")
    body.update(rows)
    return Page(body.digest(), records, head)


def ids_of(
    dialogue: Dialogue,
    rows: bytes | memoryview,
    fast: Decoder[list[T]],
    id_of: Callable[[T], str | int | None],
    heads: list[T] | None = None,
) -> Sequence[str | None]:
    """Return the id of each row without reading more. Raises when not one row has any (E9).

    ``heads`` are the rows as ``fast`` decodes them, where that is done already.
    """
    try:
        named = map(id_of, fast.decode(rows) if heads is None else heads)
        # nearly all are a word already
        found = [one if type(one) is str and one.isalnum() else _as_id(one) for one in named]
    except msgspec.ValidationError:
        found = [_id_alone(row, fast, id_of) for row in _rows(dialogue, rows)]
    if found and not any(found):
        raise dialogue.failure(UnexpectedAnswer, "no record has an id")
    return found


def _rows(dialogue: Dialogue, rows: bytes | memoryview) -> Sequence[Raw]:
    try:
        return _list.decode(rows)
    except msgspec.ValidationError:
        raise dialogue.failure(UnexpectedAnswer, "no list where a list belongs") from None


def _id_alone(row: Raw, fast: Decoder[list[T]], id_of: Callable[[T], str | int | None]) -> str | None:
    try:
        return _as_id(id_of(fast.decode(b"[" + bytes(row) + b"]")[0]))
    except msgspec.ValidationError:
        return None


def _as_id(value: str | int | None) -> str | None:
    return None if value is None else str(value).strip() or None


def by_number(fetch: Callable[[int], Part], most: int = PAGE_LIMIT) -> Iterator[Part]:
    """Yield pages 1, 2, ... up to the number of pages that the latest one told."""
    for number in range(1, most + 1):
        part = fetch(number)
        yield part
        if number >= part.pages:
            return
        if not part.ids:
            raise Incomplete("an empty page where more were promised")
    raise Incomplete("page limit")


def by_offset(fetch: Callable[[int], Part], limit: int, most: int = PAGE_LIMIT) -> Iterator[Part]:
    """Yield pages by the number of rows to skip; without a total a page under ``limit`` is the last."""
    offset = 0
    for _ in range(most):
        part = fetch(offset)
        yield part
        offset += len(part.ids)
        ended = len(part.ids) < limit if part.total is None else offset >= part.total
        if ended or not part.ids:
            return
    raise Incomplete("page limit")


def by_cursor(fetch: Callable[[str | None], Part], most: int = PAGE_LIMIT) -> Iterator[Part]:
    """Yield pages by cursor or link. Raises ``Incomplete`` for a cursor that comes back (P5)."""
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(most):
        part = fetch(cursor)
        yield part
        cursor = part.cursor
        if cursor is None:
            return
        if cursor in seen:
            raise Incomplete("cursor came back")
        seen.add(cursor)
    raise Incomplete("page limit")


class _Tally:
    """What one read has seen so far: eight bytes a person."""

    def __init__(self) -> None:
        self.totals: set[int | None] = set()
        self.bodies: set[int] = set()
        # hashes: should two people ever share one, the list is read a second time and then stands
        self.hashes = array("q")
        self.nameless = 0
        self.count = 0

    def takes(self, part: Part) -> bool:
        """Count a page in; False if the list moved under us or a page came back."""
        self.totals.add(part.total)
        body = hash(part.page.body)
        if len(self.totals) > 1 or (part.ids and body in self.bodies):
            return False
        self.bodies.add(body)
        named = [
            *map(hash, part.ids if None not in part.ids else [one for one in part.ids if one is not None])
        ]
        self.hashes.extend(named)
        self.nameless += len(part.ids) - len(named)
        self.count += len(part.ids)
        return True

    def agrees(self) -> bool:
        """Whether the count, or that of different people, is what the tool said; true if it said nothing."""
        total = next(iter(self.totals), None)
        return total is None or total == self.count or total == self._people()

    def doubled(self) -> bool:
        """Whether somebody came twice while the totals agree.

        Then somebody else may have been missed (P3).
        """
        total, people = next(iter(self.totals), None), self._people()
        return people < self.count and people != total

    def _people(self) -> int:
        if len(self.hashes) <= _AT_ONCE:
            return len(set(self.hashes)) + self.nameless
        ordered = sorted(self.hashes)
        different = sum(1 for one, next_one in pairwise(ordered) if one != next_one)
        return bool(ordered) + different + self.nameless


def complete(dialogue: Dialogue, read: Callable[[], Iterator[Part]]) -> Iterator[Page]:
    """Yield the pages of ``read``.

    When they do not add up, those of a second read; then raise ``Incomplete``.

    A doubled id that is still there at the second look is the tool's own state of affairs: the read
    stands, and the caller sets that person aside.
    """
    for second_look in (False, True):
        tally = _Tally()
        whole = True
        try:
            for part in read():
                if not (whole := tally.takes(part)):
                    break
                yield part.page
        except StartOver:
            continue
        except Incomplete as error:
            raise dialogue.failure(Incomplete, error.detail) from None
        if whole and tally.agrees() and (second_look or not tally.doubled()):
            return
    raise dialogue.failure(Incomplete, "the list moved or its totals disagree, twice")
