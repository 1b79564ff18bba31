"""A Lucca account over HTTP: who is let in, limits, errors; the generations stand in v3.py, v4.py, latest.py.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked. Switches (control action `options`): establishments (ids that the new API's client is limited to),
iban_key, legalentities_status, html_errors, slow_extended_data, unknown_account ("redirect"), deprecated,
others_use (requests a minute that other integrations take), strict_limits, deliver_hooks, allow_http_hooks.
"""

import math
import random
import re
import uuid

from rollcall.simulators.grants import bearer, form, same
from rollcall.simulators.lucca import latest, v3
from rollcall.simulators.lucca.facts import NAMES, RIGHTS, SCOPES, SIGN_IN_HOST, TOKEN_LIFE, VERSION
from rollcall.simulators.lucca.latest import Latest, problem
from rollcall.simulators.lucca.v3 import V3, error
from rollcall.simulators.lucca.v4 import PATHS, V4
from rollcall.simulators.lucca.webhooks import Hooks
from rollcall.simulators.pages import Orders
from rollcall.simulators.tool import Buckets, Window
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_STRICT = 50  # requests a minute of one account, all its integrations together (documented)
_SIGN_IN = "/connect/token"
_NO_ACCOUNT = b"<!DOCTYPE html><html><head><title>Lucca</title></head><body>Page introuvable</body></html>"


