"""Deel over loopback: the simulator for what it does, a script for what it seldom does."""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from rollcall.connectors import errors, oauth
from rollcall.connectors.base import NOTHING_AROUND, Access, Page, Wanted
from rollcall.connectors.catalogue import connect, redeem
from rollcall.connectors.client import Dialogue
from rollcall.connectors.deel.connector import Deel
from rollcall.connectors.deel.declaration import AUTHORISATION
from rollcall.connectors.deel.joining import packed, unpacked
from rollcall.connectors.deel.payloads import Bank
from rollcall.connectors.deel.people import read
from rollcall.connectors.deel.session import Session
from rollcall.connectors.pacing import InProcess
from rollcall.connectors.paging import Part
from rollcall.connectors.webhooks import Call, Heard, NotGenuine
from rollcall.engine.snapshot import BankAccount, Employee, Status
from rollcall.engine.status import Standing, standing
from rollcall.http_client import HttpClient
from rollcall.simulators.loopback import LOOPBACK
from tests.connectors.loopback import employees, opened

KEY = {"api_token": "planted-token"}
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = datetime.now(UTC).date()
DIRECT = {"hiring_type": "hris_direct_employee", "client_legal_entity": {"id": "le1", "name": "Acme"}}


def listed(*rows: Any, total: Any = None, **page: Any) -> Any:
    return {"data": list(rows), "page": {"total_rows": len(rows) if total is None else total, **page}}


def deel(people: Any = (), **replies: Any) -> Any:
    """Return a script: the last part of the path chooses the reply; a number is an empty error."""
    rows = people if isinstance(people, list) else []
    known = {
        "people": listed(*rows) if people is rows or not people else people,
        "organizations": {"data": [{"id": "o1", "name": "Acme Ltd"}]},
        "contracts": listed(),
        "legal-entities": listed(),
        "me": 403,
        "fields": listed(*({"id": each.get("id")} for each in rows)),
        **replies,
    }

    def script(asked: Any) -> Any:
        name = asked.path.rsplit("/", 1)[-1]
        reply = known["fields" if name == "people" and "fields[]" in asked.params else name]
        if callable(reply):
            reply = reply(asked)
        if isinstance(reply, tuple):
            return reply
        return (reply, {"errors": [{"message": "planted"}]}) if isinstance(reply, int) else (200, reply)

    return script


