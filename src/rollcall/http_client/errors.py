"""What can go wrong between us and a server.

HttpError                a code for programs, our own words for the log
├── AddressRefused       the URL, an address behind it, a redirect or another origin is not allowed
├── UnsendableRequest    a header of ours cannot be written to the wire
├── Unreachable          no answer: dns, refused, closed, protocol, tls, certificate, given_up
├── TimedOut             connect, read, write, whole
├── BrokenBody           cut, no_length, too_large, bad_encoding
└── Throttled            the server asks for more patience than the waiting budget has

LabelRefused is a ValueError beside the tree: it judges a form field, before there is a request.

Messages hold the code and the origin (scheme, host, port). Never a path, a query, a header or anything
the server wrote: paths of webhooks are secrets, and a probed host must not speak through our logs.
"""

from typing import Self


class HttpError(Exception):
    """Base of all of them. `code` is stable and safe to show, `origin` is scheme://host[:port] or ''."""

    def __init__(self, code: str, origin: str = "") -> None:
        super().__init__(f"{code}: {origin}" if origin else code)
        self.code = code
        self.origin = origin

    def placed(self, origin: str) -> Self:
        """The same error, now naming the origin, for code that does not know whom it speaks to."""
        self.origin = origin
        self.args = (f"{self.code}: {origin}",)
        return self


class AddressRefused(HttpError):
    """We will not speak to this. The code is a reason of `classify_address`, or one of: malformed,
    characters, dots, scheme, userinfo, host, port, fragment, unresolved, redirect, other_origin.
    """


class UnsendableRequest(HttpError):
    """A header holds a line break or a character outside ASCII, usually a badly pasted token: bad_header."""


class Unreachable(HttpError):
    """No usable answer came. `certificate` and `given_up` are never retried, the other codes are for safe requests."""


class TimedOut(HttpError):
    """A deadline passed. `whole` is not retried: a trickle would hold the worker once per try."""


class BrokenBody(HttpError):
    """The body is not whole or may not be kept, so nothing of it is handed on. Only `cut` is retried."""


class Throttled(HttpError):
    """The waiting budget does not reach. `retry_after` is the seconds the server asked for, if any."""

    def __init__(self, code: str, origin: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, origin)
        self.retry_after = retry_after


class LabelRefused(ValueError):
    """The text is not one DNS label, nor a host or https URL made of one and an expected suffix.

    Codes: empty, too_long, other_domain, not_a_label.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def may_pass(error: HttpError) -> bool:
    """Whether the same request could succeed a moment later."""
    match error:
        case Unreachable():
            return error.code not in ("certificate", "given_up")
        case TimedOut():
            return error.code != "whole"
        case BrokenBody():
            return error.code == "cut"
        case _:
            return False
