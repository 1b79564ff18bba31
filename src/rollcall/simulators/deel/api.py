"""A Deel organisation over HTTP: tokens, OAuth, limits, people, contracts, banks.

Facts: Deel's developer documentation as known on 2026-11-22. Assumed where marked. Switches (control action
`options`): strict_limits (the true five requests a second), token_type ("personal": the pasted token is a
worker's), contractor_work_emails, outside_manager, without (lists that are empty), deliver_hooks.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable

import msgspec

from rollcall.simulators.deel import details, lists, provisioning, records
from rollcall.simulators.deel.errors import failure, invalid
from rollcall.simulators.deel.fields import trimming
from rollcall.simulators.deel.webhooks import Hooks
from rollcall.simulators.grants import Grants, basic, bearer, consent, form, same
from rollcall.simulators.pages import Orders, json_bytes, page_bytes, told_total, whole
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Encode, Record, cut, record_of
from rollcall.simulators.tool import Buckets, RollingWindow
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_ACCESS_LIFE, _REFRESH_LIFE = 30 * 86_400, 90 * 86_400
_MOST = 100  # assumed; the maximum is not published
_ANYBODY, _ORGANIZATION, _PEOPLE, _CONTRACTS = (
    (),
    ("organizations:read",),
    ("people:read",),
    ("contracts:read",),
)
_HIRING_STATUSES = frozenset(
    "pending_invite draft invited onboarding onboarding_at_risk onboarding_overdue onboarded offboarding active "
    "inactive in_review quote_requires_changes".split()
)
_HIRING_TYPES = frozenset(
    "contractor eor peo hris_direct_employee hris_direct_contractor direct_employee contractor_outside_deel "
    "person_without_contract".split()
)
_PERSON_STATUSES = frozenset({"ACTIVE", "OFFBOARDING", "NOT_STARTED", "INACTIVE"})
_SORTS: dict[str, Callable[[Person], str]] = {
    "first_name": lambda p: p.first_name,
    "last_name": lambda p: p.last_name,
    "full_name": lambda p: f"{p.first_name} {p.last_name}",
    "email": lambda p: p.work_email or "",
    "country": lambda p: str(p.office_id),
    "birth_date": lambda p: str(p.id % 38),
    "hiring_type": records.hiring_type,
    "start_date": lambda p: p.start_date.isoformat(),
    "team": lambda p: str(p.team_id or 0),
    "job_title": lambda p: p.job_title,
    "hiring_status": lambda p: str(p.end_date or ""),
    "completion_date": lambda p: str(p.end_date or ""),
    "direct_manager": lambda p: str(p.manager_id or 0),
}


class Deel:
    """The tool. REST is under `/rest/v2`, SCIM under `/scim/v2`, OAuth under `/oauth2`: one origin here."""

    bank_fields = ("iban", "swift_bic", "account_number", "sort_code")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """An organisation's token, and name and secret of an app."""
        return {
            "api_token": f"deel_{chance.getrandbits(160):040x}",
            "client_id": f"{chance.getrandbits(64):016x}",
            "client_secret": f"{chance.getrandbits(160):040x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # generous; true: 5/s, see `_strict`
        self._strict = RollingWindow(5, 1.0)  # documented: for the organisation, over all its tokens
        world.bank_fields = self.bank_fields
        self.orders, self.hooks = Orders(world), Hooks(world)
        self._managed: tuple[list[int], dict[int, list[int]]] = ([], {})
        self.grants = Grants(world, _ACCESS_LIFE, _REFRESH_LIFE)
        self.routes = [(m, re.compile(pattern), scopes, route) for m, pattern, scopes, route in self._table()]

    def _table(self) -> list[tuple[str, str, tuple[str, ...], Callable[..., Reply]]]:
        rest, uuid = "/rest/v2", r"([0-9a-f-]{36})"
        entities = (*_ORGANIZATION, "accounting:read")
        users = ("Users:read",)
        return [
            ("GET", f"{rest}/organizations", _ORGANIZATION, lists.organizations),
            ("GET", f"{rest}/people", _PEOPLE, self.people),
            ("GET", f"{rest}/people/me", _ANYBODY, self.me),
            ("GET", f"{rest}/people/custom_fields", _PEOPLE, lists.custom_fields),
            ("GET", f"{rest}/people/{uuid}", _PEOPLE, self.person),
            ("GET", rf"{rest}/people/(\d+)/personal", _PEOPLE, self.personal),
            ("GET", f"{rest}/people/external/([^/]+)/personal", _PEOPLE, self.external),
            ("GET", rf"{rest}/people/(\d+)/custom_fields", _PEOPLE, self.custom_fields),
            ("GET", f"{rest}/contracts", _CONTRACTS, self.contracts),
            ("GET", rf"{rest}/gp/workers/(\d+)/banks", _PEOPLE, self.banks),
            ("GET", f"{rest}/departments", _ORGANIZATION, lists.departments),
            ("GET", f"{rest}/teams", _ORGANIZATION, lists.teams),
            ("GET", f"{rest}/groups", ("groups:read",), lists.groups),
            ("GET", f"{rest}/working-locations", _ORGANIZATION, lists.working_locations),
            ("GET", f"{rest}/legal-entities", entities, lists.legal_entities),
            ("GET", f"{rest}/legal-entities/{uuid}/cost-centers", ("legal-entity:read",), lists.cost_centers),
            ("GET", f"{rest}/managers", _ORGANIZATION, lists.managers),
            ("GET", f"{rest}/hris/organization_structures", _ORGANIZATION, lists.structures),
            ("GET", f"{rest}/webhooks/events/types", _ANYBODY, self.hooks.types),
            ("[A-Z]+", f"{rest}/webhooks(?:/{uuid})?(?:/(test))?", _ANYBODY, self.hooks.answer),
            (
                "GET",
                "/scim/v2/ServiceProviderConfig",
                users,
                lambda world, request: provisioning.provider_config(),
            ),
            ("GET", "/scim/v2/Users", users, self.users),
            ("POST", "/scim/v2/Users/.search", users, self.users),
            (
                "GET",
                f"/scim/v2/Users/{uuid}",
                users,
                lambda world, request, text: provisioning.user(world, text),
            ),
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request; OAuth is outside the limit (assumed)."""
        if request.path == "/oauth2/authorize":
            return consent(self.grants, request, self.world.credentials["client_id"]) or _oauth(
                "invalid_client"
            )
        if request.path == "/oauth2/tokens" and request.method == "POST":
            return self._tokens(request)
        strict = self.world.options.get("strict_limits") is True
        taken = self._strict.take() if strict else self.buckets.of("organization").take()
        if not taken:
            return failure(request, 429)
        granted = self._granted(request)
        if granted is None:
            return failure(request, 403 if self.world.access == "disabled" else 401)
        for method, pattern, scopes, route in self.routes:
            match = pattern.fullmatch(request.path)
            if match and re.fullmatch(method, request.method):
                if not self._may(granted, scopes) or (self._personal(request) and route != self.me):
                    return failure(request, 403)
                return route(self.world, request, *match.groups())
        return failure(request, 404)

    def _granted(self, request: Request) -> set[str] | str | None:
        """The scopes of the token ("all" for everything), or None if nobody is let in."""
        token = bearer(request)
        if self.world.access != "ok":
            return None
        everything: set[str] | str = "all" if self.world.scopes is None else self.world.scopes
        if same(token, self.world.credentials["api_token"]):
            return everything
        grant = self.grants.of(token)
        if grant is None:
            return None
        scopes = set(grant.scope.split())
        return scopes if isinstance(everything, str) else scopes & everything

    @staticmethod
    def _may(granted: set[str] | str, scopes: tuple[str, ...]) -> bool:
        return not scopes or isinstance(granted, str) or not granted.isdisjoint(scopes)

    def _personal(self, request: Request) -> bool:
        """Whether the token is a worker's own."""
        personal = self.world.options.get("token_type") == "personal"
        return personal and same(bearer(request), self.world.credentials["api_token"])

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: counted from the first row and the size."""
        if request.path == "/rest/v2/people":
            size = max(1, whole(request.param("limit"), 50))
            return 1 + max(0, whole(request.param("offset"), 0)) // size
        if request.path in ("/scim/v2/Users", "/scim/v2/Users/.search"):
            start, size = provisioning.place(request)
            return 1 + start // max(1, size)
        return None

    def refusal(self, status: int) -> Reply:
        """See `Tool`."""
        return failure(None, status)

    def failed_200(self) -> Reply:
        """See `Tool`: the short shape with 200 (assumed)."""
        return json_reply({"error": {"code": "internal", "message": "Something went wrong", "details": None}})

    def canonical(self, field: str) -> str:
        """The name in the record."""
        return records.NAMES.get(field, field)

    # --- OAuth ------------------------------------------------------------------------------------

    def _tokens(self, request: Request) -> Reply:
        """Codes and refresh tokens for pairs; the app signs in by Basic."""
        given, mine = basic(request), self.world.credentials
        if given is None or not (same(given[0], mine["client_id"]) and same(given[1], mine["client_secret"])):
            return _oauth("invalid_client", 401)
        body = form(request)
        match body.get("grant_type"):
            case "authorization_code":
                grant = self.grants.redeem(body.get("code", ""), body.get("redirect_uri", ""))
            case "refresh_token":
                grant = (
                    self.grants.renew(body.get("refresh_token", "")) if self.world.access == "ok" else None
                )
            case _:
                return _oauth("unsupported_grant_type")
        if grant is None:
            return _oauth("invalid_grant")
        pair = {"access_token": grant.access, "expires_in": _ACCESS_LIFE, "token_type": "Bearer"}
        return json_reply(pair | {"scope": grant.scope, "refresh_token": grant.refresh})

    # --- people -----------------------------------------------------------------------------------

    def people(self, world: World, request: Request) -> Reply:
        """Everybody, leavers and coming people included, by offset; `fields` trims the records."""
        limit, offset = whole(request.param("limit"), 50), whole(request.param("offset"), 0)
        if not 1 <= limit <= _MOST or offset < 0:
            return invalid("limit" if offset >= 0 else "offset", "must be a number in range")
        wrong = _unknown(request)
        if wrong:
            return invalid(wrong, "unknown value")
        ids, steady = self._listed(request)
        rows = cut(world, ids, offset, limit, 1 + offset // limit)
        asked = [path for text in _many(request, "fields") for path in text.split(",")]
        encode = self._encoder(extra=bool(asked))
        put = records.put
        if asked:
            encode = trimming(encode, asked)
        key = ("people", tuple(asked)) if steady else None
        data = page_bytes(world, rows, encode, put, key=key)
        total = told_total(world, rows, offset, limit)
        page = msgspec.json.encode({"offset": offset, "items_per_page": limit, "total_rows": total})
        return json_bytes(b'{"data":' + data + b',"page":' + page + b"}")

    def _listed(self, request: Request) -> tuple[list[int], bool]:
        """Ids in the wanted order, and whether the order stays when people change."""
        people, sort = self.world.people, request.param("sort_by")
        down = request.param("sort_order", "asc") == "desc"
        # No order is promised without `sort_by`; newest first is assumed, so that who joins shifts the rows.
        made = sort in ("", "id")
        order = self.orders.of(("order", sort), lambda base: sorted(base, key=self._key(sort)))
        if sort == "":
            order = order[::-1]
        ids = order[::-1] if down else order
        tests = self._tests(request)
        if tests:
            ids = [i for i in ids if all(test(people[i]) for test in tests)]
        return ids, made and not tests and not down

    def _key(self, sort: str) -> Callable[[int], tuple[int | str, int]]:
        people = self.world.people
        if sort == "id":
            return lambda i: (i, i)
        if sort == "":
            return lambda i: (people[i].created_at, i)
        return lambda i: (_SORTS[sort](people[i]).casefold(), i)

    def _tests(self, request: Request) -> list[Callable[[Person], bool]]:
        world, tests = self.world, []
        statuses, kinds = set(_many(request, "hiring_statuses")), set(_many(request, "hiring_types"))
        states, teams = set(_many(request, "person_statuses")), set(_many(request, "teams"))
        text = request.param("search").casefold()
        if statuses:
            tests.append(lambda p: records.hiring_status(world, p) in statuses)
        if kinds:
            tests.append(lambda p: records.hiring_type(p) in kinds)
        if states:
            tests.append(lambda p: records.person_status(records.hiring_status(world, p)) in states)
        if teams:
            tests.append(lambda p: p.team_id is not None and records.unit_id("team", p.team_id) in teams)
        if text:
            tests.append(lambda p: text in f"{p.first_name} {p.last_name} {p.work_email or ''}".casefold())
        return tests

    def _encoder(self, *, detail: bool = False, extra: bool = False) -> Encode:
        return records.person_record(self.world, self._reports(), detail=detail, extra=extra)

    def _reports(self) -> dict[int, list[int]]:
        """Each manager's people, kept as long as the list of all is."""
        people = self.world.people
        managed = self.orders.of("managed", lambda base: [i for i in base if people[i].manager_id])
        if managed is not self._managed[0]:
            found: dict[int, list[int]] = defaultdict(list)
            for person_id in managed:
                found[people[person_id].manager_id or 0].append(person_id)
            self._managed = (managed, found)
        return self._managed[1]

    def person(self, world: World, request: Request, text: str) -> Reply:
        """One person, days of ending as dates."""
        person = world.people.get(records.person_number(text))
        if person is None:
            return failure(request, 404, "Person not found")
        record = record_of(world, person, self._encoder(detail=True), records.put)
        if request.param("include_custom_fields") == "true":
            record["custom_fields"] = lists.custom_values(person)
        if request.param("include_worker_relations") == "true":
            record["worker_relations"] = []
        return json_reply({"data": record | {"profile_organizational_structures": []}})

    def me(self, world: World, request: Request) -> Reply:
        """The person behind a personal token; an organisation's token has none (404 assumed)."""
        if not self._personal(request):
            return failure(request, 404, "Person not found")
        person = world.people[world.order()[0]]
        return json_reply({"data": record_of(world, person, self._encoder(detail=True), records.put)})

    def _worker(self, text: str) -> Person | None:
        return self.world.people.get(int(text) - records.worker_id(0))

    def personal(self, world: World, request: Request, text: str) -> Reply:
        """Personal data by worker id."""
        person = self._worker(text)
        return _personal_reply(world, request, person)

    def external(self, world: World, request: Request, text: str) -> Reply:
        """Personal data by the company's own number; of two with one number the first (assumed)."""
        found = (p for p in world.people.values() if p.employee_number == text)
        return _personal_reply(world, request, next(found, None))

    def custom_fields(self, world: World, request: Request, text: str) -> Reply:
        """A person's custom fields by worker id."""
        person = self._worker(text)
        if person is None:
            return failure(request, 404, "Person not found")
        return json_reply({"data": lists.custom_values(person)})

    def banks(self, world: World, request: Request, text: str) -> Reply:
        """The banks of people on Global Payroll; other workers have none here (404 assumed)."""
        person = self._worker(text)
        if person is None or records.hiring_type(person) != "hris_direct_employee":
            return failure(request, 404, "Worker not found")
        return json_reply({"data": details.bank(world, world.view(person))})

    def contracts(self, world: World, request: Request) -> Reply:
        """Everybody's newest contract, by cursor."""
        costs = "cost_centers" in ",".join([*request.params("expand"), *request.params("expand[]")])
        ids = world.order()

        def rows(start: int, end: int) -> list[Record]:
            return [details.contract(world, world.people[i], cost_centers=costs) for i in ids[start:end]]

        return lists.by_cursor(request, len(ids), rows, 50)

    def users(self, world: World, request: Request) -> Reply:
        """SCIM's list."""
        return provisioning.users(world, self.orders, request)


def _personal_reply(world: World, request: Request, person: Person | None) -> Reply:
    if person is None:
        return failure(request, 404, "Person not found")
    return json_reply({"data": details.personal(world, world.view(person))})


def _many(request: Request, name: str) -> list[str]:
    """A list parameter, repeated with or without brackets (assumed: both)."""
    return [*request.params(name), *request.params(f"{name}[]")]


def _unknown(request: Request) -> str | None:
    """The parameter with a value that does not exist."""
    sort, order = request.param("sort_by"), request.param("sort_order", "asc")
    if (sort and sort != "id" and sort not in _SORTS) or order not in ("asc", "desc"):
        return "sort_by"
    known = (
        ("hiring_statuses", _HIRING_STATUSES),
        ("hiring_types", _HIRING_TYPES),
        ("person_statuses", _PERSON_STATUSES),
    )
    return next((name for name, values in known if not values.issuperset(_many(request, name))), None)


def _oauth(error: str, status: int = 400) -> Reply:
    return json_reply({"error": error}, status)
