"""HiBob over loopback: the simulator for what it does, a script for what it seldom does."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.hibob.connector import HiBob
from rollcall.connectors.hibob.lists import label_for, labels_of
from rollcall.connectors.hibob.mapping import STATUSES
from rollcall.connectors.hibob.session import wait_for
from rollcall.connectors.webhooks import Call, NotGenuine
from rollcall.engine.snapshot import BankAccount, Status
from rollcall.http_client import Answer
from tests.connectors.loopback import Asked, employees, opened

KEY = {"service_user_id": "SERVICE-12345", "service_user_token": "planted-token"}
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NAMES = ("root.id", "root.email", "work.title", "work.site", "internal.status", "internal.terminationDate")
FIELDS = [{"id": name, "jsonPath": name.removeprefix("root.")} for name in NAMES]


def person(number: Any, **more: Any) -> Any:
    return {
        "id": str(number),
        "companyId": 637122,
        "email": f"p{number}@acme.example",
        "internal": {"status": "Active", "lifecycleStatus": "employed"},
        **more,
    }


def bob(*people: Any, fields: Any = FIELDS, **replies: Any) -> Any:
    """Return a script: the last part of the path chooses the reply, a status alone is an error in JSON."""

    def search(asked: Asked) -> Any:
        body = json.loads(asked.body)
        chosen = body.get("filters", [{}])[0].get("values")
        found = [each for each in people if chosen is None or each.get("id") in chosen]
        if body["fields"] == ["root.id"]:
            found = [{name: each[name] for name in ("id", "companyId") if name in each} for each in found]
        return {"employees": found}

    known: dict[str, Any] = {
        "search": search,
        "fields": fields,
        "bank-accounts": 403,
        "named-lists": [],
        **replies,
    }

    def script(asked: Asked) -> Any:
        reply = known[asked.path.rsplit("/", 1)[-1]]
        reply = reply(asked) if callable(reply) else reply
        if isinstance(reply, tuple):
            return reply
        return (reply, {"key": "unauthorized", "error": "no"}) if isinstance(reply, int) else (200, reply)

    return script


def searches(server: Any) -> list[Any]:
    return [json.loads(each.body) for each in server.asked if each.path == "/v1/people/search"]


def test_everybody_is_asked_for_leavers_included(scripted: Any) -> None:
    """S18: one answer for a small company; no empty list of filters, labels besides machine values."""
    server = scripted(bob(person(2), person(10), person(1)))
    with opened("hibob", server.url, KEY) as connector:
        assert list(employees(connector)) == ["1", "2", "10"]
    first, second = searches(server)
    assert first == {"fields": ["root.id"], "showInactive": True}
    assert second.keys() == {"fields", "showInactive", "humanReadable"}
    assert (second["showInactive"], second["humanReadable"]) == (True, "APPEND")
    assert {"root.id", "root.email", "work.reportsTo", "financial.iban", "internal.lifecycleStatus"} <= set(
        second["fields"]
    )
    pair = base64.b64encode(b"SERVICE-12345:planted-token").decode()
    assert {each.headers["Authorization"] for each in server.asked} == {f"Basic {pair}"}


def test_a_middling_company_is_read_in_one_answer_cut_into_pages(scripted: Any) -> None:
    server = scripted(bob(*(person(number) for number in range(450))))
    with opened("hibob", server.url, KEY) as connector:
        pages = list(connector.pages())
    assert [len(page.records()) for page in pages] == [200, 200, 50]
    assert [len(each.get("filters", [{"values": ()}])[0]["values"]) for each in searches(server)] == [
        0,
        20,
        0,
    ]


def test_a_large_company_is_read_in_batches_of_ids(scripted: Any) -> None:
    """T9: measured on a few; whoever has no id is set aside (I1)."""
    long = {"about": {"about": "x" * 70_000}}
    nameless = {"email": "nobody@acme.example"}
    server = scripted(bob(*(person(number, **long) for number in range(250)), nameless))
    with opened("hibob", server.url, KEY) as connector:
        pages = list(connector.pages())
        assert [len(page.records()) for page in pages] == [200, 50, 1]
        with pytest.raises(errors.UnreadableRecord):
            connector.employee(pages[-1].records()[0])
    assert [len(each.get("filters", [{"values": ()}])[0]["values"]) for each in searches(server)] == [
        0,
        20,
        200,
        50,
    ]
    again = scripted(bob(*(person(number, **long) for number in range(250))))
    with opened("hibob", again.url, KEY) as connector:
        assert [len(page.records()) for page in connector.pages()] == [200, 50]
    assert searches(server)[3]["filters"][0]["values"] == [str(number) for number in range(200, 250)]
    first = searches(server)[2]["filters"]
    assert (first[0]["fieldPath"], first[0]["operator"], len(first)) == ("root.id", "equals", 1)


def test_a_list_that_disagrees_with_the_ids_is_read_again_and_then_refused(scripted: Any) -> None:
    """P3, P4: fewer people than ids."""
    people = [person(1), person(2)]

    def search(asked: Asked) -> Any:
        return {"employees": people if json.loads(asked.body)["fields"] == ["root.id"] else people[:1]}

    server = scripted(bob(search=search))
    with opened("hibob", server.url, KEY) as connector, pytest.raises(errors.Incomplete):
        list(connector.pages())
    assert len(searches(server)) == 4


def test_nobody_at_all_is_an_empty_list_and_a_failed_test(scripted: Any) -> None:
    """P1, P6: no permission group, in most cases."""
    with opened("hibob", scripted(bob()).url, KEY) as connector:
        assert employees(connector) == {}
        assert connector.unreadable() == frozenset()
        with pytest.raises(errors.MissingPermission) as caught:
            connector.test()
    assert "permission group" in caught.value.sentence()


def test_equal_bytes_are_equal_people(scripted: Any) -> None:
    server = scripted(bob(*(person(number) for number in range(3))))
    with opened("hibob", server.url, KEY) as connector:
        first, second = ([page.body for page in connector.pages()] for _ in range(2))
    assert first == second


def test_a_test_tells_the_company_its_people_and_what_is_hidden(scripted: Any) -> None:
    """S13, S14, A5, A6: with the permission in HiBob's words."""
    server = scripted(bob(person(1), person(2, work={"title": "Buyer", "reportsTo": None})))
    with opened("hibob", server.url, KEY) as connector:
        access = connector.test()
    assert (access.identity, access.people, access.seconds, access.company) == ("637122", 2, None, None)
    assert access.unreadable["bank_account"] == "People’s data > Financial: view"
    assert access.unreadable["first_name"] == "People’s data > Basic info: view"
    assert access.unreadable.keys().isdisjoint({"work_email", "job_title", "status", "end_date", "team"})
    assert len(server.asked) == 4


