"""Lucca over loopback, both APIs: the simulator for what it does, a script for what it seldom does."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.lucca import requests
from rollcall.connectors.lucca.connector import Lucca
from rollcall.connectors.lucca.declaration import ALL_SCOPES
from rollcall.http_client import Answer
from rollcall.simulators.loopback import LOOPBACK
from tests.connectors.loopback import changed, employees, opened

KEY = {"address": "acme.ilucca.net", "api_key": "planted-key"}
APP = {"address": "acme", "client_id": "planted-id", "client_secret": "planted-secret"}
USERS = "/api/v3/users"
PEOPLE = "/lucca-api/employees"
RECORDS = "/lucca-api/employee-personal-records"
WAYS = ("legacy", "new")


def by_way(acme: Any, way: str) -> Any:
    """Return the simulated company as it is reached with the credentials of one way only."""
    unwanted = ("client_id", "client_secret") if way == "legacy" else ("api_key",)
    for name in unwanted:
        acme.credentials.pop(name, None)
    return acme


def requests_of(acme: Any) -> Any:
    told = LOOPBACK.get(f"{acme._running.control('lucca')}/requests")
    return told.json()["requests"]


def scripted_by(known: Any) -> Any:
    """Return a script: a reply is a value, a status, a function or a whole answer."""

    def script(asked: Any) -> Any:
        reply = known.get(asked.path, 404)
        reply = reply(asked) if callable(reply) else reply
        return reply if isinstance(reply, tuple) else (reply, {}) if isinstance(reply, int) else (200, reply)

    return script


def v3(*items: Any, count: Any = None) -> Any:
    return {"data": {"items": list(items), "count": len(items) if count is None else count}}


def v4(*items: Any) -> Any:
    return {"items": list(items), "count": len(items)}


def legacy(*users: Any, **replies: Any) -> Any:
    known = {
        USERS: v3(*users),
        "/api/v3/axes": v3(),
        "/api/v3/extensionuserdefinitions": v3(),
        "/organization/structure/api/establishments": v4(),
        "/organization/structure/api/legal-units": v4(),
        **replies,
    }
    return scripted_by(known)


def listed(*items: Any, after: Any = None, **more: Any) -> Any:
    """Return a page of the new API; the link to the next one leaves out what to include (documented)."""
    following = {"href": f"https://acme.ilucca.net{PEOPLE}?page={after}&limit=100"} if after else None
    return {"items": list(items), "links": {"prev": None, "next": following}, **more}


def new(*people: Any, scopes: Any = ALL_SCOPES, **replies: Any) -> Any:
    lists = ("departments", "business-establishments", "legal-entities", "employment-templates")
    known = {
        "/connect/token": {"access_token": "t", "expires_in": 1200, "scope": " ".join(scopes)},
        PEOPLE: listed(*people, totalCount=len(people), embedded={}),
        RECORDS: listed(),
        **{f"/lucca-api/{name}": listed() for name in lists},
        **replies,
    }
    return scripted_by(known)


def person(number: Any = "7", **more: Any) -> Any:
    return {"id": number, "givenName": "Ida", "status": "active", **more}


@pytest.mark.parametrize(("way", "people"), [("legacy", 1200), ("new", 250)])
def test_the_whole_company_is_read_as_the_tool_has_it(company: Any, way: Any, people: Any) -> None:
    """S2, S3, S22: leavers, future hires, managers, bank details, establishments and legal units."""
    acme = by_way(company("lucca", people), way)
    read = acme.read()
    truth = {str(each["id"]): each for each in acme.people()}
    assert read.keys() == truth.keys()
    for number, employee in read.items():
        told = truth[number]
        assert employee.work_email == told["work_email"]
        assert employee.last_name.casefold() == told["last_name"].casefold()
        assert employee.manager_id == (None if told["manager_id"] is None else str(told["manager_id"]))
        assert str(employee.start_date) == told["start_date"]
        assert (employee.end_date and str(employee.end_date)) == told["end_date"]
        for name in ("department", "work_location", "legal_entity", "country", "job_title"):
            assert getattr(employee, name) == told[name], name
        if way == "legacy":
            assert employee.status is msgspec.UNSET
            assert (employee.cost_center, employee.team) == (told["cost_center"], told["team"])
        else:
            assert employee.status == ("active" if told["status"] == "on_leave" else told["status"])
        if told["iban"]:
            assert employee.bank_account.iban == told["iban"].replace(" ", "")


@pytest.mark.parametrize(("way", "most"), [("legacy", 5), ("new", 10)])
def test_a_read_of_200_people_costs_the_least(company: Any, way: Any, most: Any) -> None:
    """One request for a thousand or a hundred people, and one for each list."""
    acme = by_way(company("lucca", 200), way)
    with acme.opened() as connector:
        list(connector.pages())
        assert connector.unreadable() == frozenset()
    assert len(requests_of(acme)) == most


@pytest.mark.parametrize(("way", "most"), [("legacy", 4), ("new", 2)])
def test_a_test_shows_the_account_and_how_many_people(company: Any, way: Any, most: Any) -> None:
    """S13, S14."""
    acme = by_way(company("lucca", 60), way)
    with acme.opened() as connector:
        access = connector.test()
    assert (access.company, access.identity, access.people) == ("acme", "acme.ilucca.net", 60)
    assert (dict(access.unreadable), access.seconds) == ({}, None)
    assert len(requests_of(acme)) == most


@pytest.mark.parametrize(("way", "seconds"), [("legacy", None), ("new", 294.0)])
def test_a_long_read_is_announced(scripted: Any, way: Any, seconds: Any) -> None:
    """T6: 50 requests a minute for an account, of which four fifths are used."""
    script = legacy(**{USERS: v3({"id": 1}, count=10_000)})
    script = script if way == "legacy" else new(**{PEOPLE: listed(totalCount=10_000)})
    with opened("lucca", scripted(script).url, KEY if way == "legacy" else APP) as connector:
        access = connector.test()
    assert access.people == 10_000
    assert access.seconds == (None if seconds is None else pytest.approx(seconds, abs=15))


def test_the_new_api_is_taken_where_the_credentials_can(scripted: Any) -> None:
    """S22: the legacy one where they cannot."""
    both = {**KEY, **APP}
    ways = legacy({"id": 8})
    for refusal, number in (({}, "7"), ({"/connect/token": 400}, "8"), ({PEOPLE: 403}, "8")):
        other = new(person(), **refusal)
        script = lambda asked, other=other: ways(asked) if asked.path in OLD else other(asked)  # noqa: E731
        with opened("lucca", scripted(script).url, both) as connector:
            assert employees(connector).keys() == {number}


OLD = (
    USERS,
    "/api/v3/axes",
    "/api/v3/extensionuserdefinitions",
    "/organization/structure/api/establishments",
    "/organization/structure/api/legal-units",
)


def test_changes_merged_into_a_full_read_are_a_full_read(company: Any) -> None:
    """P7: for everything a user shows; deletions are left to full reads."""
    acme = by_way(company("lucca", 120), "legacy")
    chance = random.Random(7)
    for _ in range(4):
        with acme.opened() as connector:
            mirror = employees(connector)
            since = datetime.now(UTC) + timedelta(days=acme_days(acme))
        acme.control("clock", days=3)
        ids = sorted(each["id"] for each in acme.people())
        acme.control("hire", n=2)
        acme.control("terminate", id=chance.choice(ids), date="2030-01-31")
        acme.control("rename", id=chance.choice(ids), last_name="Changed")
        acme.control("change", id=chance.choice(ids), job_title="Else")
        with acme.opened() as connector:
            delta = connector.changes(since)
            assert 0 < len(delta.records) < 120
            assert list(delta.deleted) == []
            assert delta.next_since.tzinfo is not None
            for record in delta.records:
                employee = connector.employee(record)
                mirror[employee.id] = employee
            assert mirror == employees(connector)


def acme_days(acme: Any) -> int:
    """Return how far the company's clock is ahead of ours."""
    now = datetime.fromisoformat(acme.control("clock", days=0)["now"])
    return (now - datetime.now(UTC)).days


