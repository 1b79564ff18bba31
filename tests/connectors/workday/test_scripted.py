"""Workday from a script: requests word for word, large and slow answers, odd shapes."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec import UNSET

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.errors import SourceError
from rollcall.connectors.workday.workers import STARTING
from rollcall.engine.snapshot import BankAccount, Status
from rollcall.http_client import Limits
from tests.connectors.loopback import changed, employees, opened
from tests.connectors.workday.soap import (
    FAULT,
    LOGIN,
    REFUSED,
    account,
    election,
    envelope,
    group,
    ids,
    listing,
    said,
    workday,
    worker,
)

NO_BANK = Wanted(leave_out=frozenset({"bank_account"}))
SINCE = datetime(2026, 11, 22, 6, tzinfo=UTC)


def read(scripted: Any, script: Any, wanted: Any = NO_BANK, **options: Any) -> Any:
    server = scripted(script)
    with opened("workday", server.url, LOGIN, wanted, **options) as connector:
        found = employees(connector)
    return found, [each for each in server.asked if b"Server_Timestamp_Get" not in each.body]


def test_the_request_is_as_documented(scripted: Any) -> None:
    """S19: the user at the tenant, everything escaped, elements in the order of the schema."""
    _, (asked,) = read(scripted, workday(listing(worker("a"))))
    assert asked.path == "/ccx/service/acme/Human_Resources/v44.0"
    assert asked.headers["Content-Type"] == "text/xml; charset=UTF-8"
    root = ET.fromstring(asked.body)  # noqa: S314 - our own request
    named = {each.tag.rpartition("}")[2]: each for each in root.iter()}
    assert named["Username"].text == "ISU_Rollcall@acme"
    assert named["Password"].text == LOGIN["password"]
    assert named["Password"].get("Type", "").endswith("#PasswordText")
    body = [each.tag.rpartition("}")[2] for each in named["Get_Workers_Request"]]
    assert body == ["Request_Criteria", "Response_Filter", "Response_Group"]
    asked_for = [each.tag.rpartition("}")[2] for each in named["Response_Filter"]]
    assert asked_for == ["As_Of_Effective_Date", "As_Of_Entry_DateTime", "Page", "Count"]
    assert said(asked, "Exclude_Inactive_Workers") == said(asked, "Exclude_Contingent_Workers") == "false"
    assert said(asked, "Count") == "999"
    assert b"Compensation" not in asked.body


def test_all_pages_are_of_one_moment_and_one_day_of_the_tenant(scripted: Any) -> None:
    """P3: the server says which; its offset shifts nothing."""
    pages = {
        "1": listing(*(worker(f"w{n}") for n in range(999)), total=1000),
        "2": listing(worker("last"), total=1000),
    }
    found, asked = read(scripted, workday(lambda each: pages[said(each, "Page")]))
    assert len(found) == 1000
    assert {said(each, "As_Of_Entry_DateTime") for each in asked} == {"2026-11-22T08:00:10.000Z"}
    assert {said(each, "As_Of_Effective_Date") for each in asked} == {"2026-11-22"}


@pytest.mark.parametrize(
    "clock",
    [
        REFUSED,
        envelope("<wd:Server_Timestamp/>"),
        envelope(
            "<wd:Server_Timestamp><wd:Server_Timestamp_Data>soon</wd:Server_Timestamp_Data></wd:Server_Timestamp>"
        ),
        envelope(
            "<wd:Server_Timestamp><wd:Server_Timestamp_Data>2026-11-22T00:00:10</wd:Server_Timestamp_Data>"
            "</wd:Server_Timestamp>"
        ),
    ],
    ids=["refused", "empty", "words", "no zone"],
)
def test_without_its_operation_the_header_tells_the_time(scripted: Any, clock: Any) -> None:
    found, (asked,) = read(scripted, workday(listing(worker("a")), clock=clock))
    assert found.keys() == {"a"}
    assert abs(datetime.fromisoformat(said(asked, "As_Of_Entry_DateTime")) - datetime.now(UTC)).seconds < 60


def test_v3_a_server_without_any_time_is_not_understood(scripted: Any) -> None:
    """V3."""
    server = scripted(workday(listing(), clock=envelope("<wd:Server_Timestamp/>")))
    server._server.RequestHandlerClass.date_time_string = lambda _self, _timestamp=None: "soon"
    with opened("workday", server.url, LOGIN) as connector, pytest.raises(errors.UnexpectedAnswer):
        list(connector.pages())


@pytest.mark.parametrize("slow", [504, "too_large"])
def test_a_page_that_is_too_much_is_asked_for_in_smaller_ones(scripted: Any, slow: Any) -> None:
    """T4, T8: 333 at a time, from where the read stands."""
    everybody = [worker(f"w{n}") for n in range(1100)]

    def people(asked: Any) -> Any:
        page, count = int(said(asked, "Page")), int(said(asked, "Count"))
        if page == 2 and count == 999:
            return (504, "") if slow == 504 else "x" * 400_000
        return listing(*everybody[(page - 1) * count : page * count], total=1100)

    found, asked = read(scripted, workday(people), limits=Limits(tries=1, response_bytes=399_999))
    assert len(found) == 1100
    assert [(said(each, "Page"), said(each, "Count")) for each in asked] == [
        ("1", "999"),
        ("2", "999"),
        ("4", "333"),
    ]


def test_even_the_smallest_page_too_slow_ends_the_read(scripted: Any) -> None:
    """T4: as the tool's fault; and slowness anywhere else likewise."""
    with pytest.raises(errors.ToolFailing):
        read(scripted, workday(lambda asked: (504, "")))
    with pytest.raises(errors.ToolFailing):
        read(scripted, workday(listing(), clock=(504, "")))
    server = scripted(workday(lambda asked: (504, "")))
    with opened("workday", server.url, LOGIN) as connector, pytest.raises(errors.ToolFailing):
        connector.test()