class Tokens:
    """A grant in memory, as the one in the database promises to be."""

    def __init__(self, **stored: str) -> None:
        self.stored: Mapping[str, str] = stored
        self.renewals = 0

    def renewed(
        self, access_token: str, renew: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> Mapping[str, str]:
        if self.stored["access_token"] == access_token:
            self.stored = renew(self.stored)
            self.renewals += 1
        return self.stored


def test_the_whole_company_is_read_as_the_tool_has_it(company: Any) -> None:
    """S2, S3, S20: leavers, managers, contractors, cost centres, bank details of those who can have them."""
    acme = company("deel", 250)
    everybody = acme.read().values()
    assert len(everybody) == 250
    # somebody who was a contractor first is there twice, under one number; contractors may have Deel's only
    numbers = Counter(each.employee_number for each in everybody)
    read = {each.employee_number: each for each in everybody if numbers[each.employee_number] == 1}
    truth = {each["employee_number"]: each for each in acme.people()}
    addresses = {each["id"]: each["work_email"] for each in acme.people()}
    known = read.keys() & truth.keys()
    assert len(known) > 200
    paid = 0
    for number in known:
        employee, person = read[number], truth[number]
        assert (employee.first_name, employee.last_name) == (person["first_name"], person["last_name"])
        assert employee.start_date.isoformat() == person["start_date"]
        assert (employee.country, employee.work_location) == (person["country"], person["work_location"])
        assert (employee.department, employee.cost_center) == (person["department"], person["cost_center"])
        assert employee.manager_email == addresses.get(person["manager_id"])
        # documented: many contractors have none there
        assert employee.work_email in (person["work_email"], None)
        told = employee.work_email or employee.employment_type == "contractor"
        assert told or not person["work_email"]
        assert at_work(employee) == at_work(Employee(id="1", **dated(person)))
        if isinstance(employee.bank_account, BankAccount) and isinstance(employee.bank_account.iban, str):
            assert employee.bank_account.iban == person["iban"].replace(" ", "").upper()
            paid += 1
    assert paid > 100
    assert {each.employment_type for each in everybody} >= {"contractor", "eor", "hris_direct_employee"}


def at_work(employee: Employee) -> Standing:
    """Return where somebody stands; a short leave is no leave of absence."""
    found = standing(employee, TODAY)
    return Standing.ACTIVE if found == Standing.ON_LEAVE else found


def dated(person: Any) -> dict[str, Any]:
    days = ("start_date", "end_date", "last_working_day")
    found = {name: date.fromisoformat(person[name]) if person[name] else None for name in days}
    return {"status": Status(person["status"]), **found}


def test_accounts_are_asked_for_only_where_there_may_be_some(scripted: Any) -> None:
    """Not for contractors, EOR staff, other entities, people who left; one request each, and no more."""
    people = [
        {"id": "1", "worker_id": "11", **DIRECT, "person_status": "ACTIVE"},
        {"id": "2", "worker_id": "12", **DIRECT, "hiring_type": "contractor"},
        {"id": "3", "worker_id": "13", **DIRECT, "hiring_type": "eor"},
        {"id": "4", "worker_id": "14", **DIRECT, "client_legal_entity": {"id": "le2"}},
        {"id": "5", "worker_id": "15", **DIRECT, "client_legal_entity": None},
        {"id": "6", "worker_id": "16", **DIRECT, "person_status": "INACTIVE"},
        {"id": "7", "worker_id": "17", **DIRECT, "hiring_status": "inactive"},
        {"id": "8", "worker_id": None, **DIRECT},
        {"id": "9", "worker_id": "19", "hiring_type": "contractor", "employments": [{"id": "c", **DIRECT}]},
        {"id": "10", "worker_id": "20", **DIRECT},
    ]

    def banks(asked: Any) -> Any:
        return 404 if "/20/" in asked.path else {"data": [{"iban": "DE89", "bank_name": "planted"}]}

    server = scripted(deel(people, banks=banks, **{"legal-entities": listed({"id": "le1"})}))
    with opened("deel", server.url, KEY) as connector:
        read = employees(connector)
        assert connector.unreadable().isdisjoint({"bank_account"})
    asked = [each.path for each in server.asked if each.path.endswith("banks")]
    assert asked == [f"/rest/v2/gp/workers/{number}/banks" for number in (11, 19, 20)]
    having = {number for number, each in read.items() if each.bank_account is not msgspec.UNSET}
    assert having == {"1", "9"}


def test_refused_lists_leave_their_fields_out_and_are_named(scripted: Any) -> None:
    """A7: members go on."""
    server = scripted(
        deel([{"id": "1", "first_name": "Ida"}], contracts=403, fields=400, **{"legal-entities": 403})
    )
    with opened("deel", server.url, KEY) as connector:
        assert connector.unreadable() == set(), "nobody has been read"
        person = employees(connector)["1"]
        assert connector.unreadable() >= {"cost_center", "bank_account", "last_working_day", "last_name"}
        assert "first_name" not in connector.unreadable()
        missing = connector.test().unreadable
    assert person.cost_center is person.bank_account is person.last_working_day is msgspec.UNSET
    assert set(missing) == {"cost_center", "bank_account"}
    assert missing["cost_center"] == "Scope contracts:read"


def test_accounts_that_come_without_numbers_for_everybody_are_named(scripted: Any) -> None:
    """A5: the numbers may not be seen."""
    people = [{"id": str(each), "worker_id": str(each), **DIRECT} for each in range(2)]
    banks = {"data": [{"bank_name": "planted", "full_name": "Ida"}]}
    server = scripted(deel(people, banks=banks, **{"legal-entities": listed({"id": "le1"})}))
    with opened("deel", server.url, KEY) as connector:
        read = employees(connector)
        assert "bank_account" in connector.unreadable()
    assert all(each.bank_account is msgspec.UNSET for each in read.values())


def test_accounts_kept_for_a_second_look_are_what_they_were() -> None:
    banks = [Bank(), Bank(iban="DE89", full_name=None), Bank(updated_at={"odd": [1]}, status="ACTIVE")]
    assert unpacked(packed(banks)) == banks
    assert unpacked(packed([])) == []


def test_accounts_refused_for_one_are_asked_for_nobody(scripted: Any) -> None:
    """A5, A7: sensitive data is not allowed for this token."""
    people = [{"id": str(each), "worker_id": str(each), **DIRECT} for each in range(5)]
    server = scripted(deel(people, banks=403, **{"legal-entities": listed({"id": "le1"})}))
    with opened("deel", server.url, KEY) as connector:
        assert set(connector.test().unreadable) == {"bank_account"}
        server.asked.clear()
        read = employees(connector)
        assert "bank_account" in connector.unreadable()
    assert all(each.bank_account is msgspec.UNSET for each in read.values())
    assert sum(each.path.endswith("banks") for each in server.asked) == 1


def test_what_is_not_wanted_is_not_asked_for(scripted: Any) -> None:
    server = scripted(deel([{"id": "1", "emails": []}]))
    wanted = Wanted(leave_out=frozenset({"cost_center", "bank_account", "personal_email"}))
    with opened("deel", server.url, KEY, wanted) as connector:
        assert employees(connector)["1"].personal_email is msgspec.UNSET
        assert connector.test().unreadable == {}
        assert connector.unreadable().isdisjoint({"cost_center", "bank_account", "personal_email"})
    assert {each.path.rsplit("/", 1)[-1] for each in server.asked} == {"people", "organizations"}


def test_hidden_last_days_are_unknown_and_not_empty(scripted: Any) -> None:
    """A5: the key is gone for everybody; and where it comes for somebody, the others have none."""
    people = [{"id": "1"}, {"id": "2"}, {"id": "3", "first_name": 5}]
    day = {"id": "1", "worker_termination_last_date_of_work": "2026-12-01", "ooo": None}
    for rows, first, second in (
        ([{"id": "1", "ooo": None}], msgspec.UNSET, msgspec.UNSET),
        ([day, {"id": ["odd"]}], "2026-12-01", None),
    ):
        server = scripted(deel(people, fields=listed(*rows)))
        with opened("deel", server.url, KEY) as connector:
            read = employees(connector)
            assert ("last_working_day" in connector.unreadable()) == (first is msgspec.UNSET)
        assert str(read["1"].last_working_day) == str(first)
        assert read["2"].last_working_day is second


def test_of_what_is_asked_for_by_name_only_what_counts_is_kept(scripted: Any) -> None:
    """Odd shapes are as good as nothing."""
    rows = [
        {"id": "1", "ooo": {"leave_type": "LONG_TERM_LEAVE", "name": "planted"}, "employments": "odd"},
        {"id": "2", "ooo": "odd", "employments": [5, {"employee_number": None}, {"employee_number": "7"}]},
    ]
    people = [{"id": each, "person_status": "ACTIVE"} for each in "123"]
    with opened("deel", scripted(deel(people, fields=listed(*rows))).url, KEY) as connector:
        records = [record for page in connector.pages() for record in page.records()]
        read = [connector.employee(record) for record in records]
    assert [each.status for each in read] == [Status.ON_LEAVE, Status.ACTIVE, Status.ACTIVE]
    assert [each.employee_number for each in read] == [msgspec.UNSET, "7", msgspec.UNSET]
    assert not any(b"planted" in record for record in records)


def test_cost_centres_come_with_contracts_by_cursor(scripted: Any) -> None:
    """The largest share counts; a list without the key is a hidden one (A5)."""
    shares = [
        {"name": "Small", "allocation_percentage": "20"},
        {"name": "Large", "allocation_percentage": 80.0},
        {"name": "Odd", "allocation_percentage": [1]},
        {"allocation_percentage": 100},
        "nothing",
    ]

    def contracts(asked: Any) -> Any:
        assert (asked.params["limit"], asked.params["expand"]) == ("50", "cost_centers")
        pages = {
            None: listed({"id": "a", "cost_centers": shares}, total=3, cursor="x"),
            "x": listed({"id": "b", "cost_centers": None}, {"id": "c"}, total=3, cursor="y"),
            "y": listed(total=3, cursor="z"),
        }
        return pages[asked.params.get("after_cursor")]

    people = [{"id": str(n), "employments": [{"id": each}]} for n, each in enumerate("abc")]
    server = scripted(deel(people, contracts=contracts))
    with opened("deel", server.url, KEY) as connector:
        read = employees(connector)
    assert [read[each].cost_center for each in "012"] == ["Large", None, None]
    server = scripted(deel(people, contracts=listed({"id": "a"})))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector)["0"].cost_center is msgspec.UNSET
        assert "cost_center" in connector.unreadable()


