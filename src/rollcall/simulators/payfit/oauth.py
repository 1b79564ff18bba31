"""PayFit's OAuth host: the consent page, tokens, introspection, and where a partner sets its webhooks.

Facts: PayFit's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from rollcall.simulators.grants import Grants, bearer, consent, form, same
from rollcall.simulators.payfit.records import SCOPES, company_id
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

PATHS = ("/authorize", "/token", "/introspect", "/webhooks")
_LIFE = 10 * 365 * 86_400  # tokens die by revocation; no life time is promised, and there is no refresh


class OAuth:
    """Keys and tokens of one account."""

    def __init__(self, world: World, activated: Callable[[], None]) -> None:
        self.world, self.activated = world, activated  # `activated` is called when a company has agreed
        self.grants = Grants(world, _LIFE, _LIFE)

    def scopes_of(self, token: str) -> frozenset[str] | None:
        """What a key or token may read; None if it is unknown or revoked."""
        if self.world.access != "ok":
            return None
        granted = None
        if same(token, self.world.credentials["api_key"]):
            granted = frozenset(SCOPES)
        elif grant := self.grants.of(token):
            granted = frozenset(grant.scope.split()) & frozenset(SCOPES)
        return granted if granted is None or self.world.scopes is None else granted & self.world.scopes

    def answer(self, request: Request) -> Reply:
        """The reply to a request on this host."""
        if request.path == "/authorize" and request.method == "GET":
            return self._authorize(request)
        if request.path == "/token" and request.method == "POST":
            return self._token(request)
        if request.path == "/introspect" and request.method == "POST":
            return self._introspect(request)
        if request.path == "/webhooks" and request.method == "GET":
            return self._webhooks(request)
        return json_reply({"message": "Not Found"}, 404)

    def _authorize(self, request: Request) -> Reply:
        """The person agrees at once, or with the option `consent` = "denied" refuses (its form assumed)."""
        back = request.param("redirect_uri")
        if self.world.options.get("consent") == "denied" and back:
            query = urlencode({"error": "access_denied", "state": request.param("state")})
            return Reply(status=302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{query}"})
        given = consent(self.grants, request, self.world.credentials["client_id"])
        return given or json_reply({"message": "Unknown client or no redirect_uri"}, 400)  # assumed

    def _token(self, request: Request) -> Reply:
        """A code against a token. No refresh token and no `expires_in`; the errors are assumed."""
        given, own = fields(request), self.world.credentials
        if given.get("grant_type") != "authorization_code":
            return json_reply({"error": "unsupported_grant_type"}, 400)
        known = all(same(given.get(name, ""), own[name]) for name in ("client_id", "client_secret"))
        if not known:
            return json_reply({"error": "invalid_client"}, 401)
        grant = self.grants.redeem(given.get("code", ""), given.get("redirect_uri", ""))
        if grant is None or self.world.access != "ok":
            return json_reply({"error": "invalid_grant"}, 400)
        self.activated()
        token = {"access_token": grant.access, "token_type": "bearer"}
        return json_reply(token | {"company_id": company_id(self.world)})

    def _introspect(self, request: Request) -> Reply:
        """Header and body both needed (seen): without body token 400, without header 401; dead tokens 200."""
        token = fields(request).get("token", "")
        if not bearer(request):
            return json_reply({"message": "Missing authorization header"}, 401)
        if not token:
            return json_reply({"message": "token is required"}, 400)
        scopes = self.scopes_of(token)
        if scopes is None:
            return json_reply({"active": False})
        told: dict[str, object] = {
            "active": True,
            "scope": " ".join(scope for scope in SCOPES if scope in scopes),
            "client_id": self.world.credentials["client_id"],
            "company_id": company_id(self.world),
            "token_type": "bearer",
        }
        if same(token, self.world.credentials["api_key"]):
            told |= {"client_id": f"key-{company_id(self.world)}", "customer_token_name": "Spend sync"}
        return json_reply(told)

    def _webhooks(self, request: Request) -> Reply:
        """Where the partner sets addresses: a hosted page, here the control action `hooks`."""
        own = self.world.credentials
        if not (
            same(request.param("clientId"), own["client_id"])
            and same(request.param("clientSecret"), own["client_secret"])
        ):
            return json_reply({"message": "Unauthorized"}, 401)
        return json_reply({"webhookConfigUrl": f"https://app.svix.com/login#key={secrets.token_hex(8)}"})


def fields(request: Request) -> dict[str, str]:
    """The body's fields, sent as a form or as JSON."""
    if "json" not in request.headers.get("content-type", ""):
        return form(request)
    try:
        return msgspec.json.decode(request.body, type=dict[str, str])
    except msgspec.MsgspecError:
        return {}
