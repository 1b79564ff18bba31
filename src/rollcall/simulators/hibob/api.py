"""A HiBob (Bob) account over HTTP: the search, single people, history tables, lists, bank accounts.

Facts: HiBob's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked. Switches (control action `options`): strict_limits (true: 50 a minute and endpoint), retry_after,
search_lag (seconds; true: about 20), access_for (life-cycle statuses that the service user's group covers;
unset: all, a fresh group covers employed people only), date_format, labels_for, lists_as_array, wrapped_rows,
bulk_errors (every so many people), ip_blocked, deliver_hooks, ping_json.
"""

import random
import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import msgspec

from rollcall.simulators.grants import basic
from rollcall.simulators.hibob import lists, tables
from rollcall.simulators.hibob.asking import Refused, body_of, cursor, filtered, names_of, number, offset
from rollcall.simulators.hibob.fields import NAMES, life_cycle, number_of, person_id
from rollcall.simulators.hibob.records import asked_for, encoder, put_named
from rollcall.simulators.hibob.webhooks import Hooks
from rollcall.simulators.people import Person, status
from rollcall.simulators.rows import Record, cut, encoded, record_of, with_double
from rollcall.simulators.tool import Buckets, Window
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_MOST_REFUSALS, _BLOCKED_FOR = 10, timedelta(minutes=5)  # figures assumed
_FIREWALL = b"<!doctype html><html><head><title>Access denied</title></head><body>Access denied</body></html>"
_ERRORS = {
    400: ("bad.request", "Bad request"),
    401: ("unauthorized", "The service user is unknown or its token is wrong"),  # text assumed
    403: ("forbidden", "The service user has no permission"),
    404: ("not.found", "Not found"),
    429: ("too.many.requests", "Rate limit exceeded"),
}


