"""A SCIM 2.0 service provider over HTTP, reading only: users, groups, filters, paging by index or cursor.

Facts: RFC 7643, 7644 and 9865 (cursors). Real providers differ, so much is a switch (control action
`options`): cap (the most users a page), omit_resources (no list when empty), page_total (totalResults of the
page only), cursor_paging (cursors too), cursor_only, filter_unsupported, text_booleans, odd_case,
hide_inactive, open_config (what it can do is told to everybody), standard_only (no extension of its own).
"""

import random
import re
from collections.abc import Callable

import msgspec

from rollcall.simulators.grants import basic, bearer, same
from rollcall.simulators.pages import Orders, json_bytes, packed, page_bytes, told_total, unpacked, whole
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Encode, Record, Rows, cut, record_of
from rollcall.simulators.scim import records
from rollcall.simulators.scim.filters import BadFilter, predicate
from rollcall.simulators.tool import Buckets
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0"
_KIND = {"Content-Type": "application/scim+json; charset=utf-8"}
_CAP, _DEFAULT = 200, 100
_BASE = "/scim/v2"


class Asked(msgspec.Struct, kw_only=True):
    """What a list is asked for: from GET's query or the body of a search. A wrong cursor has start -1."""

    start: int
    size: int
    page: int
    by_cursor: bool
    filter: str
    attributes: frozenset[str]
    excluded: frozenset[str]


