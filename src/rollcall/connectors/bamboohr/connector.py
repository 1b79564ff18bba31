"""Reads BambooHR: the dataset query first, the custom report where the dataset is refused.

Facts: documented on documentation.bamboohr.com as of 2026-11-22, apart from what is marked *assumed*.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import Any, ClassVar, Final
from urllib.parse import quote

import msgspec

from rollcall.connectors.around import decode_around
from rollcall.connectors.bamboohr import mapping, webhooks
from rollcall.connectors.bamboohr.declaration import BAMBOOHR, EMPLOYEES
from rollcall.connectors.bamboohr.payloads import (
    Changed,
    Company,
    DatasetFields,
    DatasetPage,
    DatasetRow,
    MetaField,
    Report,
    ReportRow,
)
from rollcall.connectors.bamboohr.question import Question, settled
from rollcall.connectors.base import (
    EVERYTHING,
    NOTHING_AROUND,
    Access,
    Around,
    Connector,
    Delta,
    Page,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue, decode, expect, send
from rollcall.connectors.errors import (
    MissingPermission,
    UnexpectedAnswer,
    WrongAddress,
    gettext_noop,
)
from rollcall.connectors.paging import Part, by_number, complete, framed, ids_of
from rollcall.connectors.webhooks import Call, Heard, Registered
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

PAGE_SIZE: Final = 1000
FIELD_LIST_PAGES: Final = 20
OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: clocks differ, and rows may show up a moment after their time (assumed)."""

DATASET_REFUSED: Final = frozenset({400, 403, 404, 413, 422})
"""No right to datasets, no such dataset, too much at once, or a name it does not know (last one assumed)."""

NO_EMPLOYEE_RECORD: Final = 404

NO_COMPANIES: Final = frozenset({"www", "api", "app", "documentation"})
"""Hosts of BambooHR itself; the first is in the older form of addresses (documented)."""

ADDRESS_OF_BAMBOOHR: Final = gettext_noop(
    "That is an address of BambooHR itself: sign in to BambooHR and copy the first part of the address you see"
    " then, such as acme of https://acme.bamboohr.com."
)
OWNER_GONE: Final = gettext_noop(
    "A key also stops working when the user who made it is disabled in BambooHR."
)

_CUSTOM: Final = re.compile(r"customField\d+")

_pages: Final = msgspec.json.Decoder(DatasetPage)
_field_lists: Final = msgspec.json.Decoder(DatasetFields)
_meta_fields: Final = msgspec.json.Decoder(list[MetaField])
_reports: Final = msgspec.json.Decoder(Report)
_feeds: Final = msgspec.json.Decoder(Changed)
_orders: Final = msgspec.json.Decoder(webhooks.Ordered)
_companies: Final = msgspec.json.Decoder(Company)
_dataset_ids: Final = msgspec.json.Decoder(list[DatasetRow])
_report_ids: Final = msgspec.json.Decoder(list[ReportRow])
_dataset_id: Final[Callable[[DatasetRow], str | int | None]] = attrgetter("fields.eeid")
_raws: Final = msgspec.json.Decoder(list[msgspec.Raw])
_anything: Final = msgspec.json.Decoder(dict[str, Any])