@pytest.mark.parametrize("company", [None, {"odd": 1}])
def test_a_company_without_an_id_has_no_identity(scripted: Any, company: Any) -> None:
    """E6."""
    people = [{"id": "1", "companyId": company, "financial": {"iban": "DE89"}}]
    with opened("hibob", scripted(bob(*people)).url, KEY) as connector:
        assert connector.test().identity is None


def test_a_long_read_is_announced(scripted: Any) -> None:
    """Lists of accounts take a request a person: 40 a minute after the first ones."""
    account = {"values": [{"iban": "DE89"}]}
    people = [person(number, financial={"iban": None}) for number in range(200)]
    with opened("hibob", scripted(bob(*people, **{"bank-accounts": account})).url, KEY) as connector:
        seconds = connector.test().seconds
    assert seconds == pytest.approx(199 * 1.5 - 8 * 1.5)
    with opened("hibob", scripted(bob(*people, **{"bank-accounts": {"values": []}})).url, KEY) as connector:
        assert connector.test().seconds is None
    bank_free = Wanted(leave_out=frozenset({"bank_account"}))
    for size, expected in ((4_000, pytest.approx((32 - 1 - 8) * 1.5)), (1_000, None)):
        many = [person(number, about={"about": "x" * size}) for number in range(6_000)]
        with opened("hibob", scripted(bob(*many)).url, KEY, bank_free) as connector:
            assert connector.test().seconds == expected