def test_a_closed_port_is_no_answer() -> None:
    """T1."""
    with opened("workday", "http://127.0.0.1:1", LOGIN) as connector, pytest.raises(errors.Unreachable):
        connector.test()


AUTH = FAULT.format("Client.authenticationError", "invalid username or password")
VALIDATION = FAULT.format("Client.validationError", "Validation error occurred. Secret Name")
PAGE = "<!DOCTYPE html><html><body>Sorry</body></html>"


@pytest.mark.parametrize(
    ("reply", "error", "tries"),
    [
        ((500, AUTH), errors.WrongCredentials, 1),
        ((200, AUTH), errors.WrongCredentials, 1),
        ((401, ""), errors.WrongCredentials, 1),
        (REFUSED, errors.MissingPermission, 1),
        ((403, ""), errors.MissingPermission, 1),
        ((500, VALIDATION), errors.UnexpectedAnswer, 1),
        ((500, FAULT.format("Client", "invalid service version")), errors.UnexpectedAnswer, 1),
        ((500, FAULT.format("Server", "Processing error occurred")), errors.ToolFailing, 2),
        ((500, PAGE, {"Content-Type": "text/html"}), errors.WrongAddress, 2),
        ((404, PAGE, {"Content-Type": "text/html"}), errors.WrongAddress, 1),
        ((503, PAGE, {"Content-Type": "text/html"}), errors.ToolFailing, 2),
        ((429, ""), errors.RateLimited, 2),
        ((418, ""), errors.UnexpectedAnswer, 1),
        ((200, PAGE, {"Content-Type": "text/html"}), errors.UnexpectedAnswer, 1),
        (
            (200, listing().encode("latin-1"), {"Content-Type": "text/xml; charset=latin-1"}),
            errors.UnexpectedAnswer,
            1,
        ),
        (listing().encode(), errors.UnexpectedAnswer, 1),
        ((200, ""), errors.UnexpectedAnswer, 1),
        (envelope(""), errors.UnexpectedAnswer, 1),
        (listing(total="many"), errors.UnexpectedAnswer, 1),
    ],
    ids=str,
)
def test_t5_t10_t11_t12_an_error_is_classed_by_who_must_act(
    scripted: Any, reply: Any, error: Any, tries: Any
) -> None:
    """S51, T5, T10-T12, A1: the fault first, the status second; what cannot help is not repeated."""
    if isinstance(reply, bytes):
        reply = (200, b'<?xml version="1.0" encoding="ISO-8859-1"?>' + reply)
    server = scripted(workday(lambda asked: reply))
    with opened("workday", server.url, LOGIN) as connector, pytest.raises(error) as caught:
        connector.test()
    assert len(server.asked) == tries
    assert "Secret" not in caught.value.sentence() + str(caught.value)
    if error is errors.MissingPermission:
        assert "Activate Pending Security Policy Changes" in caught.value.sentence()
    if error is errors.WrongCredentials:
        assert "name@tenant" in caught.value.sentence()


