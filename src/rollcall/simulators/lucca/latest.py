"""The new API under `/lucca-api`: employees by cursor with what they embed, the resources behind, the lists.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked.
"""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec

from rollcall.simulators.lucca.facts import (
    SCOPES,
    VERSION,
    Titles,
    employments_of,
    visible,
)
from rollcall.simulators.lucca.latest_filters import SORTS, Wrong, asked, test
from rollcall.simulators.lucca.latest_records import (
    EXTENSIONS,
    Makers,
    attribute_value,
    extension_value,
    lists,
    putter,
    record_id,
    reference,
)
from rollcall.simulators.pages import Orders, json_bytes, packed, page_bytes, unpacked, whole
from rollcall.simulators.rows import Record, Rows, cut, record_of
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

ROOT = "/lucca-api/"
_USUAL, _MOST, _MOST_ATTRIBUTES = 25, 100, 1_000
_SCOPE_OF = {  # where the scope is not the resource's own name (assumed)
    "employee-extensions": "employees",
    "employee-extension-definitions": "employees",
    "employment-templates": "employments",
}


def problem(status: int, instance: str, errors: dict[str, list[str]] | None = None) -> Reply:
    """An error. A 403 has the title of a 401 (documented)."""
    title = "Unauthorized" if status in (401, 403) else HTTPStatus(status).phrase
    body: Record = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred." if errors else title,
        "status": status,
        "instance": instance,
    }
    body |= {"errors": errors} if errors else {}
    body |= {"extensions": {"traceId": "|sim.1"}}
    return json_reply(body, status, {"Content-Type": "application/problem+json", "Api-Version": VERSION})


def scope_of(resource: str) -> str:
    """The scope that a resource needs."""
    if resource.startswith("webhook"):
        return "webhook-endpoints.readwrite"
    return f"{_SCOPE_OF.get(resource, resource)}.readonly"


def page_of(request: Request) -> int | None:
    """The page of employees that the request reads."""
    return _place(request)[1] if request.path == f"{ROOT}employees" else None


def _place(request: Request) -> tuple[int, int]:
    """Start and number of the page asked for."""
    return unpacked(request.param("page").removeprefix("!")) or (0, 1)


