"""A Workday tenant's web services over HTTP: WS-Security, operations, pages; and a report as a service.

Facts: the schemas of Workday's web services, documents of Microsoft Entra and others, and recorded answers, as
known on 2026-11-22. Assumed where marked. Switches (control action `options`): future_terminations,
manager_lag (seconds), masked_accounts, auth_status (401: as behind a gateway), unknown_tenant ("fault"),
lock_after (failed log-ins), limit_status, gzip. Without webhooks: the service has none.
"""

import random
import re
import zlib
from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from rollcall.simulators.faults import Fault
from rollcall.simulators.pages import Orders
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Rows, cut
from rollcall.simulators.tool import Buckets
from rollcall.simulators.wire import Reply, Request
from rollcall.simulators.workday import bank, lists, orgs, query, raas, soap, spoil
from rollcall.simulators.workday.history import History
from rollcall.simulators.workday.parts import NAMES, pacific
from rollcall.simulators.workday.query import Asked
from rollcall.simulators.workday.schema import OPERATIONS, check
from rollcall.simulators.workday.soap import Node, Refused
from rollcall.simulators.workday.views import Views
from rollcall.simulators.workday.workers import Workers, numbers, without_labels
from rollcall.simulators.world import World

_HOST = "wd2-impl-services1.workday.com"
_SERVICES = {
    "Human_Resources": {
        "Get_Workers_Request",
        "Get_Locations_Request",
        "Get_Organizations_Request",
        "Get_Job_Profiles_Request",
        "Server_Timestamp_Get",
    },
    "Cash_Management": {"Get_Payment_Election_Enrollments_Request"},
    "Financial_Management": {"Get_Cost_Centers_Request", "Get_Workday_Companies_Request"},
}
_PATH = re.compile(r"/ccx/service/([^/]+)/([A-Z]\w+)/(v[\w.]*)/?")
_PAGE = re.compile(rb"<(?:\w+:)?Page>\s*(\d{1,9})\s*<")
_PLAIN_TEXT = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
)

Write: TypeAlias = Callable[[Workers, Person], tuple[bytes, ...]]