def test_a_page_instead_of_a_fault_is_the_tools_once_it_worked(scripted: Any) -> None:
    """T5: only at the first question it may be another tenant."""
    with pytest.raises(errors.ToolFailing):
        read(scripted, workday((500, PAGE, {"Content-Type": "text/html"})))


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">' + listing().encode(),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + listing("&b;").encode(),
        listing("<a>" * 200_000 + "</a>" * 200_000).encode(),
        listing("&b;").encode(),
        listing("\ufffd").encode().replace("\ufffd".encode(), b"\xff"),
        listing().encode("utf-16"),
        listing().encode()[:-3],
        listing().encode() + b"<more/>",
        listing("\x00").encode(),
    ],
    ids=["external", "entity", "deep", "unbound", "invalid", "utf-16", "cut", "two", "nul"],
)
def test_h6_e1_e2_e8_t3_a_hostile_or_broken_document_is_refused_whole(scripted: Any, hostile: Any) -> None:
    """H6, E1, E2, E8, T3: nothing of it is read, nothing fetched."""
    with pytest.raises(errors.UnexpectedAnswer):
        read(scripted, workday((200, hostile)))


def test_prefixes_and_empty_elements_do_not_matter(scripted: Any) -> None:
    """A worker that is one empty tag has no id and is set aside; the others are read."""
    other = (
        listing(worker("a")).replace("wd:", "").replace("xmlns:wd=", "xmlns=").replace(" type=", " x:type=")
    )
    other = other.replace("<e:Body>", '<e:Body xmlns:x="urn:com.workday/bsvc">')
    found, _ = read(scripted, workday('<?xml version="1.0" encoding="UTF-8"?>' + other))
    assert found.keys() == {"a"}
    found, _ = read(scripted, workday(listing("<wd:Worker/>", worker("a"), '<wd:Worker wd:x="&gt;/>"  />')))
    assert found.keys() == {"a"}


def test_nobody_with_an_id_is_not_understood(scripted: Any) -> None:
    """E9."""
    with pytest.raises(errors.UnexpectedAnswer):
        read(scripted, workday(listing("<wd:Worker/>")))


def test_an_empty_company_is_empty_and_hides_nothing(scripted: Any) -> None:
    """P6."""
    server = scripted(workday(listing()))
    with opened("workday", server.url, LOGIN) as connector:
        assert employees(connector) == {}
        assert connector.unreadable() == {"bank_account"}
        assert connector.test().people == 0
        assert changed(connector, SINCE).records == []


def test_people_hired_for_later_are_read_as_of_their_first_day(scripted: Any) -> None:
    """V1: before that day their data is sparse; whoever is not found keeps what there is."""
    later = [worker("b", hired="2026-12-01", active=0), worker("c", hired="2027-01-04", active=0)]

    def people(asked: Any) -> Any:
        if b"Request_References" not in asked.body:
            return listing(worker("a"), *later)
        day = said(asked, "As_Of_Effective_Date")
        # a stranger besides: nobody asked for them
        return (
            listing(worker("b", hired=day, above=ids(WID="a")), worker("x"))
            if day == "2026-12-01"
            else listing()
        )

    found, asked = read(scripted, workday(people))
    assert [said(each, "As_Of_Effective_Date") for each in asked] == [
        "2026-11-22",
        "2026-12-01",
        "2027-01-04",
    ]
    assert {name: each.status for name, each in found.items()} == {
        "a": Status.ACTIVE,
        "b": Status.UPCOMING,
        "c": Status.UPCOMING,
    }
    assert found["b"].manager_id == "a"


@pytest.mark.parametrize("days", [["2026-12-01"], ["2026-12-01", "2026-12-02"]])
def test_many_who_are_hired_for_later_come_in_several_pages(scripted: Any, days: list[str]) -> None:
    """Whole workers are held until a page is full."""
    later = {
        day: [worker(f"{day}-{n}", hired=day, active=0) for n in range(STARTING if day == days[0] else 1)]
        for day in days
    }

    def people(asked: Any) -> Any:
        everybody = "Request_References" not in asked.body.decode()
        rows = [each for some in later.values() for each in some]
        return listing(*rows) if everybody else listing(*later[said(asked, "As_Of_Effective_Date")])

    with opened("workday", scripted(workday(people)).url, LOGIN) as connector:
        sizes = [len(page.records()) for page in connector.pages()]
    # nobody is on the first page
    assert sizes == [0, STARTING, 1][: len(days) + 1]


