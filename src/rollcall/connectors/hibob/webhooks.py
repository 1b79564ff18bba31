"""HiBob's calls: made by the admin in HiBob, signed, without anything of a person but the id (documented)."""

from contextlib import suppress
from typing import Any, Final

import msgspec

from rollcall.connectors.webhooks import Call, Heard, check, digest_of, signature

SETTLES: Final = 20.0
"""Seconds by which a search may lag behind a change (documented; that waiting so long is enough is assumed)."""

PING: Final = "ping test"

_anything: Final = msgspec.json.Decoder(Any)


def hear(secret: str, call: Call) -> Heard:
    """Check the signature: base64 of HMAC-SHA512 over the raw body. Raises ``NotGenuine``.

    There is no time in it that could be checked, so only the key of the event stops a replay. The test call
    that HiBob sends when the webhook is saved comes before anybody has seen its secret: it says nothing, and
    is answered without a signature (assumed).
    """
    if _is_ping(call.body):
        return Heard(change=False)
    expected = signature(secret.encode(), call.body, digest="sha512", written="base64")
    check(call.headers.get("bob-signature", ""), expected)
    return Heard(event=digest_of(call), settles_in=SETTLES)


def _is_ping(body: bytes) -> bool:
    """Tell whether this is the test text: plain, or as ``{"text": "Ping test"}`` (seen)."""
    told: Any = str(body, "utf-8", "replace")
    with suppress(msgspec.DecodeError, RecursionError):
        told = _anything.decode(body)
    text = told.get("text") if isinstance(told, dict) and told.keys() == {"text"} else told
    return isinstance(text, str) and text.strip().lower() == PING
