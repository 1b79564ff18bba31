"""Personio's calls, ordered with version 2. Documented on developer.personio.de, apart from what is marked."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from rollcall.connectors.webhooks import Call, Heard, check, digest_of

PATH: Final = "/v2/webhooks"

EVENTS: Final = (
    "person.created",
    "person.updated",
    "person.deleted",
    "employment.created",
    "employment.updated",
    "employment.deleted",
    "employment.started",
    "employment.terminated",
)

TOKEN: Final = "token"  # noqa: S105 - the name of a parameter
"""Where our secret stands in the address: Personio signs nothing that could be confirmed (assumed)."""

BEARER: Final = "Bearer "


class Told(Struct, frozen=True):
    """What comes after an event: ids only; names inside ``payload`` and ``meta`` are assumed."""

    event_name: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


class Ordered(Struct, frozen=True):
    """The answer to an order, bare or wrapped as lists are (both assumed)."""

    id: str | int | None = None
    data: "Ordered | None" = field(name="_data", default=None)


_told: Final = msgspec.json.Decoder(Told)


def order(url: str, secret: str) -> dict[str, Any]:
    """Return the body that orders calls to ``url``, which then carry ``secret``."""
    joint = "&" if "?" in url else "?"
    return {"url": f"{url}{joint}{urlencode({TOKEN: secret})}", "enabled_events": list(EVENTS)}


def hear(secret: str, call: Call) -> Heard:
    """Check that the call knows our secret, in the address or as a bearer token. Raises ``NotGenuine``.

    Nothing is signed and no time can be trusted, so whoever saw the address can call; a call is a reason to
    look and nothing more. What is no event of people, such as a test, starts nothing.
    """
    bearer = call.headers.get("authorization", "")
    check(call.query.get(TOKEN) or bearer.removeprefix(BEARER), secret)
    try:
        told = _told.decode(call.body)
    except (msgspec.DecodeError, RecursionError):
        return Heard(change=False)
    number = told.meta.get("event_id")
    return Heard(
        event=number if isinstance(number, str) and number else digest_of(call),
        change=told.event_name.startswith(("person.", "employment.")),
    )
