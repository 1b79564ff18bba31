"""Lucca's webhooks: registering, the echo, and signed calls."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.connectors import errors
from rollcall.connectors.lucca.connector import Lucca
from rollcall.connectors.webhooks import Call, NotGenuine, digest_of
from tests.connectors.loopback import opened

KEY = {"address": "acme", "api_key": "k"}
APP = {"address": "acme", "client_id": "i", "client_secret": "s"}
ENDPOINTS = "/lucca-api/webhook-endpoints"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EVENT = {"id": "900123", "type": "event", "topic": "employee.updated", "data": {"id": "517"}}


def call(
    body: Any = EVENT,
    *,
    at: Any = "2026-11-22T09:00:01Z",
    secret: bytes = b"planted",
    headers: Mapping[str, str] | None = None,
) -> Call:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    code = hmac.new(secret, at.encode() + b"." + content, hashlib.sha256).digest()
    signed = {"lucca-timestamp": at, "lucca-signature": base64.b64encode(code).decode(), **(headers or {})}
    return Call(method="POST", headers=signed, query={}, body=content)


def challenge(**query: str) -> Call:
    return Call(method="GET", headers={}, query=query, body=b"")


def test_a_signed_call_is_a_change_known_by_its_id() -> None:
    heard = Lucca.hear("planted", call(), NOW)
    assert (heard.event, heard.change, heard.reply) == ("900123", True, b"")


def test_a_test_is_no_change() -> None:
    assert not Lucca.hear("planted", call({"id": 1, "topic": "test.created"}), NOW).change


@pytest.mark.parametrize("body", [b"[]", b"not json", {"topic": "employee.created"}], ids=str)
def test_a_genuine_call_that_says_little_is_a_change_by_its_bytes(body: Any) -> None:
    sent = call(body)
    heard = Lucca.hear("planted", sent, NOW)
    assert (heard.event, heard.change) == (digest_of(sent), True)


@pytest.mark.parametrize(
    "sent",
    [
        call(secret=b"other"),
        call(headers={"lucca-signature": ""}),
        call(headers={"lucca-timestamp": "2026-11-22T09:00:02Z"}),
        call(at="2026-11-22T08:54:59Z"),
        call(at="2026-11-22T09:05:01Z"),
        call(at="2026-11-22T09:00:00"),
        call(at="now"),
        Call(method="POST", headers={}, query={}, body=b"{}"),
        challenge(),
        challenge(echo=""),
        challenge(echo="x" * 501),
    ],
    ids=str,
)
def test_a_call_that_is_not_signed_now_with_our_secret_is_refused(sent: Any) -> None:
    """Five minutes either way; another body or time breaks the signature."""
    with pytest.raises(NotGenuine):
        Lucca.hear("planted", sent, NOW)


def test_a_call_just_inside_the_tolerance_is_heard() -> None:
    at = (NOW - timedelta(minutes=5)).isoformat()
    assert Lucca.hear("planted", call(at=at), NOW).change


def test_the_echo_is_answered_with_what_it_says() -> None:
    heard = Lucca.hear("planted", challenge(echo="abc-123"), NOW)
    assert (heard.reply, heard.change) == (b"abc-123", False)


def lucca(**replies: Any) -> Any:
    known = {"/connect/token": (200, {"access_token": "t"}), **replies}
    return lambda asked: known.get(f"{asked.method} {asked.path}", known.get(asked.path, (404, {})))


def test_a_webhook_is_registered_for_people_and_its_secret_kept(scripted: Any) -> None:
    made = {"id": 77, "status": "active", "secret": "theirs"}
    server = scripted(lucca(**{f"POST {ENDPOINTS}": (201, made)}))
    with opened("lucca", server.url, APP) as connector:
        registered = connector.register("https://rollcall.example/hooks/x", "ours")
    assert (registered.id, registered.secret) == ("77", "theirs")
    wanted = json.loads(server.asked[-1].body)
    assert wanted["webhookUrl"] == "https://rollcall.example/hooks/x"
    assert {"employee.created", "employment.updated", "job-position.updated"} <= set(wanted["topics"])
    assert (wanted["apiVersion"], wanted["businessEstablishments"]) == ("2024-11-01", None)


def test_an_api_key_cannot_register_and_the_scope_is_named(scripted: Any) -> None:
    server = scripted(lucca(**{f"POST {ENDPOINTS}": (403, {"title": "Unauthorized"})}))
    for credentials, asked in ((KEY, 0), (APP, 2)):
        with (
            opened("lucca", server.url, credentials) as connector,
            pytest.raises(errors.MissingPermission) as caught,
        ):
            connector.register("https://rollcall.example/hooks/x", "ours")
        assert "webhook-endpoints.readwrite" in caught.value.sentence()
        assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("status", "error"),
    [(204, None), (404, None), (403, errors.MissingPermission), (500, errors.ToolFailing)],
)
def test_a_registration_is_taken_back(scripted: Any, status: Any, error: Any) -> None:
    """Gone already is fine."""
    server = scripted(lucca(**{f"DELETE {ENDPOINTS}/77": (status, {})}))
    with opened("lucca", server.url, APP) as connector:
        if error is None:
            connector.unregister("77")
        else:
            with pytest.raises(error):
                connector.unregister("77")
    assert (server.asked[-1].method, server.asked[-1].path) == ("DELETE", f"{ENDPOINTS}/77")
