"""Calls of HR tools to us: what came, what it says, and the checks that several tools share.

A call is a reason to look, never data: nothing of its content reaches the mirror.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

OLDEST: Final = timedelta(minutes=5)
"""A signed time further away from ours than this, either way, is a replay (the usual tolerance)."""


class Call(Struct, frozen=True, kw_only=True):
    """A request to a connection's webhook address. Header names are in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Heard(Struct, frozen=True, kw_only=True):
    """What a genuine call says."""

    # the same for every delivery of one event, so that a repeated one is known; "" if it can't be told
    event: str = ""
    # somebody's data changed; False for a ping, a test or a challenge
    change: bool = True
    # seconds until the tool's own answers are sure to show it
    settles_in: float = 0.0
    # what to answer, for challenges; sent as text/plain
    reply: bytes = b""


class Registered(Struct, frozen=True, kw_only=True):
    """A registration at the tool."""

    id: str
    secret: str


class NotGenuine(Exception):
    """The call is not signed with our secret, or is too old: answered with 401 and forgotten."""


def signature(
    secret: bytes, message: bytes, *, digest: str = "sha256", written: Literal["hex", "base64"] = "hex"
) -> str:
    """Return the HMAC of ``message`` as it is written in a header."""
    code = hmac.new(secret, message, getattr(hashlib, digest)).digest()
    return code.hex() if written == "hex" else base64.b64encode(code).decode("ascii")


def check(told: str, expected: str) -> None:
    """Compare two signatures in constant time. Raises ``NotGenuine``."""
    if not hmac.compare_digest(told.strip().encode(), expected.encode()):
        raise NotGenuine("signature")


def check_time(told: datetime | None, now: datetime) -> None:
    """Refuse a call without a time, or of another time than now. Raises ``NotGenuine``."""
    if told is None or told.tzinfo is None or abs(now - told) > OLDEST:
        raise NotGenuine("time")


def digest_of(call: Call) -> str:
    """Return an event key for tools that number nothing: equal bodies are the same event."""
    return hashlib.sha256(call.body).hexdigest()
