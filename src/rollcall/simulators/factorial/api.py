"""A Factorial company over HTTP: keys and OAuth, versions by date, employees, contracts, lists.

Facts: Factorial's API documentation as known on 2026-11-22. Assumed where marked. Switches (control action
`options`): strict_limits (300 a minute: assumed, no figure is public), user_without_bank (who agreed to OAuth
may not see bank numbers), small_teams, deliver_hooks.
"""

import random
import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from rollcall.simulators.factorial import records
from rollcall.simulators.factorial.errors import failure
from rollcall.simulators.factorial.webhooks import Hooks
from rollcall.simulators.grants import Grants, bearer, consent, form, same
from rollcall.simulators.pages import Orders, json_bytes, packed, page_bytes, unpacked, whole
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record, cut, record_of
from rollcall.simulators.tool import Buckets, RollingWindow
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_ACCESS_LIFE, _REFRESH_LIFE = 3_600, 7 * 86_400  # about an hour, about a week (seen)
_MOST = 100
_VERSION = re.compile(r"/api/(\d{4})-(01|04|07|10)-01/resources(/.*)")
_VERSION_LIFE = timedelta(days=366)  # "about a year"
_EMPLOYEES = "/employees/employees"
_LISTS: dict[str, Callable[[World], list[Record]]] = {
    "/teams/teams": records.teams,
    "/teams/memberships": records.memberships,
    "/locations/locations": records.locations,
    "/companies/legal_entities": records.legal_entities,
    "/job_catalog/roles": records.roles,
    "/job_catalog/levels": records.levels,
    "/finance/cost_centers": records.cost_centers,  # assumed path
    "/api_public/credentials": records.credentials,
}