def test_v9_the_question_overlaps_by_a_day(scripted: Any) -> None:
    """V3, V9: nobody knows the zone of modifiedAt; the next one starts at the tool's own clock."""
    server = scripted(legacy({"id": 7}))
    with opened("lucca", server.url, KEY) as connector:
        delta = changed(connector, datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert abs(datetime.now(UTC) - delta.next_since) < timedelta(minutes=6)
    asked = [each.params for each in server.asked if "modifiedAt" in each.params]
    assert [each["modifiedAt"] for each in asked] == ["since,2026-11-21T09:00:00"]
    assert asked[0]["formerEmployees"] == "true"


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("Sun, 22 Nov 2026 09:00:00 GMT", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 09:00:00 -0000", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_the_tools_clock_is_read_from_its_answer(date: Any, told: Any) -> None:
    answer = Answer(status=200, headers=httpx.Headers({"date": date}), body=b"", url="https://x.example")
    with connect("lucca", KEY) as connector:
        assert isinstance(connector, Lucca)
        found = connector._old._clock(answer)
    assert abs(found - (told or datetime.now(UTC))) < timedelta(minutes=1)


def test_the_new_api_cannot_tell_what_changed(company: Any) -> None:
    """P7: it has no question by time, so everybody is read."""
    acme = by_way(company("lucca", 30), "new")
    with acme.opened() as connector:
        assert connector.changes(datetime(2026, 11, 22, tzinfo=UTC)) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401"}, errors.WrongCredentials),
        ({"name": "A1", "mode": "403"}, errors.MissingPermission),
        ({"name": "A3"}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11", "mode": "null"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, way: Any, fault: Any, error: Any) -> None:
    """A1, A3, P2, T10, T11, E9."""
    acme = by_way(company("lucca", 1100 if way == "legacy" else 230), way)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_field_is_not_delivered_and_named(company: Any, way: Any) -> None:
    """A5."""
    acme = by_way(company("lucca", 60), way)
    acme.fault("A5")
    with acme.opened() as connector:
        assert all(each.bank_account is msgspec.UNSET for each in employees(connector).values())
        assert connector.unreadable() == {"bank_account"}


def test_a2_an_expired_token_is_renewed_in_the_middle(scripted: Any) -> None:
    """A2: no page lost or doubled."""
    tokens = iter("abc")
    refused = iter([True])

    def people(asked: Any) -> Any:
        if "page" not in asked.params:
            return listed(person("1"), after="!c1", totalCount=2)
        if next(refused, False):
            return 401
        return listed(person("2"), totalCount=2)

    def token(_asked: Any) -> Any:
        return {"access_token": next(tokens), "scope": " ".join(ALL_SCOPES)}

    server = scripted(new(**{PEOPLE: people, "/connect/token": token}))
    with opened("lucca", server.url, APP) as connector:
        found = [connector.employee(record).id for page in connector.pages() for record in page.records()]
    assert found == ["1", "2"]
    last = server.asked[-1]
    assert (last.headers["Authorization"], last.headers["Api-Version"]) == ("Bearer b", "2024-11-01")
    assert last.params == {
        "status": "active,upcoming,deactivated",
        "sort": "id",
        "include": "embedded,links,totalCount",
        "limit": "100",
        "page": "!c1",
    }


@pytest.mark.parametrize(
    ("credentials", "replies", "error"),
    [
        (KEY, {USERS: 401}, errors.WrongCredentials),
        (KEY, {USERS: 403}, errors.MissingPermission),
        (KEY, {USERS: (400, {"Message": "no"})}, errors.UnexpectedAnswer),
        (KEY, {USERS: 429}, errors.RateLimited),
        (KEY, {USERS: 408}, errors.ToolFailing),
        (KEY, {USERS: (200, {"status": 400, "title": "no"})}, errors.UnexpectedAnswer),
        (KEY, {OLD[3]: {"items": {}}}, errors.UnexpectedAnswer),
        (APP, {"/connect/token": (400, {"error": "invalid_client"})}, errors.WrongCredentials),
        (APP, {"/connect/token": (400, b"<html>")}, errors.WrongCredentials),
        (APP, {"/connect/token": {"access_token": ""}}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: 401}, errors.WrongCredentials),
        (APP, {PEOPLE: 403}, errors.MissingPermission),
        (APP, {PEOPLE: 404}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: 408}, errors.ToolFailing),
        (APP, {PEOPLE: 413}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: 500}, errors.ToolFailing),
        (APP, {PEOPLE: {"items": []}}, errors.UnexpectedAnswer),
        (APP, {RECORDS: listed("x")}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: listed(person(), totalCount=3)}, errors.Incomplete),
        (APP, {PEOPLE: {"items": [], "links": {"next": {"href": "/x?limit=1"}}}}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: {"items": [], "links": {"next": {"href": "http://a:b"}}}}, errors.UnexpectedAnswer),
        (APP, {PEOPLE: listed(person(), after="!c")}, errors.Incomplete),
    ],
    ids=str,
)
def test_an_error_ends_the_read_as_what_it_is(
    scripted: Any, credentials: Any, replies: Any, error: Any
) -> None:
    """A1, P4, P5, T5, T6, T11, T12: said without the key, links never followed elsewhere."""
    script = legacy({"id": 7}, **replies) if credentials is KEY else new(person(), **replies)
    with opened("lucca", scripted(script).url, credentials) as connector:
        with pytest.raises(error) as caught:
            list(connector.pages())
        assert "planted" not in str(caught.value) + caught.value.sentence() + repr(connector)