class Scim:
    """The provider. Everything is under `/scim/v2`."""

    bank_fields = records.BANK

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """The base address (a path, until it is known where it is served) and a token."""
        return {"base_url": _BASE, "token": f"{chance.getrandbits(160):040x}"}

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # the standard knows no limits
        world.bank_fields = self.bank_fields
        self.orders = Orders(world)
        self.base = _BASE
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(_BASE + pattern), route)
            for method, pattern, route in (
                ("GET", "/ServiceProviderConfig", self.provider_config),
                ("GET", "/ResourceTypes", self.resource_types),
                ("GET", "/Schemas", self.schemas),
                ("GET", "/Users", self.users),
                ("POST", r"/Users/\.search", self.users),
                ("GET", "/Users/([0-9a-z]+)", self.user),
                ("GET", "/Groups", self.groups),
                ("GET", "/Groups/([0-9a-z]+)", self.group),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request."""
        self.base = f"http://{request.headers.get('host', 'scim.example')}{_BASE}"
        path = request.path.rstrip("/")
        open_to_all = self.world.options.get("open_config") and path.endswith("/ServiceProviderConfig")
        if not open_to_all and not self._let_in(request):
            return self.refusal(403 if self.world.access == "disabled" else 401)
        if not self.buckets.of("provider").take():
            return self.refusal(429)
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return route(request, *match.groups())
        return self.refusal(404 if request.method == "GET" else 501)

    def _let_in(self, request: Request) -> bool:
        """Bearer, or Basic with the token as password (assumed)."""
        pair, token = basic(request), self.world.credentials["token"]
        return self.world.access == "ok" and same(pair[1] if pair else bearer(request), token)

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: counted from the first row and the size, or kept in the cursor."""
        if request.path.rstrip("/") in (f"{_BASE}/Users", f"{_BASE}/Users/.search"):
            return self._asked(request).page
        return None

    def refusal(self, status: int) -> Reply:
        """See `Tool`."""
        texts = {401: "Authorization failure", 404: "Resource not found", 429: "Too many requests"}
        reply = _failure(status, texts.get(status, "Not possible"))
        if status == 401:
            reply.headers["WWW-Authenticate"] = 'Bearer realm="scim"'
        return reply

    def failed_200(self) -> Reply:
        """See `Tool`: an error message with 200."""
        reply = _failure(500, "Something went wrong")
        reply.status = 200
        return reply

    def canonical(self, field: str) -> str:
        """Names are taken as they are: `put` knows a person's fields and the attributes."""
        return {"account_number": "accountNumber", "sort_code": "sortCode"}.get(field, field)

    # --- lists ------------------------------------------------------------------------------------

    def users(self, request: Request) -> Reply:
        """Users by index (from 1) or by cursor, with a filter if the provider has them."""
        asked = self._asked(request)
        if asked.start < 0:
            return _failure(400, "cursor is not valid", "invalidCursor")
        ids = self._found(asked)
        if ids is None:
            return _failure(400, "filter is not supported", "invalidFilter")
        rows = cut(self.world, ids, asked.start, asked.size, asked.page)
        encode = _trimming(records.user(self.world, self.base), asked)
        trimmed = asked.filter or asked.attributes or asked.excluded
        key = None if trimmed else ("users", self.base)
        data = page_bytes(self.world, rows, encode, records.put, key=key)
        return self._list(asked, rows, data)

    def _found(self, asked: Asked) -> list[int] | None:
        """Ids of the users that pass the filter; None if it cannot be taken."""
        ids, people = self.orders.of("users", self._listed), self.world.people
        if not asked.filter:
            return ids
        if self.world.options.get("filter_unsupported"):
            return None
        try:
            keep = predicate(asked.filter, records.attributes(self.world))
            return [i for i in ids if keep(people[i])]
        except BadFilter:
            return None

    def _listed(self, base: list[int]) -> list[int]:
        if not self.world.options.get("hide_inactive"):
            return base
        return [i for i in base if records.active(self.world, self.world.people[i])]

    def _list(self, asked: Asked, rows: Rows, data: bytes) -> Reply:
        world, count = self.world, len(rows.ids) + (rows.twice is not None)
        total = told_total(world, rows, asked.start, asked.size)
        if world.options.get("page_total"):
            total = count
        head: Record = {"schemas": [_LIST], "totalResults": total, "itemsPerPage": count}
        if not asked.by_cursor:
            head["startIndex"] = asked.start + 1
        elif rows.next_start is not None:
            fault = world.fault("P5")
            again = fault is not None and fault.mode == "repeat" and asked.page >= 2
            head["nextCursor"] = (
                packed(asked.start, asked.page) if again else packed(rows.next_start, asked.page + 1)
            )
        body = msgspec.json.encode(records.odd_case(head) if world.options.get("odd_case") else head)
        if data != b"[]" or not world.options.get("omit_resources"):
            name = b"resources" if world.options.get("odd_case") else b"Resources"
            body = body[:-1] + b',"' + name + b'":' + data + b"}"
        reply = json_bytes(body)
        reply.headers |= _KIND
        return reply

    def _asked(self, request: Request) -> Asked:
        given: dict[str, object] = dict(request.query)
        if request.method == "POST":
            try:
                given = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
            except msgspec.MsgspecError:
                given = {}
        options = self.world.options
        cap = int(str(options.get("cap") or _CAP))
        size = min(max(whole(str(given.get("count", "")), _DEFAULT), 0), cap)
        by_cursor = bool(options.get("cursor_only")) or (
            bool(options.get("cursor_paging")) and "cursor" in given
        )
        if by_cursor:
            start, page = unpacked(str(given.get("cursor") or "")) or (-1, 1)
        else:
            start = max(whole(str(given.get("startIndex", "")), 1), 1) - 1
            page = 1 + start // max(1, size)
        return Asked(
            start=start,
            size=size,
            page=page,
            by_cursor=by_cursor,
            filter=str(given.get("filter", "")),
            attributes=_names(given.get("attributes")),
            excluded=_names(given.get("excludedAttributes")),
        )

    def user(self, request: Request, text: str) -> Reply:
        """One user."""
        person = self.world.people.get(records.number_of("user", text))
        hidden = self.world.options.get("hide_inactive")
        if person is None or (hidden and not records.active(self.world, person)):
            return _failure(404, f"Resource {text} not found")
        encode = _trimming(records.user(self.world, self.base), self._asked(request))
        return json_reply(record_of(self.world, person, encode, records.put), 200, _KIND)

    def groups(self, request: Request) -> Reply:
        """Departments as groups, in one page."""
        members = "members" not in self._asked(request).excluded
        units = list(self.world.company.departments.values())
        found = [records.group(self.world, unit, self.base, members=members) for unit in units]
        return _plain_list(found)

    def group(self, request: Request, text: str) -> Reply:
        """One group."""
        unit = self.world.company.departments.get(records.number_of("group", text))
        if unit is None:
            return _failure(404, f"Resource {text} not found")
        return json_reply(records.group(self.world, unit, self.base, members=True), 200, _KIND)

    # --- what the provider can do -----------------------------------------------------------------

    def provider_config(self, request: Request) -> Reply:
        """What it can do; cursors as RFC 9865 tells them."""
        options, off = self.world.options, {"supported": False}
        cap = int(str(options.get("cap") or _CAP))
        body: Record = {"schemas": [f"{_SCHEMAS}:ServiceProviderConfig"], "patch": off}
        body["bulk"] = off | {"maxOperations": 0, "maxPayloadSize": 0}
        body["filter"] = {"supported": not options.get("filter_unsupported"), "maxResults": cap}
        body |= {"changePassword": off, "sort": off, "etag": off}
        body["authenticationSchemes"] = [
            {"type": "oauthbearertoken", "name": "Bearer token", "description": "A token of an admin"}
        ]
        if options.get("cursor_paging") or options.get("cursor_only"):
            only = bool(options.get("cursor_only"))
            method = "cursor" if only else "index"
            body["pagination"] = {"cursor": True, "index": not only, "defaultPaginationMethod": method}
        return json_reply(body, 200, _KIND)

    def resource_types(self, request: Request) -> Reply:
        """Users and groups."""
        extensions = [records.ENTERPRISE, records.EXTENSION][: 1 if self._standard else 2]
        user: Record = {"id": "User", "name": "User", "endpoint": "/Users", "schema": records.USER}
        user["schemaExtensions"] = [{"schema": urn, "required": False} for urn in extensions]
        group: Record = {"id": "Group", "name": "Group", "endpoint": "/Groups", "schema": records.GROUP}
        schemas: Record = {"schemas": [f"{_SCHEMAS}:ResourceType"]}
        return _plain_list([schemas | user, schemas | group])

    def schemas(self, request: Request) -> Reply:
        """The schemas; only the extension's attributes are told one by one."""
        names = ["startDate", "endDate", "lastWorkingDay", "employmentStatus", "site", "country", "team"]
        own = [{"name": name, "type": "string", "multiValued": False} for name in (*names, *records.BANK)]
        rows: list[Record] = [
            {"id": records.USER, "name": "User", "attributes": []},
            {"id": records.ENTERPRISE, "name": "EnterpriseUser", "attributes": []},
        ]
        if not self._standard:
            rows.append({"id": records.EXTENSION, "name": "HR", "attributes": own})
        return _plain_list(rows)

    @property
    def _standard(self) -> bool:
        return bool(self.world.options.get("standard_only"))


def _plain_list(found: list[Record]) -> Reply:
    head: Record = {"schemas": [_LIST], "totalResults": len(found), "startIndex": 1}
    return json_reply(head | {"itemsPerPage": len(found), "Resources": found}, 200, _KIND)


def _failure(status: int, detail: str, kind: str | None = None) -> Reply:
    """An error; `status` is a text (RFC 7644, 3.12)."""
    body: Record = {"schemas": [_ERROR], "status": str(status), "detail": detail}
    return json_reply(body | ({"scimType": kind} if kind else {}), status, _KIND)


def _names(given: object) -> frozenset[str]:
    """Attribute names, separated by commas in a query, a list in a body; top level, in lower case."""
    names = given if isinstance(given, list) else str(given or "").split(",")
    return frozenset(str(name).strip().casefold() for name in names if str(name).strip())


def _trimming(encode: Encode, asked: Asked) -> Encode:
    """`attributes` and `excludedAttributes`, of the top level only; id and schemas always come."""
    if not asked.attributes and not asked.excluded:
        return encode
    always = {"id", "schemas"}

    def trimmed(person: Person) -> Record:
        record = encode(person)
        kept = {name for name in record if name.casefold() not in asked.excluded - always}
        if asked.attributes:
            kept = {name for name in kept if name.casefold() in asked.attributes | always}
        return {name: value for name, value in record.items() if name in kept}

    return trimmed
