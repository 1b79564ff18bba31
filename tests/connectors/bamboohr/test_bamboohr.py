"""BambooHR over loopback: the simulator for what it does, a script for what it seldom does."""

import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.bamboohr.connector import BambooHR
from rollcall.connectors.base import Wanted
from rollcall.connectors.webhooks import Call, NotGenuine
from rollcall.engine.snapshot import BankAccount, Status
from tests.connectors.loopback import changed, employees, opened

KEY = {"subdomain": "acme", "api_key": "k"}
LIST = {"fields": [{"name": "eeid"}, {"name": "email"}, {"name": "customField1", "label": "IBAN"}]}
META = [
    {"id": 1, "name": "First", "alias": "firstName"},
    {"id": "4340.4", "name": "IBAN"},
    {"id": 9, "alias": "customX"},
]
FEED = {"latest": "2026-11-22T09:00:00+00:00", "employees": []}


def bamboo(**replies: Any) -> Any:
    """Return a script: the last part of the path chooses the reply, a status alone is an empty error."""
    known = {"fields": LIST, "changed": FEED, "company_information": 403, "0": 404, **replies}

    def script(asked: Any) -> Any:
        if asked.path.endswith("/meta/fields"):
            return 200, known.get("meta", META)
        reply = known[asked.path.rsplit("/", 1)[-1]]
        if callable(reply):
            reply = reply(asked)
        return (reply, b"", {"Content-Type": "text/html"}) if isinstance(reply, int) else (200, reply)

    return script


def rows(*people: Any, pages: Any = 1, total: Any = None) -> Any:
    return {
        "data": [{"fields": each} for each in people],
        "links": [],
        "meta": {"page": 1, "totalPages": pages, "totalItems": len(people) if total is None else total},
    }


def test_the_whole_company_is_read_as_the_tool_has_it(company: Any) -> None:
    """S2, S3, S17: leavers, managers, bank details, in pages of 1000."""
    acme = company("bamboohr", 1200)
    read = acme.read()
    truth = {str(each["id"]): each for each in acme.people()}
    assert read.keys() == truth.keys()
    for number, employee in read.items():
        person = truth[number]
        assert employee.work_email == person["work_email"]
        assert employee.first_name == person["first_name"]
        assert employee.employee_number == person["employee_number"]
        assert employee.manager_id == (None if person["manager_id"] is None else str(person["manager_id"]))
        assert employee.country == person["country"]
        assert employee.start_date.isoformat() == person["start_date"]
        assert employee.work_location == person["work_location"]
        gone = person["status"] in ("inactive", "upcoming")
        assert employee.status == (Status.INACTIVE if gone else Status.ACTIVE)
        if person["iban"]:
            assert employee.bank_account.iban == person["iban"].replace(" ", "")


def test_a_test_shows_the_company_and_how_many_people(company: Any) -> None:
    """S13, S14."""
    acme = company("bamboohr", 30)
    with acme.opened() as connector:
        access = connector.test()
    assert (access.people, dict(access.unreadable)) == (30, {})
    assert access.company
    assert access.identity


def test_another_companys_key_shows_another_identity(company: Any) -> None:
    """A6."""
    acme = company("bamboohr", 30)
    with acme.opened() as connector:
        before = connector.test().identity
        acme.fault("A6")
        assert connector.test().identity != before


