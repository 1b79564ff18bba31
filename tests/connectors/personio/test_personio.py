"""Personio over loopback, both versions: the simulator for what it does, a script for what it seldom does."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.personio.connector import Personio
from rollcall.connectors.personio.mapping import current
from rollcall.connectors.personio.names import named
from rollcall.connectors.personio.payloads import Unit
from rollcall.connectors.personio.session import next_since, wait_for
from rollcall.connectors.webhooks import Call, NotGenuine
from rollcall.http_client import Answer
from tests.connectors.loopback import employees, opened

KEY = {"subdomain": "acme", "client_id": "i", "client_secret": "s"}
PEOPLE = "/v1/company/employees"
SINCE = datetime(2026, 11, 21, tzinfo=UTC)


def answer(status: Any = 200, **headers: Any) -> Any:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status=status, headers=httpx.Headers(named), body=b"", url="https://x.example/")


def first_version(*people: Any, **replies: Any) -> Any:
    """Return a script of version 1; a reply is a value, a status or a function."""
    listed = [{"attributes": {"id": {"value": each}}} if isinstance(each, int) else each for each in people]
    known = {
        "/v1/auth": {"success": True, "data": {"token": "t"}},
        PEOPLE: {"success": True, "metadata": {"total_elements": len(listed)}, "data": listed},
        "/v2/auth/token": 400,
        **replies,
    }

    def script(asked: Any) -> Any:
        reply = known.get(asked.path, 404)
        reply = reply(asked) if callable(reply) else reply
        return reply if isinstance(reply, tuple) else (reply, {}) if isinstance(reply, int) else (200, reply)

    return script


def second_version(*people: Any, **replies: Any) -> Any:
    """Return a script of version 2 that refuses version 1."""
    lists = ("/v2/legal-entities", "/v2/org-units", "/v2/workplaces", "/v2/cost-centers")
    known = {
        "/v1/auth": 403,
        "/v2/auth/token": {"access_token": "t"},
        "/v2/persons": {"_data": list(people)},
        **{path: {"_data": []} for path in lists},
        **replies,
    }
    return first_version(**known)


@pytest.mark.parametrize(("api", "people"), [("v1", 450), ("v2", 120)])
def test_the_whole_company_is_read_as_the_tool_has_it(company: Any, api: Any, people: Any) -> None:
    """S2, S3, S16: leavers, future hires, leave, managers, bank details."""
    acme = company("personio", people)
    read = acme.read(api=api)
    truth = {str(each["id"]): each for each in acme.people()}
    assert read.keys() == truth.keys()
    for number, employee in read.items():
        person = truth[number]
        assert employee.work_email == person["work_email"]
        assert employee.last_name == person["last_name"]
        assert employee.status == person["status"]
        assert employee.manager_id == (None if person["manager_id"] is None else str(person["manager_id"]))
        assert employee.start_date.isoformat() == person["start_date"]
        for name in (
            "work_location",
            "department",
            "team",
            "legal_entity",
            "cost_center",
            "country",
            "job_title",
        ):
            assert getattr(employee, name) == person[name], name
        for name in ("end_date", "last_working_day"):
            day = getattr(employee, name)
            assert (day and day.isoformat()) == person[name]
        if person["iban"]:
            assert employee.bank_account.iban == person["iban"].replace(" ", "")


def test_version_1_is_tried_first(company: Any) -> None:
    acme = company("personio", 30)
    with acme.opened() as connector:
        access = connector.test()
    assert (access.people, access.company, dict(access.unreadable)) == (30, "acme", {})


@pytest.mark.parametrize("api", ["v1", "v2", ""])
def test_wrong_credentials_are_said_without_them(company: Any, api: Any) -> None:
    acme = company("personio", 30)
    with acme.opened(client_secret="planted-secret", api=api) as connector:
        for attempt in (connector.test, lambda: list(connector.pages())):
            with pytest.raises(errors.WrongCredentials) as caught:
                attempt()
            assert "planted" not in str(caught.value) + caught.value.sentence()


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401"}, errors.MissingPermission),
        ({"name": "A1", "mode": "403"}, errors.MissingPermission),
        ({"name": "A3"}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P5", "mode": "repeat"}, errors.Incomplete),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11", "mode": "null"}, errors.UnexpectedAnswer),
        ({"name": "T12"}, errors.ToolFailing),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, api: Any, fault: Any, error: Any) -> None:
    """A1, A3, P2, P5, T10-T12, E9."""
    acme = company("personio", 450 if api == "v1" else 120)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read(api=api)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a2_an_expired_token_is_renewed_in_the_middle(company: Any, api: Any) -> None:
    """A2: no page lost or doubled."""
    acme = company("personio", 450 if api == "v1" else 120)
    acme.fault("A2", page=2, times=1)
    with acme.opened(api=api) as connector:
        found = [connector.employee(record).id for page in connector.pages() for record in page.records()]
    assert len(found) == len(set(found)) == (450 if api == "v1" else 120)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_hidden_attribute_is_not_delivered_and_named(company: Any, api: Any) -> None:
    """A5."""
    acme = company("personio", 60)
    acme.fault("A5")
    with acme.opened(api=api) as connector:
        assert all(each.bank_account is msgspec.UNSET for each in employees(connector).values())
        assert connector.unreadable() == {"bank_account"}


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_what_changed_is_told(company: Any, api: Any) -> None:
    acme = company("personio", 60)
    acme.control("clock", days=30)
    acme.control("rename", id=acme.people()[3]["id"], first_name="Changed")
    with acme.opened(api=api) as connector:
        delta = connector.changes(datetime.now(UTC) + timedelta(days=29, hours=23))
        found = [connector.employee(record) for record in delta.records]
    assert "Changed" in {each.first_name for each in found}
    assert len(found) < 60
    assert list(delta.deleted) == []


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_what_changed_merged_into_an_earlier_read_is_a_full_read(company: Any, api: Any) -> None:
    """P7: but for deletions, which Personio does not tell."""
    acme = company("personio", 80)
    chance = random.Random(7)
    acme.control("clock", days=30)
    since = datetime.now(UTC) + timedelta(days=29, hours=23)
    mirror = acme.read(api=api)
    for _ in range(3):
        numbers = [each["id"] for each in acme.people()]
        acme.control("hire", n=2)
        acme.control("terminate", ids=chance.sample(numbers, 2))
        acme.control("rename", id=chance.choice(numbers), first_name="Changed")
        with acme.opened(api=api) as connector:
            delta = connector.changes(since)
            changed = [connector.employee(record) for record in delta.records]
        mirror |= {each.id: each for each in changed}
        assert delta.deleted == ()
        assert mirror == acme.read(api=api)
        assert len(changed) < 60


def test_what_the_admin_leaves_out_is_not_asked_for(company: Any) -> None:
    """S12: the answer does not even hold it."""
    acme = company("personio", 30)
    wanted = Wanted(leave_out=frozenset({"bank_account", "manager_id", "manager_email"}))
    with acme.opened(wanted) as connector:
        bodies = b"".join(one for page in connector.pages() for one in page.records())
        assert b'"iban"' not in bodies
        assert b'"supervisor"' not in bodies
        assert b'"first_name"' in bodies
        assert connector.unreadable() == frozenset()
    with acme.opened(wanted, api="v2") as connector:
        person = next(iter(employees(connector).values()))
        assert person.manager_id is msgspec.UNSET
        assert person.bank_account is msgspec.UNSET
    with acme.opened(Wanted(leave_out=frozenset({"custom"}))) as connector:
        person = next(iter(employees(connector).values()))
        assert person.custom is msgspec.UNSET
        assert person.bank_account is not msgspec.UNSET


def test_a_rotated_token_is_used_next(scripted: Any) -> None:
    """Seen with version 1."""
    page = {
        "success": True,
        "metadata": {"total_elements": 1},
        "data": [{"attributes": {"id": {"value": 1}}}],
    }
    reply = (200, page, {"Authorization": "Bearer second"})
    server = scripted(first_version(**{PEOPLE: lambda _asked: reply}))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1"}
    sent = [asked.headers.get("Authorization") for asked in server.asked]
    assert sent == [None, "Bearer t", "Bearer second"]


@pytest.mark.parametrize(
    "refusal",
    [
        {"/v1/auth": {"success": False, "error": {"code": 0, "message": "Wrong credentials"}}},
        {"/v1/auth": {"success": True}},
        {"/v1/auth": 404},
        {PEOPLE: 403},
        {PEOPLE: 410},
    ],
    ids=str,
)
def test_version_2_is_taken_when_version_1_is_refused(scripted: Any, refusal: Any) -> None:
    replies = {"/v1/auth": {"success": True, "data": {"token": "t"}}, **refusal}
    server = scripted(second_version({"id": "7", "status": "ACTIVE"}, **replies))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector)["7"].status == "active"
        assert (connector.test().people, connector.test().seconds) == (1, None)


def test_t12_success_false_is_no_list(scripted: Any) -> None:
    """T12: though a list is in it."""
    server = scripted(first_version(**{PEOPLE: {"success": False, "data": []}}))
    with opened("personio", server.url, KEY) as connector, pytest.raises(errors.UnexpectedAnswer):
        list(connector.pages())


def test_a_list_without_totals_ends_at_a_short_page(scripted: Any) -> None:
    server = scripted(
        first_version(**{PEOPLE: {"success": True, "data": [{"attributes": {"id": {"value": "7"}}}]}})
    )
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector).keys() == {"7"}


def test_an_empty_company_misses_no_attribute(scripted: Any) -> None:
    """P1, P6."""
    for script in (first_version(), second_version()):
        with opened("personio", scripted(script).url, KEY) as connector:
            assert employees(connector) == {}
            assert connector.unreadable() == frozenset()


def test_a_first_record_that_cannot_be_read_does_not_end_the_read(scripted: Any) -> None:
    """E6, E8."""
    server = scripted(first_version({"attributes": []}, 7))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector).keys() == {"7"}
    persons = b'{"_data":[{"id":"8","x":' + b"1" * 5000 + b'},{"id":"7"},{"id":null}]}'
    server = scripted(second_version(**{"/v2/persons": (200, persons)}))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector).keys() == {"7"}


def test_names_that_may_not_be_read_are_missing_and_the_people_go_on(scripted: Any) -> None:
    """A7: marked in the test of the credentials as well."""
    job = {"id": "e", "status": "ACTIVE", "office": {"id": 1}, "org_units": [{"type": "department", "id": 2}]}
    units = {"_data": [{"id": 2, "name": "Finance"}]}
    server = scripted(
        second_version(
            {"id": "7", "custom_attributes": [{"id": "dynamic_1"}, "odd", {"id": "x", "global_id": "iban"}]},
            **{"/v2/persons/7/employments": {"_data": [job]}, "/v2/workplaces": 403, "/v2/org-units": units},
        )
    )
    with opened("personio", server.url, KEY) as connector:
        person = employees(connector)["7"]
        assert (person.department, person.team, person.work_location) == ("Finance", None, msgspec.UNSET)
        assert "work_location" in connector.unreadable()
        assert connector.unreadable().isdisjoint({"department", "bank_account"})
        assert connector.test().unreadable.keys() == {"work_location"}


def test_a_person_gone_between_two_requests_has_no_employment(scripted: Any) -> None:
    """P3."""
    server = scripted(second_version({"id": "7", "status": "ACTIVE"}))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector)["7"].start_date is msgspec.UNSET


def linked(*cursors: Any) -> Any:
    """Return a reply that hands out ``cursors`` one after the other, then none."""
    left = list(cursors)

    def reply(_asked: Any) -> Any:
        href = left.pop(0) if left else None
        return {"_data": [], "_meta": {"links": {"next": {"href": href}} if href else {}}}

    return reply


def test_lists_of_names_are_read_to_their_end_or_not_at_all(scripted: Any) -> None:
    """P5: a link is followed by its cursor, on our own origin."""
    away = "https://evil.example/v2/workplaces?cursor="
    server = scripted(second_version(**{"/v2/workplaces": linked(away + "a", away + "b")}))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector) == {}
    assert [each.params.get("cursor") for each in server.asked if "workplaces" in each.path] == [
        None,
        "a",
        "b",
    ]
    for cursors, error in (
        (["?cursor=a", "?cursor=a"], errors.Incomplete),
        (["?limit=1"], errors.UnexpectedAnswer),
        (["http://acme:port", ""], errors.UnexpectedAnswer),
    ):
        server = scripted(second_version(**{"/v2/workplaces": linked(*cursors)}))
        with opened("personio", server.url, KEY) as connector, pytest.raises(error):
            list(connector.pages())


def test_a_list_of_something_else_is_not_understood(scripted: Any) -> None:
    server = scripted(second_version(**{"/v2/workplaces": {"_data": {}}}))
    with opened("personio", server.url, KEY) as connector, pytest.raises(errors.UnexpectedAnswer):
        list(connector.pages())


def test_p5_an_expired_cursor_starts_over_once(scripted: Any) -> None:
    """P5."""
    expired = iter([True])

    def persons(asked: Any) -> Any:
        if "cursor" not in asked.params:
            return {"_data": [{"id": "1"}], "_meta": {"links": {"next": {"href": "/v2/persons?cursor=x"}}}}
        return 400 if next(expired, False) else {"_data": [{"id": "2"}]}

    server = scripted(second_version(**{"/v2/persons": persons}))
    with opened("personio", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1", "2"}


def test_filters_are_sent_again_with_the_cursor(scripted: Any) -> None:
    def persons(asked: Any) -> Any:
        if "cursor" in asked.params or "updated_at.gt" not in asked.params:
            return {"_data": []}
        return {"_data": [], "_meta": {"links": {"next": {"href": "/v2/persons?cursor=x"}}}}

    server = scripted(second_version(**{"/v2/persons": persons}))
    with opened("personio", server.url, KEY) as connector:
        connector.changes(SINCE)
    assert server.asked[-1].params == {"limit": "50", "updated_at.gt": "2026-11-21T00:00:00Z", "cursor": "x"}


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [([], None), (["INACTIVE", "ACTIVE"], 1), (["INACTIVE", "INACTIVE"], 0), (["LEAVE"], 0)],
)
def test_the_employment_that_counts_is_the_first_that_is_not_over(statuses: Any, chosen: Any) -> None:
    """I8: a rehire has several."""
    jobs = [{"status": status, "id": number} for number, status in enumerate(statuses)]
    assert current(jobs) == (None if chosen is None else jobs[chosen])


@pytest.mark.parametrize(
    ("employment", "names"),
    [
        ({}, {}),
        (
            {"office": None, "legal_entity": None},
            {"work_location": None, "legal_entity": None, "country": None},
        ),
        ({"sub_company": {"id": 7}}, {"legal_entity": "Acme", "country": "DE"}),
        ({"office": {"id": "999"}}, {}),
        ({"cost_centers": [{"id": 1, "weight": 30}, {"id": 2, "weight": 70}, "x"]}, {"cost_center": "Two"}),
        ({"cost_centers": [{"id": 1}]}, {"cost_center": "One"}),
        ({"cost_centers": []}, {"cost_center": None}),
    ],
)
def test_names_stand_for_ids_where_they_are_known(employment: Any, names: Any) -> None:
    units = {
        "7": Unit(id=7, name="Acme", country="DE"),
        "1": Unit(id=1, name="One"),
        "2": Unit(id=2, name="Two"),
    }
    lists = dict.fromkeys(("legal_entity", "country", "work_location", "cost_center"), units)
    assert named(employment, lists) == names


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (answer(429), None),
        (answer(429, retry_after="7"), 7.0),
        (answer(429, x_ratelimit_replenish_rate="2", x_ratelimit_requested_tokens="10"), 5.0),
        (answer(429, x_ratelimit_replenish_rate="10"), 1.0),
        (answer(429, x_ratelimit_replenish_rate="0"), None),
        (answer(429, x_ratelimit_replenish_rate="fast"), None),
        (answer(503, x_ratelimit_replenish_rate="1"), None),
    ],
)
def test_waiting_is_told_by_the_tokens_when_nothing_else_tells_it(given: Any, seconds: Any) -> None:
    """T6, T7: version 2 sends no Retry-After."""
    assert wait_for(given) == seconds


def test_v9_the_next_question_starts_at_the_tools_own_clock() -> None:
    """V9: less an overlap; ours when it shows none."""
    told = next_since(answer(date="Sun, 22 Nov 2026 09:00:00 GMT"))
    assert told == datetime(2026, 11, 22, 8, 55, tzinfo=UTC)
    assert next_since(answer(date="Sun, 22 Nov 2026 09:00:00 -0000")) == told
    assert abs(next_since(answer()) - datetime.now(UTC)) < timedelta(minutes=6)


def endless(size: Any) -> Any:
    """Return a reply of pages that go on and on."""
    number = iter(range(10_000))

    def reply(_asked: Any) -> Any:
        at = next(number)
        people = [{"id": str(at * size + each)} for each in range(size)]
        return {"_data": people, "_meta": {"links": {"next": {"href": f"/v2/persons?cursor=c{at}"}}}}

    return reply


def test_a_read_of_version_2_that_takes_long_is_announced(scripted: Any) -> None:
    """One request a person, 240 a minute after the first ones; a big company is not counted to the end."""
    people = [{"id": str(number)} for number in range(50)]
    two_pages = iter(
        [{"_data": people, "_meta": {"links": {"next": {"href": "?cursor=c"}}}}, {"_data": people}]
    )
    five_more = iter(range(4))

    def persons(_asked: Any) -> Any:
        more = next(five_more, None) is not None
        return {
            "_data": people,
            "_meta": {"links": {"next": {"href": f"?cursor={id(people)}"}} if more else {}},
        }

    with opened("personio", scripted(second_version(**{"/v2/persons": persons})).url, KEY) as connector:
        access = connector.test()
    assert access.people == 250
    assert access.seconds == pytest.approx((250 - 1 - 58) * 0.25)
    server = scripted(second_version(**{"/v2/persons": lambda _asked: next(two_pages)}))
    with opened("personio", server.url, KEY) as connector:
        access = connector.test()
    assert (access.people, access.seconds) == (100, None)
    server = scripted(second_version(**{"/v2/persons": endless(50)}))
    with opened("personio", server.url, KEY) as connector:
        access = connector.test()
    assert access.people is None
    assert access.seconds == pytest.approx((1000 - 1 - 58) * 0.25)
    assert sum(asked.path == "/v2/persons" for asked in server.asked) == 20


@pytest.mark.parametrize(
    ("reply", "number"),
    [({"id": "w-1"}, "w-1"), ((201, {"_data": {"id": 7}}), "7")],
)
def test_calls_are_ordered_with_version_2_and_carry_our_secret(
    scripted: Any, reply: Any, number: Any
) -> None:
    server = scripted(second_version(**{"/v2/webhooks": reply, f"/v2/webhooks/{number}": (204, b"")}))
    with opened("personio", server.url, KEY) as connector:
        made = connector.register("https://spend.example/h/abc", "s&1")
        connector.unregister(made.id)
    assert (made.id, made.secret) == (number, "s&1")
    ordered, deleted = (each for each in server.asked if "webhooks" in each.path)
    body = msgspec.json.decode(ordered.body)
    assert body["url"] == "https://spend.example/h/abc?token=s%261"
    assert {"person.deleted", "employment.started", "employment.terminated"} <= set(body["enabled_events"])
    assert (deleted.method, deleted.path) == ("DELETE", f"/v2/webhooks/{number}")


def test_the_tool_takes_the_order_and_takes_it_back(company: Any) -> None:
    acme = company("personio", 30)
    with acme.opened() as connector:
        made = connector.register("https://spend.example/h/abc", "ours")
        assert made.secret == "ours"
        for _ in range(2):
            connector.unregister(made.id)


def test_an_order_that_may_have_arrived_is_not_sent_again(scripted: Any) -> None:
    """T5: else Personio would call twice for everything."""
    server = scripted(second_version(**{"/v2/webhooks": 500}))
    with opened("personio", server.url, KEY) as connector, pytest.raises(errors.ToolFailing):
        connector.register("https://spend.example/h", "s")
    assert sum(each.path == "/v2/webhooks" for each in server.asked) == 1


def test_an_address_with_a_query_keeps_it(scripted: Any) -> None:
    server = scripted(second_version(**{"/v2/webhooks": {"id": 1}}))
    with opened("personio", server.url, KEY) as connector:
        connector.register("https://spend.example/h?a=b", "s")
    assert msgspec.json.decode(server.asked[-1].body)["url"] == "https://spend.example/h?a=b&token=s"


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ({"/v2/auth/token": 400}, errors.MissingPermission),
        ({"/v2/webhooks": 401, "/v2/webhooks/w": 401}, errors.MissingPermission),
        ({"/v2/webhooks": 403, "/v2/webhooks/w": 403}, errors.MissingPermission),
        ({"/v2/webhooks": {"ok": True}}, errors.UnexpectedAnswer),
        ({"/v2/webhooks": 400}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_calls_that_may_not_be_ordered_name_the_right(scripted: Any, replies: Any, error: Any) -> None:
    """A7: runs by the clock go on without them."""
    with opened("personio", scripted(second_version(**replies)).url, KEY) as connector:
        with pytest.raises(error) as caught:
            connector.register("https://spend.example/h", "s")
        if error is errors.MissingPermission:
            assert "Webhooks" in caught.value.sentence()
        if "/v2/webhooks/w" in replies:
            with pytest.raises(error):
                connector.unregister("w")


def test_an_order_that_is_gone_already_is_no_error(scripted: Any) -> None:
    with opened("personio", scripted(second_version()).url, KEY) as connector:
        connector.unregister("gone")
    server = scripted(second_version(**{"/v2/webhooks/w": 500}))
    with opened("personio", server.url, KEY) as connector, pytest.raises(errors.ToolFailing):
        connector.unregister("w")


def called(body: Any, query: Any = None, **headers: Any) -> Call:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Call(method="POST", headers=headers, query=query or {}, body=content)


EVENT = {
    "company_id": "5501",
    "event_name": "employment.updated",
    "occurred_at": "2026-11-22T09:00:00Z",
    "payload": {"person_id": "1042"},
    "meta": {"event_id": "e-1"},
}


def test_a_call_that_knows_the_secret_is_a_reason_to_look() -> None:
    """In the address as ordered, or as a bearer token; the event is known by its id, else by its bytes."""
    heard = Personio.hear("s", called(EVENT, {"token": "s"}), SINCE)
    assert (heard.event, heard.change) == ("e-1", True)
    assert Personio.hear("s", called(EVENT, authorization="Bearer s"), SINCE) == heard
    nameless = called({**EVENT, "meta": {}}, {"token": "s"})
    assert len(Personio.hear("s", nameless, SINCE).event) == 64
    for call in (called(EVENT), called(EVENT, {"token": "t"}), called(EVENT, authorization="Bearer t")):
        with pytest.raises(NotGenuine):
            Personio.hear("s", call, SINCE)


@pytest.mark.parametrize(
    "body", [b"ping", b"[]", {}, {"event_name": "absence-period.created"}, {"event_name": 1}]
)
def test_what_is_no_event_of_people_starts_nothing(body: Any) -> None:
    assert not Personio.hear("s", called(body, {"token": "s"}), SINCE).change


def test_a_new_secret_starts_no_new_count() -> None:
    assert Personio.limited_by(KEY) == Personio.limited_by({**KEY, "client_secret": "other"}) == "i"
