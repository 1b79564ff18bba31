"""Webhooks of the new API: registered by us, proven by an echo, signed with the time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rollcall.connectors.client import decode, expect
from rollcall.connectors.lucca.declaration import WEBHOOKS
from rollcall.connectors.lucca.payloads import Endpoint, Event
from rollcall.connectors.lucca.session import API_VERSION, Session
from rollcall.connectors.webhooks import (
    Call,
    Heard,
    NotGenuine,
    Registered,
    check,
    check_time,
    digest_of,
    signature,
)

ENDPOINTS: Final = "/lucca-api/webhook-endpoints"
GONE: Final = 404
TEST: Final = "test."
LONGEST_ECHO: Final = 500

TOPICS: Final = (
    "employee.created",
    "employee.updated",
    "employee.deleted",
    "employee-personal-record.created",
    "employee-personal-record.updated",
    "employment.created",
    "employment.updated",
    "employment.deleted",
    "job-position.created",
    "job-position.updated",
    "job-position.deleted",
)
"""Everything about people (documented)."""

_endpoint: Final = msgspec.json.Decoder(Endpoint)
_event: Final = msgspec.json.Decoder(Event)


def register(session: Session, url: str) -> Registered:
    """Have Lucca call ``url``; it asks for the echo at once. Raises ``SourceError``."""
    wanted: Mapping[str, Any] = {
        "name": "Rollcall",
        "webhookUrl": url,
        "topics": TOPICS,
        "apiVersion": API_VERSION,
        "businessEstablishments": None,
    }
    answer = session.checked(session.request("POST", ENDPOINTS, json=wanted), WEBHOOKS)
    made = decode(session.dialogue, answer, _endpoint)
    return Registered(id=str(made.id), secret=made.secret)


def unregister(session: Session, registration: str) -> None:
    """Take a registration back; gone already is fine. Raises ``SourceError``."""
    answer = session.request("DELETE", f"{ENDPOINTS}/{quote(registration, safe='')}")
    if answer.status != GONE:
        expect(session.dialogue, session.checked(answer, WEBHOOKS))


def hear(secret: str, call: Call, now: datetime) -> Heard:
    """Check a call; an echo is answered with what it says (seen). Raises ``NotGenuine``."""
    if call.method == "GET":
        echo = call.query.get("echo", "")
        if not echo or len(echo) > LONGEST_ECHO:
            raise NotGenuine("no echo")
        return Heard(change=False, reply=echo.encode())
    written = call.headers.get("lucca-timestamp", "").strip()
    # formula and tolerance seen
    expected = signature(secret.encode(), written.encode() + b"." + call.body, written="base64")
    check(call.headers.get("lucca-signature", ""), expected)
    check_time(_moment(written), now)
    try:
        event = _event.decode(call.body)
    except (msgspec.DecodeError, RecursionError):
        # genuine, whatever it says
        return Heard(event=digest_of(call))
    return Heard(event=str(event.id) or digest_of(call), change=not event.topic.startswith(TEST))


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None