class Factorial:
    """The tool. Resources are under `/api/{version}/resources`, OAuth under `/oauth`."""

    bank_fields = records.BANK

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """A company's key, and name and secret of an app."""
        return {
            "api_key": f"{chance.getrandbits(256):064x}",
            "client_id": f"{chance.getrandbits(128):032x}",
            "client_secret": f"{chance.getrandbits(128):032x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)
        self._strict = RollingWindow(300, 60)
        world.bank_fields = self.bank_fields
        self.orders, self.hooks = Orders(world), Hooks(world)
        self._made_for: list[int] = []
        self._lists: dict[str, list[Record]] = {}
        self.grants = Grants(world, _ACCESS_LIFE, _REFRESH_LIFE)

    def answer(self, request: Request) -> Reply:
        """The reply to a request."""
        if request.path == "/oauth/authorize":
            wanted = self.world.credentials["client_id"]
            return consent(self.grants, request, wanted) or _oauth("invalid_client", 401)
        if request.path == "/oauth/token" and request.method == "POST":
            return self._token(request)
        strict = self.world.options.get("strict_limits") is True
        if not (self._strict.take() if strict else self.buckets.of("company").take()):
            return failure(429)
        if self.world.access == "disabled":
            return failure(403)
        if self.world.access == "revoked" or not self._let_in(request):
            return failure(401)
        path = self._path(request)
        if path is None:
            return failure(404, "Unknown API version")
        return self._routed(request, path)

    def _let_in(self, request: Request) -> bool:
        key = request.headers.get("x-api-key", "")
        return same(key, self.world.credentials["api_key"]) or self.grants.of(bearer(request)) is not None

    def _path(self, request: Request) -> str | None:
        """The path after the version; None if there is none, or the version is not out yet or too old."""
        match = _VERSION.fullmatch(request.path)
        if match is None:
            return None
        version, today = date(int(match[1]), int(match[2]), 1), self.world.today()
        return match[3] if version <= today < version + _VERSION_LIFE else None

    def _routed(self, request: Request, path: str) -> Reply:
        if request.method == "POST" and path == "/api_public/webhook_subscriptions":
            return self.hooks.create(request)
        hook = re.fullmatch(r"/api_public/webhook_subscriptions/(\d+)", path)
        if hook and request.method in ("GET", "DELETE"):
            return self.hooks.one(request, hook[1])
        if request.method != "GET":
            return failure(404)
        if path == "/api_public/webhook_subscriptions":
            return _plain(request, self.hooks.rows())
        if path == _EMPLOYEES:
            return self._employees(request)
        one = re.fullmatch(rf"{_EMPLOYEES}/(\d+)", path)
        if one:
            return self._employee(request, int(one[1]))
        if path == "/contracts/contract_versions":
            return self._contract_versions(request)
        if path not in _LISTS or not self._may(path):
            return failure(403 if path in _LISTS else 404)
        return _plain(request, self._rows(path))

    def _rows(self, path: str) -> list[Record]:
        """A list, kept until somebody changes."""
        made_for = self.orders.of("lists", list)
        if made_for is not self._made_for:
            self._made_for, self._lists = made_for, {}
        if path not in self._lists:
            self._lists[path] = _LISTS[path](self.world)
        return self._lists[path]

    def _may(self, path: str) -> bool:
        """Rights are given by area (`scopes`: the first part of the path; assumed); the identity is open."""
        scopes = self.world.scopes
        return scopes is None or path.startswith("/api_public") or path.split("/")[1] in scopes

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: kept in the cursor, or the page's number."""
        if not request.path.endswith(_EMPLOYEES):
            return None
        place = unpacked(request.param("after_id"))
        number = max(1, whole(request.param("page"), 1))
        return place[1] if place and request.param("after_id") else number

    def refusal(self, status: int) -> Reply:
        """See `Tool`."""
        return failure(status)

    def failed_200(self) -> Reply:
        """See `Tool`: the list of errors with 200 (assumed)."""
        return json_reply({"errors": ["Something went wrong"]})

    def canonical(self, field: str) -> str:
        """The name in the record."""
        return records.NAMES.get(field, field)

    # --- OAuth ------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Reply:
        """Codes and refresh tokens for pairs; the app's name and secret are in the form."""
        body, mine = form(request), self.world.credentials
        if not (
            same(body.get("client_id", ""), mine["client_id"])
            and same(body.get("client_secret", ""), mine["client_secret"])
        ):
            return _oauth("invalid_client", 401)
        match body.get("grant_type"):
            case "authorization_code":
                grant = self.grants.redeem(body.get("code", ""), body.get("redirect_uri", ""))
            case "refresh_token":
                grant = (
                    self.grants.renew(body.get("refresh_token", "")) if self.world.access == "ok" else None
                )
            case _:
                return _oauth("unsupported_grant_type", 400)
        if grant is None:
            return _oauth("invalid_grant", 400)
        pair: Record = {"access_token": grant.access, "token_type": "Bearer", "expires_in": _ACCESS_LIFE}
        pair |= {"refresh_token": grant.refresh, "scope": grant.scope or "read"}
        return json_reply(pair | {"created_at": self.world.stamp()})

    # --- people -----------------------------------------------------------------------------------

    def _employees(self, request: Request) -> Reply:
        """Everybody, leavers included, by `after_id` or `page`."""
        if not self._may(_EMPLOYEES):
            return failure(403)
        limit = min(whole(request.param("limit"), _MOST), _MOST)  # lowered: assumed
        after, number = unpacked(request.param("after_id")) or (-1, 1), whole(request.param("page"), 1)
        if limit < 1 or number < 1 or after[0] < 0:
            return failure(422, "limit, page or after_id is not valid")
        world = self.world
        ids = self._chosen(request)
        if request.param("after_id"):
            start, number = bisect_right(ids, after[0]), after[1]
        else:
            start = (number - 1) * limit
        fault = world.fault("P5")
        if fault and fault.mode != "expired" and number >= 2:
            start = (number - 1) * limit  # the cursor's people come round again
        rows = cut(world, ids, start, limit, number)
        filtered = len(request.query) > sum(
            name in ("limit", "page", "after_id") for name, _ in request.query
        )
        bank = self._sees_bank(request)
        key = None if filtered else ("employees", bank)
        data = page_bytes(world, rows, records.employee(world, bank=bank), records.put, key=key)
        again = fault is not None and fault.mode == "repeat" and number >= 2
        last = packed(rows.ids[-1], number if again else number + 1) if rows.ids else None
        first = packed(rows.ids[0], number) if rows.ids else None
        meta = {
            "limit": limit,
            "total": rows.total,
            "has_next_page": rows.next_start is not None,
            "has_previous_page": rows.start > 0,
            "start_cursor": first,
            "end_cursor": last,
        }
        return json_bytes(b'{"data":' + data + b',"meta":' + msgspec.json.encode(meta) + b"}")

    def _chosen(self, request: Request) -> list[int]:
        """Ids that pass `only_active`, `only_managers`, `ids[]`."""
        world, ids = self.world, self.world.order()
        wanted = {whole(text, -1) for text in [*request.params("ids[]"), *request.params("ids")]}
        if wanted:
            ids = [i for i in ids if i in wanted]
        if request.param("only_active") == "true":
            ids = [i for i in ids if records.active(world, world.people[i])]
        if request.param("only_managers") == "true":
            ids = [i for i in ids if i in world.managers()]
        return ids

    def _sees_bank(self, request: Request) -> bool:
        """A key sees everything, a token what the person behind it sees."""
        keyed = "x-api-key" in request.headers
        return keyed or not self.world.options.get("user_without_bank")

    def _employee(self, request: Request, number: int) -> Reply:
        person: Person | None = self.world.people.get(number)
        if person is None or not self._may(_EMPLOYEES):
            return failure(403 if person else 404)
        encode = records.employee(self.world, bank=self._sees_bank(request))
        return json_reply(record_of(self.world, person, encode, records.put))

    def _contract_versions(self, request: Request) -> Reply:
        """Contract versions of everybody or of `employee_ids[]` (assumed name), all of a person's."""
        if not self._may("/contracts"):
            return failure(403)
        people = self.world.people
        asked = [*request.params("employee_ids[]"), *request.params("employee_id")]
        if asked:
            keys = records.version_keys(
                self.world, sorted({whole(text, -1) for text in asked} & people.keys())
            )
        else:
            keys = self.orders.of("versions", lambda base: records.version_keys(self.world, base))

        def rows(start: int, end: int) -> list[Record]:
            return [records.contract_version(self.world, key) for key in keys[start:end]]

        return _paged(request, len(keys), rows)


def _plain(request: Request, rows: list[Record]) -> Reply:
    return _paged(request, len(rows), lambda start, end: rows[start:end])


def _paged(request: Request, total: int, rows_at: Callable[[int, int], list[Record]]) -> Reply:
    """A page of any other list."""
    limit = min(whole(request.param("limit"), _MOST), _MOST)
    place, number = unpacked(request.param("after_id")), whole(request.param("page"), 1)
    if limit < 1 or number < 1 or place is None:
        return failure(422, "limit, page or after_id is not valid")
    start = place[0] if request.param("after_id") else (number - 1) * limit
    end = start + limit
    meta = {
        "limit": limit,
        "total": total,
        "has_next_page": end < total,
        "has_previous_page": start > 0,
        "start_cursor": packed(start, number) if total else None,
        "end_cursor": packed(min(end, total), number + 1) if total else None,
    }
    return json_reply({"data": rows_at(start, end), "meta": meta})


def _oauth(error: str, status: int) -> Reply:
    return json_reply({"error": error, "error_description": "The request cannot be done"}, status)
