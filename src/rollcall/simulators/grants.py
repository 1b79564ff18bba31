"""OAuth 2.0 grants of simulated tools: authorisation codes, access tokens, refresh tokens that rotate.

The person who agrees is played by the simulator: asking for the consent page answers with the redirect at
once. Life times count on the simulated clock. Each tool words its own errors.
"""

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec

from rollcall.simulators.wire import Reply, Request
from rollcall.simulators.world import World

_CODE_LIFE = timedelta(minutes=10)


class Code(msgspec.Struct, kw_only=True):
    """An authorisation code that nobody has used yet."""

    redirect_uri: str
    scope: str
    until: datetime


class Grant(msgspec.Struct, kw_only=True):
    """What one agreement gave: its scope, and the pair of tokens valid now."""

    scope: str
    access: str
    refresh: str
    until: datetime  # of the refresh token


class Grants:
    """All grants of one account. `access_life` and `refresh_life` in seconds."""

    def __init__(self, world: World, access_life: int, refresh_life: int) -> None:
        self.world, self.access_life, self.refresh_life = world, access_life, refresh_life
        self._codes: dict[str, Code] = {}
        self._grants: list[Grant] = []
        self._spent: dict[str, Grant] = {}  # refresh tokens used before, and what they belonged to

    def agree(self, redirect_uri: str, scope: str) -> str:
        """A fresh code, as if a person had agreed."""
        code = secrets.token_urlsafe(18)
        until = self.world.now() + _CODE_LIFE
        self._codes[code] = Code(redirect_uri=redirect_uri, scope=scope, until=until)
        return code

    def redeem(self, code: str, redirect_uri: str) -> Grant | None:
        """The grant for a code, which is used up by that; None if it is unknown, old or for another
        address.
        """
        kept = self._codes.pop(code, None)
        if kept is None or kept.redirect_uri != redirect_uri or kept.until <= self.world.now():
            return None
        grant = Grant(scope=kept.scope, access="", refresh="", until=kept.until)
        self._grants.append(grant)
        return self._renewed(grant)

    def renew(self, refresh: str) -> Grant | None:
        """The grant with a new pair; None if the token is unknown or old. A used one ends its grant."""
        spent = self._spent.get(refresh)
        if spent is not None:
            self.end(spent)
            return None
        grant = next((grant for grant in self._grants if grant.refresh == refresh), None)
        if grant is None or grant.until <= self.world.now():
            return None
        self._spent[refresh] = grant
        self.world.tokens.pop(grant.access, None)
        return self._renewed(grant)

    def end(self, grant: Grant) -> None:
        """Take the grant away with both tokens."""
        self.world.tokens.pop(grant.access, None)
        self._grants = [other for other in self._grants if other is not grant]

    def of(self, token: str) -> Grant | None:
        """The grant whose access token it is, if it still lives."""
        if not self.world.token_lives(token):
            return None
        return next((grant for grant in self._grants if grant.access == token), None)

    def _renewed(self, grant: Grant) -> Grant:
        grant.access = self.world.new_token(self.access_life)
        grant.refresh = secrets.token_urlsafe(32)
        grant.until = self.world.now() + timedelta(seconds=self.refresh_life)
        return grant


def consent(grants: Grants, request: Request, client_id: str) -> Reply | None:
    """The redirect with code and state to `redirect_uri`; None if the request names no known app."""
    back, state = request.param("redirect_uri"), request.param("state")
    if request.param("client_id") != client_id or not back:
        return None
    if request.param("response_type") != "code":
        answer = {"error": "unsupported_response_type"}
    else:
        answer = {"code": grants.agree(back, request.param("scope"))}
    query = urlencode(answer | ({"state": state} if state else {}))
    return Reply(status=302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{query}"})


def bearer(request: Request) -> str:
    """The token of the Authorization header, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def basic(request: Request) -> tuple[str, str] | None:
    """Name and password of the Authorization header, or None."""
    scheme, _, packed = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def form(request: Request) -> dict[str, str]:
    """The body's fields, sent as a form."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are equal; an empty one never is."""
    return bool(given) and hmac.compare_digest(given.encode(), wanted.encode())