def test_managers_named_by_number_alone_are_looked_up_once(scripted: Any) -> None:
    """M3: on the same page, else by asking for those numbers; others stay as the number."""
    pages = {
        "1": [
            worker(f"w{n}", number=str(n), above=ids(Employee_ID="3" if n > 900 else "1500"))
            for n in range(999)
        ],
        "2": [worker(f"w{n}", number=str(n), above=ids(Employee_ID="3")) for n in range(999, 1500)],
    }
    pages["2"].append(worker("boss", number="1500", above=ids(Contingent_Worker_ID="77")))
    pages["2"] += [worker("a", above=ids(Employee_ID="1500")), worker("b", above=ids(Employee_ID="1400"))]

    def people(asked: Any) -> Any:
        if b"Request_References" in asked.body:
            return listing(worker("boss", number="1500")) if b">1500<" in asked.body else listing()
        return listing(*pages[said(asked, "Page")], total=1503)

    found, asked = read(scripted, workday(people))
    assert (found["w1"].manager_id, found["w1200"].manager_id, found["boss"].manager_id) == (
        "boss",
        "w3",
        "77",
    )
    assert (found["a"].manager_id, found["b"].manager_id) == ("boss", "w1400")
    # a page each, and a question for 1500 and for 77; 3 is known from the first page
    assert len(asked) == 4
    assert all(b"Include_Personal" not in each.body for each in asked if b"References" in each.body)


def test_accounts_are_joined_by_rule_and_order(scripted: Any) -> None:
    """S3: expenses before pay, the rest before a part; cheques have none; masked numbers say nothing."""
    british = '<wd:ID wd:type="ISO_3166-1_Alpha-2_Code">GB</wd:ID>'
    elections = listing(
        election(
            "1",
            group("Regular Payments", account(IBAN="DE1")),
            group("Expense Payments", account(IBAN="de 2")),
        ),
        election(
            "2", group("Other", account("2", IBAN="DE4"), account("1", IBAN="DE3"), account("x", IBAN="DE5"))
        ),
        election(
            "3", group("Payroll", account("1", IBAN="DE6"), account("2", "1", IBAN="DE7", BIC="DEUTDEFFXXX"))
        ),
        election(
            "4",
            group("Expenses", account()),
            group("Payroll", account(IBAN="XXXX1234", Bank_Account_Name="X*x")),
        ),
        election("5", group("Payroll", account())),
        election(
            "6",
            group(
                "Pay",
                account(Country_Reference=british, Bank_ID_Number="20-00-00", Account_Number="55779911"),
            ),
        ),
        "<wd:Payment_Election_Enrollment/>",
        "<wd:Payment_Election_Enrollment><wd:Payment_Election_Enrollment_Data/></wd:Payment_Election_Enrollment>",
        election("7", "<wd:Payment_Election_Rule_Group_Data/>"),
        operation="Get_Payment_Election_Enrollments",
    )
    people = listing(*(worker(f"w{n}", number=str(n)) for n in range(1, 9)))
    found, _ = read(scripted, workday(people, elections=elections), Wanted())
    held = {name: each.bank_account for name, each in found.items()}
    assert [held[f"w{n}"].iban for n in (1, 2, 3)] == ["DE2", "DE3", "DE7"]
    assert held["w3"].bic == "DEUTDEFFXXX"
    assert (held["w4"].iban, held["w4"].holder) == (UNSET, "X*x")
    assert held["w5"] is held["w7"] is held["w8"] is None
    assert (held["w6"].sort_code, held["w6"].routing_number) == ("20-00-00", UNSET)
    assert isinstance(held["w6"], BankAccount)


def test_what_the_admin_left_out_is_not_asked_for(scripted: Any) -> None:
    left = frozenset(
        {
            "bank_account",
            "manager_id",
            "language",
            "department",
            "team",
            "legal_entity",
            "cost_center",
            "custom",
        }
    )
    server = scripted(workday(listing(worker("a"))))
    with opened("workday", server.url, LOGIN, Wanted(leave_out=left)) as connector:
        found = employees(connector)
        assert "bank_account" not in connector.test().unreadable
    assert all("Cash" not in each.path for each in server.asked)
    body = server.asked[1].body
    assert not any(
        word in body for word in (b"Organizations", b"Exclude_Location", b"Chain", b"User_Account")
    )
    assert found["a"].custom is UNSET


