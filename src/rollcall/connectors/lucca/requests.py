"""How Lucca is asked: what its answers mean at first contact, and what to do when an answer takes it too long."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from rollcall.connectors.base import Page
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import UnexpectedAnswer, WrongAddress
from rollcall.connectors.lucca.declaration import WHERE
from rollcall.http_client import Answer, retry_after

Params: TypeAlias = Mapping[str, Any]

TOO_SLOW: Final = 408
"""Lucca gives up on a request after 5 seconds (documented)."""

REFUSED: Final = frozenset({403, 404})
"""No right to a list, or not allowed to know of it (documented): people go on without it (A7)."""

NO_PAGE: Final = Page(b"", tuple)
"""For lists that are not people."""

_NO_LUCCA: Final = frozenset({"AddressRefused redirect", "not JSON by its content type", "status 404"})


def wait_for(answer: Answer) -> float | None:
    """Return the seconds an answer asks to wait: for ever where only a smaller question helps."""
    return float("inf") if answer.status == TOO_SLOW else retry_after(answer)


@contextmanager
def first_contact(dialogue: Dialogue) -> Iterator[None]:
    """Read a redirect, a page or nothing at all as an account that does not exist (assumed)."""
    try:
        yield
    except UnexpectedAnswer as error:
        if error.detail in _NO_LUCCA:
            raise dialogue.failure(WrongAddress, error.detail, remedy=WHERE) from None
        raise


class Smaller:
    """Asks for less when an answer takes too long, for the rest of the read too."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Start with the first of ``sizes``, the largest."""
        self._sizes = list(sizes)

    @property
    def size(self) -> int:
        """How many rows to ask for."""
        return self._sizes[0]

    def asked(self, ask: Callable[[int], Answer]) -> Answer:
        """Return the answer to a question of a size that Lucca can answer, or of the smallest."""
        while True:
            answer = ask(self.size)
            if answer.status != TOO_SLOW or len(self._sizes) == 1:
                return answer
            del self._sizes[0]