@pytest.mark.parametrize(
    ("replies", "error", "requests"),
    [
        ({"fields": 401}, errors.WrongCredentials, 1),
        ({"search": 401}, errors.WrongCredentials, 2),
        ({"fields": 403}, errors.MissingPermission, 1),
        ({"search": 403}, errors.MissingPermission, 2),
        ({"search": (403, b"<html>", {"Content-Type": "text/html"})}, errors.RateLimited, 2),
        ({"search": 400}, errors.UnexpectedAnswer, 2),
        ({"search": {"employees": None}}, errors.UnexpectedAnswer, 2),
        ({"search": {"employees": [{"name": "no ids"}]}}, errors.UnexpectedAnswer, 2),
        ({"search": (200, b"")}, errors.UnexpectedAnswer, 2),
        ({"search": 500}, errors.ToolFailing, 3),
        ({"search": (429, {}, {"X-RateLimit-Reset": "1"})}, errors.RateLimited, 3),
    ],
    ids=str,
)
def test_a_refusal_ends_the_read_as_what_it_is(
    scripted: Any, replies: Any, error: Any, requests: Any
) -> None:
    """A1, A3, T5, T6, T11, E9: a 401 is never tried again, and no secret is told."""
    server = scripted(bob(**replies))
    with opened("hibob", server.url, KEY) as connector:
        with pytest.raises(error) as caught:
            list(connector.pages())
        assert "planted" not in str(caught.value) + caught.value.sentence() + repr(connector.http)
    assert len(server.asked) == requests


def test_an_address_that_is_not_allowed_is_explained(scripted: Any) -> None:
    server = scripted(bob(fields=403))
    with (
        opened("hibob", server.url, KEY) as connector,
        pytest.raises(errors.MissingPermission) as caught,
    ):
        connector.test()
    assert "limited to certain addresses" in caught.value.sentence()


def test_hidden_fields_are_not_delivered_and_named(scripted: Any) -> None:
    """A5: absent for all is hidden, absent for some is empty."""
    server = scripted(bob(person(1, work={"site": "Berlin"}), person(2)))
    with opened("hibob", server.url, KEY) as connector:
        read = employees(connector)
        assert {"bank_account", "personal_email", "job_title"} <= connector.unreadable()
        assert connector.unreadable().isdisjoint({"end_date", "status", "work_location", "work_email"})
    assert (read["1"].work_location, read["2"].work_location) == ("Berlin", None)
    assert read["1"].bank_account is read["1"].job_title is read["1"].first_name is msgspec.UNSET
    assert read["1"].end_date is None


def test_without_lifecycle_nobody_can_tell_an_end(scripted: Any) -> None:
    """A5: a cleared end date would make a leaver stay."""
    server = scripted(bob({"id": "1", "email": "a@acme.example"}))
    with opened("hibob", server.url, KEY) as connector:
        one = employees(connector)["1"]
        assert {"status", "end_date"} <= connector.unreadable()
    assert one.end_date is one.status is msgspec.UNSET


def test_lists_of_accounts_are_asked_for_only_where_needed(scripted: Any) -> None:
    """Not for those who have an account already, or have left."""
    accounts = {"values": [{"iban": "GB29 NWBK", "bicOrSwift": "nwbkgb2l"}]}
    gone = {"internal": {"status": "Inactive", "lifecycleStatus": "terminated"}}
    people = (person(1, financial={"iban": "DE89"}), person(2), {**person(3), **gone}, person(4, email=7))
    odd = ({"id": "5", "internal": {"status": 5}}, person(6, financial={"iban": 6}))
    server = scripted(bob(*people, *odd, **{"bank-accounts": accounts}))
    with opened("hibob", server.url, KEY) as connector:
        read = employees(connector)
        assert "bank_account" not in connector.unreadable()
    assert [each.path for each in server.asked if "bank" in each.path] == [
        f"/v1/people/{number}/bank-accounts" for number in (2, 4)
    ]
    assert read["1"].bank_account == BankAccount(iban="DE89")
    assert read["2"].bank_account == BankAccount(iban="GB29NWBK", bic="NWBKGB2L")
    assert read["3"].bank_account is msgspec.UNSET