def test_a_cost_centre_with_a_number_only_shows_it(scripted: Any) -> None:
    contract = {"id": "a", "cost_centers": [{"number": 140}]}
    server = scripted(deel([{"id": "1", "employments": [{"id": "a"}]}], contracts=listed(contract)))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector)["1"].cost_center == "140"


def test_entities_with_payroll_are_read_to_their_end(scripted: Any) -> None:
    def entities(asked: Any) -> Any:
        assert (asked.params["global_payroll"], asked.params["include_archived"]) == ("true", "false")
        number = asked.params.get("cursor", "1")
        return listed({"id": f"le{number}"}, total=2, cursor="2" if number == "1" else None)

    people = [{"id": "1", "worker_id": "1", **DIRECT, "client_legal_entity": {"id": "le2"}}]
    server = scripted(deel(people, banks={"data": [{"iban": "X"}]}, **{"legal-entities": entities}))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector)["1"].bank_account == BankAccount(iban="X")


@pytest.mark.parametrize("name", ["contracts", "legal-entities", "organizations"])
def test_not_found_is_how_an_empty_list_is_said(scripted: Any, name: Any) -> None:
    """Section 11: 404 means nothing there, not an error."""
    server = scripted(deel([{"id": "1"}], **{name: 404}))
    with opened("deel", server.url, KEY) as connector:
        access = connector.test()
        assert employees(connector).keys() == {"1"}
    assert access.unreadable == {}
    assert access.company == (None if name == "organizations" else "Acme Ltd")