@pytest.mark.parametrize("credentials", [KEY, APP])
@pytest.mark.parametrize(
    "reply",
    [404, (200, b"<html>", {"Content-Type": "text/html"}), (302, b"", {"Location": "https://x.example"})],
)
def test_an_account_that_does_not_exist_is_a_wrong_address(
    scripted: Any, credentials: Any, reply: Any
) -> None:
    """S22, T13: at first contact; later the same is an answer that is not understood."""
    server = scripted((legacy if credentials is KEY else new)(**{USERS: reply, PEOPLE: reply}))
    with opened("lucca", server.url, credentials) as connector:
        with pytest.raises(errors.WrongAddress) as caught:
            connector.test()
        assert "https://acme.ilucca.net" in caught.value.sentence()
        with pytest.raises(errors.UnexpectedAnswer):
            list(connector.pages())


def test_an_answer_of_another_shape_is_no_wrong_address(scripted: Any) -> None:
    with (
        opened("lucca", scripted(legacy(**{USERS: {"x": 1}})).url, KEY) as connector,
        pytest.raises(errors.UnexpectedAnswer),
    ):
        connector.test()


def test_a_role_without_rights_is_told_what_is_missing(scripted: Any) -> None:
    """P1: an empty list is all it sees; a list may be empty later (P6)."""
    with opened("lucca", scripted(legacy()).url, KEY) as connector:
        with pytest.raises(errors.MissingPermission) as caught:
            connector.test()
        assert "See employees" in caught.value.sentence()
        assert employees(connector) == {}
        assert connector.unreadable() == frozenset()
    with opened("lucca", scripted(new()).url, APP) as connector:
        assert employees(connector) == {}
        assert connector.unreadable() == frozenset()