def test_lists_of_accounts_that_nobody_uses_are_given_up(scripted: Any) -> None:
    """The first twenty have none: nobody else is asked, and empty is known to be empty."""
    server = scripted(bob(*(person(number) for number in range(30)), **{"bank-accounts": {"values": []}}))
    with opened("hibob", server.url, KEY) as connector:
        for _ in range(2):
            assert {each.bank_account for each in employees(connector).values()} == {None}
    assert sum("bank" in each.path for each in server.asked) == 40


def test_refused_lists_of_accounts_are_asked_for_once_and_the_people_go_on(scripted: Any) -> None:
    """A7: the firewall counts refusals."""
    server = scripted(bob(*(person(number) for number in range(30))))
    with opened("hibob", server.url, KEY) as connector:
        assert {each.bank_account for each in employees(connector).values()} == {msgspec.UNSET}
        assert "bank_account" in connector.unreadable()
    assert sum("bank" in each.path for each in server.asked) == 1


def test_somebody_gone_between_two_requests_has_no_list(scripted: Any) -> None:
    """P3."""
    with opened("hibob", scripted(bob(person(1), **{"bank-accounts": 404})).url, KEY) as connector:
        assert employees(connector)["1"].bank_account is msgspec.UNSET


def test_bank_details_left_out_are_not_asked_for(scripted: Any) -> None:
    """S12."""
    server = scripted(bob(person(1)))
    wanted = Wanted(leave_out=frozenset({"bank_account", "custom", "job_title"}))
    with opened("hibob", server.url, KEY, wanted) as connector:
        one = employees(connector)["1"]
        assert "bank_account" not in connector.unreadable()
    asked = searches(server)[1]["fields"]
    assert not [name for name in asked if name.startswith("financial.") or name == "work.title"]
    assert one.bank_account is one.custom is one.job_title is msgspec.UNSET


COLUMNS = [
    {
        "id": "work.customColumns.column_1",
        "name": "Legal entity",
        "type": "list",
        "typeData": {"listId": "900"},
    },
    {"id": "work.customColumns.column_2", "name": "Kostenstelle ", "type": "text"},
    {"id": "work.customColumns.column_3", "name": "Floor", "type": "list", "typeData": {"listId": 77}},
    {"id": "work.customColumns.column_4", "name": "Equipe", "type": "list", "typeData": {}},
    {"id": "work.customColumns.column_5", "name": "Company", "type": "list", "typeData": None},
    {"id": "work.customColumns.column_6", "name": None, "type": "text"},
    {"id": "payroll.customColumns.column_7", "name": "IBAN of mine", "type": "text"},
    {"id": "financial.bicOrSwift", "name": "BIC", "jsonPath": "financial.codes.bic"},
]


def test_columns_of_the_customers_own_are_found_by_their_name(scripted: Any) -> None:
    """S31-S34: and other lists of Work are delivered as attributes, with labels of the named lists."""
    own = {f"column_{number}": str(number) for number in range(1, 7)}
    one = person(
        1,
        work={"customColumns": own, "title": "12"},
        financial={"codes": {"bic": "cobadeff"}, "iban": "DE89"},
    )
    lists = {
        "900": {"items": [{"id": 1, "value": "Acme GmbH"}]},
        "x": {"id": 77, "items": [{"id": 3, "name": "Second"}]},
    }
    server = scripted(bob(one, fields=[*FIELDS, *COLUMNS], **{"named-lists": lists}))
    with opened("hibob", server.url, KEY) as connector:
        found = employees(connector)["1"]
    assert (found.legal_entity, found.cost_center, found.team) == ("Acme GmbH", "2", msgspec.UNSET)
    assert found.custom == {"work.customColumns.column_3": "Second"}
    assert found.bank_account == BankAccount(iban="DE89", bic="COBADEFF")
    assert found.job_title is msgspec.UNSET
    (asked,) = (each for each in server.asked if each.path == "/v1/company/named-lists")
    assert asked.params == {"includeArchived": "true"}


