"""A PayFit account over HTTP: one company, its collaborators and contracts; the OAuth host stands in oauth.py.

Facts: PayFit's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed
where marked. Switches (control action `options`): country (FR, ES, GB), strict_paging, count_is_total,
wrong_company_status (404, 403), contract_delay, old_leavers_listed, consent, strict_limits, deliver_hooks.
"""

import random
import re
from array import array
from collections.abc import Callable

import msgspec

from rollcall.simulators.grants import bearer
from rollcall.simulators.pages import Orders, json_bytes, packed, page_bytes, unpacked, whole
from rollcall.simulators.payfit import records
from rollcall.simulators.payfit.oauth import PATHS, OAuth
from rollcall.simulators.payfit.webhooks import Hooks
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record, Rows, cut, record_of
from rollcall.simulators.tool import Buckets, Window
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_DATA_HOST, _OAUTH_HOST = "partner-api.payfit.com", "oauth.payfit.com"
_STRICT = 50  # reads a second of one client application (documented; the form of the window assumed)
_MOST, _USUAL = 50, 10  # of a page
_TEXTS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "API rate limit exceeded",
}
_NUMBERS = 16  # a contract is packed into one number: its person's id times this, plus its place


class PayFit:
    """The tool. All paths of the data host begin with the company's id."""

    bank_fields = ("iban", "bic")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """A customer's key, and the partner app that asks for consent."""
        return {
            "api_key": f"pf_{chance.getrandbits(200):050x}",
            "client_id": f"{chance.getrandbits(96):024x}",
            "client_secret": f"{chance.getrandbits(256):064x}",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=5_000, burst=20_000)  # generous; `strict_limits` sets the true 50/s
        self.strict = Window(_STRICT, 1)
        world.bank_fields = self.bank_fields
        self.hooks, self.orders = Hooks(world), Orders(world)
        self.oauth = OAuth(world, lambda: self.hooks.tell("integration.activated"))
        # path inside the company, scope without which it is 403 (None: no particular one), route
        self.routes: list[tuple[re.Pattern[str], str | None, Callable[..., Reply]]] = [
            (re.compile(pattern), scope, route)
            for pattern, scope, route in (
                (r"", None, self.company),
                (r"/collaborators", records.BASE, self.collaborators),
                (r"/collaborators/([^/]+)", records.BASE, self.collaborator),
                (r"/contracts(-fr)?", "contracts:read", self.contracts),
                (r"/contracts(-fr)?/([^/]+)", "contracts:read", self.contract),
                (r"/absences", "time:read", self.absences),
                # The rest is there so that 403, 404 and 200 come as in reality; the bodies are assumed.
                (r"/payroll-status", None, self.payroll_status),
                (r"/accounting-v2", "accounting:read", self.accounting),
                (r"/collaborators/([^/]+)/payslips", "contracts:payslips:read", self.nothing),
                (r"/collaborators/([^/]+)/meal-vouchers", "collaborators:meal-vouchers:read", self.nothing),
                (r"/health-insurance-contracts", "health-insurance:read", self.nothing),
            )
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to a request; `X-Simulated-Host` tells which of the hosts was meant, if it is there."""
        oauth = request.path in PATHS
        host = request.headers.get("x-simulated-host")
        if host and host != (_OAUTH_HOST if oauth else _DATA_HOST):
            return json_reply({"message": "no Route matched with those values"}, 404)  # assumed
        if oauth:
            return self.oauth.answer(request)
        meter = self.strict if self.world.options.get("strict_limits") else self.buckets.of("all")
        reply = self._answered(request) if meter.take() else self.refusal(429)
        limit = meter.limit if isinstance(meter, Window) else int(meter.rate)
        reply.headers = reply.headers | {
            "X-RateLimit-Limit-Second": str(limit),
            "X-RateLimit-Remaining-Second": str(meter.left if reply.status != 429 else 0),
        }
        return reply

    def _answered(self, request: Request) -> Reply:
        token = bearer(request)  # other headers (X-PayFit-Api-Key, Api-Key) are not read (seen)
        if not token:
            return json_reply({"message": "Missing authorization header"}, 401)
        scopes = self.oauth.scopes_of(token)
        if scopes is None:
            return self.refusal(401)
        place = re.fullmatch(r"/companies(-fr)?/([^/]+)(/.*)?", request.path)
        if place is None:
            return self.refusal(404)
        if place[2] != records.company_id(self.world):
            # Notes differ on 404 or 403 for the company of another key.
            return self.refusal(403 if self.world.options.get("wrong_company_status") == 403 else 404)
        if place[1]:
            return self.refusal(404) if place[3] else self.company(request, scopes, french=True)
        return self._routed(request, place[3] or "", scopes)

    def _routed(self, request: Request, path: str, scopes: frozenset[str]) -> Reply:
        for pattern, scope, route in self.routes:
            match = pattern.fullmatch(path)
            if match:
                # Writing needs scopes that nobody gives to a reader.
                refused = request.method != "GET" or (scope is not None and scope not in scopes)
                return self.refusal(403) if refused else route(request, scopes, *match.groups())
        return self.refusal(404)

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: the number is in the token."""
        if not re.fullmatch(r"/companies/[^/]+/collaborators", request.path):
            return None
        return (unpacked(request.param("nextPageToken")) or (0, 1))[1]

    def refusal(self, status: int) -> Reply:
        """See `Tool`; 429 in the form of the gateway, without Retry-After."""
        headers = {"X-RateLimit-Limit-Second": "50", "X-RateLimit-Remaining-Second": "0"}
        text = _TEXTS.get(status, "An unexpected error occurred")
        return json_reply({"message": text}, status, headers if status == 429 else None)

    def failed_200(self) -> Reply:
        """See `Tool`: an error's body under 200."""
        return json_reply({"message": "An unexpected error occurred"})

    def canonical(self, field: str) -> str:
        """The name here."""
        return records.NAMES.get(field, field)

    def admin_hooks(self, body: dict[str, object]) -> object:
        """See `HooksByAdmin`: the page that Svix hosts for the partner."""
        return self.hooks.admin(body)

    # --- the company ------------------------------------------------------------------------------

    def company(self, request: Request, scopes: frozenset[str], *, french: bool = False) -> Reply:
        """The company; the deprecated French form adds its registration numbers."""
        world = self.world
        today = world.today()

        def count() -> bytes:
            active = sum(
                contract.status(today) == "ACTIVE"
                for person_id in world.order()
                for contract in records.contracts_of(world.people[person_id], today)
            )
            return str(active).encode()

        body = records.company(world, int(world.cached("active contracts", world.order(), count)))
        if french and records.country(world) != "FR":
            return self.refusal(404)
        number = str(body["identificationNumber"])
        return json_reply(body | ({"siren": number, "siret": f"{number}00017"} if french else {}))

    def payroll_status(self, request: Request, scopes: frozenset[str]) -> Reply:
        """The open month of payroll."""
        return json_reply({"payrollMonth": self.world.today().strftime("%Y%m"), "status": "open"})

    def accounting(self, request: Request, scopes: frozenset[str]) -> Reply:
        """No entries; the month is needed."""
        if not re.fullmatch(r"\d{6}", request.param("date")):
            return self.refusal(400)
        return json_reply([])

    def nothing(self, request: Request, scopes: frozenset[str], text: str | None = None) -> Reply:
        """An empty list, or 404 for a collaborator who is not there."""
        known = text is None or self._visible(text) is not None
        return json_reply([]) if known else self.refusal(404)

    # --- collaborators ----------------------------------------------------------------------------

    def collaborators(self, request: Request, scopes: frozenset[str]) -> Reply:
        """The list; the order is not documented, here by id."""
        place = self._place(request)
        if isinstance(place, Reply):
            return place
        start, size, page = place
        world, email = self.world, request.param("email")
        ids = self._ids(unfinished=request.param("includeInProgressContracts") == "true")
        if email:  # the contract's address, exactly
            ids = [person_id for person_id in ids if world.people[person_id].work_email == email]
        rows = cut(world, ids, start, size, page)
        key = None if email else ("collaborators", tuple(sorted(scopes)))
        data = page_bytes(world, rows, records.collaborator(world, scopes), records.put, key=key)
        return self._page(b"collaborators", data, rows, page, request, listed=len(ids))

    def _ids(self, *, unfinished: bool) -> list[int]:
        world, today = self.world, self.world.today()

        def chosen(ids: list[int]) -> list[int]:
            people = world.people
            return [i for i in ids if records.listed(world, people[i], today, unfinished=unfinished)]

        if world.options.get("contract_delay"):
            return chosen(world.order())  # changes with every second
        return self.orders.of(("collaborators", unfinished), chosen)

    def collaborator(self, request: Request, scopes: frozenset[str], text: str) -> Reply:
        """One, without a wrapper."""
        person = self._visible(text)
        if person is None:
            return self.refusal(404)
        encode = records.collaborator(self.world, scopes)
        return json_reply(record_of(self.world, person, encode, records.put))

    def _visible(self, text: str) -> Person | None:
        number = int(text[-8:], 16) if re.fullmatch(r"[0-9a-f]{24}", text) else -1
        person = self.world.people.get(number)
        if person is None or text != records.hex_id(number):
            return None
        shown = records.listed(self.world, person, self.world.today(), unfinished=True)
        return person if shown else None

    # --- contracts --------------------------------------------------------------------------------

    def contracts(self, request: Request, scopes: frozenset[str], french: str | None) -> Reply:
        """The list of contracts of everybody; the French form is for French companies only."""
        place = self._place(request)
        if isinstance(place, Reply):
            return place
        if french and records.country(self.world) != "FR":
            return self.refusal(404)  # assumed
        start, size, page = place
        unfinished = request.param("includeInProgressContracts") == "true"
        codes = self._codes(unfinished=unfinished)
        chosen = list(codes[start : start + size])
        end = start + len(chosen)
        rows = Rows(
            ids=chosen, start=start, next_start=end if chosen and end < len(codes) else None, total=len(codes)
        )

        def make() -> bytes:
            return msgspec.json.encode([self._contract(code, french=bool(french)) for code in chosen])

        ids = [code // _NUMBERS for code in chosen]
        key = ("contracts", french, *chosen[:1], *chosen[-1:], len(chosen))
        data = self.world.cached(key, ids, make)
        return self._page(b"contracts", data, rows, page, request, listed=len(codes))

    def _codes(self, *, unfinished: bool) -> "array[int]":
        """The contracts as packed numbers, kept as bytes until somebody changes."""
        world, today = self.world, self.world.today()

        def make() -> bytes:
            people = world.people
            shown = (i for i in world.order() if unfinished or not records.in_progress(people[i], today))
            return array(
                "q",
                (
                    i * _NUMBERS + contract.number
                    for i in shown
                    for contract in records.listed_contracts(people[i], today)
                ),
            ).tobytes()

        return array("q", world.cached(("contract codes", unfinished), world.order(), make))

    def contract(self, request: Request, scopes: frozenset[str], french: str | None, text: str) -> Reply:
        """One contract, listed or not any more."""
        number, place = (
            (int(text[-8:], 16), int(text[14:16], 16)) if re.fullmatch(r"[0-9a-f]{24}", text) else (-1, 0)
        )
        person = self.world.people.get(number)
        known = person is not None and text == records.contract_id(number, place)
        if person is None or not known or place >= len(records.contracts_of(person, self.world.today())):
            return self.refusal(404)
        return json_reply(self._contract(number * _NUMBERS + place, french=bool(french)))

    def _contract(self, code: int, *, french: bool) -> Record:
        world, (person_id, place) = self.world, divmod(code, _NUMBERS)

        def encode(person: Person) -> Record:
            contract = records.contracts_of(person, world.today())[place]
            return records.contract_record(world, person, contract, french=french)

        return record_of(world, world.people[person_id], encode, records.put_contract)

    def absences(self, request: Request, scopes: frozenset[str]) -> Reply:
        """Everybody's leave; filters are not simulated."""
        place = self._place(request)
        if isinstance(place, Reply):
            return place
        start, size, page = place
        people = self.world.people
        ids = [person_id for person_id in self.world.order() if people[person_id].leave_from]
        end = min(start + size, len(ids))
        rows = Rows(
            ids=ids[start:end], start=start, next_start=end if end < len(ids) else None, total=len(ids)
        )
        data = msgspec.json.encode([records.absence(people[person_id]) for person_id in rows.ids])
        return self._page(b"absences", data, rows, page, request, listed=len(ids))

    # --- pages ------------------------------------------------------------------------------------

    def _place(self, request: Request) -> tuple[int, int, int] | Reply:
        """Start, size and number of the page asked for, or 400."""
        size, place = whole(request.param("maxResults"), _USUAL), unpacked(request.param("nextPageToken"))
        strict = self.world.options.get("strict_paging")
        # Reports differ on sizes over 50: cut down, or with the option refused.
        if place is None or size < 1 or (size > _MOST and strict):
            return self.refusal(400)
        return place[0], min(size, _MOST), place[1]

    def _page(
        self, name: bytes, data: bytes, rows: Rows, page: int, request: Request, *, listed: int
    ) -> Reply:
        """The page in its envelope. Reports differ on `count`: of the page, or with the option of all."""
        token = packed(rows.next_start, page + 1) if rows.next_start is not None else None
        fault = self.world.fault("P5")
        if fault and fault.mode == "repeat" and page >= 2 and token:
            token = request.param("nextPageToken")
        wrong = rows.total - listed if self.world.fault("P4") else 0
        count = len(rows.ids) + (rows.twice is not None) + wrong
        if self.world.options.get("count_is_total"):
            count = rows.total
        meta = msgspec.json.encode({"nextPageToken": token, "count": count})
        return json_bytes(b'{"' + name + b'":' + data + b',"meta":' + meta + b"}")