class Latest:
    """Paths under `/lucca-api`, for requests that were let in."""

    def __init__(self, world: World, orders: Orders) -> None:
        self.world, self.orders, self.titles = world, orders, Titles(world)
        self.base, self.scopes = "", frozenset(SCOPES)

    def answer(self, request: Request, base: str, scopes: frozenset[str]) -> Reply:
        """The reply; with the tag that was sent in `If-None-Match`, 304."""
        self.base, self.scopes = base, scopes
        resource, _, number = request.path.removeprefix(ROOT).rstrip("/").partition("/")
        instance = f"{base}{request.path}"
        if request.method != "GET":
            return problem(405, instance)
        try:
            reply = self._routed(request, resource, number)
        except Wrong as wrong:
            return problem(400, instance, {wrong.name: [wrong.text]})
        if reply is None:
            return problem(404, instance)
        tag = f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
        headers = reply.headers | {"ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Reply(status=304, headers={"ETag": tag})
        return Reply(status=reply.status, body=reply.body, headers=headers)

    def _routed(self, request: Request, resource: str, number: str) -> Reply | None:
        if resource == "employees":
            return (
                self._one(int(number)) if number.isdigit() else None if number else self._employees(request)
            )
        if resource in ("employments", "job-positions"):
            return self._positions(request, resource, number)
        if resource == "employee-personal-records":
            return self._personal(request, number)
        if resource == "employee-attributes" and not number:
            return self._attributes(request)
        if resource == "employee-extensions" and not number:
            return self._extensions(request)
        return self._list(request, resource, number)

    @property
    def _makers(self) -> Makers:
        return Makers(self.world, self.titles, self.base)

    # --- employees --------------------------------------------------------------------------------

    def _employees(self, request: Request) -> Reply:
        """Employees; what they embed, the links and the total come only when asked for."""
        size = self._size(request)
        start, page = self._start(request)
        world, included = self.world, self._included(request)
        ids = self._found(request)
        rows = cut(world, ids, start, size, page)
        makers = self._makers
        plain = request.param("sort", "id") == "id" and rows.twice is None
        key: tuple[object, ...] | None = ("employees", self.base, *asked(request)) if plain else None
        data = page_bytes(world, rows, makers.employee, putter("employee"), key=key)
        tail: dict[str, object] = {}
        if "embedded" in included:
            tail["embedded"] = msgspec.Raw(self._embedded(request, makers, rows, plain=plain))
        return self._page(request, "employees", data, rows, page, tail)

    def _embedded(self, request: Request, makers: Makers, rows: Rows, *, plain: bool) -> bytes:
        """Employments and job positions of the page's people, by id; only those in scope (assumed)."""
        world = self.world
        kinds = {"employment": makers.employment(0), "job-position": makers.job_position(0)}
        kinds = {kind: encode for kind, encode in kinds.items() if scope_of(f"{kind}s") in self.scopes}

        def make() -> bytes:
            people = [world.people[i] for i in rows.ids]
            return msgspec.json.encode(
                {
                    kind: {str(p.id * 10): record_of(world, p, encode, putter(kind)) for p in people}
                    for kind, encode in kinds.items()
                }
            )

        if not plain or not rows.ids:
            return make()
        key = ("embedded", self.base, *kinds, tuple(rows.ids))
        return world.cached(key, rows.ids, make)

    def _found(self, request: Request) -> list[int]:
        filters, sort = asked(request), request.param("sort", "id")
        if sort.removeprefix("-") not in SORTS:
            raise Wrong("sort", f"'{sort}' is not supported")  # among others lastUpdatedAt
        key = ("employees", filters, sort, str(self.world.options))

        def make(ids: list[int]) -> list[int]:
            people, seen = self.world.people, visible(self.world)
            tests = [test(name, text, self.world.today(), self.titles) for name, text in filters]
            found = [i for i in ids if seen(people[i]) and all(passes(people[i]) for passes in tests)]
            if sort != "id":
                order = SORTS[sort.removeprefix("-")]
                found.sort(key=lambda i: order(people[i]), reverse=sort.startswith("-"))
            return found

        return self.orders.of(key, make)

    def _one(self, number: int) -> Reply | None:
        person = self.world.people.get(number)
        if person is None or not visible(self.world)(person):
            return None
        return json_reply(record_of(self.world, person, self._makers.employee, putter("employee")))

    # --- resources of employees -------------------------------------------------------------------

    def _positions(self, request: Request, resource: str, number: str) -> Reply | None:
        """Employments or job positions, former ones included; they have the same numbers here."""
        kind, owner = resource[:-1], "employee.id" if resource == "employments" else "employment.employee.id"
        codes = self._codes(resource, request.param(owner))

        def record(code: int) -> Record:
            makers, place = self._makers, code % 10
            encode = makers.employment(place) if kind == "employment" else makers.job_position(place)
            return record_of(self.world, self.world.people[code // 10], encode, putter(kind))

        if number:
            return json_reply(record(int(number))) if number.isdigit() and int(number) in codes else None
        return self._coded(request, resource, codes, record)

    def _codes(self, resource: str, owners: str) -> list[int]:
        world = self.world
        wanted = {text for text in owners.split(",") if text}

        def make(ids: list[int]) -> list[int]:
            people, seen = world.people, visible(world)
            return [
                one.number
                for i in ids
                if (not wanted or str(i) in wanted) and seen(people[i])
                for one in employments_of(people[i], world)
            ]

        return self.orders.of((resource, owners, str(world.options)), make)

    def _spread(self, name: str, owners: str, times: int) -> list[int]:
        """So many packed numbers for each employee who may be seen, or of those named by id."""
        wanted = {text for text in owners.split(",") if text}

        def make(ids: list[int]) -> list[int]:
            people, seen = self.world.people, visible(self.world)
            shown = (i for i in ids if (not wanted or str(i) in wanted) and seen(people[i]))
            return [i * 10 + place for i in shown for place in range(times)]

        return self.orders.of((name, owners, times, str(self.world.options)), make)

    def _coded(
        self, request: Request, resource: str, codes: list[int], record: Callable[[int], Record]
    ) -> Reply:
        """A page of things packed into numbers, without the faults that are aimed at people."""
        size, (start, page) = self._size(request), self._start(request)
        chosen = codes[start : start + size]
        end = start + len(chosen)
        more = end if chosen and end < len(codes) else None
        rows = Rows(ids=chosen, start=start, next_start=more, total=len(codes))

        def make() -> bytes:
            return msgspec.json.encode([record(code) for code in chosen])

        key = (resource, self.base, tuple(chosen))
        data = self.world.cached(key, [code // 10 for code in chosen], make)
        return self._page(request, resource, data, rows, page, {})

    def _personal(self, request: Request, number: str) -> Reply | None:
        """Everybody's (that this works in bulk is assumed), one employee's, or one by its own number."""
        world = self.world
        encode, put = self._makers.personal_record, putter("employee-personal-record")
        if number:
            person = world.people.get(int(number) - record_id(0)) if number.isdigit() else None
            return json_reply(record_of(world, person, encode, put)) if person else None
        codes = self._spread("personal", request.param("employee.id"), 1)

        def record(code: int) -> Record:
            return record_of(world, world.people[code // 10], encode, put)

        return self._coded(request, "employee-personal-records", codes, record)

    def _attributes(self, request: Request) -> Reply:
        """One row per employee and attribute, at most 1000 a page; without a definition, all custom ones."""
        makers, people = self._makers, self.world.people
        names = [name for name in request.param("definition.id").split(",") if name] or list(EXTENSIONS)
        if len(names) > 10:
            raise Wrong("definition.id", "the simulator has at most 10 at once")
        probe = next(iter(people.values()))
        for name in names:
            if attribute_value(makers, probe, name) is msgspec.UNSET:
                raise Wrong("definition.id", f"'{name}' is not known")
        codes = self._spread("attributes", request.param("employee.id"), len(names))

        def record(code: int) -> Record:
            person, name = self.world.view(people[code // 10]), names[code % 10]
            return {
                "definition": {"id": name},
                "employee": reference(person.id),
                "applicability": {"start": person.start_date.isoformat(), "end": None}
                if "." in name
                else None,
                "value": attribute_value(makers, person, name),
            }

        return self._coded(request, f"employee-attributes {names}", codes, record)

    def _extensions(self, request: Request) -> Reply:
        """Custom fields, one row each (shape assumed)."""
        keys, people = list(EXTENSIONS), self.world.people
        codes = self._spread("extensions", "", len(keys))

        def record(code: int) -> Record:
            person, key = people[code // 10], keys[code % 10]
            return {
                "id": str(code),
                "type": "employee-extension",
                "employee": reference(person.id),
                "definition": {"id": key},
                "value": extension_value(self.world, person, key),
            }

        return self._coded(request, "employee-extensions", codes, record)

    # --- lists ------------------------------------------------------------------------------------

    def _list(self, request: Request, resource: str, number: str) -> Reply | None:
        items = lists(self.world, self.titles).get(resource)
        if items is None:
            return None
        if number:
            return next((json_reply(item) for item in items if item["id"] == number), None)
        for name, text in request.query:
            if name in ("countryCode", "isArchived", "id"):
                items = [item for item in items if str(item.get(name)).lower() in text.lower().split(",")]
            elif name == "legalEntity.id":
                items = [item for item in items if item.get("legalEntity") == reference(text)]
            elif name == "search":
                items = [item for item in items if text.lower() in str(item.get("name")).lower()]
        size, (start, page) = self._size(request), self._start(request)
        end = start + size
        more = end if end < len(items) else None
        rows = Rows(ids=[], start=start, next_start=more, total=len(items))
        return self._page(request, resource, msgspec.json.encode(items[start:end]), rows, page, {})

    # --- pages ------------------------------------------------------------------------------------

    def _included(self, request: Request) -> set[str]:
        return set(request.param("include").split(","))

    def _size(self, request: Request) -> int:
        most = _MOST_ATTRIBUTES if request.path.endswith("/employee-attributes") else _MOST
        size = whole(request.param("limit"), _USUAL)
        if not 1 <= size <= most:
            raise Wrong("limit", f"must be at most {most}")
        return size

    def _start(self, request: Request) -> tuple[int, int]:
        if unpacked(request.param("page").removeprefix("!")) is None:
            raise Wrong("page", "is not a page")
        return _place(request)

    def _page(
        self, request: Request, resource: str, data: bytes, rows: Rows, page: int, more: dict[str, object]
    ) -> Reply:
        """The page in its envelope."""
        here, included = f"{self.base}{request.path}", self._included(request)
        head: Record = {
            "type": resource.partition(" ")[0],
            "url": f"{here}?{request.query_text}" if request.query_text else here,
        }
        if "totalCount" in included:
            head["totalCount"] = rows.total
        tail = dict(more)
        if "links" in included:
            fault = self.world.fault("P5")
            following = None
            if rows.next_start is not None:
                following = f"!{packed(rows.next_start, page + 1)}"
                if fault and fault.mode == "repeat" and page >= 2 and resource == "employees":
                    following = request.param("page")
            kept = [(name, text) for name, text in request.query if name != "page"]
            query = urlencode([("page", following or ""), *kept], safe="!,")
            tail["links"] = {"prev": None, "next": {"href": f"{here}?{query}"} if following else None}
        body = msgspec.json.encode(head)[:-1] + b',"items":' + data
        end = b"," + msgspec.json.encode(tail)[1:] if tail else b"}"
        return json_bytes(body + end)


def missing_scope(resource: str, scopes: frozenset[str]) -> bool:
    """Whether the scopes lack what the resource needs; unknown resources need nothing."""
    wanted = scope_of(resource)
    return wanted in SCOPES and wanted not in scopes