def test_no_more_fields_are_asked_for_than_may_be(scripted: Any) -> None:
    """Over 400 are refused (documented)."""
    own = [{"id": f"work.custom.field_{number}", "type": "list"} for number in range(500)]
    server = scripted(bob(person(1), fields=own))
    with opened("hibob", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1"}
    assert len(searches(server)[1]["fields"]) == 400


def test_the_admin_says_which_columns_hold_what_by_id_or_by_name(scripted: Any) -> None:
    """S33: mapped bank details are looked for nowhere else."""
    work = {"customColumns": {"column_5": "Acme Ltd", "column_6": "GB29"}, "team": "Core"}
    server = scripted(bob(person(1, work=work), person(2), fields=[*FIELDS, *COLUMNS, {"id": "work.team"}]))
    wanted = Wanted(
        mapped={
            "legal_entity": "company",
            "bank_account.iban": "work.customColumns.column_6",
            "language": "work.nowhere",
        },
        custom={"work.site": "Site"},
    )
    with opened("hibob", server.url, KEY, wanted) as connector:
        read = employees(connector)
        assert "language" in connector.unreadable()
    assert (read["1"].legal_entity, read["1"].team, read["1"].bank_account) == (
        "Acme Ltd",
        "Core",
        BankAccount(iban="GB29"),
    )
    assert (read["2"].bank_account, read["2"].team, read["1"].custom) == (None, None, {})
    assert not [each for each in server.asked if "bank" in each.path]


def test_named_lists_that_may_not_be_read_leave_only_labels_out(scripted: Any) -> None:
    """A7, and asked for once: an old account's value is its label, an id alone is not delivered."""
    people = (person(1, work={"title": "12"}), person(2, work={"title": "Buyer"}))
    server = scripted(bob(*people, **{"named-lists": 403}))
    with opened("hibob", server.url, KEY) as connector:
        read = employees(connector)
    assert (read["1"].job_title, read["2"].job_title) == (msgspec.UNSET, "Buyer")
    assert sum(each.path.endswith("named-lists") for each in server.asked) == 1


def test_labels_beside_the_values_need_no_lists(scripted: Any) -> None:
    one = person(1, work={"title": "12"}, humanReadable={"work": {"title": "Buyer"}})
    server = scripted(bob(one))
    with opened("hibob", server.url, KEY) as connector:
        assert employees(connector)["1"].job_title == "Buyer"
    assert not [each for each in server.asked if each.path.endswith("named-lists")]


ITEMS = [
    {"id": 1, "value": "Group", "children": [{"id": "2", "value": "Finance", "archived": True}, "odd"]},
    {"id": None, "value": "x"},
    {"id": "9", "value": {"odd": 1}},
    {"id": "3", "name": "Sales"},
]


@pytest.mark.parametrize(
    "told",
    [
        {"department": {"name": "department", "items": ITEMS}, "odd": 1},
        [{"name": "department", "items": ITEMS}, "odd", {"name": "bare"}],
    ],
)
def test_named_lists_are_understood_in_both_forms(told: Any) -> None:
    """Seen: an object by name, or an array; archived items and nested ones count."""
    labels = labels_of(told)
    assert labels["department"] == {"1": "Group", "2": "Finance", "3": "Sales"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2", "Finance"),
        (2, "Finance"),
        ("Finance", "Finance"),
        (["2", 3], "Finance, Sales"),
        (["2", "8"], None),
    ],
)
def test_an_item_is_known_by_its_id_else_by_its_name(value: Any, shown: Any) -> None:
    assert label_for({"2": "Finance", "3": "Sales"}, value) == shown