def test_a_slow_answer_is_asked_for_in_smaller_pages(scripted: Any) -> None:
    """T5: 408 comes after five seconds; asking the same again would only use up the limit."""

    def users(asked: Any) -> Any:
        offset, size = (int(each) for each in asked.params["paging"].split(","))
        rest = [{"id": each} for each in range(1, 301)][offset : offset + size]
        return 408 if size > 250 else v3(*rest, count=300)

    server = scripted(legacy(**{USERS: users}))
    with opened("lucca", server.url, KEY) as connector:
        assert len(employees(connector)) == 300
    pagings = [asked.params["paging"] for asked in server.asked if asked.path == USERS]
    assert pagings == ["0,1000", "0,250", "250,250"]


def test_t6_t7_only_waiting_helps_against_the_limit() -> None:
    """T6, T7."""
    said = httpx.Headers({"retry-after": "7"})
    assert Lucca.wait_for(Answer(status=429, headers=said, body=b"", url="")) == 7.0
    assert requests.wait_for(Answer(status=408, headers=said, body=b"", url="")) == float("inf")


def test_users_without_a_total_are_read_to_an_empty_page(scripted: Any) -> None:
    """The count comes only when it is asked for; pages may be smaller than asked."""

    def users(asked: Any) -> Any:
        offset = int(asked.params["paging"].split(",")[0])
        return {"data": {"items": [{"id": each} for each in range(offset, min(offset + 60, 130))]}}

    with opened("lucca", scripted(legacy(**{USERS: users})).url, KEY) as connector:
        assert len(employees(connector)) == 130
        assert connector.test().people == 60


def test_a_field_that_is_not_readable_after_all_is_not_asked_for(scripted: Any) -> None:
    """The private address is documented as writable only."""

    def users(asked: Any) -> Any:
        return 400 if "personalEmail" in asked.params["fields"] else v3({"id": 7})

    with opened("lucca", scripted(legacy(**{USERS: users})).url, KEY) as connector:
        assert employees(connector).keys() == {"7"}
        assert "personal_email" in connector.unreadable()
        assert connector.test().unreadable["personal_email"].startswith("See the personal e-mail")