def test_changes_are_asked_for_by_entry_and_by_effect(scripted: Any) -> None:
    """Both windows to the server's time; the next one overlaps by minutes. A few others tell what is hidden."""
    windows = []

    def people(asked: Any) -> Any:
        windows.append(
            {name: said(asked, name) for name in ("Updated_From", "Updated_Through", "Effective_From")}
        )
        if said(asked, "Count") == "50":
            return listing(worker("z", above=ids(WID="a")), total=4000)
        return listing(worker("a"), "<wd:Worker/>")

    server = scripted(workday(people))
    with opened("workday", server.url, LOGIN, NO_BANK) as connector:
        delta = changed(connector, SINCE)
        records = [connector.employee(delta.records[0])]
        with pytest.raises(errors.UnreadableRecord):
            connector.employee(delta.records[1])
    assert windows[0]["Updated_From"] == "2026-11-22T06:00:00.000Z"
    assert windows[0]["Updated_Through"] == "2026-11-22T08:00:10.000Z"
    assert windows[1]["Effective_From"] == "2026-11-21T06:00:00.000Z"
    assert delta.next_since == datetime(2026, 11, 22, 7, 55, 10, tzinfo=UTC)
    # somebody has a manager, so to have none is empty and not hidden
    assert (records[0].manager_id, records[0].work_email) == (None, UNSET)


def test_a_long_read_is_foretold(scripted: Any) -> None:
    """S42: as slow as the workers that were looked at."""
    server = scripted(workday(listing(worker("a"), total=10_000_000)))
    with opened("workday", server.url, LOGIN, NO_BANK) as connector:
        assert (connector.test().seconds or 0) > 60


@pytest.mark.parametrize(
    "pasted",
    [
        "https://wd2-impl-services1.workday.com/ccx/api/v1/acme",
        "  HTTPS://WD2-IMPL-SERVICES1.WORKDAY.COM/ccx/api/v1/acme/ ",
        "wd2-impl-services1.workday.com/ccx/api/v1/acme",
        "Workday REST API Endpoint: https://wd2-impl-services1.workday.com/ccx/api/v1/acme",
        "https://wd2-impl-services1.workday.com/ccx/api/staffing/v7/acme/workers?limit=1",
        "https://wd2-impl-services1.workday.com/ccx/oauth2/acme/token",
        "https://wd2-impl-services1.workday.com/ccx/service/acme/Human_Resources/v40.0?wsdl",
        "https://wd2-impl-services1.workday.com:443/ccx/service/customreport2/acme/ISU/People?format=json",
        "https://wd2-impl-services1.workday.com",
        "wd2-impl-services1.workday.com/",
    ],
)
def test_the_endpoint_is_understood_in_every_form(pasted: Any) -> None:
    """S19: and a second look at what was kept changes nothing."""
    given = {
        **LOGIN,
        "rest_endpoint": pasted,
        "username": "ISU_Rollcall@ACME" if "/ccx" in pasted else "ISU_Rollcall@acme",
    }
    with connect("workday", given) as connector:
        kept = dict(connector.credentials)
    assert kept == {**LOGIN, "host": "wd2-impl-services1.workday.com", "tenant": "acme"}
    with connect("workday", kept) as connector:
        assert connector.credentials == kept
        assert connector.limited_by(kept) == "wd2-impl-services1.workday.com/acme"
        assert connector.unreadable() == frozenset()


@pytest.mark.parametrize(
    "pasted",
    [
        "https://impl.workday.com/acme/d/home.htmld",
        "https://wd5.myworkday.com/acme/d/home.htmld",
        "https://wd2-impl-services1.workday.com/ccx/api/v1/",
        "https://wd2-impl-services1.workday.com/ccx/service/customreport2/acme",
        "https://services.evil.example/ccx/api/v1/acme",
        "https://services1.workday.com.evil.example/ccx/api/v1/acme",
        "https://evilworkday.com/ccx/api/v1/acme",
        "https://user@services1.workday.com/ccx/api/v1/acme",
        "https://services1.workday.com:8443/ccx/api/v1/acme",
        "https://127.0.0.1/ccx/api/v1/acme",
        "https://wd2-impl-services1.workday.com",
        "acme",
    ],
)
def test_h4_h5_any_other_address_is_refused_with_what_to_open(pasted: Any) -> None:
    """H4, H5, S19."""
    with pytest.raises(errors.WrongAddress) as caught, connect("workday", {**LOGIN, "rest_endpoint": pasted}):
        pass
    assert "View API Clients" in caught.value.sentence()
    assert pasted in caught.value.sentence()


def test_another_at_sign_belongs_to_the_user_name() -> None:
    with connect("workday", {**LOGIN, "username": "isu@acme.example"}) as connector:
        assert connector.credentials["username"] == "isu@acme.example"


def test_a_password_that_xml_cannot_carry_is_not_sent(scripted: Any) -> None:
    server = scripted(workday(listing()))
    with (
        opened("workday", server.url, {**LOGIN, "password": "a\x01b"}) as connector,
        pytest.raises(SourceError) as caught,
    ):
        connector.test()
    assert isinstance(caught.value, errors.WrongCredentials)
    assert server.asked == []