def test_a_person_that_cannot_be_read_does_not_end_the_read(scripted: Any) -> None:
    """E6, E8."""
    body = b'{"employees":[{"id":"1","x":' + b"1" * 5000 + b'},{"id":"2","email":null}]}'
    server = scripted(bob(search=(200, body)))
    with opened("hibob", server.url, KEY) as connector:
        assert employees(connector).keys() == {"2"}


@pytest.mark.parametrize(
    "life", ["hired", "employed", "garden leave", "parental leave", "long leave", "terminated"]
)
def test_every_documented_life_cycle_status_has_a_meaning(life: Any) -> None:
    """E7: and nothing but "terminated" makes somebody inactive."""
    found = {status for (_, stage), status in STATUSES.items() if stage == life}
    assert len(found) == 1
    assert (Status.INACTIVE in found) == (life == "terminated")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"service_user_id": " SERVICE-1 ", "service_user_token": " t\n"}, ("SERVICE-1", "t")),
        ({"service_user_id": "t", "service_user_token": "service-1"}, ("service-1", "t")),
        ({"service_user_id": "other", "service_user_token": "t"}, ("other", "t")),
        ({"service_user_id": "SERVICE-1", "service_user_token": "SERVICE-2"}, ("SERVICE-1", "SERVICE-2")),
    ],
)
def test_what_the_admin_pastes_is_put_right(given: Any, kept: Any) -> None:
    with opened("hibob", "http://127.0.0.1:1", given) as connector:
        assert tuple(connector.credentials.values()) == kept
        assert HiBob.limited_by(connector.credentials) == kept[0]


@pytest.mark.parametrize(
    "given",
    [
        {"service_user_id": "SERVICE-1:t", "service_user_token": "t"},
        {"service_user_id": "a b", "service_user_token": "t"},
    ],
)
def test_what_is_no_service_user_is_refused_before_anything_is_sent(given: Any) -> None:
    with pytest.raises(errors.WrongCredentials) as caught, opened("hibob", "http://127.0.0.1:1", given):
        pass
    assert "SERVICE-12345" in caught.value.sentence()


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, None),
        (429, {"retry-after": "7", "x-ratelimit-reset": "1795337460"}, 7.0),
        (429, {"x-ratelimit-reset": "1795338030", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, 30.0),
        (429, {"x-ratelimit-reset": "1795337460", "date": "Sun, 22 Nov 2026 09:00:00 GMT"}, 1.0),
        (429, {"x-ratelimit-reset": "1000000000"}, 1.0),
        (429, {"x-ratelimit-reset": "soon"}, None),
        (503, {"x-ratelimit-reset": "1795338030"}, None),
    ],
)
def test_waiting_lasts_until_the_count_starts_anew(status: Any, headers: Any, seconds: Any) -> None:
    """T6, T7: by the tool's own clock."""
    answer = Answer(status=status, headers=httpx.Headers(headers), body=b"", url="https://x.example/")
    assert HiBob.wait_for(answer) == wait_for(answer) == seconds


def called(body: bytes, signature: str) -> Call:
    return Call(method="POST", headers={"bob-signature": signature}, query={}, body=body)


def test_a_signed_call_is_a_reason_to_look_in_twenty_seconds() -> None:
    """Base64 of SHA-512 over the raw body; a repeated delivery is known by its key."""
    body = b'{"type":"employee.updated","data":{"employeeId":"1"}}'
    code = base64.b64encode(hmac.new(b"shown", body, hashlib.sha512).digest()).decode()
    heard = HiBob.hear("shown", called(body, code), NOW)
    assert (heard.change, heard.settles_in, heard.reply) == (True, 20.0, b"")
    assert heard.event == HiBob.hear("shown", called(body, code), NOW).event != ""
    wrong = base64.b64encode(hmac.new(b"shown", body, hashlib.sha256).digest()).decode()
    for secret, told in (("other", code), ("shown", wrong), ("shown", "")):
        with pytest.raises(NotGenuine):
            HiBob.hear(secret, called(body, told), NOW)


