"""From what came over the wire to a value or a ``SourceError``.

One table from status to error for all tools.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

import msgspec
from msgspec import Struct, field

from rollcall.connectors.errors import (
    MissingPermission,
    RateLimited,
    SourceError,
    ToolFailing,
    UnexpectedAnswer,
    Unreachable,
    WrongAddress,
    WrongCredentials,
)
from rollcall.http_client import (
    AddressRefused,
    Answer,
    BrokenBody,
    HttpError,
    Throttled,
    UnsendableRequest,
)

T = TypeVar("T")
P = ParamSpec("P")

STATUSES: Final[Mapping[int, type[SourceError]]] = {
    401: WrongCredentials,
    403: MissingPermission,
    408: ToolFailing,
    429: RateLimited,
}
"""What a status means unless the tool says otherwise.

5xx is ``ToolFailing``, the rest ``UnexpectedAnswer``.
"""

GOOD: Final = range(200, 300)
ERRORS: Final = range(400, 600)
FAILING: Final = range(500, 600)

_JSON_TYPE: Final = re.compile(
    r"application/(?:json|[\w.-]+\+json)\s*(?:;\s*charset=\"?([\w-]+)\"?\s*)?;?",
    re.IGNORECASE,
)
_utf8: Final = codecs.getincrementaldecoder("utf-8")
_PART: Final = 16 * 1024

_REFUSED_LATER: Final = frozenset({"redirect", "other_origin"})


class _Problem(Struct, frozen=True):
    """An error told inside a good answer (T12)."""

    error: Any = None
    errors: Any = None


_problem: Final = msgspec.json.Decoder(_Problem)


class Dialogue(Struct, frozen=True, kw_only=True):
    """Who we speak to, for the sentences of errors, and how the tool's statuses differ from ``STATUSES``."""

    tool: str
    # the permission to name when the tool refuses to show employees
    permission: str = ""
    # what the admin typed, for "knows no company at"
    address: str = ""
    statuses: Mapping[int, type[SourceError]] = field(default_factory=dict)

    def failure(self, kind: type[SourceError], detail: str, **params: str) -> SourceError:
        """Return an error with the words of this tool. ``detail`` is ours: never a text of the tool (H7).

        ``params`` replace or add to them: another ``permission``, or a ``remedy``.
        """
        words = {"permission": self.permission, "address": self.address, **params}
        return kind(detail, tool=self.tool, **words)

    def status_error(self, status: int, detail: str = "") -> SourceError:
        """Return what ``status`` means."""
        kind = self.statuses.get(status) or STATUSES.get(status)
        if kind is None:
            kind = ToolFailing if status in FAILING else UnexpectedAnswer
        return self.failure(kind, detail or f"status {status}")


def send(dialogue: Dialogue, call: Callable[P, Answer], *args: P.args, **kwargs: P.kwargs) -> Answer:
    """Return the answer of any status. Raises ``SourceError`` when there is none."""
    try:
        return call(*args, **kwargs)
    except HttpError as error:
        # without the chain: the client's own errors keep no secret, but a traceback shows the
        # arguments' names
        raise http_failure(dialogue, error) from None


def expect(dialogue: Dialogue, answer: Answer) -> Answer:
    """Return a 2xx answer as it is. Raises the ``SourceError`` of any other status."""
    if answer.status not in GOOD:
        raise dialogue.status_error(answer.status)
    return answer


def http_failure(dialogue: Dialogue, error: HttpError) -> SourceError:
    """Return our error for one of the HTTP client's."""
    detail = f"{type(error).__name__} {error.code}"
    match error:
        case Throttled():
            return RateLimited(detail, tool=dialogue.tool, retry_after=error.retry_after)
        case UnsendableRequest():
            return dialogue.failure(WrongCredentials, detail)
        case AddressRefused() if error.code in _REFUSED_LATER:
            return dialogue.failure(UnexpectedAnswer, detail)
        case AddressRefused():
            return dialogue.failure(Unreachable if error.code == "unresolved" else WrongAddress, detail)
        case BrokenBody():
            return dialogue.failure(ToolFailing if error.code == "cut" else UnexpectedAnswer, detail)
        case _:
            return dialogue.failure(Unreachable, detail)


def decode(dialogue: Dialogue, answer: Answer, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body of a 2xx answer in the shape of ``decoder``, or raise.

    Nothing else ever reads as "nothing". Refused are other content types and charsets (T10), empty bodies,
    ``null`` and other shapes (T11), invalid UTF-8 even where nobody looks (E1), NaN and bottomless nesting
    (E8). An error told in a 200 is raised as the error it is (T12).
    """
    check(dialogue, answer)
    try:
        return decoder.decode(answer.body)
    except msgspec.ValidationError:
        _raise_told_error(dialogue, answer.body)
    except (msgspec.DecodeError, RecursionError):
        raise dialogue.failure(UnexpectedAnswer, "not readable as JSON") from None


def check(dialogue: Dialogue, answer: Answer) -> None:
    """Raise as ``decode`` does, unless it is a 2xx answer whose body may be JSON and is UTF-8 throughout."""
    expect(dialogue, answer)
    written = _JSON_TYPE.fullmatch(answer.headers.get("content-type", "").strip())
    if written is None or (written[1] or "utf-8").lower() not in (
        "utf-8",
        "utf8",
        "us-ascii",
    ):
        raise dialogue.failure(UnexpectedAnswer, "not JSON by its content type")
    try:
        _check_text(answer.body)
    except UnicodeDecodeError:
        raise dialogue.failure(UnexpectedAnswer, "not UTF-8") from None


def _check_text(body: bytes) -> None:
    """Raise ``UnicodeDecodeError`` unless all of it is UTF-8. In parts, since a long text costs four times as much."""
    if body.isascii():
        return
    decoder = _utf8()
    for start in range(0, len(body), _PART):
        decoder.decode(body[start : start + _PART])
    decoder.decode(b"", final=True)


def _raise_told_error(dialogue: Dialogue, body: bytes) -> NoReturn:
    try:
        told = _problem.decode(body).error
    except (msgspec.DecodeError, RecursionError):
        told = None
    status = told.get("code") if isinstance(told, dict) else None
    if isinstance(status, int) and status in ERRORS:
        raise dialogue.status_error(status, f"status {status} told in a good answer")
    raise dialogue.failure(UnexpectedAnswer, "another shape than documented") from None
