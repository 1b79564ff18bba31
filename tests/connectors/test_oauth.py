"""The code flow and the renewal of tokens, over loopback."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.connectors import errors, oauth
from rollcall.connectors.base import OAuth
from rollcall.connectors.client import Dialogue
from rollcall.http_client import HttpClient, Limits

APP = {
    "client_id": "c id&1",
    "client_secret": "planted:ü",
    "redirect_uri": "https://rollcall.example/back?x=1",
}
DIALOGUE = Dialogue(tool="Tool")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TOKENS = {"access_token": "a2", "refresh_token": "r2", "expires_in": 3600, "company_id": "7", "scope": "x"}


def declared(**more: Any) -> OAuth:
    what: dict[str, Any] = {"origin": "", "token_path": "/token", "scopes": ("read:a", "read b")}
    return OAuth(authorize_url="https://tool.example/authorize", **{**what, **more})


class Tool:
    """A server of tokens and what it was asked."""

    def __init__(self, scripted: Any, *reply: Any) -> None:
        self.server = scripted(lambda _: reply)
        self.http = HttpClient(
            self.server.url,
            allow_hosts=[urlsplit(self.server.url).netloc],
            limits=Limits(tries=2),
            sleep=lambda _: None,
        )

    @property
    def form(self) -> dict[str, list[str]]:
        assert self.server.asked[-1].method == "POST"
        assert self.server.asked[-1].path == "/token"
        return parse_qs(self.server.asked[-1].body.decode(), strict_parsing=True)

    def redeem(self, **more: Any) -> dict[str, str]:
        with self.http:
            return oauth.redeem(declared(**more), self.http, DIALOGUE, APP, "code-1")

    def refresh(self, stored: Any, app: Any = APP, **more: Any) -> dict[str, str]:
        with self.http:
            return oauth.refresh(declared(**more), self.http, DIALOGUE, app, stored)


def test_the_browser_is_sent_with_everything_escaped() -> None:
    """RFC 6749, 4.1.1."""
    url = oauth.authorize_url(declared(), APP, "st&te")
    assert url.startswith("https://tool.example/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["c id&1"],
        "redirect_uri": [APP["redirect_uri"]],
        "response_type": ["code"],
        "state": ["st&te"],
        "scope": ["read:a read b"],
    }
    assert "planted" not in url


def test_a_code_becomes_tokens_and_what_is_to_keep(scripted: Any) -> None:
    """RFC 6749, 4.1.3, with the app's credentials in the form."""
    tool = Tool(scripted, 200, TOKENS)
    begun = datetime.now(UTC)
    found = tool.redeem(keep=("company_id", "absent"))
    assert tool.form == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": [APP["redirect_uri"]],
        "client_id": ["c id&1"],
        "client_secret": ["planted:ü"],
    }
    ends = datetime.fromisoformat(found.pop("expires_at"))
    assert found == {"access_token": "a2", "refresh_token": "r2", "company_id": "7"}
    assert timedelta(0) <= ends - begun - timedelta(hours=1) < timedelta(seconds=30)


def test_the_app_can_be_told_as_basic(scripted: Any) -> None:
    tool = Tool(scripted, 200, TOKENS)
    tool.redeem(app_in="basic")
    sent = tool.server.asked[-1].headers["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "c id&1:planted:ü"
    assert tool.form.keys() == {"grant_type", "code", "redirect_uri"}


def test_a_tool_that_gives_an_access_token_only_is_fine(scripted: Any) -> None:
    """Members to keep that are no text are left."""
    found = Tool(scripted, 200, {"access_token": "a2", "company_id": 7}).redeem(keep=("company_id",))
    assert found == {"access_token": "a2"}


def test_a_renewal_keeps_what_was_stored(scripted: Any) -> None:
    """RFC 6749, 6: a tool that gives no new refresh token means the old one to stay."""
    stored = {"access_token": "a1", "refresh_token": "r1", "company_id": "7"}
    tool = Tool(scripted, 200, {"access_token": "a2"})
    assert tool.refresh(stored) == {**stored, "access_token": "a2"}
    assert tool.form["refresh_token"] == ["r1"]
    assert tool.form["grant_type"] == ["refresh_token"]
    assert tool.form["redirect_uri"] == [APP["redirect_uri"]]


def test_a_new_refresh_token_replaces_the_old_one(scripted: Any) -> None:
    """And without an app there is nothing to tell of it."""
    tool = Tool(scripted, 200, TOKENS)
    found = tool.refresh({"access_token": "a1", "refresh_token": "r1"}, app={})
    assert (found["access_token"], found["refresh_token"]) == ("a2", "r2")
    assert tool.form.keys() == {"grant_type", "refresh_token"}
    tool = Tool(scripted, 200, TOKENS)
    tool.refresh({"refresh_token": "r1"}, app={}, app_in="basic")
    assert tool.server.asked[-1].headers["Authorization"] == "Basic Og=="


@pytest.mark.parametrize("stored", [{}, {"refresh_token": ""}])
def test_without_a_refresh_token_nothing_is_asked(scripted: Any, stored: Any) -> None:
    tool = Tool(scripted, 200, TOKENS)
    with pytest.raises(errors.AuthorisationEnded):
        tool.refresh(stored)
    assert tool.server.asked == []


@pytest.mark.parametrize(
    ("reply", "kind", "asked"),
    [
        ((400, {"error": "invalid_grant"}), errors.AuthorisationEnded, 1),
        ((401, {"error": "invalid_client"}), errors.UnexpectedAnswer, 1),
        ((403, b""), errors.AuthorisationEnded, 1),
        ((404, b""), errors.UnexpectedAnswer, 1),
        # a single-use token must not be sent twice: nobody knows whether the first was used up
        ((503, b""), errors.ToolFailing, 1),
        ((429, b""), errors.RateLimited, 1),
        ((200, {"access_token": ""}), errors.UnexpectedAnswer, 1),
        ((200, {"refresh_token": "r2"}), errors.UnexpectedAnswer, 1),
        ((200, {"access_token": 5}), errors.UnexpectedAnswer, 1),
        ((200, b"access_token=a2", {"Content-Type": "text/plain"}), errors.UnexpectedAnswer, 1),
    ],
    ids=str,
)
def test_an_answer_without_tokens_is_the_error_it_is(
    scripted: Any, reply: Any, kind: Any, asked: int
) -> None:
    """A1, T5, T10: and nothing secret is told."""
    tool = Tool(scripted, *reply)
    with pytest.raises(kind) as caught:
        tool.refresh({"access_token": "planted-a", "refresh_token": "planted-r"})
    assert len(tool.server.asked) == asked
    assert "planted" not in str(caught.value) + caught.value.sentence() + repr(caught.value)


@pytest.mark.parametrize(
    ("left", "soon"),
    [
        (timedelta(minutes=4, seconds=59), True),
        (timedelta(0), True),
        (timedelta(days=-1), True),
        (timedelta(minutes=5), False),
        (timedelta(days=30), False),
    ],
)
def test_a_token_is_renewed_five_minutes_before_its_end(left: timedelta, soon: bool) -> None:
    """A2."""
    assert oauth.expires_soon({"expires_at": (NOW + left).isoformat()}, NOW) is soon


def test_an_end_nobody_told_is_not_soon() -> None:
    assert not oauth.expires_soon({"access_token": "a"}, NOW)
