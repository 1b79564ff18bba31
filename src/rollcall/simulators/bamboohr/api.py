"""A BambooHR account over HTTP: authentication, errors, the employee lists, the feeds of changes.

Facts: BambooHR's developer documentation and recorded traffic, as known on 2026-11-22. Assumed where marked.

Long on purpose: one file answers every path of the tool, so that it can be read beside its documents.
"""

import base64
import binascii
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from rollcall.simulators.bamboohr import lists, odata
from rollcall.simulators.bamboohr.fields import BY_ALIAS, BY_DATASET, NAMES, Field, stamp, state
from rollcall.simulators.bamboohr.webhooks import Hooks
from rollcall.simulators.people import Person, status
from rollcall.simulators.rows import Encode, Record, cut, encoded, record_of, with_double
from rollcall.simulators.tool import Buckets
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_MAX_FIELDS = 400
_DIRECTORY = (
    *("id", "displayName", "firstName", "lastName", "jobTitle"),
    *("workEmail", "department", "location", "division", "supervisor"),
)
_DATASET = "/datasets/employee/data"


class Refused(Exception):
    """Ends a request with the reply it carries."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


class BambooHR:
    """The tool. Paths below are what follows `/api/v1` (or v2, v1_2)."""

    bank_fields = ("customIBAN", "customBIC", "customAccountNumber", "customSortCode")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """A subdomain and an API key."""
        return {"subdomain": "acme", "api_key": f"{chance.getrandbits(160):040x}"}

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=10_000, burst=100_000)  # no number is published
        world.bank_fields = self.bank_fields
        self.hooks = Hooks(world)
        self.hooks.canonical = self.canonical
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(pattern), route)
            for method, pattern, route in (
                ("POST", rf"v[12]{_DATASET}", self.dataset),
                ("GET", r"v1(?:_2)?/datasets", lists.datasets),
                ("GET", r"v1(?:_2)?/datasets/employee/fields", lists.dataset_fields),
                ("POST", r"v1(?:_2)?/datasets/employee/field-options", lists.field_options),
                ("POST", r"v1/reports/custom", self.report),
                ("GET", r"v1/employees", self.cursor_list),
                ("GET", r"v1/employees/directory", self.directory),
                ("GET", r"v1/employees/changed", self.changed),
                ("GET", r"v1/employees/changed/tables/(\w+)", self.changed_table),
                ("GET", r"v1/employees/all/tables/(\w+)", self.table),
                ("GET", r"v1/employees/(\d+)", self.employee),
                ("GET", r"v1/company_information", lists.company_information),
                ("GET", r"v1/meta/fields", lists.fields),
                ("GET", r"v1/meta/lists", lists.lists),
                ("GET", r"v1/meta/tables", lists.tables),
                ("GET", r"v1/meta/users", lists.users),
                ("GET", r"v1/meta/countries/options", lists.countries),
                ("(?:GET|POST|PUT|DELETE)", r"v1/webhooks(?:/([\w-]+))?(/log)?", self.hooks.answer),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request; errors of older endpoints have a message header and an empty HTML body."""
        path = self._inside(request)
        if path is None:
            return self.refusal(404)  # assumed: how a company domain that does not exist is answered
        refused = self._let_in(request)
        if refused:
            return refused
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(path)
            if match and re.fullmatch(method, request.method):
                try:
                    reply = route(self.world, request, *match.groups())
                except Refused as refusal:
                    return refusal.reply
                return reply if self._newer(path) else lists.in_wanted_format(request, reply)
        return self.refusal(404)

    def _newer(self, path: str) -> bool:
        return "datasets" in path or path.startswith(("v1/webhooks", "v1/reports")) or path == "v1/employees"

    def _inside(self, request: Request) -> str | None:
        """The path after the address of the account, or None for another account's."""
        domain = self.world.credentials["subdomain"]
        gateway = re.fullmatch(r"/api/gateway\.php/([^/]+)/(v1.*)", request.path)
        if gateway:
            return gateway[2] if gateway[1] == domain else None
        host = request.headers.get("x-simulated-host") or request.headers.get("host", "")
        name = host.rsplit(":", 1)[0].strip("[]")
        local = name == "localhost" or re.fullmatch(r"[\d.]+|[0-9a-f:]+", name)
        if not (local or name.split(".")[0] == domain) or not request.path.startswith("/api/"):
            return None
        return request.path[len("/api/") :].rstrip("/")

    def _let_in(self, request: Request) -> Reply | None:
        if self.world.access == "disabled":
            return self.refusal(403)
        if self.world.access == "revoked" or _key(request) != self.world.credentials["api_key"]:
            return self.refusal(401)
        if not self.buckets.of("account").take():
            # Since 2026-09-16 429 and always Retry-After; before that 503.
            limited = self.refusal(503 if self.world.options.get("limit_status") == 503 else 429)
            limited.headers["Retry-After"] = "1"
            return limited
        return None

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: the page number in the dataset's body, 1 for lists in one piece."""
        path = self._inside(request) or ""
        if path.endswith(_DATASET):
            try:
                return _number(_body(request).get("page"), 1)
            except Refused:
                return 1
        if path == "v1/employees":
            return _cursor(request.param("page[after]"))[0]
        whole = r"v1/(reports/custom|employees/(directory|changed|(changed|all)/.*))"
        return 1 if re.fullmatch(whole, path) else None

    def refusal(self, status: int) -> Reply:
        """The older endpoints' errors: header for people, empty HTML."""
        messages = {401: "API key not provided or invalid", 404: "Employee not found", 429: "Over rate limit"}
        headers = {"Content-Type": "text/html; charset=UTF-8"}
        headers["x-bamboohr-error-message"] = messages.get(status, "The request could not be done")
        if status == 401:
            headers["www-authenticate"] = (
                f'Basic realm="https://api.bamboohr.com/{self.world.company.domain}"'
            )
        return Reply(status=status, headers=headers)

    def failed_200(self) -> Reply:
        """As documented for the log of webhooks."""
        return json_reply(
            {"error": {"code": 429, "message": "Over rate limit, please try again in 60 seconds"}}
        )

    def canonical(self, field: str) -> str:
        """The report alias."""
        found = BY_ALIAS.get(field) or BY_DATASET.get(field)
        return found.alias if found else NAMES.get(field, field)

    # --- lists ------------------------------------------------------------------------------------

    def dataset(self, world: World, request: Request) -> Reply:
        """The dataset query: JSON body, pages of at most 1000 from 1, filters, one sorted field."""
        body = _body(request)
        names = body.get("fields")
        page, size = _number(body.get("page"), 1), _number(body.get("pageSize"), 100)
        if not isinstance(names, list) or not names:
            raise Refused(problem(400, "fields are required"))
        unknown = [name for name in names if name not in BY_DATASET]
        if unknown or not 1 <= size <= 1000 or page < 1:
            raise Refused(problem(422, f"invalid: {', '.join(map(str, unknown)) or 'paging'}"))  # 422 assumed
        columns = self._columns([(name, BY_DATASET[name]) for name in names])
        order, wanted = str(body.get("orderBy") or ""), body.get("filter")
        ids = self._sorted(self._filtered(wanted), order, names)
        rows = cut(world, ids, (page - 1) * size, size, page)
        encode = self._encoder(columns, wrap=True)
        put = self._putter(dict(columns), wrapped=True)

        def make() -> bytes:
            return with_double(world, encoded(world, rows.ids, encode, put), rows.twice, encode)

        plain = not wanted and not order.endswith("desc") and rows.twice is None
        plain = plain and order.split(" ", 1)[0] in ("", "eeid")
        key = ("dataset", tuple(names), rows.start, len(rows.ids))
        data = world.cached(key, rows.ids, make) if plain else make()
        pages = max(1, -(-rows.total // size))
        if rows.next_start is None:
            pages = min(pages, page) if rows.ids else pages
        elif world.fault("P5"):
            pages = max(pages, page + 1)
        base = f"https://{world.company.domain}.bamboohr.com{request.path}?page="
        links: object = {"next": f"{base}{page + 1}" if page < pages else None, "prev": None}
        meta = {"page": page, "pageSize": size, "totalPages": pages, "totalItems": rows.total}
        # Seen: with one page only, links is an empty list.
        tail = msgspec.json.encode({"links": links if pages > 1 else [], "meta": meta})
        return _json_bytes(b'{"data":' + data + b"," + tail[1:])

    def _filtered(self, wanted: object) -> list[int]:
        if not wanted:
            return self.world.order()
        world = self.world

        def getter(name: str) -> Callable[[Person], object] | None:
            field = BY_DATASET.get(name)
            return (lambda person: field.value(world, person)) if field else None

        try:
            keep = odata.predicate(str(wanted), getter)
        except odata.BadFilter as error:
            raise Refused(problem(422, f"filter: {error}")) from error
        return [person_id for person_id in world.order() if keep(world.people[person_id])]

    def _sorted(self, ids: list[int], order: str, names: list[str]) -> list[int]:
        name, _, direction = order.partition(" ")
        if name and name not in names:
            raise Refused(problem(422, "a sorted field must be among the fields"))
        if name not in ("", "eeid"):
            field, people = BY_DATASET[name], self.world.people
            ids = sorted(ids, key=lambda person_id: str(field.value(self.world, people[person_id])))
        return ids[::-1] if direction == "desc" else ids

    def report(self, world: World, request: Request) -> Reply:
        """The custom report: everybody in one answer; strict about Content-Type, lenient about fields."""
        if request.headers.get("content-type") != "application/json":
            raise Refused(self.refusal(400))  # a charset suffix makes it read the body as XML
        if request.param("format").upper() != "JSON" and request.headers.get("accept") != "application/json":
            raise Refused(self.refusal(404))
        body = _body(request)
        names = _texts(body.get("fields"))
        if len(names) > _MAX_FIELDS:
            raise Refused(self.refusal(400))
        columns = self._columns([(name, BY_ALIAS[name]) for name in names if name in BY_ALIAS])
        current = request.param("onlyCurrent", "true") != "false"
        rows = cut(world, self._report_ids(body), 0, len(world.people) + 1, 1)
        encode = self._encoder(columns, wrap=False, only_current=current)
        put = self._putter(dict(columns), wrapped=False)
        key = ("report", tuple(names), current, len(rows.ids), not body.get("filters"))
        listed = (
            encoded(world, rows.ids, encode, put)
            if body.get("filters")
            else world.cached(key, rows.ids, lambda: encoded(world, rows.ids, encode, put))
        )
        known = [{"id": name, "type": field.type, "name": field.label} for name, field in columns]
        head = msgspec.json.encode({"title": body.get("title") or "", "fields": known})
        return _json_bytes(head[:-1] + b',"employees":' + listed + b"}")

    def _report_ids(self, body: dict[str, object]) -> list[int]:
        filters = body.get("filters")
        changed = filters.get("lastChanged") if isinstance(filters, dict) else None
        if not isinstance(changed, dict):
            return self.world.order()
        since = _since(str(changed.get("value")))
        if since is None:
            raise Refused(self.refusal(400))
        return [person.id for person in self.world.changed_since(since, strictly=True)]

    def cursor_list(self, world: World, request: Request) -> Reply:
        """`GET /employees`: cursor paging, at most 100; a cursor dies when the employee on the border
        changes.
        """
        size = _number(request.param("page[limit]") or None, 50)
        page, after, changed = _cursor(request.param("page[after]"))
        border = world.people.get(after)
        stale = after and (border is None or border.updated_at != changed)
        if not 1 <= size <= 100 or stale:
            return json_reply({"error": {"code": "BadPage", "message": "The page is no longer valid"}}, 400)
        wanted = {"active": "Active", "inactive": "Inactive"}.get(request.param("filter[status]"))
        ids = [i for i in world.order() if wanted in (None, state(world, world.people[i]))]
        start = next((place for place, i in enumerate(ids) if i > after), len(ids)) if after else 0
        rows = cut(world, ids, start, size, page)
        names = ["firstName", "lastName", *filter(None, ",".join(request.params("fields")).split(","))]
        no_such = {"terminationDate", "country"}  # documented: not offered here
        asked = {name: BY_ALIAS[name] for name in names if name in BY_ALIAS and name not in no_such}
        columns = self._columns(list(asked.items()))
        restricted = [name for name in asked if name not in dict(columns)]

        def encode(person: Person) -> Record:
            extra: Record = {"_restrictedFields": restricted} if restricted else {}
            return {"employeeId": person.id} | {name: f.value(world, person) for name, f in columns} | extra

        data = [record_of(world, world.people[i], encode, self._putter({}, wrapped=False)) for i in rows.ids]
        last = world.people[rows.ids[-1]] if rows.ids and rows.next_start is not None else None
        following = _packed(page + 1, last) if last else None
        meta = {"total": rows.total, "page": {"limit": size, "nextCursor": following, "prevCursor": None}}
        return json_reply({"data": data, "meta": meta, "_links": {}})

    def directory(self, world: World, request: Request) -> Reply:
        """Active people only; 403 when the account does not share it, 404 when empty."""
        if world.options.get("directory_shared") is False:
            raise Refused(self.refusal(403))
        columns = self._columns([(name, BY_ALIAS[name]) for name in _DIRECTORY])
        rows = cut(world, world.order(), 0, len(world.people) + 1, 1)
        ids = [person_id for person_id in rows.ids if state(world, world.people[person_id]) == "Active"]
        if not ids:
            raise Refused(self.refusal(404))
        encode = self._encoder(columns, wrap=False)
        known = [{"id": name, "type": field.type, "name": field.label} for name, field in columns]
        listed = encoded(world, ids, encode, self._putter(dict(columns), wrapped=False))
        return _json_bytes(b'{"fields":' + msgspec.json.encode(known) + b',"employees":' + listed + b"}")

    def employee(self, world: World, request: Request, text: str) -> Reply:
        """One employee; 0 is the owner of the key, who may have no record."""
        owner = world.options.get("owner_id", next(iter(world.order()), None))
        person = world.people.get(int(text) or _number(owner, -1))
        if person is None:
            raise Refused(self.refusal(404))
        names = [name for name in request.param("fields", "firstName,lastName").split(",") if name]
        if len(names) > _MAX_FIELDS:
            raise Refused(self.refusal(400))
        columns = self._columns([(name, BY_ALIAS[name]) for name in names if name in BY_ALIAS])
        encode = self._encoder([("id", BY_ALIAS["id"]), *columns], wrap=False)
        return json_reply(record_of(world, person, encode, self._putter(dict(columns), wrapped=False)))

    # --- history and changes ----------------------------------------------------------------------

    def table(self, world: World, request: Request, name: str) -> Reply:
        """All rows of a table of everybody; the simulator keeps one row per person."""
        rows = [lists.table_row(world, world.people[person_id], name) for person_id in world.order()]
        if name not in lists.TABLES:
            raise Refused(self.refusal(400))
        return json_reply(rows)

    def changed(self, world: World, request: Request) -> Reply:
        """Ids and what happened to them since then; the only place that tells of hard deletions."""
        since, wanted = _since(request.param("since")), request.param("type", "all").lower()
        if since is None or wanted not in ("all", "inserted", "updated", "deleted"):
            raise Refused(self.refusal(400))
        found = {}
        for person in world.changed_since(since):
            found[str(person.id)] = (
                "Inserted" if person.created_at >= since else "Updated",
                person.updated_at,
            )
        found |= {str(gone.id): ("Deleted", gone.at) for gone in world.removed if gone.at >= since}
        employees = {
            key: {"id": key, "action": action, "lastChanged": stamp(at)}
            for key, (action, at) in found.items()
            if wanted in ("all", action.lower())
        }
        # Assumed: with no changes an empty list stands where the object would.
        return json_reply({"latest": stamp(world.stamp()), "employees": employees or []})

    def changed_table(self, world: World, request: Request, name: str) -> Reply:
        """All rows of a table of the employees changed since then (shape assumed)."""
        since = _since(request.param("since"))
        if since is None or name not in lists.TABLES:
            raise Refused(self.refusal(400))
        employees = {
            str(person.id): {
                "lastChanged": stamp(person.updated_at),
                "rows": [lists.table_row(world, person, name)],
            }
            for person in world.changed_since(since)
        }
        return json_reply({"table": name, "employees": employees or []})

    # --- records ----------------------------------------------------------------------------------

    def _columns(self, asked: list[tuple[str, Field]]) -> list[tuple[str, Field]]:
        """Without the fields that the key's user may not see: left out, status 200."""
        return [(name, field) for name, field in asked if field.alias not in self.world.hidden]

    def _encoder(self, columns: list[tuple[str, Field]], *, wrap: bool, only_current: bool = False) -> Encode:
        world = self.world
        values = [(name, (lambda w, p: None) if f.alias in world.nulled else f.value) for name, f in columns]
        job = {name for name, field in columns if field.job}

        def encode(person: Person) -> Record:
            record: Record = {name: value(world, person) for name, value in values}
            if only_current and status(person, world.today()) == "upcoming":
                record |= dict.fromkeys(job & record.keys())
            return {"fields": record} if wrap else record

        return encode

    def _putter(self, columns: dict[str, Field], *, wrapped: bool) -> Callable[[Record, str, object], None]:
        """Sets (or with UNSET takes away) a field in a record, whatever name it was asked by."""

        def put(record: Record, field: str, value: object) -> None:
            inner = record["fields"] if wrapped else record
            alias = NAMES.get(field, field)
            if not isinstance(inner, dict):
                return
            for name in [n for n in inner if n == alias or (n in columns and columns[n].alias == alias)]:
                inner[name] = value
                if value is msgspec.UNSET:
                    del inner[name]

        return put


def problem(status: int, detail: str) -> Reply:
    """The newer endpoints' errors."""
    titles = {400: "Bad Request", 404: "Not Found", 422: "Unprocessable Content"}
    body = {"type": "about:blank", "title": titles.get(status, "Error"), "status": status, "detail": detail}
    headers = {"Content-Type": "application/problem+json", "X-Request-ID": "sim-1"}
    return json_reply(body | {"instance": "", "code": "invalid", "fields": {}}, status, headers)


def _json_bytes(body: bytes) -> Reply:
    return Reply(body=body, headers={"Content-Type": "application/json"})


def _key(request: Request) -> str | None:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, _ = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user if scheme.lower() == "basic" else None


def _body(request: Request) -> dict[str, object]:
    try:
        body = msgspec.json.decode(request.body or b"{}")
    except msgspec.DecodeError as error:
        raise Refused(problem(400, "not JSON")) from error
    return body if isinstance(body, dict) else {}


def _texts(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _number(value: object, default: int) -> int:
    text = default if value is None else value
    return int(str(text)) if str(text).lstrip("-").isdigit() else -1


def _since(text: str) -> int | None:
    try:
        when = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def _packed(page: int, last: Person) -> str:
    return base64.urlsafe_b64encode(f"{page}.{last.id}.{last.updated_at}".encode()).decode()


def _cursor(text: str) -> tuple[int, int, int]:
    """Page, last id, its change stamp; (1, 0, 0) at the start, an impossible one for nonsense."""
    if not text:
        return 1, 0, 0
    try:
        page, last, changed = base64.urlsafe_b64decode(text).decode().split(".")
        return int(page), int(last), int(changed)
    except (ValueError, binascii.Error):
        return 1, -1, -1