class Workday:
    """The tool. One operation a POST; faults come with status 500."""

    bank_fields = ("IBAN", "BIC", "Account_Number", "Bank_ID_Number")

    @staticmethod
    def credentials(chance: random.Random) -> dict[str, str]:
        """The endpoint as a report of the tenant shows it, and an integration user; the password needs
        escaping.
        """
        return {
            "rest_endpoint": f"https://{_HOST}/ccx/api/v1/acme",
            "username": "ISU_Rollcall",
            "password": f"{chance.getrandbits(64):016x}&<9>",
        }

    def __init__(self, world: World) -> None:
        self.world = world
        self.buckets = Buckets(rate=10_000, burst=100_000)  # no number is published, so none is stricter
        world.bank_fields = self.bank_fields
        self.history, self.orders = History(world), Orders(world)
        self.views = Views(world, self.history)
        self._failed = 0
        self._numbers: tuple[object, float, dict[int, str]] | None = None
        self._known: tuple[dict[int, str], dict[tuple[str, str], int]] | None = None
        self.operations: dict[str, Callable[[Node, Asked], bytes]] = {
            "Get_Workers_Request": self.workers,
            "Get_Payment_Election_Enrollments_Request": self.elections,
            "Get_Locations_Request": lambda r, a: _listed(lists.locations(world.company, r), a),
            "Get_Organizations_Request": lambda r, a: _listed(
                lists.organizations(world, self.numbers(), r), a
            ),
            "Get_Job_Profiles_Request": lambda r, a: _listed(lists.job_profiles(world.company), a),
            "Get_Cost_Centers_Request": lambda r, a: _listed(lists.finance(world.company, "COST_CENTER"), a),
            "Get_Workday_Companies_Request": lambda r, a: _listed(lists.finance(world.company, "COMPANY"), a),
        }

    # --- the interface of tools -------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """The reply to a request; gzip with the option of that name, if the reader takes it."""
        self.history.settle()
        try:
            reply = self._answer(request)
        except Refused as refusal:
            reply = refusal.reply
        takes = "gzip" in request.headers.get("accept-encoding", "")
        if takes and self.world.options.get("gzip") and not self.world.faults:
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            packed = packer.compress(reply.body) + packer.flush()
            return Reply(
                status=reply.status, body=packed, headers={**reply.headers, "Content-Encoding": "gzip"}
            )
        return reply

    def page_of(self, request: Request) -> int | None:
        """See `Tool`: the Page of Get_Workers."""
        if b"Get_Workers_Request" not in request.body:
            return None
        found = _PAGE.search(request.body)
        return int(found[1]) if found else 1

    def refusal(self, status: int) -> Reply:
        """See `Tool`: credentials and rights fail as faults at 500, gateways and maintenance as HTML."""
        match status:
            case 400:
                return soap.invalid("The request could not be done.")
            case 401:
                return self._not_let_in()
            case 403:
                return soap.not_granted()
            case 500:
                return soap.fault("Server", "Processing error occurred")
            case 503:
                return soap.page_of_html(503, "Workday is currently unavailable for scheduled maintenance.")
        return soap.page_of_html(status, "The request could not be done")

    def failed_200(self) -> Reply:
        """See `Tool`: a fault under status 200."""
        return soap.fault("Server", "Processing error occurred", status=200)

    def canonical(self, field: str) -> str:
        """The element's name, or the name of an address's usage (Work_Email, Home_Email)."""
        return NAMES.get(field, field)

    def instead_of(self, fault: Fault) -> Reply | None:
        """See `OwnBodies`."""
        return spoil.instead(fault)

    def spoiled(self, reply: Reply, fault: Fault) -> Reply | None:
        """See `OwnBodies`."""
        return spoil.after(reply, fault) if fault.id in ("E1", "E8", "H6") else None

    def before_edit(self, person: Person) -> None:
        """See `EffectiveDated`."""
        self.history.before_edit(person)

    def plan(self, person: Person, wanted: Person, effective: date) -> None:
        """See `EffectiveDated`."""
        self.history.plan(person, wanted, effective)

    # --- getting in -------------------------------------------------------------------------------

    @property
    def tenant(self) -> str:
        """The last part of the endpoint."""
        return self.world.credentials["rest_endpoint"].rstrip("/").rpartition("/")[2]

    def _answer(self, request: Request) -> Reply:
        host = request.headers.get("x-simulated-host", _HOST)
        if host != _HOST:  # in truth no such name or no such certificate
            return soap.page_of_html(404, "Not found")
        if request.path.startswith("/ccx/service/customreport2/"):
            return raas.answer(self, request)
        found = _PATH.fullmatch(request.path)
        if not found:
            return soap.page_of_html(404, "Not found")
        tenant, service, version = found.groups()
        if tenant != self.tenant:  # assumed: readers must take both
            fault = self.world.options.get("unknown_tenant") == "fault"
            return self._not_let_in() if fault else soap.page_of_html(404, "Tenant not found")
        if service not in _SERVICES or not _is_version(version):
            return soap.fault("Client", f"invalid service version: {service} {version}")  # text assumed
        if request.method != "POST":
            return soap.page_of_html(405, "Method not allowed")
        return self._operate(request, service, version)

    def _operate(self, request: Request, service: str, version: str) -> Reply:
        try:
            envelope = soap.parse(request.body)
        except soap.Unreadable as error:
            return soap.fault("Client", f"The request is not valid XML: {error}")  # text assumed
        body = envelope.child("Body")
        if envelope.name != f"{soap.ENVELOPE} Envelope" or body is None or len(body.children) != 1:
            return soap.fault("Client", "The request is not a SOAP 1.1 message")
        self._let_in(envelope)
        if not self.buckets.of("tenant").take():
            # Under load: 500, 503 or nothing at all, without a header (assumed).
            return self.refusal(int(str(self.world.options.get("limit_status", 503))))
        asked = body.children[0]
        name = asked.local
        if asked.name != f"{soap.BSVC} {name}" or name not in _SERVICES[service]:
            return soap.invalid(f"Invalid request name: {name}", f"/wd:{name}")
        scopes = self.world.scopes
        if scopes is not None and name.removesuffix("_Request") not in scopes:
            return soap.not_granted()
        if name not in OPERATIONS:
            stamp = pacific(self.world.now().timestamp())
            inside = f"<wd:Server_Timestamp_Data>{stamp}</wd:Server_Timestamp_Data>"
            return soap.envelope("Server_Timestamp", version, inside.encode())
        check(asked)
        at = query.asked(self.world, asked)
        header = envelope.child("Header", "Workday_Common_Header")
        # Descriptors of references come only when the header asks for them (assumed).
        at.labels = lists.flag(header, "Include_Reference_Descriptors_In_Response")
        return soap.envelope(name, version, self.operations[name](asked, at))

    def _let_in(self, envelope: Node) -> None:
        """User name with tenant and password, as text."""
        token = envelope.child("Header", "Security", "UsernameToken")
        security = envelope.child("Header", "Security")
        password = token.child("Password") if token else None
        kind = password.attributes.get("Type", _PLAIN_TEXT) if password else ""
        good = security is not None and security.name == f"{soap.WSSE} Security" and kind == _PLAIN_TEXT
        good = good and self.knows(
            token.value("Username") if token else "", password.text if password else ""
        )
        if not good:
            raise Refused(self._not_let_in())

    def knows(self, username: str, password: str) -> bool:
        """Whether the user may come in. Failed attempts one after the other lock the user (number assumed)."""
        world = self.world
        user = f"{world.credentials['username'].partition('@')[0]}@{self.tenant}"
        good = username == user and password == world.credentials["password"]
        self._failed = 0 if good else self._failed + 1
        if self._failed >= int(str(world.options.get("lock_after", 10))):
            self._failed, world.rights = 0, "locked"  # until an admin restores the credentials
        return good and world.access == "ok"

    def _not_let_in(self) -> Reply:
        return soap.not_let_in(int(str(self.world.options.get("auth_status", 500))))

    # --- people -----------------------------------------------------------------------------------

    def numbers(self) -> dict[int, str]:
        """Worker ids of everybody, kept until somebody is edited."""
        kept, company = self._numbers, self.world.company
        if kept is None or kept[0] is not company or kept[1] != self.history.newest:
            kept = self._numbers = company, self.history.newest, numbers(self.history.everybody())
        return kept[2]

    def _by_reference(self) -> dict[tuple[str, str], int]:
        found = self.numbers()
        if self._known is None or self._known[0] is not found:
            company = self.world.company
            people = company.people.values()
            pairs = {pair: p.id for p in people for pair in orgs.worker_ids(company, p, found[p.id])}
            self._known = found, pairs
        return self._known[1]

    def _list(self, request: Node, at: Asked) -> list[int]:
        """The ids in order that a Get_Workers asks for."""
        wanted, world = query.wanted(request), self.world
        referred = (
            query.referred(request, self._by_reference()) if request.child("Request_References") else None
        )
        order = self.history.ids(world.order(), at.entry)
        if referred is not None:
            there = set(order)
            return [person_id for person_id in referred if person_id in there]
        if wanted.everybody:
            return order
        key = wanted.key
        if key is None or order is not world.order():
            return query.chosen(world, self.history, order, wanted, at)
        whole = ("workers", key, at.as_of)
        return self.orders.of(whole, lambda ids: query.chosen(world, self.history, ids, wanted, at))

    def _page(self, at: Asked, ids: list[int], name: str, write: Write) -> bytes:
        """A page of people."""
        world = self.world
        rows = cut(world, ids, (at.page - 1) * at.count, at.count, at.page)
        writer, kept = self.views.writer(at, self.numbers(), name)
        parts: list[bytes] = []
        for person_id in rows.ids:
            made = kept.get(person_id)
            if made is None:
                person = writer.seen(person_id)
                made = kept[person_id] = write(writer, person) if person else ()
            parts += made
        twice = writer.seen(rows.twice) if rows.twice is not None else None
        if twice:
            parts += write(writer, spoil.doubled(twice))
        return _framed(at, rows, b"".join(parts), endless=world.fault("P5") is not None)

    def workers(self, request: Node, at: Asked) -> bytes:
        """Get_Workers."""
        return self._page(
            at, self._list(request, at), "workers", lambda writer, p: spoil.worker(self.world, writer, p)
        )

    def elections(self, request: Node, at: Asked) -> bytes:
        """Get_Payment_Election_Enrollments: everybody's, no filter."""
        people, order = self.world.people, self.history.ids(self.world.order(), at.entry)

        def pick(ids: list[int]) -> list[int]:
            return [i for i in ids if i in people and bank.enrolled(people[i])]

        ids = self.orders.of("elections", pick) if order is self.world.order() else pick(order)
        with_reference = request.child("Response_Group") is None or "Include_Reference" in at.groups
        return self._page(
            at,
            ids,
            f"elections{with_reference}",
            lambda writer, person: bank.enrollment(writer, person, with_reference=with_reference),
        )


