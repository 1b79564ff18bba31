"""Deel's calls to us: registration and the check of what comes (documented on developer.deel.com)."""

import hashlib
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rollcall.connectors.client import Dialogue, expect
from rollcall.connectors.deel.payloads import EventTypes, Hook, Subscribed
from rollcall.connectors.deel.session import Session
from rollcall.connectors.errors import UnexpectedAnswer
from rollcall.connectors.webhooks import Call, Heard, Registered, check, digest_of, signature

WEBHOOKS: Final = "/webhooks"
SIGNED: Final = "x-deel-signature"
GONE: Final = 404

EVENTS: Final = frozenset(
    {
        "employee.created.direct",
        "employee.created.contractor",
        "employee.created.eor",
        "employee.updated.direct",
        "worker.v2.created",
        "worker.v2.updated",
        "worker.v2.deleted",
        "contract.created",
        "contract.amended",
        "contract.status.updated",
        "contract.terminated",
        "contract.archived",
    }
)
"""What is about people. Names change over time (documented): those that Deel lists are registered."""

_types: Final = msgspec.json.Decoder(EventTypes)
_subscribed: Final = msgspec.json.Decoder(Subscribed)
_hook: Final = msgspec.json.Decoder(Hook)


def hear(secret: str, call: Call) -> Heard:
    """Check a call. Raises ``NotGenuine``.

    No time is checked: there is no window, and a delivery is repeated for hours as it was (documented); the
    event's key tells repeats.
    """
    expected = signature(secret.encode(), b"POST" + call.body)
    check(call.headers.get(SIGNED, ""), expected)
    try:
        told = _hook.decode(call.body)
    except (msgspec.DecodeError, RecursionError):
        # signed by Deel, so something happened
        return Heard(event=digest_of(call))
    meta = told.data.meta
    key = f"{meta.tracking_id}\0{told.timestamp}".encode()
    return Heard(
        event=hashlib.sha256(key).hexdigest() if meta.tracking_id else digest_of(call),
        change=not meta.is_simulation,
    )


def register(session: Session, dialogue: Dialogue, url: str, secret: str) -> Registered:
    """Have Deel call ``url``, signed with ``secret``. Raises ``SourceError``."""
    listed = session.read(session.get(f"{WEBHOOKS}/events/types"), _types)
    events = sorted(EVENTS & {each.name for each in listed.data})
    if not events:
        raise dialogue.failure(UnexpectedAnswer, "none of the events is known")
    body: dict[str, Any] = {
        "name": "Rollcall",
        "description": "Tells Rollcall that people have changed.",
        "status": "enabled",
        "url": url,
        "signing_key": secret,
        "api_version": "v2",
        "events": events,
    }
    made = session.read(session.post(WEBHOOKS, body), _subscribed)
    return Registered(id=str(made.data.id), secret=secret)


def unregister(session: Session, dialogue: Dialogue, registration: str) -> None:
    """Take a registration back (path assumed); gone already is fine. Raises ``SourceError``."""
    answer = session.delete(f"{WEBHOOKS}/{quote(registration, safe='')}")
    if answer.status != GONE:
        expect(dialogue, answer)