def test_not_found_for_people_is_no_empty_company(scripted: Any) -> None:
    """P1, T11."""
    server = scripted(deel(people=404))
    with opened("deel", server.url, KEY) as connector, pytest.raises(errors.UnexpectedAnswer):
        employees(connector)


def test_a_test_shows_the_company_and_how_many_people(company: Any) -> None:
    """S13, S14, A6: at most five requests; and how long a full read takes at four a second."""
    acme = company("deel", 120)
    paths: list[str] = []
    with opened("deel", acme.url, acme.credentials, before=paths.append) as connector:
        access = connector.test()
    assert (access.people, dict(access.unreadable), access.looked_at_all) == (120, {}, False)
    assert access.company
    assert access.identity
    assert access.active is not None and access.active > 60
    assert access.countries is not None and access.countries > 1
    # two lists of 120, contracts, and an account for nearly everybody
    assert access.seconds is not None and 20 < access.seconds < 35
    assert len(paths) == 5


def test_a_small_company_is_seen_whole_and_takes_moments(scripted: Any) -> None:
    people = [{"id": "1", "person_status": "ACTIVE", "country": "FR"}, {"id": "2", "first_name": 5}]
    server = scripted(deel(people=listed(*people) | {"page": {}}, organizations={"data": []}))
    with opened("deel", server.url, KEY) as connector:
        found = connector.test()
    assert found == Access(people=2, active=1, countries=1, looked_at_all=True)


def test_another_companys_token_shows_another_identity(company: Any) -> None:
    """A6."""
    acme = company("deel", 30)
    with acme.opened() as connector:
        before = connector.test().identity
        acme.fault("A6")
        assert connector.test().identity != before


def test_a_personal_token_is_told_from_one_of_the_organisation(scripted: Any) -> None:
    """S20: with what to open and to choose."""
    server = scripted(deel(organizations=403, me={"data": {"id": "1"}}))
    with opened("deel", server.url, KEY) as connector, pytest.raises(errors.WrongKind) as caught:
        connector.test()
    assert "choose the type “Organization”" in caught.value.sentence()


def test_without_the_scope_of_organisations_people_are_read_all_the_same(scripted: Any) -> None:
    server = scripted(deel([{"id": "1"}], organizations=403))
    with opened("deel", server.url, KEY) as connector:
        assert (connector.test().company, connector.test().identity) == (None, None)


def test_the_scope_that_is_missing_is_named(company: Any) -> None:
    """S51."""
    acme = company("deel", 30)
    acme.control("permissions", scopes=["organizations:read"])
    with acme.opened() as connector, pytest.raises(errors.MissingPermission) as caught:
        connector.test()
    assert "people:read" in caught.value.sentence()


@pytest.mark.parametrize(
    "pasted",
    [
        "planted-token",
        " planted-token\n",
        "Bearer planted-token",
        '"planted-token"',
        "bearer: planted-\ntoken",
    ],
)
def test_a_token_is_understood_as_pasted(scripted: Any, pasted: Any) -> None:
    server = scripted(deel([{"id": "1"}]))
    with opened("deel", server.url, {"api_token": pasted}) as connector:
        connector.test()
    sent = server.asked[0].headers
    assert sent["Authorization"] == "Bearer planted-token"
    assert sent["X-Version"] == "2026-01-01"
    assert "x-client-id" not in {name.lower() for name in sent}