def test_places_that_may_not_be_read_cost_their_fields_only(scripted: Any) -> None:
    """A7: and so do the lists of axes and entries."""
    user = {"id": 7, "legalEntity": {"id": 1, "name": "Paris"}, "extendedData": {"e_s": {"value": 3}}}
    refused = {OLD[1]: 403, OLD[2]: 403, OLD[3]: 403}
    with opened("lucca", scripted(legacy(user, **refused)).url, KEY) as connector:
        read = employees(connector)["7"]
        assert (read.work_location, read.legal_entity, read.custom) == ("Paris", msgspec.UNSET, {"e_s": "3"})
        assert {"legal_entity", "country", "time_zone"} <= connector.unreadable()
    places = {OLD[3]: v4({"id": 1, "legalUnitId": 2, "timeZoneId": "Europe/Paris"}), OLD[4]: 403}
    with opened("lucca", scripted(legacy(user, **places)).url, KEY) as connector:
        read = employees(connector)["7"]
        assert (read.time_zone, read.legal_entity) == ("Europe/Paris", msgspec.UNSET)


def test_names_stand_for_numbers_where_they_are_known(scripted: Any) -> None:
    """M4: an unknown establishment, a user in none, a unit without country; entries of lists by name."""
    users = [
        {"id": 1, "legalEntity": {"id": 5}, "extendedData": {"e_s": {"value": 3}}},
        {
            "id": 2,
            "legalEntity": {"id": 99},
            "extendedData": {"e_s": {"value": 99}, "e_iban": {"value": "X"}},
        },
        {
            "id": 3,
            "legalEntity": None,
            "extendedData": {"e_s": "3"},
            "userAxisValues_4": {"id": 1, "name": "C"},
        },
        {"id": 4, "legalEntity": {"id": 6}},
    ]
    entries = {
        "id": "e_s",
        "formatKey": "select",
        "extensionUserPropertyListEntries": [{"id": 3, "name": "Sud"}],
    }
    lists = {
        OLD[1]: v3(
            {"id": 9, "name": "Cost centers"}, {"id": 4, "name": "Centre de coûts"}, {"id": 5, "name": None}
        ),
        OLD[2]: v3(entries, {"id": "e_t"}),
        OLD[3]: v4({"id": 5, "legalUnitId": 2, "timeZoneId": "Europe/Paris"}, {"id": 6, "legalUnitId": 3}),
        OLD[4]: v4({"id": 2, "name": "Acme SAS", "country": {"code": "FR"}}, {"id": 3, "name": "Acme AG"}),
    }
    with opened("lucca", scripted(legacy(*users, **lists)).url, KEY) as connector:
        one, two, three, four = employees(connector).values()
    assert (one.legal_entity, one.country, one.time_zone, one.custom) == (
        "Acme SAS",
        "FR",
        "Europe/Paris",
        {"e_s": "Sud"},
    )
    assert (two.legal_entity, two.country, two.custom) == (msgspec.UNSET, msgspec.UNSET, {"e_s": "99"})
    assert (three.legal_entity, three.country) == (None, None)
    assert three.custom == {"e_s": "Sud", "userAxisValues_4": "C"}
    assert (four.legal_entity, four.country, four.time_zone) == ("Acme AG", msgspec.UNSET, None)


def test_the_first_axis_with_the_name_is_the_cost_centre(scripted: Any) -> None:
    """Their numbers differ from account to account; what the admin says comes first."""
    user = {"id": 1, "userAxisValues_4": {"id": 8, "name": "CC 100"}, "userAxisValues_7": {"name": "Sud"}}
    axes = {OLD[1]: v3({"id": 4, "name": "Centre de coûts"}, {"id": 9, "name": "Old cost centers"})}
    for wanted, found in (({}, "CC 100"), ({"cost_center": "userAxisValues_7"}, "Sud")):
        with opened("lucca", scripted(legacy(user, **axes)).url, KEY, Wanted(mapped=wanted)) as connector:
            assert employees(connector)["1"].cost_center == found
            assert "cost_center" not in connector.unreadable()


@pytest.mark.parametrize("counted", [True, False])
def test_long_lists_are_read_to_their_end(scripted: Any, counted: Any) -> None:
    """With a count or without one."""

    def establishments(asked: Any) -> Any:
        number = int(asked.params["page"])
        items = [{"id": each} for each in range(130)][(number - 1) * 100 : number * 100]
        return {"items": items, **({"count": 130} if counted else {})}

    server = scripted(legacy({"id": 1}, **{OLD[3]: establishments}))
    with opened("lucca", server.url, KEY) as connector:
        list(connector.pages())
    assert len([asked for asked in server.asked if asked.path == OLD[3]]) == 2