@pytest.mark.parametrize(
    ("change", "error"),
    [({"api_key": "wrong"}, errors.WrongCredentials), ({"subdomain": "other"}, errors.WrongAddress)],
)
def test_what_the_admin_typed_wrongly_is_said(company: Any, change: Any, error: Any) -> None:
    """S51: and the key is in no message."""
    acme = company("bamboohr", 30)
    with acme.opened(**change) as connector:
        for attempt in (connector.test, lambda: list(connector.pages())):
            with pytest.raises(error) as caught:
                attempt()
            assert "wrong" not in str(caught.value) + caught.value.sentence()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401", "page": 2}, errors.WrongCredentials),
        ({"name": "A1", "mode": "403", "page": 2}, errors.MissingPermission),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P2", "mode": "last", "page": 2}, errors.Incomplete),
        ({"name": "P2", "mode": "short", "page": 2}, errors.Incomplete),
        ({"name": "P4"}, errors.Incomplete),
        ({"name": "P5", "mode": "endless"}, errors.Incomplete),
        ({"name": "P5", "mode": "repeat"}, errors.Incomplete),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T12"}, errors.RateLimited),
        ({"name": "E1"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, error: Any) -> None:
    """A1, P2, P4, P5, T10, T12, E1, E9."""
    acme = company("bamboohr", 2100)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


def test_a_fault_that_passes_is_not_noticed(company: Any) -> None:
    """T5: and the key works again by itself when it is restored (A3)."""
    acme = company("bamboohr", 30)
    acme.fault("T5", times=1)
    assert len(acme.read()) == 30
    acme.fault("A3")
    with pytest.raises(errors.WrongCredentials):
        acme.read()
    acme.control("faults", off="A3")
    assert len(acme.read()) == 30


def test_a_hidden_field_is_not_delivered_and_named(company: Any) -> None:
    """A5: hidden bank details are unknown, not empty."""
    acme = company("bamboohr", 30)
    acme.fault("A5")
    with acme.opened() as connector:
        read = employees(connector)
        assert all(each.bank_account is msgspec.UNSET for each in read.values())
        assert connector.unreadable() == {"bank_account"}
        assert set(connector.test().unreadable) == {"bank_account"}


def test_what_changed_is_told_and_who_was_deleted_too(company: Any) -> None:
    """Changed-since: deletions show in the feed only."""
    acme = company("bamboohr", 50)
    names = acme.people()
    acme.control("clock", days=1)
    now = datetime.now(UTC) + timedelta(hours=23)
    acme.control("rename", id=names[3]["id"], first_name="Changed")
    acme.control("remove", id=names[4]["id"])
    with acme.opened() as connector:
        delta = connector.changes(now)
        found = [connector.employee(record) for record in delta.records]
    assert str(names[4]["id"]) in delta.deleted
    assert delta.next_since > now - timedelta(hours=1)
    assert len(found) < 50


def test_what_changed_merged_into_an_earlier_read_is_a_full_read(company: Any) -> None:
    """P7: hires, leavers, moves and deletions in any mixture."""
    acme = company("bamboohr", 120)
    chance = random.Random(7)
    acme.control("clock", days=1)
    since = datetime.now(UTC) + timedelta(hours=23)
    mirror = acme.read()
    for _ in range(3):
        numbers = [each["id"] for each in acme.people()]
        acme.control("hire", n=2)
        acme.control("terminate", ids=chance.sample(numbers, 2))
        acme.control("rename", id=chance.choice(numbers), first_name="Changed")
        acme.control("change", id=chance.choice(numbers), department="Elsewhere")
        acme.control("remove", id=chance.choice(numbers))
        with acme.opened() as connector:
            delta = connector.changes(since)
            changed = [connector.employee(record) for record in delta.records]
        mirror |= {each.id: each for each in changed}
        for number in delta.deleted:
            mirror.pop(number, None)
        assert mirror == acme.read()
        assert len(changed) < 60


def test_the_report_is_read_when_the_dataset_is_refused(scripted: Any) -> None:
    """5b: unknown and forbidden fields are dropped there without a word."""
    asked_for = []

    def report(asked: Any) -> Any:
        asked_for.append((asked.params, msgspec.json.decode(asked.body), asked.headers["Content-Type"]))
        return {
            "fields": [{"id": "id"}, {"id": "4340.4"}],
            "employees": [{"id": "7", "4340.4": "DE89", "customX": 4}],
        }

    for refused in ({"fields": 403}, {"data": 404}, {"data": 413}):
        server = scripted(bamboo(**refused, custom=report))
        with opened("bamboohr", server.url, KEY) as connector:
            (person,) = employees(connector).values()
            assert connector.unreadable() >= {"first_name", "work_email"}
            assert connector.test().unreadable.keys() >= {"work_email"}
        assert (person.bank_account, person.custom) == (BankAccount(iban="DE89"), {"customX": "4"})
        assert asked_for[-1][0] == {"format": "JSON", "onlyCurrent": "false"}
        assert asked_for[-1][1]["fields"] == ["id", "firstName", "4340.4", "customX"]
        assert asked_for[-1][2] == "application/json"


def test_the_report_can_be_asked_for_changes(scripted: Any) -> None:
    bodies = []

    def report(asked: Any) -> Any:
        bodies.append(msgspec.json.decode(asked.body))
        return {"fields": [], "employees": []}

    server = scripted(bamboo(fields=404, custom=report))
    with opened("bamboohr", server.url, KEY) as connector:
        assert changed(connector, datetime(2026, 11, 21, tzinfo=UTC)).records == []
        assert connector.unreadable() == frozenset()
    assert bodies[0]["filters"]["lastChanged"]["value"] == "2026-11-21T00:00:00Z"


def test_only_fields_that_exist_are_asked_for(scripted: Any) -> None:
    """Field probing: an unknown name is an error there (assumed)."""
    bodies = []

    def data(asked: Any) -> Any:
        bodies.append(msgspec.json.decode(asked.body))
        return rows({"eeid": "1", "email": None})

    server = scripted(bamboo(data=data))
    wanted = Wanted(
        leave_out=frozenset({"bank_account", "custom", "status"}), mapped={"language": "customField9"}
    )
    with opened("bamboohr", server.url, KEY, wanted) as connector:
        assert employees(connector)["1"].language is msgspec.UNSET
        assert "status" not in connector.unreadable()
        assert connector.unreadable() >= {"language", "first_name"}
    assert bodies[0]["fields"] == ["eeid", "email"]


def test_the_admin_says_which_fields_hold_what(scripted: Any) -> None:
    """S33: mapped fields win over guesses, chosen attributes over all of them."""
    row = {"eeid": "1", "customField1": "GB29", "jobInformationDivision": "Acme Ltd"}
    server = scripted(
        bamboo(
            fields={"fields": [{"name": each} for each in row], "pagination": {"total_pages": 1}},
            data=rows(row),
        )
    )
    wanted = Wanted(
        mapped={"bank_account.iban": "customField1", "legal_entity": "jobInformationDivision"},
        custom={"jobInformationDivision": "Division"},
    )
    with opened("bamboohr", server.url, KEY, wanted) as connector:
        person = employees(connector)["1"]
    assert (person.bank_account, person.legal_entity) == (BankAccount(iban="GB29"), "Acme Ltd")
    assert person.custom == {"Division": "Acme Ltd"}


def test_a_mapped_division_is_no_attribute_besides(scripted: Any) -> None:
    row = {"eeid": "1", "jobInformationDivision": "Acme Ltd"}
    server = scripted(bamboo(fields={"fields": [{"name": each} for each in row]}, data=rows(row)))
    wanted = Wanted(mapped={"legal_entity": "jobInformationDivision"})
    with opened("bamboohr", server.url, KEY, wanted) as connector:
        assert employees(connector)["1"].custom == {}


def test_a_long_list_of_fields_is_read_to_its_end(scripted: Any) -> None:
    def fields(asked: Any) -> Any:
        name = {"1": "eeid", "2": "email"}[asked.params["page"]]
        return {"fields": [{"name": name}], "pagination": {"total_pages": 2}}

    server = scripted(bamboo(fields=fields, data=rows({"eeid": "1", "email": "ida@acme.example"})))
    with opened("bamboohr", server.url, KEY) as connector:
        assert employees(connector)["1"].work_email == "ida@acme.example"


def test_p5_a_list_of_fields_without_end_is_cut(scripted: Any) -> None:
    """P5."""
    endless = {"fields": [{"name": "eeid"}], "pagination": {"total_pages": 10_000}}
    server = scripted(bamboo(fields=endless, data=rows({"eeid": "1"})))
    with opened("bamboohr", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1"}
    assert len(server.asked) == 21


@pytest.mark.parametrize("first", [b'{"fields":{"eeid":"2","x":' + b"1" * 5000 + b"}}", b'{"fields":[]}'])
def test_a_first_record_that_cannot_be_read_does_not_end_the_read(scripted: Any, first: Any) -> None:
    """E8, E6."""
    meta = b'],"meta":{"totalPages":1,"totalItems":2}}'
    server = scripted(
        bamboo(data=b'{"data":[{"fields":{"eeid":"1"}},'.replace(b"[", b"[" + first + b",")[:-1] + meta)
    )
    with opened("bamboohr", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1"}


@pytest.mark.parametrize("latest", ["soon", "2026-11-22T09:00:00"])
def test_v3_a_feed_without_a_moment_is_not_understood(scripted: Any, latest: Any) -> None:
    """V3: a time without zone could be any."""
    server = scripted(bamboo(changed={"latest": latest, "employees": {}}, data=rows()))
    with opened("bamboohr", server.url, KEY) as connector, pytest.raises(errors.UnexpectedAnswer):
        connector.changes(datetime(2026, 11, 21, tzinfo=UTC))


def test_equal_bytes_are_equal_people(company: Any) -> None:
    """An unchanged company gives the same pages again."""
    acme = company("bamboohr", 40)
    with acme.opened() as connector:
        first, second = ([page.body for page in connector.pages()] for _ in range(2))
    assert first == second


def test_a_mapped_field_does_not_stop_bank_details_from_being_found(scripted: Any) -> None:
    """S3, S33: they are guessed by their names unless the admin said which they are."""
    row = {"eeid": "1", "jobInformationDivision": "Acme Ltd", "customField1": "GB29"}
    listed = [{"name": name, "label": "IBAN" if "custom" in name else name} for name in row]
    server = scripted(bamboo(fields={"fields": listed}, data=rows(row)))
    wanted = Wanted(mapped={"legal_entity": "jobInformationDivision"})
    with opened("bamboohr", server.url, KEY, wanted) as connector:
        assert employees(connector)["1"].bank_account == BankAccount(iban="GB29")


@pytest.mark.parametrize("label", ["www", "API", "https://api.bamboohr.com/api/gateway.php/acme/v1"])
def test_an_address_of_the_tool_itself_is_no_company(label: Any) -> None:
    """S17, S51: and the next step is said."""
    with (
        pytest.raises(errors.WrongAddress) as caught,
        opened("bamboohr", "http://127.0.0.1:1", {**KEY, "subdomain": label}),
    ):
        pass
    assert "acme of https://acme.bamboohr.com" in caught.value.sentence()


def test_a_key_whose_owner_is_disabled_is_explained(scripted: Any) -> None:
    """A1: 403 on everything."""
    server = scripted(bamboo(**{"0": 403}))
    with (
        opened("bamboohr", server.url, KEY) as connector,
        pytest.raises(errors.MissingPermission) as caught,
    ):
        connector.test()
    assert "disabled" in caught.value.sentence()


def test_t7_throttling_in_the_older_way_is_known_by_its_wait(scripted: Any) -> None:
    """T7: 503 with Retry-After was what 429 is now; 503 alone is a fault."""
    for header, error in (({"Retry-After": "7"}, errors.RateLimited), ({}, errors.ToolFailing)):
        told: list[errors.SourceError] = []
        server = scripted(lambda asked, header=header: (503, b"", {"Content-Type": "text/html", **header}))
        waited: list[float] = []
        with opened("bamboohr", server.url, KEY, sleep=waited.append) as connector:
            for attempt in (connector.test, lambda: connector.changes(datetime(2026, 11, 21, tzinfo=UTC))):
                with pytest.raises(error) as caught:
                    attempt()
                told.append(caught.value)
        if header:
            assert [getattr(one, "retry_after", None) for one in told] == [7.0, 7.0]
            assert waited == [7.0, 7.0]


def test_t7_an_order_that_is_put_off_names_its_wait_too(scripted: Any) -> None:
    """An order is not repeated by itself, so that the wait reaches us."""
    busy = (503, b"", {"Content-Type": "text/html", "Retry-After": "7"})
    server = scripted(
        lambda asked: (
            busy if asked.method == "POST" else bamboo()(asked) if "meta" in asked.path else (200, LIST)
        )
    )
    with (
        opened("bamboohr", server.url, KEY, sleep=[].append) as connector,
        pytest.raises(errors.RateLimited) as caught,
    ):
        connector.register("https://x.example", "s")
    assert caught.value.retry_after == 7.0


ORDERED = {"id": "31", "privateKey": "0123", "created": "2026-11-22 09:00:00", "lastSent": None}


def test_calls_are_ordered_for_the_fields_that_are_read(scripted: Any) -> None:
    """Nobody's data is to travel in them; the key comes once."""
    server = scripted(
        lambda asked: (201, ORDERED) if asked.path.endswith("/webhooks") else bamboo(**{"31": {}})(asked)
    )
    with opened("bamboohr", server.url, KEY) as connector:
        made = connector.register("https://spend.example/h/abc", "ours")
        connector.unregister(made.id)
    assert (made.id, made.secret) == ("31", "0123")
    _, ordered, deleted = server.asked
    body = msgspec.json.decode(ordered.body)
    assert (body["url"], body["format"], body["postFields"]) == ("https://spend.example/h/abc", "json", {})
    assert body["monitorFields"] == ["customX", "firstName"]
    assert body["events"] == ["employee.created", "employee.updated", "employee.deleted"]
    assert (deleted.method, deleted.path) == ("DELETE", "/api/v1/webhooks/31")


def test_the_tool_takes_the_order_and_takes_it_back(company: Any) -> None:
    acme = company("bamboohr", 30)
    with acme.opened() as connector:
        made = connector.register("https://spend.example/h/abc", "ours")
        assert made.secret not in ("", "ours")
        for _ in range(2):
            connector.unregister(made.id)


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, errors.MissingPermission), (400, errors.UnexpectedAnswer), (401, errors.WrongCredentials)],
)
def test_calls_that_may_not_be_ordered_say_why(scripted: Any, status: Any, error: Any) -> None:
    server = scripted(bamboo(webhooks=status, **{"31": status}))
    with opened("bamboohr", server.url, KEY) as connector:
        for attempt in (
            lambda: connector.register("https://x.example", "s"),
            lambda: connector.unregister("31"),
        ):
            with pytest.raises(error):
                attempt()