def test_a_wrong_token_is_refused_once_and_in_no_message(company: Any) -> None:
    """S51, A1, Z5."""
    acme = company("deel", 30)
    with acme.opened(api_token="planted-token") as connector:
        for attempt in (connector.test, lambda: list(connector.pages())):
            with pytest.raises(errors.WrongCredentials) as caught:
                attempt()
            assert "planted" not in str(caught.value) + caught.value.sentence()


def test_no_credentials_at_all_are_told() -> None:
    with pytest.raises(errors.WrongCredentials), connect("deel", {}):
        pass


def test_the_limit_is_counted_by_token() -> None:
    assert Deel.limited_by({"api_token": "a", "x": "1"}) == Deel.limited_by({"api_token": "a"}) == "a"
    assert Deel.limited_by({"access_token": "b", "refresh_token": "1"}) == "b"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"request": {"status": 403}, "errors": [{"message": "planted"}]}, errors.MissingPermission),
        ({"errors": [{"code": "x", "field": "y", "message": "planted"}]}, errors.UnexpectedAnswer),
        ({"error": "Unauthorized"}, errors.WrongCredentials),
        ({"error": "planted"}, errors.UnexpectedAnswer),
        ({"error": {"code": "x", "message": "planted", "details": None}}, errors.ToolFailing),
        ({"request": {"status": 200}}, errors.UnexpectedAnswer),
        ({}, errors.UnexpectedAnswer),
        ({"data": {"id": "1"}}, errors.UnexpectedAnswer),
        (b"[" * 100_000, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_t12_e8_an_error_in_a_good_answer_is_the_error_it_is(scripted: Any, body: Any, error: Any) -> None:
    """T12, E8: the three shapes of Deel, and none."""
    server = scripted(lambda _: (200, body))
    with opened("deel", server.url, KEY) as connector, pytest.raises(error) as caught:
        employees(connector)
    assert "planted" not in str(caught.value) + caught.value.sentence()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"errors": [{"code": "x", "field": "limit", "message": "planted"}]}, errors.UnexpectedAnswer),
        (401, {"error": "Unauthorized"}, errors.WrongCredentials),
        (403, {"request": {"status": 403, "code": 5}, "errors": []}, errors.MissingPermission),
        (429, {"error": "Too many requests"}, errors.RateLimited),
        (500, {"error": {"code": "x", "message": "planted"}}, errors.ToolFailing),
        (503, b"<html>", errors.ToolFailing),
    ],
    ids=str,
)
def test_a_status_is_told_as_what_it_is(scripted: Any, status: Any, body: Any, error: Any) -> None:
    """T5, T6: section 11; a refused token is not tried again."""
    server = scripted(deel(people=(status, body)))
    with opened("deel", server.url, KEY) as connector, pytest.raises(error):
        employees(connector)
    tries = 2 if status in (429, 500, 503) else 1
    assert (
        sum(each.path.endswith("/people") and "fields[]" not in each.params for each in server.asked) == tries
    )


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401", "page": 2}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P4"}, errors.Incomplete),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11"}, errors.UnexpectedAnswer),
        ({"name": "E1"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, error: Any) -> None:
    """A1, P2, P4, T10, T11, E1, E9."""
    acme = company("deel", 250)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


def test_a_short_page_hides_nobody(company: Any) -> None:
    """P2: the next one begins where it ended."""
    acme = company("deel", 250)
    acme.fault("P2", mode="short", page=2)
    assert len(acme.read()) == 250


def test_a_fault_that_passes_is_not_noticed(company: Any) -> None:
    """T5, A3: and a token works again when it is restored."""
    acme = company("deel", 30)
    acme.fault("T5", times=1)
    assert len(acme.read()) == 30
    acme.fault("A3")
    with pytest.raises(errors.WrongCredentials):
        acme.read()
    acme.control("faults", off="A3")
    assert len(acme.read()) == 30


class Moving:
    """A list of people of which one leaves, and another comes, after the first page."""

    def __init__(self, *, always: bool) -> None:
        self.ids = [f"{number:04}" for number in range(0, 500, 2)]
        self.always, self.reads = always, 0

    def page(self, asked: Any) -> Any:
        offset, limit = int(asked.params["offset"]), int(asked.params["limit"])
        assert (asked.params["sort_by"], limit) == ("id", 99)
        rows = [{"id": each} for each in self.ids[offset : offset + limit]]
        if offset == 0 and (self.always or not self.reads):
            # the total stays, and without an overlap one person would slip through
            self.reads += 1
            self.ids = [*self.ids[1:], f"{900 + self.reads}"]
        return listed(*rows, total=len(self.ids))


def test_nobody_slips_through_a_list_that_moves(scripted: Any) -> None:
    """P3: one leaves and one comes, so that no total tells."""
    moving = Moving(always=False)
    server = scripted(deel(people=moving.page, fields=400))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector).keys() >= {*moving.ids}
    server = scripted(deel(people=Moving(always=True).page, fields=400))
    with opened("deel", server.url, KEY) as connector, pytest.raises(errors.Incomplete):
        employees(connector)