def test_what_the_admin_leaves_out_is_not_asked_for(scripted: Any) -> None:
    """S12."""
    places = {"legal_entity", "country", "time_zone", "work_location"}
    out = frozenset(
        {*places, "custom", "bank_account", "cost_center", "team", "personal_email", "manager_id"}
    )
    server = scripted(legacy({"id": 7}))
    with opened("lucca", server.url, KEY, Wanted(leave_out=out)) as connector:
        list(connector.pages())
        assert connector.unreadable().isdisjoint(out)
    assert [asked.path for asked in server.asked] == [USERS]
    fields = server.asked[0].params["fields"]
    assert not [
        name for name in ("extended", "userAxis", "manager", "legalEntity", "personal") if name in fields
    ]
    out = frozenset({*places, "department", "employment_type", "bank_account", "personal_email"})
    server = scripted(new(person()))
    with opened("lucca", server.url, APP, Wanted(leave_out=out)) as connector:
        list(connector.pages())
    assert [asked.path for asked in server.asked] == ["/connect/token", PEOPLE]


def test_private_things_are_dropped_at_once(scripted: Any) -> None:
    """Birth, nationality and phone come whether wanted or not."""
    record = {
        "employee": {"id": "7"},
        "birthDate": "1990-05-03",
        "email": "i@home.example",
        "bankAccount": None,
    }
    one = person(
        birthDay={"day": 3, "month": 5}, phoneNumber="0102030405", lastUpdatedAt="2026-11-20T10:20:06Z"
    )
    nobodys = {"employee": None, "email": "x@home.example"}
    odd = {"employee": 7, "email": "x@home.example"}
    with opened("lucca", scripted(new(one, **{RECORDS: listed(record, nobodys, odd)})).url, APP) as connector:
        (page,) = connector.pages()
        read = connector.employee(page.records()[0])
    assert (read.personal_email, read.bank_account) == ("i@home.example", None)
    assert not [word for word in (b"1990", b"birthDay", b"0102", b"2026-11") if word in page.records()[0]]


def test_a_missing_scope_is_named_and_its_list_is_not_asked_for(scripted: Any) -> None:
    """A5, A7, S18."""
    server = scripted(new(person(email=None), scopes=("employees.readonly",)))
    with opened("lucca", server.url, APP) as connector:
        unreadable = connector.test().unreadable
        read = employees(connector)["7"]
        assert connector.unreadable() == unreadable.keys() - {"cost_center", "team", "custom"}
    assert unreadable["bank_account"] == "employee-personal-records.readonly"
    assert unreadable["country"] == "legal-entities.readonly"
    assert unreadable["end_date"] == "employments.readonly"
    assert all(getattr(read, name) is msgspec.UNSET for name in unreadable)
    assert {asked.path for asked in server.asked} == {"/connect/token", PEOPLE}


def test_a_list_that_is_refused_costs_its_fields_only(scripted: Any) -> None:
    """A7: though the token says the scope is there."""
    refused = {RECORDS: 403, "/lucca-api/departments": 404}
    with opened("lucca", scripted(new(person(), **refused)).url, APP) as connector:
        read = employees(connector)["7"]
        assert (read.bank_account, read.department) == (msgspec.UNSET, msgspec.UNSET)
        assert {"bank_account", "personal_email", "department"} <= connector.unreadable()


def test_a_key_without_some_scopes_gets_a_token_all_the_same(scripted: Any) -> None:
    def token(asked: Any) -> Any:
        if b"scope=" in asked.body:
            return 400, {"error": "invalid_scope"}
        return {"access_token": "t", "scope": "employees.readonly"}

    server = scripted(new(person(), **{"/connect/token": token}))
    with opened("lucca", server.url, APP) as connector:
        assert employees(connector).keys() == {"7"}
    assert server.asked[0].headers["X-Simulated-Host"] == "accounts.world.luccasoftware.com"
    assert b"client_secret=planted-secret" in server.asked[0].body


def test_a_token_that_tells_no_scopes_has_them_all(scripted: Any) -> None:
    with opened(
        "lucca", scripted(new(person(), **{"/connect/token": {"access_token": "t"}})).url, APP
    ) as one:
        assert one.test().unreadable == {}