class BambooHR(Connector):
    """One customer's BambooHR. Credentials: ``subdomain`` and ``api_key``."""

    tool: ClassVar[Tool] = BAMBOOHR

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare the headers; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        pair = f"{credentials['api_key']}:x".encode()
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(pair).decode("ascii"),
            # some older endpoints answer XML otherwise
            "Accept": "application/json",
        }
        self._dialogue = Dialogue(
            tool=BAMBOOHR.name,
            permission=EMPLOYEES,
            address=credentials.get("subdomain", ""),
            # assumed: what a company that does not exist answers
            statuses={404: WrongAddress},
        )
        self._sought: Mapping[str, str] = {}
        self._came: set[str] = set()
        self._mapper = mapping.Mapper()

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Refuse hosts of BambooHR that are no company's. Raises ``WrongAddress``."""
        subdomain = credentials.get("subdomain", "")
        if subdomain in NO_COMPANIES:
            raise Dialogue(tool=BAMBOOHR.name, address=subdomain).failure(
                WrongAddress, "a host of the tool itself", remedy=ADDRESS_OF_BAMBOOHR
            )
        return credentials

    def test(self) -> Access:
        """Ask who we are, for the company's name, the fields and the number of people.

        Four small requests.
        """
        found = self.who()
        question = self._dataset_question()
        people = None if question is None else self._count()
        if question is None or people is None:
            question = self._report_question()
        return msgspec.structs.replace(found, unreadable=self._permissions(question), people=people)

    def who(self) -> Access:
        """Ask who we are, for the company's name. Two small requests."""
        owner = self._get("/api/v1/employees/0", {"fields": "firstName,lastName"})
        if owner.status == HTTPStatus.FORBIDDEN:
            raise self._dialogue.failure(MissingPermission, "status 403 for oneself", remedy=OWNER_GONE)
        if owner.status != NO_EMPLOYEE_RECORD:
            decode(self._dialogue, owner, _anything)
        company = self._get("/api/v1/company_information")
        told = decode(self._dialogue, company, _companies) if company.status == HTTPStatus.OK else Company()
        return Access(company=told.display_name or told.legal_name, identity=told.legal_name)

    def pages(self) -> Iterator[Page]:
        """Yield the dataset in pages of 1000, or the report as one page."""
        self._came = set()
        yield from self._read()

    def changes(self, since: datetime) -> Delta:
        """Return rows whose ``lastChanged`` is later, and who was deleted for good: only the feed tells that.

        The feed is asked first, so that whatever changes meanwhile comes again next time.
        """
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        feed = self._get("/api/v1/employees/changed", {"since": f"{moment}Z", "type": "all"})
        told = decode(self._dialogue, feed, _feeds)
        records = [record for page in self._read(changed_after=moment) for record in page.records()]
        return Delta(
            records=records,
            deleted=_deleted(told),
            next_since=self._moment(told.latest) - OVERLAP,
        )

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return self._mapper.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was sought and did not come: BambooHR leaves hidden fields out without a word."""
        if not self._came:
            return frozenset()
        return frozenset(name for name, key in self._sought.items() if key not in self._came)

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:
        """Check a call of BambooHR with the key that ordering gave. Raises ``NotGenuine``."""
        return webhooks.hear(secret, call, now)

    def register(self, url: str, secret: str) -> Registered:
        """Order calls to ``url``, which must be https, when a field changes that is read. Two requests."""
        # by their aliases: whether numbers of fields and tables are taken is not documented
        names = {name for name in self._report_question().names if not name[0].isdigit()}
        monitored = sorted(names - {mapping.IDS[True]})
        answer = send(
            self._dialogue,
            self.http.post,
            webhooks.PATH,
            json=webhooks.order(url, monitored),
            headers=self._headers,
        )
        told = decode(self._dialogue, answer, _orders)
        return Registered(id=str(told.id), secret=told.private_key)

    def unregister(self, registration: str) -> None:
        """Take the order back. Known by nobody any more is fine: a key's owner takes the orders along (documented)."""
        path = f"{webhooks.PATH}/{quote(registration, safe='')}"
        answer = send(
            self._dialogue, self.http.request, "DELETE", path, headers=self._headers, safe_to_repeat=True
        )
        if answer.status != HTTPStatus.NOT_FOUND:
            expect(self._dialogue, answer)

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        # in the older way too, 503 with a wait, the client postpones what asks for fewer requests (documented)
        return send(self._dialogue, self.http.get, path, params=params, headers=self._headers)

    def _post(self, path: str, body: Any, params: Mapping[str, Any] | None = None) -> Answer:
        # a query, so it may be repeated; the content type must be exactly application/json
        return send(
            self._dialogue,
            self.http.post,
            path,
            params=params,
            json=body,
            headers=self._headers,
            safe_to_repeat=True,
        )

    def _read(self, changed_after: str | None = None) -> Iterator[Page]:
        question = self._dataset_question()
        first = None if question is None else self._ask_dataset(question, 1, changed_after)
        if question is None or first is None or first.status in DATASET_REFUSED:
            yield self._report(self._report_question(), changed_after)
            return
        self._sought = question.sought
        once = [first]

        def fetch(number: int) -> Part:
            answer = once.pop() if once else self._ask_dataset(question, number, changed_after)
            return self._part(question, answer)

        yield from complete(self._dialogue, lambda: by_number(fetch))

    def _ask_dataset(self, question: Question, number: int, changed_after: str | None) -> Answer:
        body = {
            "fields": question.names,
            "filter": f"lastChanged gt '{changed_after}+00:00'" if changed_after else None,
            "orderBy": "eeid asc",
            "page": number,
            "pageSize": PAGE_SIZE,
        }
        return self._post("/api/v2/datasets/employee/data", body)

    def _part(self, question: Question, answer: Answer) -> Part:
        page, rows, heads = decode_around(self._dialogue, answer, _pages, _dataset_ids)
        ids = ids_of(self._dialogue, rows, _dataset_ids, _dataset_id, heads)
        if ids and not self._came.issuperset(self._sought.values()):
            self._note(rows)
        return Part(
            page=framed(msgspec.json.encode(question.frame), rows),
            ids=ids,
            total=page.meta.total_items,
            pages=page.meta.total_pages,
        )

    def _note(self, rows: bytes | memoryview) -> None:
        """Remember which fields came, by the first row of a page: a hidden one is missing in all of them."""
        try:
            came = _anything.decode(_raws.decode(rows)[0]).get("fields")
        except msgspec.DecodeError:
            # the record will be set aside; the next page tells
            return
        self._came.update(came if isinstance(came, dict) else ())

    def _count(self) -> int | None:
        body = {
            "fields": ["eeid"],
            "filter": None,
            "orderBy": "eeid asc",
            "page": 1,
            "pageSize": 1,
        }
        answer = self._post("/api/v2/datasets/employee/data", body)
        if answer.status in DATASET_REFUSED:
            return None
        return decode(self._dialogue, answer, _pages).meta.total_items

    def _report(self, question: Question, changed_after: str | None) -> Page:
        body: dict[str, Any] = {"title": "Rollcall", "fields": question.names}
        if changed_after:
            body["filters"] = {"lastChanged": {"includeNull": "yes", "value": f"{changed_after}Z"}}
        params = {"format": "JSON", "onlyCurrent": "false"}
        report = decode(self._dialogue, self._post("/api/v1/reports/custom", body, params), _reports)
        rows = bytes(report.employees)
        ids_of(self._dialogue, rows, _report_ids, attrgetter("id"))
        self._sought = question.sought
        self._came = {str(each.id) for each in report.fields}
        return framed(msgspec.json.encode(question.frame), rows)

    def _dataset_question(self) -> Question | None:
        """Return what the dataset can be asked, or None if its field list is refused."""
        labels: dict[str, str | None] = {}
        for number in range(1, FIELD_LIST_PAGES + 1):
            answer = self._get(
                "/api/v1_2/datasets/employee/fields",
                {"page": number, "page_size": 1000},
            )
            if answer.status in DATASET_REFUSED:
                return None
            listed = decode(self._dialogue, answer, _field_lists)
            labels.update((each.name, each.label) for each in listed.fields)
            if number >= listed.pagination.total_pages:
                break
        return settled(
            self.wanted, labels, report=False, is_custom=lambda name: bool(_CUSTOM.fullmatch(name))
        )

    def _report_question(self) -> Question:
        listed = decode(self._dialogue, self._get("/api/v1/meta/fields"), _meta_fields)
        labels = {each.alias or str(each.id): each.name for each in listed}
        return settled(
            self.wanted,
            labels,
            report=True,
            is_custom=lambda name: name.startswith("custom") or "." in name,
        )

    def _permissions(self, question: Question) -> dict[str, str]:
        missing = [name for name, key in question.sought.items() if key not in question.names]
        return {name: each.permission for name in missing for each in BAMBOOHR.data if name in each.fields}

    def _moment(self, written: str) -> datetime:
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise self._dialogue.failure(UnexpectedAnswer, "latest is no moment")
        return moment


def _deleted(told: Changed) -> list[str]:
    if not isinstance(told.employees, dict):
        return []
    return [number for number, change in told.employees.items() if change.action.lower() == "deleted"]