@pytest.mark.parametrize("body", [b"Ping test", b'"Ping test"', b'{"text":"Ping test"}'])
def test_the_test_call_on_saving_is_answered_and_starts_nothing(body: Any) -> None:
    """It comes before anybody has seen the secret."""
    heard = HiBob.hear("", called(body, ""), NOW)
    assert (heard.change, heard.event) == (False, "")


@pytest.mark.parametrize("body", [b"\xff", b"{}", b'{"text":"Ping test","type":"employee.left"}', b"[]"])
def test_whatever_else_is_not_signed_is_forgotten(body: Any) -> None:
    with pytest.raises(NotGenuine):
        HiBob.hear("", called(body, ""), NOW)


def test_it_cannot_tell_what_changed() -> None:
    with opened("hibob", "http://127.0.0.1:1", KEY) as connector, pytest.raises(NotImplementedError):
        connector.changes(NOW)
    assert not HiBob.tool.delta


@pytest.mark.parametrize("people", [120, 700])
def test_the_whole_company_is_read_as_the_tool_has_it(company: Any, people: Any) -> None:
    """S2, S3, S18: leavers, future hires, leave, managers, bank details of both places."""
    acme = company("hibob", people)
    acme.control("hire", n=2)
    read = acme.read()
    # HiBob's ids are its own; nobody has name and first day in common with somebody else
    truth = {(each["first_name"], each["last_name"], each["start_date"]): each for each in acme.people()}
    assert len(read) == len(truth) == people + 2
    ids = {}
    for number, employee in read.items():
        one = truth[(employee.first_name, employee.last_name, employee.start_date.isoformat())]
        ids[one["id"]] = number
        for name in ("work_email", "status", "department", "team", "job_title", "work_location", "country"):
            assert getattr(employee, name) == one[name], name
        for name in ("legal_entity", "cost_center", "personal_email"):
            assert getattr(employee, name) == one[name], name
        assert (employee.end_date and employee.end_date.isoformat()) == one["end_date"]
        if one["iban"]:
            assert employee.bank_account.iban == one["iban"].replace(" ", "")
    for one in truth.values():
        assert read[ids[one["id"]]].manager_id == ids.get(one["manager_id"])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401"}, errors.WrongCredentials),
        ({"name": "A1", "mode": "403"}, errors.MissingPermission),
        ({"name": "A3"}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error"}, errors.ToolFailing),
        ({"name": "T5"}, errors.ToolFailing),
        ({"name": "T6"}, errors.RateLimited),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11", "mode": "null"}, errors.UnexpectedAnswer),
        ({"name": "T12"}, errors.UnexpectedAnswer),
        ({"name": "E1"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, error: Any) -> None:
    """A1, A3, P2, T5, T6, T10-T12, E1, E9."""
    acme = company("hibob", 60)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


def test_a_hidden_category_is_not_delivered_and_named(company: Any) -> None:
    """A5: and what hides the list of accounts is asked once."""
    acme = company("hibob", 60)
    acme.fault("A5")
    with acme.opened() as connector:
        assert {each.bank_account for each in employees(connector).values()} == {msgspec.UNSET}
        assert connector.unreadable() == {"bank_account"}
        assert set(connector.test().unreadable) == {"bank_account"}


def test_another_companys_key_shows_another_identity(company: Any) -> None:
    """A6."""
    acme = company("hibob", 30)
    with acme.opened() as connector:
        before = connector.test().identity
        acme.fault("A6")
        assert connector.test().identity not in (before, None)


def test_a_hidden_end_is_told_from_nobody_leaving(scripted: Any) -> None:
    """A5: where somebody has left, an end date that nobody has is hidden."""
    gone = {**person(2), "internal": {"status": "Inactive", "lifecycleStatus": "terminated"}}
    for people, end, named in (
        ((person(1), gone), msgspec.UNSET, True),
        ((person(1),), None, False),
    ):
        with opened("hibob", scripted(bob(*people)).url, KEY) as connector:
            assert employees(connector)["1"].end_date is end
            assert ("end_date" in connector.unreadable()) == named
