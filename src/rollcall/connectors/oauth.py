"""Authorisation by a person at the tool: the code flow of RFC 6749 and the renewal of tokens.

What comes of it are credentials like any others: ``access_token``, and where the tool gives them
``refresh_token``, ``expires_at`` (UTC, ISO 8601) and what ``OAuth.keep`` names.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from rollcall.connectors.base import OAuth
from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import AuthorisationEnded, UnexpectedAnswer
from rollcall.http_client import HttpClient

ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the name of a field, as in RFC 6749
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - likewise
EXPIRES_AT: Final = "expires_at"

EARLY: Final = timedelta(minutes=5)
"""A token is renewed when it has no longer to live than this."""

REFUSED: Final = frozenset({400, 403})
"""What a code or a refresh token gets that is spent or taken back (RFC 6749, section 5.2)."""

NOT_THE_APP: Final = 401
"""The app itself is not known: the operator's affair, whom the sentence of ``UnexpectedAnswer`` sends for."""


class _Answer(Struct):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 0.0


_answer: Final = msgspec.json.Decoder(_Answer)
_members: Final = msgspec.json.Decoder(dict[str, Any])


def authorize_url(declared: OAuth, app: Mapping[str, str], state: str) -> str:
    """Return where to send the browser. ``app`` has client_id and redirect_uri; ``state`` comes back unchanged."""
    query = {
        "client_id": app["client_id"],
        "redirect_uri": app["redirect_uri"],
        "response_type": "code",
        "state": state,
        "scope": " ".join(declared.scopes),
    }
    return f"{declared.authorize_url}?{urlencode(query)}"


def redeem(
    declared: OAuth, http: HttpClient, dialogue: Dialogue, app: Mapping[str, str], code: str
) -> dict[str, str]:
    """Return the credentials for the code that came back. Raises ``SourceError``; a code works once."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app["redirect_uri"]}
    return _asked(declared, http, dialogue, app, form)


def refresh(
    declared: OAuth, http: HttpClient, dialogue: Dialogue, app: Mapping[str, str], stored: Mapping[str, str]
) -> dict[str, str]:
    """Return ``stored`` with new tokens. Raises ``AuthorisationEnded`` when the tool refuses for good."""
    if not stored.get(REFRESH_TOKEN):
        raise dialogue.failure(AuthorisationEnded, "no refresh token")
    form = {"grant_type": "refresh_token", "refresh_token": stored[REFRESH_TOKEN]}
    if "redirect_uri" in app:
        form["redirect_uri"] = app["redirect_uri"]
    return {**stored, **_asked(declared, http, dialogue, app, form)}


def _asked(
    declared: OAuth, http: HttpClient, dialogue: Dialogue, app: Mapping[str, str], form: dict[str, str]
) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if declared.app_in == "basic":
        headers |= _basic(app)
    else:
        form = {**form, "client_id": app.get("client_id", ""), "client_secret": app.get("client_secret", "")}
    answer = send(dialogue, http.post, declared.token_path, data=form, headers=headers)
    if answer.status == NOT_THE_APP:
        raise dialogue.failure(UnexpectedAnswer, "the app's own credentials are refused")
    if answer.status in REFUSED:
        raise dialogue.failure(AuthorisationEnded, f"status {answer.status} for a token")
    told = decode(dialogue, answer, _answer)
    if not told.access_token:
        raise dialogue.failure(UnexpectedAnswer, "an empty token")
    members = _members.decode(answer.body)
    found = {name: members[name] for name in declared.keep if isinstance(members.get(name), str)}
    found[ACCESS_TOKEN] = told.access_token
    if told.refresh_token:
        found[REFRESH_TOKEN] = told.refresh_token
    if told.expires_in > 0:
        found[EXPIRES_AT] = (datetime.now(UTC) + timedelta(seconds=told.expires_in)).isoformat()
    return found


def expires_soon(credentials: Mapping[str, str], now: datetime) -> bool:
    """Tell whether the access token should be renewed before it is used; unknown ends are not soon."""
    told = credentials.get(EXPIRES_AT)
    return told is not None and datetime.fromisoformat(told) - now < EARLY


def _basic(app: Mapping[str, str]) -> dict[str, str]:
    pair = f"{app.get('client_id', '')}:{app.get('client_secret', '')}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode("ascii")}