def test_p5_a_server_that_ignores_the_offset_never_ends_and_is_noticed(scripted: Any) -> None:
    """P5."""
    rows = [{"id": str(each)} for each in range(99)]
    server = scripted(deel(people=lambda _: listed(*rows, total=300), fields=400))
    with opened("deel", server.url, KEY) as connector, pytest.raises(errors.Incomplete):
        employees(connector)
    assert len(server.asked) < 10


def test_a_list_without_totals_ends_with_a_short_page(scripted: Any) -> None:
    everybody = [{"id": f"{each:03}"} for each in range(150)]

    def page(asked: Any) -> Any:
        offset = int(asked.params["offset"])
        return {"data": everybody[offset : offset + 99]}

    server = scripted(deel(people=page, fields=400))
    with opened("deel", server.url, KEY) as connector:
        assert len(employees(connector)) == 150


def test_p5_an_endless_list_is_cut(scripted: Any) -> None:
    """P5: every page is new and the total is never reached."""

    def page(asked: Any) -> Any:
        offset = int(asked.params["offset"])
        return listed({"id": str(offset)}, {"id": str(offset + 1)}, total=10**9)

    server = scripted(deel(people=page))
    with HttpClient(server.url, allow_hosts=[urlsplit(server.url).netloc]) as http:
        dialogue = Dialogue(tool="Deel")
        session = Session(dialogue, http, KEY, NOTHING_AROUND)
        parts = read(dialogue, session, lambda raws, ids, total: Part(page=Page(b"", list), ids=ids), most=5)
        with pytest.raises(errors.Incomplete):
            list(parts)
    assert len(server.asked) == 5


@pytest.mark.thorough
def test_accounts_are_not_asked_for_twice_when_the_list_is_read_again(scripted: Any) -> None:
    everybody = [{"id": f"{each:03}", "worker_id": str(each), **DIRECT} for each in range(120)]
    totals = iter([120, 121, 120, 120])

    def page(asked: Any) -> Any:
        offset = int(asked.params["offset"])
        return listed(*everybody[offset : offset + 99], total=next(totals))

    server = scripted(
        deel(people=page, fields=400, banks={"data": []}, **{"legal-entities": listed({"id": "le1"})})
    )
    with opened("deel", server.url, KEY) as connector:
        assert len(employees(connector)) == 120
    assert Counter(each.path.rsplit("/", 1)[-1] for each in server.asked)["banks"] == 120


def test_equal_bytes_are_equal_people(company: Any) -> None:
    """An unchanged company gives the same pages again, and a change gives others."""
    acme = company("deel", 40)
    with acme.opened() as connector:
        first, second = ([page.body for page in connector.pages()] for _ in range(2))
        acme.control("change", id=acme.people()[3]["id"], job_title="Something else")
        third = [page.body for page in connector.pages()]
    assert first == second != third


def test_nobody_at_all_misses_nothing(scripted: Any) -> None:
    """P6."""
    with opened("deel", scripted(deel()).url, KEY) as connector:
        assert employees(connector) == {}
        assert connector.unreadable() == frozenset()


def test_a_first_record_that_cannot_be_read_does_not_end_the_read(scripted: Any) -> None:
    """E6, E8."""
    server = scripted(deel(people=(200, b'{"data":[[1],{"id":"1"}],"page":{"total_rows":2}}')))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1"}