JOB = {
    "id": "6120",
    "legalEntity": {"id": "1"},
    "start": {"date": "2022-02-01"},
    "end": None,
    "template": {"id": "4"},
}
SEAT = {"jobTitle": "Buyer", "manager": None, "department": {"id": "9"}, "businessEstablishment": None}


def test_what_applies_is_joined_by_its_id(scripted: Any) -> None:
    """M4: an unknown department, no establishment, people without employment or position."""
    one = person("1", applicableEmployment={"id": "6120"}, applicableJobPosition={"id": "88"})
    two = person("2", applicableEmployment=None, applicableJobPosition=None)
    three = person("3", applicableEmployment={"id": "gone"}, applicableJobPosition={"id": "gone"})
    embedded = {"employment": {"6120": JOB}, "job-position": {"88": SEAT}}
    replies = {
        PEOPLE: listed(one, two, three, "odd", {"id": "5", "applicableEmployment": []}, embedded=embedded),
        "/lucca-api/legal-entities": listed({"id": "1", "legalName": "Acme SAS", "countryCode": "FRA"}),
        "/lucca-api/employment-templates": listed({"id": "4", "term": "fixed", "audience": "student"}),
        "/lucca-api/departments": listed({"id": "8", "name": "Finance"}),
    }
    with opened("lucca", scripted(new(**replies)).url, APP) as connector:
        read = employees(connector)
    assert read.keys() == {"1", "2", "3"}
    first, second, third = read["1"], read["2"], read["3"]
    assert (first.legal_entity, first.country, first.employment_type) == ("Acme SAS", "FR", "student")
    assert (first.department, first.work_location, first.job_title) == (msgspec.UNSET, None, "Buyer")
    assert (second.start_date, second.job_title, second.legal_entity) == (None, None, None)
    assert (third.start_date, third.job_title, third.legal_entity) == (msgspec.UNSET,) * 3


def test_the_customers_own_attributes_are_read_by_name(scripted: Any) -> None:
    rows = [
        {"definition": {"id": "e_cc"}, "employee": {"id": "7"}, "value": "CC 1"},
        {"definition": {"id": "e_zone"}, "employee": {"id": "7"}, "applicability": None, "value": 3},
    ]
    own = "/lucca-api/employee-attributes"
    wanted = Wanted(mapped={"cost_center": "e_cc"}, custom={"e_zone": "Zone"})
    server = scripted(new(person(), **{own: listed(*rows)}))
    with opened("lucca", server.url, APP, wanted) as connector:
        read = employees(connector)["7"]
        assert (read.cost_center, read.custom) == ("CC 1", {"Zone": "3"})
    asked = next(each.params for each in server.asked if each.path == own)
    assert (asked["definition.id"], asked["limit"]) == ("e_cc,e_zone", "1000")
    with opened("lucca", scripted(new(person(), **{own: 403})).url, APP, wanted) as connector:
        assert employees(connector)["7"].cost_center is msgspec.UNSET
        assert {"cost_center", "custom"} <= connector.unreadable()


def test_a_qualification_stands_for_a_title(scripted: Any) -> None:
    """Its list is read when somebody needs it, once; where it says nothing, nothing is cleared."""
    seats = {
        "a": {"jobTitle": None, "jobQualification": {"id": "310"}},
        "b": {"jobTitle": None, "jobQualification": {"id": "311"}},
        "c": {"jobTitle": None, "jobQualification": {"id": "312"}},
        "d": {"jobTitle": "Cook", "jobQualification": {"id": "310"}},
        "e": {"jobTitle": None, "jobQualification": None},
        "f": {"jobTitle": None, "jobQualification": "odd"},
    }
    people = [person(each, applicableJobPosition={"id": each}) for each in seats]
    titles = [{"id": "310", "name": "Buyer"}, {"id": "311", "profession": {"id": "1", "name": "Baker"}}]
    replies = {PEOPLE: listed(*people, embedded={"job-position": seats})}
    path = "/lucca-api/job-qualifications"
    server = scripted(new(**replies, **{path: listed(*titles, {"id": "312", "profession": {"name": 1}})}))
    with opened("lucca", server.url, APP) as connector:
        read = {number: each.job_title for number, each in employees(connector).items()}
    assert read == {"a": "Buyer", "b": "Baker", "c": msgspec.UNSET, "d": "Cook", "e": None}
    assert len([asked for asked in server.asked if asked.path == path]) == 1
    with opened("lucca", scripted(new(**replies, **{path: 403})).url, APP) as connector:
        assert employees(connector)["a"].job_title is msgspec.UNSET


