"""Reads BambooHR: the dataset query first, the custom report where the dataset is refused.

Facts: documented on documentation.bamboohr.com as of 2026-11-22, apart from what is marked *assumed*.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct, field

from rollcall.connectors import parsing
from rollcall.connectors.bamboohr import mapping
from rollcall.connectors.bamboohr.declaration import BAMBOOHR, EMPLOYEES
from rollcall.connectors.bamboohr.payloads import (
    Changed,
    Company,
    DatasetFields,
    DatasetPage,
    DatasetRow,
    Frame,
    MetaField,
    Report,
    ReportRow,
)
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
from rollcall.connectors.client import Dialogue, decode, send
from rollcall.connectors.errors import UnexpectedAnswer, WrongAddress
from rollcall.connectors.paging import Part, by_number, complete, framed, ids_of
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

PAGE_SIZE: Final = 1000
MOST_FIELDS: Final = 400
FIELD_LIST_PAGES: Final = 20
OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: clocks differ, and rows may show up a moment after their time (assumed)."""

DATASET_REFUSED: Final = frozenset({400, 403, 404, 413, 422})
"""No right to datasets, no such dataset, too much at once, or a name it does not know (last one assumed)."""

NO_EMPLOYEE_RECORD: Final = 404

_CUSTOM: Final = re.compile(r"customField\d+")

_pages: Final = msgspec.json.Decoder(DatasetPage)
_field_lists: Final = msgspec.json.Decoder(DatasetFields)
_meta_fields: Final = msgspec.json.Decoder(list[MetaField])
_reports: Final = msgspec.json.Decoder(Report)
_feeds: Final = msgspec.json.Decoder(Changed)
_companies: Final = msgspec.json.Decoder(Company)
_dataset_ids: Final = msgspec.json.Decoder(list[DatasetRow])
_report_ids: Final = msgspec.json.Decoder(list[ReportRow])
_raws: Final = msgspec.json.Decoder(list[msgspec.Raw])
_anything: Final = msgspec.json.Decoder(dict[str, Any])


class Question(Struct, frozen=True, kw_only=True):
    """What to ask for, settled once a run from the fields that exist."""

    frame: Frame
    # names to ask for
    names: Sequence[str]
    # field of Employee -> name in the row
    sought: Mapping[str, str] = field(default_factory=dict)


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

    def test(self) -> Access:
        """Ask who we are, for the company's name, the fields and the number of people.

        Four small requests.
        """
        owner = self._get("/api/v1/employees/0", {"fields": "firstName,lastName"})
        if owner.status != NO_EMPLOYEE_RECORD:
            decode(self._dialogue, owner, _anything)
        company = self._get("/api/v1/company_information")
        told = decode(self._dialogue, company, _companies) if company.status == HTTPStatus.OK else Company()
        question = self._dataset_question()
        people = None if question is None else self._count()
        if question is None or people is None:
            question = self._report_question()
        return Access(
            company=told.display_name or told.legal_name,
            identity=told.legal_name,
            unreadable=self._permissions(question),
            people=people,
        )

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
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was sought and did not come: BambooHR leaves hidden fields out without a word."""
        if not self._came:
            return frozenset()
        return frozenset(name for name, key in self._sought.items() if key not in self._came)

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
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
        page = decode(self._dialogue, answer, _pages)
        rows = bytes(page.data)
        ids = ids_of(self._dialogue, rows, _dataset_ids, lambda row: row.fields.eeid)
        if ids:
            self._note(rows)
        return Part(
            page=framed(msgspec.json.encode(question.frame), rows),
            ids=ids,
            total=page.meta.total_items,
            pages=page.meta.total_pages,
        )

    def _note(self, rows: bytes) -> None:
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
        ids_of(self._dialogue, rows, _report_ids, lambda row: row.id)
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
        return self._question(labels, report=False, is_custom=lambda name: bool(_CUSTOM.fullmatch(name)))

    def _report_question(self) -> Question:
        listed = decode(self._dialogue, self._get("/api/v1/meta/fields"), _meta_fields)
        labels = {each.alias or str(each.id): each.name for each in listed}
        return self._question(
            labels,
            report=True,
            is_custom=lambda name: name.startswith("custom") or "." in name,
        )

    def _question(
        self,
        labels: Mapping[str, str | None],
        *,
        report: bool,
        is_custom: Callable[[str], bool],
    ) -> Question:
        """Choose from the fields that exist: ours, the mapped ones, and the customer's own."""
        wanted = self.wanted
        own = [name for name in labels if is_custom(name)]
        bank = {
            field.removeprefix("bank_account."): name
            for field, name in wanted.mapped.items()
            if field.startswith("bank_account.")
        }
        if not wanted.mapped:
            bank = {role: name for name in reversed(own) if (role := parsing.bank_part(name, labels[name]))}
        if "bank_account" in wanted.leave_out:
            bank = {}
        fields = {
            name: key
            for name, key in wanted.mapped.items()
            if "." not in name and name not in wanted.leave_out
        }
        sought = {name: keys[report] for name, keys in mapping.NAMES.items() if name not in wanted.leave_out}
        sought |= fields
        custom = (
            {}
            if "custom" in wanted.leave_out
            else wanted.custom or self._own(labels, own, bank, fields, report)
        )
        names = [mapping.IDS[report], *sought.values(), *bank.values(), *custom]
        asked = [name for name in dict.fromkeys(names) if name in labels or name == mapping.IDS[report]]
        if "bank_account" not in wanted.leave_out:
            # with no field for them they do not come, which the admin should know
            sought["bank_account"] = next(iter(bank.values()), "")
        frame = Frame(report=report, fields=fields, bank=bank, custom=custom)
        return Question(frame=frame, names=asked[:MOST_FIELDS], sought=sought)

    def _own(
        self,
        labels: Mapping[str, str | None],
        own: Sequence[str],
        bank: Mapping[str, str],
        fields: Mapping[str, str],
        report: bool,
    ) -> dict[str, str]:
        """Return the attributes delivered when the admin chose none.

        What looks like bank details is not among them.
        """
        taken = {*bank.values(), *fields.values()}
        free = {name: name for name in own if name not in taken and not parsing.bank_part(name, labels[name])}
        division = mapping.DIVISION[report]
        return free if division in taken else {division: "division", **free}

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