def test_an_order_that_is_gone_already_is_no_error(scripted: Any) -> None:
    with opened("bamboohr", scripted(bamboo(**{"31": 404})).url, KEY) as connector:
        connector.unregister("31")


NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BODY = b'{"type":"employee.updated","data":{"companyId":"9001","employeeId":"57"}}'


def called(told: str, key: bytes = b"0123", body: bytes = BODY) -> Call:
    code = hmac.new(key, body + told.encode(), hashlib.sha256).hexdigest()
    headers = {"x-bamboohr-timestamp": told, "x-bamboohr-signature": code}
    return Call(method="POST", headers=headers, query={}, body=body)


@pytest.mark.parametrize("told", ["1795338000", "2026-11-22T09:04:00Z", "2026-11-22T08:56:00+0000"])
def test_a_signed_call_of_now_is_a_reason_to_look(told: Any) -> None:
    """Over the body and the time; the event is the same however often it is delivered."""
    heard = BambooHR.hear("0123", called(told), NOW)
    assert heard.change
    assert heard.event == BambooHR.hear("0123", called("1795338001"), NOW).event != ""


@pytest.mark.parametrize(
    "call",
    [
        called("1795338000", key=b"other"),
        called("1795337000"),
        called("2026-11-22T09:00:00"),
        called("soon"),
        called(""),
        Call(method="POST", headers={}, query={}, body=BODY),
        Call(method="POST", headers=called("1795338000").headers, query={}, body=BODY + b" "),
    ],
    ids=range(7),
)
def test_a_call_of_somebody_else_or_of_another_time_is_forgotten(call: Any) -> None:
    with pytest.raises(NotGenuine):
        BambooHR.hear("0123", call, NOW)


def test_e6_t9_a_record_that_breaks_off_is_unreadable_and_the_one_after_it_is_not(scripted: Any) -> None:
    """It is of the same frame as the one before, so only the row itself can tell."""
    server = scripted(bamboo(data=rows({"eeid": "4", "firstName": "Ada"})))
    with opened("bamboohr", server.url, KEY) as connector:
        whole = next(record for page in connector.pages() for record in page.records())
        person = connector.employee(whole)
        with pytest.raises(errors.UnreadableRecord) as caught:
            connector.employee(whole[:-1])
        assert (caught.value.field, caught.value.employee_id) == ("record", None)
        assert connector.employee(whole) == person
