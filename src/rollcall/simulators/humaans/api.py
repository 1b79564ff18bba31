"""A Humaans account over HTTP: tokens with scopes, people, job roles, lists, bank accounts.

Facts: Humaans' API documentation as known on 2026-11-22. Assumed where marked. Switches (control action
`options`): private_null (what needs private:read is null instead of absent), bare_roles, deliver_hooks,
signature_prefix. No limits are published, so `strict_limits` changes nothing.
"""

import random
import re
from collections.abc import Callable

import msgspec

from rollcall.simulators.grants import bearer, same
from rollcall.simulators.humaans import records
from rollcall.simulators.humaans.errors import failure
from rollcall.simulators.humaans.queries import BadQuery, tests
from rollcall.simulators.humaans.webhooks import Hooks
from rollcall.simulators.pages import Orders, json_bytes, page_bytes, told_total, whole
from rollcall.simulators.rows import Encode, Record, cut, record_of
from rollcall.simulators.tool import Buckets
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_DEFAULT, _MOST = 100, 250
_PUBLIC, _PRIVATE, _MANAGE = "public:read", "private:read", "webhooks:manage"
_SCOPES = (_PUBLIC, _PRIVATE, "private:write", _MANAGE)


class Humaans:
    """The tool. Everything is under `/api`."""

    bank_fields = ("accountNumber", "swiftCode", "sortCode", "routingNumber")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """A token of the account."""
        return {"api_token": f"{chance.getrandbits(160):040x}"}

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # no number is published
        world.bank_fields = self.bank_fields
        self.orders, self.hooks = Orders(world), Hooks(world)
        self.routes: list[tuple[str, re.Pattern[str], str, Callable[..., Reply]]] = [
            (method, re.compile(f"/api{pattern}"), scope, route)
            for method, pattern, scope, route in (
                ("GET", "/token-info", "", self.token_info),
                ("GET", "/me", _PUBLIC, self.me),
                ("GET", "/people", _PUBLIC, self.people),
                ("GET", "/people/([0-9a-z]+)", _PUBLIC, self.person),
                ("GET", "/job-roles", _PUBLIC, self.job_roles),
                ("GET", "/bank-accounts", _PRIVATE, self.bank_accounts),
                ("GET", "/locations", _PUBLIC, self.locations),
                ("GET", "/companies", _PUBLIC, self.companies),
                ("GET|POST|PATCH|DELETE", "/webhooks(?:/([0-9a-z]+))?", _MANAGE, self.hooks.answer),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request."""
        if self.world.access == "disabled":
            return failure(403)
        good = same(bearer(request), self.world.credentials["api_token"])
        if not good or self.world.access == "revoked":
            return failure(401, "Invalid access token")
        if not self.buckets.of("account").take():
            return failure(429)
        for method, pattern, scope, route in self.routes:
            match = pattern.fullmatch(request.path)
            if match and re.fullmatch(method, request.method):
                if not self._may(scope):
                    return failure(403, f"Missing scope {scope}")
                try:
                    return route(request, *match.groups())
                except BadQuery as wrong:
                    return failure(400, f"Invalid query {wrong}")
        return failure(404)

    def _may(self, scope: str) -> bool:
        scopes = self.world.scopes
        return not scope or scopes is None or scope in scopes

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: counted from `$skip` and `$limit`."""
        if request.path != "/api/people":
            return None
        limit, skip = _place(request)
        return 1 + max(skip, 0) // max(limit, 1)

    def refusal(self, status: int) -> Reply:
        """See `Tool`."""
        return failure(status)

    def failed_200(self) -> Reply:
        """See `Tool`: the error shape with 200."""
        return failure(200, told=500)

    def canonical(self, field: str) -> str:
        """The name in the record."""
        return records.NAMES.get(field, field)

    # --- people -----------------------------------------------------------------------------------

    def people(self, request: Request) -> Reply:
        """Everybody, leavers and new hires included."""
        limit, skip = _place(request)
        if limit < 0 or skip < 0:
            raise BadQuery("$limit")
        world = self.world
        kept = tests(request, records.searchable(world))
        ids = (
            [i for i in world.order() if all(test(world.people[i]) for test in kept)]
            if kept
            else world.order()
        )
        rows = cut(world, ids, skip, limit, 1 + skip // max(limit, 1))
        key = None if kept else ("people", self._may(_PRIVATE))
        data = page_bytes(world, rows, self._encoder(), records.put, key=key)
        total = told_total(world, rows, skip, limit)
        return json_bytes(_head(total, limit, skip) + b',"data":' + data + b"}")

    def _encoder(self) -> Encode:
        return records.person_record(self.world, private=self._may(_PRIVATE))

    def person(self, request: Request, text: str) -> Reply:
        """One person."""
        found = self.world.people.get(records.number_of("person", text))
        if found is None:
            return failure(404, f"No record found for id '{text}'")
        return json_reply(record_of(self.world, found, self._encoder(), records.put))

    def me(self, request: Request) -> Reply:
        """The person whose token it is: here the first of all."""
        owner = self.world.people[self.world.order()[0]]
        return json_reply(record_of(self.world, owner, self._encoder(), records.put))

    def token_info(self, request: Request) -> Reply:
        """The token's scopes (the answer's other fields are assumed)."""
        scopes = [scope for scope in _SCOPES if self._may(scope)]
        owner = records.shown_id("person", self.world.order()[0])
        return json_reply({"id": records.shown_id("token", 1), "personId": owner, "scopes": scopes})

    def job_roles(self, request: Request) -> Reply:
        """Job roles of everybody or of `personId`, earlier and coming ones included."""
        wanted = _wanted(request, "personId")
        if wanted is None:
            keys = self.orders.of("roles", lambda base: records.role_keys(self.world, base))
        else:
            ids = [
                number
                for text in wanted
                if (number := records.number_of("person", text)) in self.world.people
            ]
            keys = records.role_keys(self.world, sorted(ids))
        limit, skip = _place(request)
        rows = [records.role(self.world, key) for key in keys[skip : skip + limit]]
        return json_bytes(_head(len(keys), limit, skip) + b',"data":' + msgspec.json.encode(rows) + b"}")

    def bank_accounts(self, request: Request) -> Reply:
        """Bank accounts of those who have given one, or of `personId`."""
        people, wanted = self.world.people, _wanted(request, "personId")
        ids = self.orders.of(
            "banks", lambda base: [i for i in base if people[i].iban or people[i].account_number]
        )
        if wanted is not None:
            numbers = {records.number_of("person", text) for text in wanted}
            ids = [i for i in ids if i in numbers]
        limit, skip = _place(request)
        rows = [records.bank_account(self.world, people[i]) for i in ids[skip : skip + limit]]
        return json_bytes(_head(len(ids), limit, skip) + b',"data":' + msgspec.json.encode(rows) + b"}")

    def locations(self, request: Request) -> Reply:
        """Sites."""
        return _plain_list(request, records.locations(self.world))

    def companies(self, request: Request) -> Reply:
        """Legal entities."""
        return _plain_list(request, records.companies(self.world))


def _place(request: Request) -> tuple[int, int]:
    """`$limit`, lowered to the most there may be (assumed), and `$skip`; -1 for nonsense."""
    limit = whole(request.param("$limit"), _DEFAULT)
    return min(limit, _MOST), whole(request.param("$skip"), 0)


def _wanted(request: Request, field: str) -> list[str] | None:
    """The values of `field`, `field[$in]` and `field[$in][]`; None if it is not asked for."""
    names = {field, f"{field}[$in]", f"{field}[$in][]"}
    found = [text for name, text in request.query if name in names]
    return [value for text in found for value in text.split(",")] if found else None


def _head(total: int, limit: int, skip: int) -> bytes:
    return msgspec.json.encode({"total": total, "limit": limit, "skip": skip})[:-1]


def _plain_list(request: Request, rows: list[Record]) -> Reply:
    limit, skip = _place(request)
    body = {"total": len(rows), "limit": limit, "skip": skip, "data": rows[skip : skip + limit]}
    return json_reply(body)