def test_the_same_person_hired_twice_is_two_people(scripted: Any) -> None:
    """Contractor first, employee then: two ids with one personal address (assumed)."""
    mail = [{"type": "personal", "value": "kim@home.example"}]
    server = scripted(deel([{"id": "1", "emails": mail}, {"id": "2", "emails": mail}]))
    with opened("deel", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1", "2"}


def test_it_never_asks_more_than_four_times_a_second(company: Any) -> None:
    """P: five a second are allowed, over all that the organisation uses."""
    acme = company("deel", 40)
    now = [0.0]
    sent: list[float] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limiter = InProcess(lambda: now[0])

    class Noted:
        def reserve(self, key: str, interval: float, burst: float) -> float:
            seconds = limiter.reserve(key, interval, burst)
            sent.append(now[0] + seconds)
            return seconds

    with opened("deel", acme.url, acme.credentials, sleep=sleep, limiter=Noted()) as connector:
        connector.test()
        employees(connector)
    assert len(sent) > 20
    assert max(sum(start <= each < start + 1 for each in sent) for start in sent) <= 4


def app_of(company: Any) -> dict[str, str]:
    return {
        "client_id": company.credentials["client_id"],
        "client_secret": company.credentials["client_secret"],
        "redirect_uri": "https://rollcall.example/oauth/deel",
    }


def authorised(company: Any) -> Any:
    """Return the credentials that a person's consent brings."""
    app = app_of(company)
    where = urlsplit(oauth.authorize_url(AUTHORISATION, app, "state-1"))
    answer = LOOPBACK.get(f"{company.url}{where.path}?{where.query}")
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["state-1"]
    host = urlsplit(company.url).netloc
    return redeem("deel", back["code"][0], app=app, environ_base_url=company.url, allow_hosts=[host])


def test_a2_a_person_can_let_rollcall_in_and_tokens_are_renewed(company: Any) -> None:
    """A2: single-use refresh tokens; the grant stores the new pair, the run goes on."""
    acme = company("deel", 30)
    credentials = authorised(acme)
    assert {"access_token", "refresh_token", "expires_at"} <= credentials.keys()
    grant = Tokens(**credentials)
    what: dict[str, Any] = {"app": app_of(acme), "grant": grant}
    with opened("deel", acme.url, credentials, **what) as connector:
        assert len(employees(connector)) == 30
    assert grant.renewals == 0
    expired = {**credentials, "expires_at": datetime.now(UTC).isoformat()}
    grant.stored = expired
    with opened("deel", acme.url, expired, **what) as connector:
        assert connector.test().people == 30
        assert len(employees(connector)) == 30
    assert grant.renewals == 1
    assert grant.stored["refresh_token"] != credentials["refresh_token"]


def script_of_tokens(good: str, answers: Any) -> Any:
    """Return a script that takes the access token ``good`` only, and gives tokens as told."""
    inner = deel([{"id": "1"}])

    def script(asked: Any) -> Any:
        if asked.path == "/oauth2/tokens":
            return answers(asked)
        if asked.headers["Authorization"] != f"Bearer {good}":
            return 401, {"error": "Unauthorized"}
        return inner(asked)

    return script


OLD = {"access_token": "old", "refresh_token": "r1"}
APP = {"client_id": "cid", "client_secret": "planted", "redirect_uri": "https://r.example/x"}


def test_a2_a_token_refused_in_the_middle_is_renewed_once(scripted: Any) -> None:
    """A2: over Basic, with the redirect address; the next requests use the new one."""
    forms = []

    def tokens(asked: Any) -> Any:
        forms.append(dict(part.split("=") for part in asked.body.decode().split("&")))
        assert asked.headers["Authorization"] == "Basic Y2lkOnBsYW50ZWQ="
        return 200, {"access_token": "new", "refresh_token": "r2", "expires_in": 60}

    grant = Tokens(**OLD)
    server = scripted(script_of_tokens("new", tokens))
    with opened("deel", server.url, OLD, app=APP, grant=grant) as connector:
        assert employees(connector).keys() == {"1"}
    assert [each["refresh_token"] for each in forms] == ["r1"]
    assert forms[0]["redirect_uri"] == "https%3A%2F%2Fr.example%2Fx"
    assert grant.stored["refresh_token"] == "r2"
    assert server.asked[-1].headers["x-client-id"] == "cid"


@pytest.mark.parametrize(
    ("grant", "answer"),
    [
        (None, (200, {})),
        (Tokens(**OLD), (400, {"error": "invalid_grant"})),
        (Tokens(**OLD), (200, {"access_token": "still-refused"})),
        (Tokens(access_token="old"), (200, {})),
    ],
    ids=["no-grant", "refresh-token-used", "new-token-refused", "no-refresh-token"],
)
def test_an_authorisation_that_has_ended_is_told_as_such(scripted: Any, grant: Any, answer: Any) -> None:
    """A1: somebody has to sign in again; nothing secret is told."""
    server = scripted(script_of_tokens("other", lambda _: answer))
    with (
        opened("deel", server.url, OLD, app=APP, grant=grant) as connector,
        pytest.raises(errors.AuthorisationEnded) as caught,
    ):
        connector.test()
    assert "planted" not in str(caught.value) + caught.value.sentence()


def hook(secret: str = "k", **event: Any) -> Call:
    body = json.dumps(event).encode()
    signed = hmac.new(secret.encode(), b"POST" + body, hashlib.sha256).hexdigest()
    return Call(method="POST", headers={"x-deel-signature": signed}, query={}, body=body)


def test_a_genuine_call_is_a_reason_to_look() -> None:
    """Objects and lists alike; the same event has the same key, another one another."""
    meta = {"event_type": "worker.v2.updated", "tracking_id": "9d"}
    first = hook(data={"meta": meta, "resource": {"id": "4f9a"}}, timestamp="2026-11-22T08:00:00.000Z")
    again = hook(data={"meta": meta, "resource": [{"id": "4f9a"}]}, timestamp="2026-11-22T08:00:00.000Z")
    later = hook(data={"meta": meta}, timestamp="2026-11-22T08:00:01.000Z")
    heard = [Deel.hear("k", each, NOW) for each in (first, again, later)]
    assert heard[0].change
    assert heard[0].event == heard[1].event != heard[2].event
    # repeated for hours as it was: no window
    assert Deel.hear("k", first, NOW + timedelta(days=1)) == heard[0]


def test_a_simulated_call_is_heard_and_changes_nothing() -> None:
    heard = Deel.hear("k", hook(data={"meta": {"is_simulation": True, "tracking_id": "t"}}), NOW)
    assert not heard.change


@pytest.mark.parametrize("event", [{"data": [], "timestamp": 5}, {}])
def test_a_signed_call_of_another_shape_is_a_reason_to_look_too(event: Any) -> None:
    call = hook(**event)
    assert Deel.hear("k", call, NOW) == Heard(event=hashlib.sha256(call.body).hexdigest())


def test_a_call_that_deel_did_not_sign_is_refused() -> None:
    """The signature is over POST and the raw body, with our key."""
    good = hook(data={})
    plain = hmac.new(b"k", good.body, hashlib.sha256).hexdigest()
    for headers in ({}, {"x-deel-signature": plain}, {"x-deel-signature": "é"}):
        with pytest.raises(NotGenuine):
            Deel.hear("k", msgspec.structs.replace(good, headers=headers), NOW)
    with pytest.raises(NotGenuine):
        Deel.hear("k", msgspec.structs.replace(good, body=good.body + b" "), NOW)
    with pytest.raises(NotGenuine):
        Deel.hear("other", good, NOW)


def test_rollcall_registers_for_what_deel_lists_and_takes_it_back(scripted: Any) -> None:
    """Names change over time: the list at the tool decides."""
    names = [{"name": each} for each in ("worker.v2.updated", "contract.created", "invoice.paid")]
    gone = iter([204, 404, 500, 500])
    script = {
        "types": {"data": names},
        "webhooks": lambda asked: (201, {"data": {"id": "w/1", "status": "enabled"}}),
        "w%2F1": lambda _: (next(gone), b""),
    }
    server = scripted(deel(**script))
    with opened("deel", server.url, KEY) as connector:
        made = connector.register("https://rollcall.example/hooks/1", "secret-1")
        connector.unregister(made.id)
        connector.unregister(made.id)
        with pytest.raises(errors.ToolFailing):
            connector.unregister(made.id)
    body = json.loads(server.asked[1].body)
    assert body["events"] == ["contract.created", "worker.v2.updated"]
    assert (body["url"], body["signing_key"], body["api_version"], body["status"]) == (
        "https://rollcall.example/hooks/1",
        "secret-1",
        "v2",
        "enabled",
    )
    assert (made.id, made.secret) == ("w/1", "secret-1")
    assert server.asked[2].method == "DELETE"


def test_a_tool_that_knows_none_of_the_events_is_not_understood(scripted: Any) -> None:
    server = scripted(deel(types={"data": [{"name": "invoice.paid"}]}))
    with opened("deel", server.url, KEY) as connector, pytest.raises(errors.UnexpectedAnswer):
        connector.register("https://rollcall.example/hooks/1", "s")


def test_a_registration_at_the_tool_leads_to_calls_it_can_check(company: Any) -> None:
    acme = company("deel", 20)
    with acme.opened() as connector:
        made = connector.register("http://127.0.0.1:9/hooks", "secret-1")
        assert made.secret == "secret-1"
        connector.unregister(made.id)
        connector.unregister(made.id)


def test_deel_cannot_tell_what_changed(company: Any) -> None:
    acme = company("deel", 20)
    assert not Deel.tool.delta
    with acme.opened() as connector, pytest.raises(NotImplementedError):
        connector.changes(NOW)