def _is_version(text: str) -> bool:
    """Versions are kept for many years; seen v21.1 to v45.1."""
    found = re.fullmatch(r"v(\d{1,2})\.(\d)", text)
    return found is not None and 10 <= int(found[1]) <= 45


def _framed(at: Asked, rows: Rows, data: bytes, *, endless: bool = False) -> bytes:
    """Response_Filter, Response_Results and the data."""
    pages = -(-rows.total // at.count)
    if rows.next_start is None:
        pages = min(pages, at.page) if rows.ids else pages
    elif endless:
        pages = max(pages, at.page + 1)
    head = (
        f"{query.echo(at)}<wd:Response_Results><wd:Total_Results>{rows.total}</wd:Total_Results>"
        f"<wd:Total_Pages>{pages}</wd:Total_Pages><wd:Page_Results>{len(rows.ids)}</wd:Page_Results>"
        f"<wd:Page>{at.page}</wd:Page></wd:Response_Results><wd:Response_Data>"
    )
    return b"".join((head.encode(), data, b"</wd:Response_Data>"))


def _listed(items: list[str], at: Asked) -> bytes:
    """A page of a list that is not about people; past the end it is empty (assumed)."""
    start = (at.page - 1) * at.count
    chosen = items[start : start + at.count]
    rows = Rows(ids=list(range(len(chosen))), start=start, next_start=start + 1, total=len(items))
    shown = "".join(chosen)
    return _framed(at, rows, (shown if at.labels else without_labels(shown)).encode())