def test_an_expired_cursor_starts_over_once(scripted: Any) -> None:
    """P5."""
    expired = iter([True])

    def people(asked: Any) -> Any:
        if "page" not in asked.params:
            return listed(person("1"), after="!c1")
        return 400 if next(expired, False) else listed(person("2"))

    with opened("lucca", scripted(new(**{PEOPLE: people})).url, APP) as connector:
        assert employees(connector).keys() == {"1", "2"}


def test_records_that_cannot_be_read_are_set_aside(scripted: Any) -> None:
    """E6, I1: the others go on."""
    users = ["odd", {"id": None}, {"id": 6, "legalEntity": "x", "extendedData": []}, {"id": 7}]
    with opened("lucca", scripted(legacy(*users)).url, KEY) as connector:
        assert employees(connector).keys() == {"7"}


@pytest.mark.parametrize(
    ("pasted", "host"),
    [
        ("acme", "acme.ilucca.net"),
        (" ACME ", "acme.ilucca.net"),
        ("acme.ilucca.net", "acme.ilucca.net"),
        ("https://acme.ilucca.net", "acme.ilucca.net"),
        ("https://acme.ilucca.net/", "acme.ilucca.net"),
        ("http://Acme.ilucca.ch/identity/admin/?tab=1#/keys", "acme.ilucca.ch"),
        ("acme.ilucca-test.net", "acme.ilucca-test.net"),
        ("acme.ilucca-demo.ch/home", "acme.ilucca-demo.ch"),
        ("https://acme-trial.sandbox.eu1.luccasoftware.com/x", "acme-trial.sandbox.eu1.luccasoftware.com"),
        ("acme-a.sandbox.ch1.luccasoftware.com", "acme-a.sandbox.ch1.luccasoftware.com"),
    ],
)
def test_an_address_is_understood_as_pasted(pasted: Any, host: Any) -> None:
    """S22: every documented form."""
    with connect("lucca", {**KEY, "address": pasted}) as connector:
        assert connector.credentials["address"] == host


@pytest.mark.parametrize(
    "pasted",
    [
        "acme.evil.example",
        "https://acme",
        "acme.ilucca.net.evil.example",
        "https://user@acme.ilucca.net",
        "acme.ilucca.net:8443",
        "acme.ilucca.net#x",
        "acme?x",
        "acme/b",
        "a b",
        "-acme",
        "acme.ilucca.net\\@evil.example",
        "https://evil.example/acme.ilucca.net",
        "acme.sandbox.eu3.luccasoftware.com",
        "a.b.ilucca.net",
        "127.0.0.1",
        "localhost.",
        "acme.ilucca.K",
        "ftp://acme.ilucca.net",
        "accounts.world.luccasoftware.com",
    ],
)
def test_h4_h5_an_address_never_chooses_another_host(pasted: Any) -> None:
    """H4, H5."""
    with pytest.raises(errors.WrongAddress) as caught, connect("lucca", {**KEY, "address": pasted}):
        pass
    assert caught.value.params["address"] == pasted
    assert "https://acme.ilucca.net" in caught.value.sentence()


@pytest.mark.parametrize(
    "pasted", ["abc", "lucca application=abc", "Authorization: Lucca application=abc ", '"abc"']
)
def test_a_key_is_understood_as_pasted(pasted: Any) -> None:
    with connect("lucca", {**KEY, "api_key": pasted}) as connector:
        assert connector.credentials["api_key"] == "abc"


@pytest.mark.parametrize("pasted", ["a b", "clé", "lucca application="])
def test_what_is_no_key_is_refused_before_anything_is_sent(pasted: Any) -> None:
    with pytest.raises(errors.WrongCredentials) as caught, connect("lucca", {**KEY, "api_key": pasted}):
        pass
    assert "among its API keys" in caught.value.sentence()


def test_requests_count_by_account() -> None:
    """T6: whatever key they are made with (documented); the server of tokens is another one."""
    assert Lucca.limited_by(KEY) == Lucca.limited_by({**KEY, "api_key": "another"}) == "acme.ilucca.net"
    (limit,) = Lucca.tool.limits
    assert (limit.requests, limit.seconds) == (50, 60.0)