class HiBob:
    """The tool. One host for all customers; production and sandbox differ by name only."""

    bank_fields = (
        *("financial.accountName", "financial.accountNumber", "financial.bankName", "financial.iban"),
        *("financial.swift", "financial.sortCode", "financial.routingNumber"),
    )

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """The id (form assumed) and the token of a service user."""
        return {
            "service_user_id": f"SERVICE-{chance.randrange(10_000, 99_999)}",
            "service_user_token": f"{chance.getrandbits(256):064x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # generous; `strict_limits` sets the true 50/min
        self._strict: dict[str, Window] = {}
        world.bank_fields = self.bank_fields
        self.hooks, self.past = Hooks(world), tables.Past(world)
        self._refusals: list[datetime] = []
        self._blocked_until: datetime | None = None
        table = "|".join(tables.TABLES)
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(f"/v1/{pattern}"), route)
            for method, pattern, route in (
                ("GET", r"company/people/fields", self.fields),
                ("GET", r"company/named-lists(?:/([^/]+))?", self.named_lists),
                ("POST", r"people/search", self.search),
                ("GET", r"people/custom-tables/metadata/bankAccounts", self.bank_metadata),
                ("GET", r"people/([^/]+)/bank-accounts", self.bank_accounts),
                ("GET", rf"people/([^/]+)/({table})", self.table),
                ("GET|POST", r"people/([^/]+)", self.person),
                ("GET", rf"bulk/people/({table})", self.bulk),
                ("POST", r"employers/search", self.employers),
                ("POST", r"employers/([^/]+)/work-locations/search", self.work_locations),
            )
        ]

    # --- the interface of tools -------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """The reply to a request; limits are told on every one."""
        self.past.settle()
        host = request.headers.get("x-simulated-host", "api.hibob.com")
        if host not in ("api.hibob.com", "api.sandbox.hibob.com"):
            return Reply(status=404, body=_FIREWALL, headers={"Content-Type": "text/html"})
        refused = self._let_in(request)
        if refused:
            return refused
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(request.path)
            if match and request.method in method.split("|"):
                return self._limited(pattern.pattern, partial(self._done, route, request, match.groups()))
        return self.refusal(404)  # the old GET /v1/people is off since 2025-05-06, too

    def _done(self, route: Callable[..., Reply], request: Request, parts: tuple[str, ...]) -> Reply:
        try:
            return route(request, *parts)
        except Refused as refused:
            return _failure(refused.status, refused.text)

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: the search is one page, the history tables have many."""
        if request.path == "/v1/people/search":
            return 1
        if request.path.startswith("/v1/bulk/people/"):
            size = number(request.param("limit"), 50)
            return 1 + offset(request.param("cursor")) // max(1, size)
        return None

    def refusal(self, status: int) -> Reply:
        """See `Tool`."""
        if status == 429:
            return self._too_many(50, time.time() + 60)
        return _failure(status)

    def failed_200(self) -> Reply:
        """See `Tool`: an error object under status 200 (assumed)."""
        return json_reply({"key": "server.error", "error": "Something went wrong"})

    def canonical(self, field: str) -> str:
        """The field's id; a category stays as it is."""
        return NAMES.get(field, field)

    def admin_hooks(self, body: dict[str, object]) -> object:
        """See `HooksByAdmin`."""
        return self.hooks.by_admin(body)

    def before_edit(self, person: Person) -> None:
        """See `EffectiveDated`."""
        self.past.before_edit(person)

    def plan(self, person: Person, wanted: Person, effective: date) -> None:
        """See `EffectiveDated`."""
        self.past.plan(person, wanted, effective)

    # --- getting in -------------------------------------------------------------------------------

    def _let_in(self, request: Request) -> Reply | None:
        """401 for a wrong or revoked service user; the firewall's 403 after too many of those."""
        world, now = self.world, self.world.now()
        if world.options.get("ip_blocked") or (self._blocked_until and now < self._blocked_until):
            return Reply(status=403, body=_FIREWALL, headers={"Content-Type": "text/html; charset=UTF-8"})
        pair = basic(request)
        wanted = world.credentials["service_user_id"], world.credentials["service_user_token"]
        if pair == wanted and world.access == "ok":
            return None
        self._refusals = [at for at in self._refusals if now - at < timedelta(minutes=1)] + [now]
        if len(self._refusals) >= _MOST_REFUSALS:
            self._refusals, self._blocked_until = [], now + _BLOCKED_FOR
        return _failure(401)

    def _limited(self, endpoint: str, do: Callable[[], Reply]) -> Reply:
        """Count per endpoint and tell it in three headers."""
        strict = self.world.options.get("strict_limits") is True
        if strict:
            window = self._strict.setdefault(endpoint, Window(50, 60))
            taken, limit, left, wait = window.take(), window.limit, window.left, window.wait
        else:
            bucket = self.buckets.of(endpoint)
            taken, limit, left = bucket.take(), bucket.burst, bucket.left
            wait = 60.0 if bucket.rate <= 0 else 1 / bucket.rate
        if not taken:
            return self._too_many(limit, time.time() + wait)
        reply = do()
        reply.headers = reply.headers | _meter(limit, left, time.time() + wait)
        return reply

    def _too_many(self, limit: int, until: float) -> Reply:
        """429; Retry-After was seen, so the option `retry_after` adds it."""
        reply = _failure(429)
        reply.headers = reply.headers | _meter(limit, 0, until)
        if self.world.options.get("retry_after"):
            reply.headers["Retry-After"] = str(max(1, round(until - time.time())))
        return reply

    # --- people -----------------------------------------------------------------------------------

    @property
    def _lag(self) -> float:
        return float(str(self.world.options.get("search_lag", 0)))

    def _covered(self, ids: list[int]) -> list[int]:
        """Those whom the permission group covers."""
        world, wanted = self.world, self.world.options.get("access_for")
        if world.scopes is not None and not world.scopes:
            return []  # a service user without any permission
        if not isinstance(wanted, list):
            return ids
        return [i for i in ids if life_cycle(world, world.people[i]) in wanted]

    def search(self, request: Request) -> Reply:
        """Everybody who is asked for, in one answer: no paging."""
        world, body = self.world, body_of(request)
        fields = asked_for(world, names_of(body))
        human = str(body.get("humanReadable") or "").upper()
        if human not in ("", "APPEND", "REPLACE"):
            raise Refused(400, "humanReadable must be APPEND or REPLACE")
        chosen = filtered(world, body) if "filters" in body else None
        ids = self._covered(world.order() if chosen is None else chosen)
        if body.get("showInactive") is not True:
            today = world.today()
            ids = [i for i in ids if status(world.people[i], today) != "inactive"]
        rows = cut(world, ids, 0, len(world.people) + 1, 1)
        encode = encoder(world, fields, human)
        lagging = self.past.lagging(self._lag)

        def make() -> bytes:
            if lagging:
                return self._late(rows.ids, encode)
            return with_double(world, encoded(world, rows.ids, encode, put_named), rows.twice, encode)

        key = ("search", tuple(f.id for f in fields), human, hash(tuple(rows.ids)), len(rows.ids))
        plain = rows.ids and rows.twice is None and not lagging
        data = world.cached(key, sorted(rows.ids), make) if plain else make()
        return _json_bytes(b'{"employees":' + data + b"}")

    def _late(self, ids: list[int], encode: Callable[[Person], Record]) -> bytes:
        """What the search knew some seconds ago."""
        people = (self.past.seen(self.world.people[person_id], self._lag) for person_id in ids)
        found = [record_of(self.world, p, encode, put_named) for p in people if p is not None]
        return msgspec.json.encode(found)

    def _person(self, text: str) -> Person:
        """Somebody by id or e-mail; 404 for unknown and invisible people alike."""
        world, found = self.world, number_of(text)
        if found is None and "@" in text:
            found = next((p.id for p in world.people.values() if p.work_email == text), None)
        if found is None or found not in world.people or not self._covered([found]):
            raise Refused(404)
        return world.people[found]

    def person(self, request: Request, text: str) -> Reply:
        """One person, leavers too; the GET form takes no fields."""
        body = body_of(request)
        person = self._person(text)
        human = str(body.get("humanReadable") or request.param("humanReadable")).upper()
        encode = encoder(self.world, asked_for(self.world, names_of(body)), human)
        return json_reply(record_of(self.world, person, encode, put_named))

    def _may(self, category: str) -> None:
        """403 without the category, or when everything of it is hidden."""
        scopes, hidden = self.world.scopes, self.world.hidden
        gone = category == "financial" and set(self.bank_fields) <= hidden
        if category in hidden or gone or (scopes is not None and category not in scopes):
            raise Refused(403)

    def bank_accounts(self, request: Request, text: str) -> Reply:
        """One person's accounts (wrapper assumed)."""
        self._may("financial")
        return json_reply({"values": tables.bank_accounts(self.world, self.world.view(self._person(text)))})

    def table(self, request: Request, text: str, name: str) -> Reply:
        """One person's rows of a history table."""
        self._may(tables.TABLES[name])
        return json_reply({"values": tables.rows(self.past, self._person(text), name)})

    def bulk(self, request: Request, name: str) -> Reply:
        """A history table of everybody, or of up to 200 `employeeIds`; leavers with `includeArchived`
        (assumed). What fails for one person stands beside the rest.
        """
        world = self.world
        self._may(tables.TABLES[name])
        size, start = number(request.param("limit"), 50), offset(request.param("cursor"))
        if not 1 <= size <= 200 or start < 0:
            raise Refused(400, "limit must be between 1 and 200, and the cursor one of ours")
        ids = self._covered(world.order())
        if request.param("includeArchived") != "true":
            ids = [i for i in ids if status(world.people[i], world.today()) != "inactive"]
        wanted = [text for text in ",".join(request.params("employeeIds")).split(",") if text]
        if len(wanted) > 200:
            raise Refused(400, "at most 200 employeeIds")
        errors = []
        if wanted:
            there = {person_id(i): i for i in ids}
            errors = [_missing(text) for text in wanted if text not in there]
            ids = sorted(there[text] for text in set(wanted) if text in there)
        rows = cut(world, ids, start, size, 1 + start // size)
        every = int(str(world.options.get("bulk_errors", 0)))
        failed = [i for i in rows.ids if every and i % every == 0]
        results = [self._bulk_row(i, name) for i in rows.ids if i not in failed]
        answer: Record = {"results": results, "errors": errors + [_missing(person_id(i)) for i in failed]}
        if rows.next_start is not None:
            answer["response_metadata"] = {"next_cursor": cursor(rows.next_start)}
        elif start % 2:
            answer["response_metadata"] = {"next_cursor": None}  # null or absent at the end
        return json_reply(answer)

    def _bulk_row(self, member: int, name: str) -> Record:
        values: list[Record] = tables.rows(self.past, self.world.view(self.world.people[member]), name)
        if self.world.options.get("wrapped_rows"):
            values = [{"values": row, "restricted_columns": []} for row in values]
        return {"employeeId": person_id(member), "values": values}

    # --- lists ------------------------------------------------------------------------------------

    def fields(self, request: Request) -> Reply:
        """Needs no permission, so it tests the credentials alone."""
        return json_reply(lists.fields())

    def named_lists(self, request: Request, list_id: str | None) -> Reply:
        """All lists or one."""
        archived = request.param("includeArchived") == "true"
        if list_id is None:
            return json_reply(lists.all_lists(self.world, archived=archived))
        found = lists.one_list(self.world, list_id, archived=archived)
        if found is None:
            raise Refused(404)
        return json_reply(found)

    def bank_metadata(self, request: Request) -> Reply:
        """The columns of bank accounts."""
        return json_reply(lists.bank_metadata())

    def employers(self, request: Request) -> Reply:
        """Payroll employers; not in every tenant (option `no_employers`: 404)."""
        if self.world.options.get("no_employers"):
            raise Refused(404)
        return json_reply({"results": lists.employers(self.world.company)})

    def work_locations(self, request: Request, employer: str) -> Reply:
        """Where an employer's people work."""
        found = lists.work_locations(self.world.company, employer)
        if found is None:
            raise Refused(404)
        return json_reply({"results": found})


def _failure(status: int, text: str = "") -> Reply:
    key, general = _ERRORS.get(status, ("server.error", "Something went wrong"))
    return json_reply({"key": key, "error": text or general}, status)


def _meter(limit: int, left: int, until: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, left)),
        "X-RateLimit-Reset": str(int(until) + 1),
    }


def _json_bytes(body: bytes) -> Reply:
    return Reply(body=body, headers={"Content-Type": "application/json"})


def _missing(text: str) -> Record:
    return {text: {"error": "MISSING_PERMISSION", "message": "No permission for this employee"}}
