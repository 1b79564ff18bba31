"""A Personio account over HTTP: both sign-ins, limits, v1 employees, v2 persons, employments and org lists.

Facts: Personio's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed
where marked. Switches (control action `options`): rotate_tokens, beta_required, supervisor_id_only,
last_working_date, v1_without_total, v2_auth_status, deliver_hooks, allow_http_hooks.

Long on purpose: both versions share sign-in and limits, and are compared by reading them side by side.
"""

import base64
import binascii
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import msgspec

from rollcall.simulators.people import Person, Unit, status
from rollcall.simulators.personio import records
from rollcall.simulators.personio.webhooks import Hooks
from rollcall.simulators.rows import Rows, cut, encoded, record_of, with_double
from rollcall.simulators.tool import Buckets
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_TOKEN_LIFE = 86_400
_PERSONS = "personio:persons:read"
_SCOPES = (  # the first and the last two documented, the others' spelling assumed
    _PERSONS,
    "personio:legal-entities:read",
    "personio:org-units:read",
    "personio:workplaces:read",
    "personio:cost-centers:read",
    "personio:webhooks:read",
    "personio:webhooks:write",
)
_LISTS = ("legal-entities", "org-units", "workplaces", "cost-centers")


class Personio:
    """The tool. Both versions live on one host; no customer's name is in any path."""

    bank_fields = ("dynamic_3051", "dynamic_3052", "dynamic_3056", "dynamic_3057")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """A subdomain, and name and value of a key."""
        return {
            "subdomain": "acme",
            "client_id": f"papi-{chance.getrandbits(96):024x}",
            "client_secret": f"papi-{chance.getrandbits(128):032x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(
            rate=5_000, burst=20_000
        )  # generous; the true figures: 5/s and 15 (v1), 100 (v2)
        world.bank_fields = self.bank_fields
        self.hooks = Hooks(world)
        self.base = "https://api.personio.de"
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(pattern), route)
            for method, pattern, route in (
                ("GET", r"/v1/company/employees", self.employees),
                ("GET", r"/v1/company/employees/(?:attributes|custom-attributes)", self.attributes),
                ("GET", r"/v1/company/employees/(\d+)", self.employee),
                ("GET", r"/v2/persons", self.persons),
                ("GET", r"/v2/persons/([^/]+)", self.person),
                ("GET", r"/v2/persons/([^/]+)/employments", self.employments),
                ("GET", rf"/v2/({'|'.join(_LISTS)})(?:/([^/]+))?", self.org_list),
                ("(?:GET|POST|PATCH|DELETE)", r"/v2/webhooks(?:/([\w-]+))?(?:/([\w-]+))?", self.hooks.answer),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request; the error bodies differ between v1 and v2."""
        self.base = f"http://{request.headers.get('host', 'api.personio.de')}"
        if request.path in ("/v1/auth", "/v2/auth/token", "/v2/auth/revoke"):
            return self._sign_in(request)
        version = 1 if request.path.startswith("/v1/") else 2
        bucket = self.buckets.of("v1" if version == 1 else re.sub(r"\d{2,}", "_", request.path))
        taken = bucket.take()
        reply = (
            self._limited(version) if not taken else self._refused(request, version) or self._routed(request)
        )
        if version == 2:
            reply.headers = reply.headers | {
                "x-ratelimit-replenish-rate": f"{self.buckets.rate:g}",
                "x-ratelimit-burst-capacity": str(self.buckets.burst),
                "x-ratelimit-remaining": str(bucket.left),
                "x-ratelimit-requested-tokens": "1",
            }
        elif reply.status == 200 and self.world.options.get("rotate_tokens") and "employees" in request.path:
            self.world.tokens.pop(_bearer(request) or "", None)
            reply.headers = reply.headers | {"Authorization": f"Bearer {self.world.new_token(_TOKEN_LIFE)}"}
        return reply

    def _routed(self, request: Request) -> Reply:
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(request.path)
            if match and re.fullmatch(method, request.method):
                return route(self.world, request, *match.groups())
        return _failure(request.path, 404, f"The endpoint with {request.path} was not found.")

    def _refused(self, request: Request, version: int) -> Reply | None:
        """401 or 403 by version; for v2, 401 also says that a right is missing (seen)."""
        token = _bearer(request)
        if token is None and version == 1:
            return _v1_error(401, "Authorization is not provided", 401)
        if self.world.access == "disabled":
            return self.refusal_of(request.path, 403)
        if token is None or self.world.access == "revoked" or not self.world.token_lives(token):
            known = token is not None and token in self.world.tokens
            if version == 1 and not known:
                return _v1_error(403, "Provided authorization is not valid", 403)
            return self.refusal_of(request.path, 401)
        scopes = self.world.scopes
        wanted = next((scope for scope in _SCOPES if scope.split(":")[1] in request.path), None)
        if version == 2 and scopes is not None and wanted and wanted not in scopes:
            if wanted == _PERSONS:
                return json_reply({"error": {"message": "Unauthorized Request"}}, 401)
            return self.refusal_of(request.path, 403)
        return None

    def _limited(self, version: int) -> Reply:
        """429 without Retry-After."""
        return self.refusal_of(f"/v{version}/", 429)

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: counted from offset and limit in v1, kept in the cursor in v2."""
        if request.path == "/v1/company/employees":
            return 1 + _whole(request.param("offset"), 0) // max(1, _whole(request.param("limit"), 10))
        if request.path == "/v2/persons":
            return _cursor(request.param("cursor"))[1]
        return None

    def refusal(self, status: int) -> Reply:
        """See `Tool`; the v2 shape, which v1 readers must survive too."""
        return self.refusal_of("/v2/persons", status)

    def refusal_of(self, path: str, status: int) -> Reply:
        """The error of that status as the version in the path words it."""
        return _failure(
            path, status, {401: "Unauthorized", 429: "Too many requests"}.get(status, "Not possible")
        )

    def failed_200(self) -> Reply:
        """See `Tool`: the v1 envelope with success false."""
        return _v1_error(200, "Something went wrong", 500)

    def canonical(self, field: str) -> str:
        """The v1 key."""
        by_universal = {a.universal_id: a.key for a in records.ATTRIBUTES if a.universal_id}
        return records.NAMES.get(field) or by_universal.get(field) or field

    # --- signing in -------------------------------------------------------------------------------

    def _sign_in(self, request: Request) -> Reply:
        if request.path == "/v2/auth/revoke":
            self.world.tokens.pop(_form(request).get("token", ""), None)
            return Reply()
        given = _form(request)
        good = self.world.access == "ok"
        good = good and all(
            given.get(name) == self.world.credentials[name] for name in ("client_id", "client_secret")
        )
        if request.path == "/v1/auth":
            # Credentials in the query are refused since 2025-12-01 (documented); text and code of the
            # error assumed.
            if not good or request.query:
                return _v1_error(403, "Wrong credentials", 0)
            token = self.world.new_token(_TOKEN_LIFE)
            scope = "employees:read absences:read"
            data = {"token": token, "expires_in": _TOKEN_LIFE, "scope": scope}
            return json_reply({"success": True, "data": data})
        if given.get("grant_type") != "client_credentials":
            return self._oauth_error(
                "unsupported_grant_type" if given.get("grant_type") else "invalid_request"
            )
        if not good:
            return self._oauth_error("invalid_client")
        scopes = [scope for scope in _SCOPES if self.world.scopes is None or scope in self.world.scopes]
        body = {"access_token": self.world.new_token(_TOKEN_LIFE), "token_type": "Bearer"}
        return json_reply(body | {"expires_in": _TOKEN_LIFE, "scope": " ".join(scopes)})

    def _oauth_error(self, error: str) -> Reply:
        status = 401 if self.world.options.get("v2_auth_status") == 401 else 400  # documented 400, seen 401
        body: dict[str, object] = {"timestamp": _now(self.world), "trace_id": "sim-1", "error": error}
        body |= {"error_description": "Client authentication failed", "error_uri": None, "meta": {}}
        return json_reply(body, status)

    # --- v1 ---------------------------------------------------------------------------------------

    def employees(self, world: World, request: Request) -> Reply:
        """Everybody, leavers included; `updated_since` ignores limit, offset and e-mail (documented)."""
        asked = request.params("attributes[]")
        attributes = [a for a in records.readable(world) if not asked or a.key in asked or a.key == "id"]
        limit, offset = _whole(request.param("limit"), 10), _whole(request.param("offset"), 0)
        since = request.param("updated_since")
        if since:
            moment = _moment(since)
            if moment is None:
                return _v1_error(422, "updated_since is not valid", 422)
            ids, limit, offset = [p.id for p in world.changed_since(moment)], len(world.people) + 1, 0
        elif request.param("email"):
            ids = [i for i in world.order() if world.people[i].work_email == request.param("email")]
        else:
            ids = world.order()
        if not 1 <= limit <= 200 and not since:
            return _v1_error(422, "limit must be between 1 and 200", 422)  # 200 assumed
        rows = cut(world, ids, offset, limit, 1 + offset // limit)
        encode = records.employee(world, attributes)

        def make() -> bytes:
            return with_double(world, encoded(world, rows.ids, encode, records.put_v1), rows.twice, encode)

        key = ("v1", tuple(asked), rows.start, len(rows.ids))
        plain = not since and not request.param("email") and rows.twice is None
        data = world.cached(key, rows.ids, make) if plain else make()
        metadata = {"current_page": offset // limit, "total_pages": -(-rows.total // limit)}
        if not world.options.get("v1_without_total"):
            metadata = {"total_elements": rows.total, **metadata}
        head = msgspec.json.encode({"success": True, "metadata": metadata, "offset": offset, "limit": limit})
        return _json_bytes(head[:-1] + b',"data":' + data + b"}")

    def employee(self, world: World, request: Request, text: str) -> Reply:
        """One employee; unknown ones answer in the account's language (seen: German)."""
        person = world.people.get(int(text))
        if person is None:
            return _v1_error(404, "Es ist ein Problem aufgetreten", 404)
        encode = records.employee(world, records.readable(world))
        return json_reply({"success": True, "data": record_of(world, person, encode, records.put_v1)})

    def attributes(self, world: World, request: Request) -> Reply:
        """The whitelisted attributes, with the options of lists."""
        company = world.company
        options = {
            "office": [office.name for office in company.offices.values()],
            "department": _unit_names(company.departments),
            "team": _unit_names(company.teams),
            "subcompany": _unit_names(company.legal_entities),
            "cost_centers": _unit_names(company.cost_centers),
            "employment_type": ["internal", "external"],
            "dynamic_3054": ["de", "en", "es", "fr"],
        }
        rows = [
            {"key": a.key, "label": a.label, "type": a.type, "universal_id": a.universal_id}
            | {"options": options.get(a.key, [])}
            for a in records.readable(world)
        ]
        return json_reply({"success": True, "data": rows})

    # --- v2 ---------------------------------------------------------------------------------------

    def persons(self, world: World, request: Request) -> Reply:
        """Persons, at most 50 a page, by cursor; filters must be sent again with the cursor."""
        limit = _whole(request.param("limit"), 10)
        if not 1 <= limit <= 50:
            return _failure(request.path, 400, "Provided value for limit is not valid")
        start, page = _cursor(request.param("cursor"))
        if start < 0:
            return _failure(request.path, 400, "Provided value for cursor is not valid")
        ids = self._found(request)
        if ids is None:
            return _failure(request.path, 400, "Provided value for a date is not valid")
        rows = cut(world, ids, start, limit, page)
        encode = records.person_v2(world, self.base)

        def make() -> bytes:
            return with_double(world, encoded(world, rows.ids, encode, records.put_v2), rows.twice, encode)

        filtered = any(name not in ("limit", "cursor") for name, _ in request.query) or rows.twice is not None
        key = ("v2", self.base, rows.start, len(rows.ids))
        data = make() if filtered else world.cached(key, rows.ids, make)
        meta = msgspec.json.encode({"_meta": {"links": self._links(request, rows, page)}})
        return _json_bytes(b'{"_data":' + data + b"," + meta[1:])

    def _links(self, request: Request, rows: Rows, page: int) -> dict[str, dict[str, str]]:
        here = f"{self.base}{request.path}"
        links = {"self": {"href": f"{here}?{request.query_text}" if request.query_text else here}}
        if rows.next_start is not None:
            fault = self.world.fault("P5")
            same = fault is not None and fault.mode == "repeat" and page >= 2
            cursor = request.param("cursor") if same else _packed(rows.next_start, page + 1)
            query = [*((k, v) for k, v in request.query if k != "cursor"), ("cursor", cursor)]
            links["next"] = {"href": f"{here}?{urlencode(query)}"}
        return links

    def _found(self, request: Request) -> list[int] | None:
        """Ids of the persons that pass the filters; None for a date that cannot be read."""
        world = self.world
        tests: list[Callable[[Person], bool]] = []
        for name, text in request.query:
            if name in ("id", "email", "first_name", "last_name", "preferred_name"):
                tests.append(_one_of(name, set(text.split(","))))
            elif name == "status":
                tests.append(self._gone(inactive=text.upper() == "INACTIVE"))
            elif name.startswith(("created_at", "updated_at")):
                moment = _moment(text)
                if moment is None:
                    return None
                tests.append(_by_time(name, moment))
        if not tests:
            return world.order()
        return [i for i in world.order() if all(test(world.people[i]) for test in tests)]

    def _gone(self, *, inactive: bool) -> Callable[[Person], bool]:
        world = self.world
        return lambda person: (status(person, world.today()) == "inactive") == inactive

    def person(self, world: World, request: Request, text: str) -> Reply:
        """One person."""
        found = world.people.get(_whole(text, -1))
        if found is None:
            return _failure(request.path, 404, f"Person with id {text} was not found.")
        return json_reply(record_of(world, found, records.person_v2(world, self.base), records.put_v2))

    def employments(self, world: World, request: Request, text: str) -> Reply:
        """A person's employments, newest first."""
        found = world.people.get(_whole(text, -1))
        if found is None:
            return _failure(request.path, 404, f"Person with id {text} was not found.")
        data = records.employments(world, found)
        for field, value in world.raw.get(found.id, {}).items():
            records.put_v2(data[0], field, value)
        fault = world.fault("E7")
        if fault and fault.mode == "status" and found.id in fault.people:
            data[0]["status"] = "SABBATICAL_2027"
        return json_reply(
            {"_data": data, "_meta": {"links": {"self": {"href": f"{self.base}{request.path}"}}}}
        )

    def org_list(self, world: World, request: Request, name: str, text: str | None) -> Reply:
        """Legal entities, org units, workplaces or cost centres; fields beyond id and name assumed."""
        if world.options.get("beta_required") and request.headers.get("beta", "").lower() != "true":
            return _failure(request.path, 404, f"The endpoint with {request.path} was not found.")
        units = self._units(name)
        if text is not None:
            one = next((unit for unit in units if unit["id"] == text), None)
            return json_reply(one) if one else _failure(request.path, 404, f"{text} was not found.")
        limit = _whole(request.param("limit"), 20)
        if not 1 <= limit <= 100:
            return _failure(request.path, 400, "Provided value for limit is not valid")
        wanted = set(filter(None, request.param("id").split(",")))
        units = [unit for unit in units if not wanted or unit["id"] in wanted]
        start, page = _cursor(request.param("cursor"))
        end = start + limit
        rows = Rows(ids=[], start=start, next_start=end if end < len(units) else None, total=len(units))
        return json_reply({"_data": units[start:end], "_meta": {"links": self._links(request, rows, page)}})

    def _units(self, name: str) -> list[dict[str, object]]:
        company = self.world.company
        if name == "workplaces":
            return [
                {"id": str(o.id), "name": o.name, "address": {"city": o.name, "country": o.country}}
                for o in company.offices.values()
            ]
        if name == "legal-entities":
            return [
                {"id": str(u.id), "name": u.name, "country": u.country}
                for u in company.legal_entities.values()
            ]
        if name == "cost-centers":
            return [{"id": str(u.id), "name": u.name} for u in company.cost_centers.values()]
        departments = [_org_unit("department", unit) for unit in company.departments.values()]
        return departments + [_org_unit("team", unit) for unit in company.teams.values()]


def _org_unit(kind: str, unit: Unit) -> dict[str, object]:
    parent = {"id": str(unit.parent)} if unit.parent else None
    return {"id": str(unit.id), "type": kind, "name": unit.name, "parent": parent}


def _unit_names(units: dict[int, Unit]) -> list[str]:
    return [unit.name for unit in units.values()]


def _one_of(name: str, wanted: set[str]) -> Callable[[Person], bool]:
    field = {"email": "work_email"}.get(name, name)
    return lambda person: str(getattr(person, field)) in wanted


def _by_time(name: str, moment: int) -> Callable[[Person], bool]:
    field, _, comparison = name.partition(".")
    if comparison == "gt":
        return lambda person: bool(getattr(person, field) > moment)
    if comparison == "lt":
        return lambda person: bool(getattr(person, field) < moment)
    return lambda person: bool(getattr(person, field) == moment)


def _failure(path: str, status: int, detail: str) -> Reply:
    if path.startswith("/v1/"):
        return _v1_error(status, detail, status)
    error = {
        "title": detail.split(".", 1)[0],
        "detail": detail,
        "type": "about:blank",
        "_meta": {"path": path},
    }
    body = {"personio_trace_id": "sim-1", "timestamp": "2026-11-22T09:00:00Z", "errors": [error]}
    return json_reply(body, status, {"Content-Type": "application/problem+json"})


def _v1_error(status: int, message: str, code: int) -> Reply:
    return json_reply({"success": False, "error": {"code": code, "message": message}}, status)


def _json_bytes(body: bytes) -> Reply:
    return Reply(body=body, headers={"Content-Type": "application/json"})


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _form(request: Request) -> dict[str, str]:
    """The body's fields, sent as a form or as JSON."""
    if "json" in request.headers.get("content-type", ""):
        try:
            return msgspec.json.decode(request.body, type=dict[str, str])
        except msgspec.MsgspecError:
            return {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace")))


def _whole(text: str, default: int) -> int:
    if not text:
        return default
    return int(text) if text.lstrip("-").isdigit() else -1


def _moment(text: str) -> int | None:
    """Seconds since 1970 of a day or time; without offset taken as UTC (the account's zone is assumed in
    reality).
    """
    try:
        when = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def _now(world: World) -> str:
    return world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _packed(start: int, page: int) -> str:
    return "cur_" + base64.urlsafe_b64encode(f"{start}.{page}".encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[int, int]:
    """Where the page starts and its number; (0, 1) without cursor, (-1, 1) for nonsense."""
    if not text:
        return 0, 1
    try:
        packed = text.removeprefix("cur_")
        start, page = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode().split(".")
        return int(start), int(page)
    except (ValueError, binascii.Error):
        return -1, 1