class Lucca:
    """The tool. One origin stands for the account's host and for the one that gives tokens."""

    bank_fields = ("e_iban", "e_bic", "e_account_number", "e_sort_code")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """The account's address, a key for the legacy APIs, a client for the new one."""
        return {
            "address": "acme.ilucca.net",
            "api_key": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "client_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "client_secret": f"{chance.getrandbits(256):064x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # generous; `strict_limits` sets the true 50/min
        self.strict = Window(_STRICT, 60)
        world.bank_fields = self.bank_fields
        orders = Orders(world)
        self.v3, self.v4, self.latest, self.hooks = (
            V3(world, orders),
            V4(world, orders),
            Latest(world, orders),
            Hooks(world),
        )
        self._granted: dict[str, frozenset[str]] = {}  # scopes of tokens
        self._legacy = False  # whether the last request was to a legacy API: words its refusal

    def answer(self, request: Request) -> Reply:
        """The reply to a request; `X-Simulated-Host` tells which host was meant, if it is there."""
        host = request.headers.get("x-simulated-host")
        wanted = SIGN_IN_HOST if request.path == _SIGN_IN else self.world.credentials["address"]
        if host and host != wanted:
            return self._unknown_account()
        if request.path == _SIGN_IN:
            return self._token(request) if request.method == "POST" else Reply(status=405)
        legacy = self._is_legacy(request)
        refused = self._limited(request, legacy=legacy)
        if refused:
            return refused
        reply = self._legacy_answer(request) if legacy else self._new_answer(request)
        if not legacy:
            reply.headers = reply.headers | {"Api-Version": VERSION}
            if self.world.options.get("deprecated"):
                old = {
                    "Deprecation": "Tue, 01 Sep 2026 00:00:00 GMT",
                    "Sunset": "Wed, 01 Sep 2027 00:00:00 GMT",
                }
                reply.headers = reply.headers | old
        return reply

    def _is_legacy(self, request: Request) -> bool:
        return not request.path.startswith(latest.ROOT)

    def _unknown_account(self) -> Reply:
        """How an account that does not exist is answered is assumed: a page, or with the option a redirect."""
        if self.world.options.get("unknown_account") == "redirect":
            return Reply(status=302, headers={"Location": "https://www.lucca.example/"})
        return Reply(status=404, body=_NO_ACCOUNT, headers={"Content-Type": "text/html; charset=utf-8"})

    def _limited(self, request: Request, *, legacy: bool) -> Reply | None:
        """429 with Retry-After when the minute's share is used up."""
        strict = bool(self.world.options.get("strict_limits"))
        meter = self.strict if strict else self.buckets.of("account")
        self.strict.limit = max(0, _STRICT - int(str(self.world.options.get("others_use", 0))))
        if meter.take():
            return None
        reply = error(self.world, 429, "Too Many Requests") if legacy else self._problem(request, 429)
        seconds = self.strict.wait if strict else 1 / self.buckets.rate
        reply.headers = reply.headers | {"Retry-After": str(max(1, math.ceil(seconds)))}
        return reply

    # --- the legacy APIs --------------------------------------------------------------------------

    def _legacy_answer(self, request: Request) -> Reply:
        key = re.fullmatch(r"(?i:lucca) application=(.+)", request.headers.get("authorization", ""))
        if self.world.access == "disabled":
            return error(self.world, 403, "Forbidden")
        known = key is not None and same(key[1], self.world.credentials["api_key"])
        if not known or self.world.access == "revoked":
            return error(self.world, 401, "Unauthorized")
        scopes = self.world.scopes
        rights = frozenset(RIGHTS) if scopes is None else frozenset(RIGHTS) & scopes
        if request.method != "GET":
            return error(self.world, 403, "Forbidden")
        if request.path.lower().startswith("/api/v3/"):
            return self.v3.answer(request, rights)
        return (
            self.v4.answer(request, rights)
            if PATHS.fullmatch(request.path)
            else error(self.world, 404, "Not Found")
        )

    # --- the new API ------------------------------------------------------------------------------

    def _token(self, request: Request) -> Reply:
        """A token for twenty minutes; the errors are assumed."""
        given, own = form(request), self.world.credentials
        if given.get("grant_type") != "client_credentials":
            return json_reply({"error": "unsupported_grant_type"}, 400)
        known = all(same(given.get(name, ""), own[name]) for name in ("client_id", "client_secret"))
        if not known or self.world.access != "ok":
            return json_reply({"error": "invalid_client"}, 400)
        allowed = frozenset(SCOPES) if self.world.scopes is None else frozenset(SCOPES) & self.world.scopes
        asked = frozenset(given.get("scope", "").split()) or allowed
        if not asked <= allowed:
            return json_reply({"error": "invalid_scope"}, 400)
        token = self.world.new_token(TOKEN_LIFE)
        self._granted[token] = asked
        body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE}
        return json_reply(body | {"scope": " ".join(scope for scope in SCOPES if scope in asked)})

    def _new_answer(self, request: Request) -> Reply:
        token = bearer(request)
        if self.world.access == "disabled":
            return self._problem(request, 403)
        if self.world.access == "revoked" or not self.world.token_lives(token):
            return self._problem(request, 401)
        version = request.headers.get("api-version", "")
        if version != VERSION:
            text = f"'{version}' is not supported" if version else "is required"
            return problem(400, self._instance(request), {"Api-Version": [text]})
        scopes = self._granted.get(token, frozenset())
        if self.world.scopes is not None:
            scopes &= self.world.scopes
        resource = request.path.removeprefix(latest.ROOT).partition("/")[0]
        if latest.missing_scope(resource, scopes):
            return self._problem(request, 403)
        if resource.startswith("webhook-"):
            return self.hooks.answer(request, self._instance(request))
        return self.latest.answer(request, self._base(request), scopes)

    def _base(self, request: Request) -> str:
        return f"http://{request.headers.get('host', self.world.credentials['address'])}"

    def _instance(self, request: Request) -> str:
        return f"{self._base(request)}{request.path}"

    def _problem(self, request: Request, status: int) -> Reply:
        return problem(status, self._instance(request))

    # --- see Tool ---------------------------------------------------------------------------------

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: by offset in v3, in the cursor in the new API."""
        self._legacy = self._is_legacy(request)
        return v3.page_of(request) if self._legacy else latest.page_of(request)

    def refusal(self, status: int) -> Reply:
        """See `Tool`: worded as by the API that was asked last."""
        if self._legacy:
            return error(self.world, status, "The request could not be done")
        return problem(status, f"https://{self.world.credentials['address']}{latest.ROOT}employees")

    def failed_200(self) -> Reply:
        """See `Tool`: an error's body under 200."""
        body = {"status": 500, "title": "Internal Server Error", "detail": "Something went wrong"}
        return json_reply(body)

    def canonical(self, field: str) -> str:
        """The v3 name."""
        return NAMES.get(field, field)

    def admin_hooks(self, body: dict[str, object]) -> object:
        """See `HooksByAdmin`: the screen of webhooks."""
        return self.hooks.admin(body)
