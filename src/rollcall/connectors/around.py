"""A long list and the little that stands around it, each decoded once.

To take a list out as it is, a decoder walks over all of it, and over all of it again for the ids in it. Here what
stands around the list is decoded with a mark in its place. If that is found where the list belongs, and the list is
one, then the answer is what both make of it; all other answers are decoded whole.
"""

import secrets
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from rollcall.connectors.client import Dialogue, check, decode
from rollcall.http_client import Answer

_MARK: Final = f'"{secrets.token_hex(16)}"'.encode()
"""A text that is in no answer."""

_LITTLE: Final = 16 * 1024
"""No more than this stands around a list."""


class Envelope(Protocol):
    """An answer with a list in it."""

    @property
    def data(self) -> Raw:
        """The list as it came."""


E = TypeVar("E", bound=Envelope)
T = TypeVar("T")


def decode_around(
    dialogue: Dialogue, answer: Answer, decoder: Decoder[E], heads: Decoder[list[T]]
) -> tuple[E, bytes | memoryview, list[T] | None]:
    """Return what stands around the list of a 2xx answer, the list's bytes, and its heads if they are known already.

    ``data`` of the first is not the list where the heads are known. Raises as ``decode`` does.
    """
    check(dialogue, answer)
    found = _apart(answer.body)
    if found is not None:
        outside, rows = found
        try:
            envelope = decoder.decode(outside)
            if bytes(envelope.data) == _MARK:
                return envelope, rows, heads.decode(rows)
        except (msgspec.DecodeError, RecursionError):
            # Something else than most answers are: what it is comes out below.
            pass
    whole = decode(dialogue, answer, decoder)
    return whole, bytes(whole.data), None


def _apart(body: bytes) -> tuple[bytes, memoryview] | None:
    """Return the text around what may be the one list of an answer, and the list."""
    begin, end = body.find(b"["), body.rfind(b"]") + 1
    if begin < 0 or end <= begin or begin + len(body) - end > _LITTLE:
        return None
    return body[:begin] + _MARK + body[end:], memoryview(body)[begin:end]
