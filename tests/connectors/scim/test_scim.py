"""A SCIM source over loopback: the simulator for a usual server, a script for the many unusual ones."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.scim.connector import _next_since
from rollcall.connectors.scim.payloads import Listed
from rollcall.engine.snapshot import BankAccount, Employee, Status
from rollcall.http_client import Answer
from tests.connectors.loopback import employees, opened

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
OWN = "urn:example:hr:2.0:User"
SINCE = datetime(2026, 11, 21, 8, tzinfo=UTC)
FILTERS = {"filter": {"supported": True}}
CURSORS = {"pagination": {"cursor": "true", "index": True}}


def user(number: Any, **more: Any) -> Any:
    return {"id": str(number), "userName": f"u{number}@acme.example", "active": True, **more}


def listed(rows: Any, total: Any = None, **more: Any) -> Any:
    return {
        "schemas": [LIST],
        "totalResults": len(rows) if total is None else total,
        "Resources": rows,
        **more,
    }


def error(status: int, kind: str = "") -> Any:
    return status, {"schemas": [ERROR], "status": str(status), "detail": "planted", "scimType": kind}


class Server:
    """A script of a SCIM server with the given people and habits."""

    def __init__(self, people: Any, config: Any = None, cap: int = 100, **habits: Any) -> None:
        self.people, self.config, self.cap, self.habits = people, config or {}, cap, habits

    def __call__(self, asked: Any) -> Any:
        if asked.path.endswith("/ServiceProviderConfig"):
            return self.config if isinstance(self.config, tuple) else (200, self.config)
        assert asked.path == "/scim/v2/Users"
        wanted = asked.params.get("filter")
        people = self.people
        if wanted is not None:
            if "filtered" not in self.habits:
                return error(400, "invalidFilter")
            people = self.habits["filtered"](wanted)
        if "answer" in self.habits and (found := self.habits["answer"](asked)) is not None:
            return found
        # an empty cursor begins; the stand-in drops parameters without a value
        if "startIndex" not in asked.params:
            return self.by_cursor(asked.params.get("cursor", "0"), people)
        start = int(asked.params["startIndex"]) - 1
        rows = people[start : start + min(self.cap, int(asked.params["count"]))]
        total = len(rows) if self.habits.get("total_of_page") else len(people)
        answer = listed(rows, total, startIndex=start + 1, itemsPerPage=len(rows))
        if self.habits.get("leaves_out_resources") and not rows:
            del answer["Resources"]
        return 200, answer

    def by_cursor(self, cursor: str, people: Any) -> Any:
        start = int(cursor)
        end = start + self.cap
        more = {"nextCursor": str(end)} if end < len(people) else {}
        return 200, {"schemas": [LIST], "Resources": people[start:end], **more}


def opened_at(server: Any, wanted: Wanted | None = None, **more: Any) -> Any:
    key = {"base_url": f"{server.url}/scim/v2", "token": "planted-token", **more}
    return opened("scim", server.url, key, wanted or Wanted())


def everybody(count: int) -> Any:
    return [user(number) for number in range(1, count + 1)]


def test_the_whole_company_is_read_as_the_tool_has_it(company: Any) -> None:
    """S1, S2, S3: with own attributes recognised by names that can hardly mean anything else."""
    acme = company("scim", 250)
    division = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"
    wanted = Wanted(mapped={"legal_entity": division}, custom={"externalId": "number"})
    people = {str(each["id"]): each for each in acme.people()}
    by_id = acme.read(wanted)
    read = {numbered(each): each for each in by_id.values()}
    assert read.keys() == people.keys()
    for number, person in people.items():
        employee = read[number]
        assert (employee.first_name, employee.last_name) == (person["first_name"], person["last_name"])
        assert (employee.employee_number, employee.work_email) == (
            person["employee_number"],
            person["work_email"],
        )
        assert (employee.country, employee.work_location) == (person["country"], person["work_location"])
        assert (employee.department, employee.team) == (person["department"], person["team"])
        assert (employee.legal_entity, employee.cost_center) == (
            person["legal_entity"],
            person["cost_center"],
        )
        assert str(employee.start_date) == person["start_date"]
        assert str(employee.end_date) == str(person["end_date"])
        gone = person["status"] in ("inactive", "upcoming")
        assert employee.status == (Status.INACTIVE if gone else Status.ACTIVE)
        manager = by_id.get(str(employee.manager_id))
        assert (manager and numbered(manager)) == (str(person["manager_id"]) if manager else None)
        if person["iban"]:
            assert isinstance(employee.bank_account, BankAccount)
            assert employee.bank_account.iban == person["iban"].replace(" ", "").upper()
    assert sum(isinstance(each.manager_id, str) for each in by_id.values()) > 200


def numbered(employee: Employee) -> str | None:
    assert not isinstance(employee.custom, msgspec.UnsetType)
    return employee.custom["number"]


def test_a_test_shows_the_host_and_how_many_people(company: Any) -> None:
    """S13: two requests."""
    acme = company("scim", 30)
    with acme.opened() as connector:
        access = connector.test()
    assert (access.people, access.company) == (30, "127.0.0.1")
    assert "first_name" not in access.unreadable


def test_what_no_user_has_is_named(scripted: Any) -> None:
    """A5: bank details and dates are not in the standard; nothing is named where there is nobody."""
    server = scripted(Server(everybody(3)))
    with opened_at(server, Wanted(leave_out=frozenset({"team"}))) as connector:
        missing = connector.test().unreadable
        assert connector.unreadable() == frozenset()
        read = employees(connector)
        assert connector.unreadable() == missing.keys()
    assert {"bank_account", "start_date", "manager_id", "first_name"} <= missing.keys()
    assert missing.keys().isdisjoint({"work_email", "status", "team", "custom"})
    assert read["1"].bank_account is read["1"].manager_id is msgspec.UNSET
    with opened_at(scripted(Server([]))) as connector:
        assert connector.test().unreadable == {}
        assert employees(connector) == {}


@pytest.mark.parametrize("cap", [100, 7])
@pytest.mark.parametrize("habit", ["", "total_of_page", "leaves_out_resources"])
@pytest.mark.parametrize("count", [1, 100, 101])
def test_everybody_comes_whatever_the_server_counts(scripted: Any, cap: int, habit: str, count: int) -> None:
    """Capped pages, totals of the page only, no Resources where nobody is left."""
    server = scripted(Server(everybody(count), cap=cap, **({habit: True} if habit else {})))
    with opened_at(server) as connector:
        assert len(employees(connector)) == count
    indexes = [each.params["startIndex"] for each in server.asked if "startIndex" in each.params]
    assert indexes[0] == "1"
    assert len(indexes) == len(set(indexes))


@pytest.mark.parametrize("count", [0, 5, 30])
def test_pages_by_cursor_where_the_server_says_so(scripted: Any, count: int) -> None:
    """RFC 9865."""
    server = scripted(Server(everybody(count), CURSORS, cap=10))
    with opened_at(server) as connector:
        assert len(employees(connector)) == count
    assert all("startIndex" not in each.params for each in server.asked)


def test_a_server_that_begins_cursors_by_itself_is_followed(scripted: Any) -> None:
    people = everybody(25)

    def answer(asked: Any) -> Any:
        if "cursor" in asked.params:
            return None
        return 200, listed(people[:10], 25, nextCursor="10")

    server = scripted(Server(people, cap=10, answer=answer))
    with opened_at(server) as connector:
        assert len(employees(connector)) == 25


def test_a_cursor_that_expires_starts_the_read_over_once(scripted: Any) -> None:
    """P5."""
    refusals = iter([True, False, False, False])

    def answer(asked: Any) -> Any:
        late = asked.params.get("cursor") == "20"
        return error(400, "expiredCursor") if late and next(refusals) else None

    server = scripted(Server(everybody(25), CURSORS, cap=10, answer=answer))
    with opened_at(server) as connector:
        assert len(employees(connector)) == 25
    always = Server(
        everybody(25),
        CURSORS,
        cap=10,
        answer=lambda a: error(400, "invalidCursor") if a.params.get("cursor") else None,
    )
    with opened_at(scripted(always)) as connector, pytest.raises(errors.Incomplete):
        employees(connector)


def test_p5_a_cursor_that_comes_back_is_noticed(scripted: Any) -> None:
    """P5."""
    people = iter(range(10_000))
    answer = lambda _: (200, listed([user(next(people))], None, nextCursor="again"))  # noqa: E731 - a script
    with (
        opened_at(scripted(Server([], CURSORS, answer=answer))) as connector,
        pytest.raises(errors.Incomplete),
    ):
        employees(connector)


@pytest.mark.parametrize("config", [{}, CURSORS])
def test_p4_a_total_that_is_not_reached_is_no_whole_list(scripted: Any, config: Any) -> None:
    """P4: told 30, sent 20."""
    pages = {"": 0, "1": 0, "10": 10, "11": 10}

    def answer(asked: Any) -> Any:
        start = pages.get(asked.params.get("cursor", asked.params.get("startIndex", "")))
        rows = [] if start is None else everybody(20)[start : start + 10]
        more = {"nextCursor": "10"} if start == 0 and "cursor" in asked.params else {}
        return 200, listed(rows, 30, **more)

    with (
        opened_at(scripted(Server([], config, answer=answer))) as connector,
        pytest.raises(errors.Incomplete),
    ):
        employees(connector)


def test_a_list_that_moves_is_read_again(scripted: Any) -> None:
    """P3: the total changes between two pages."""
    totals = iter([30, 29, 29, 29, 29])

    def answer(asked: Any) -> Any:
        start = int(asked.params["startIndex"]) - 1
        return 200, listed(everybody(29)[start : start + 10], next(totals))

    with opened_at(scripted(Server([], answer=answer))) as connector:
        assert len(employees(connector)) == 29


def test_a_server_that_ignores_the_index_is_noticed(scripted: Any) -> None:
    """P5: the same page for ever."""
    answer = lambda _: (200, listed(everybody(10)))  # noqa: E731 - a script
    server = scripted(Server([], answer=answer))
    with opened_at(server) as connector, pytest.raises(errors.Incomplete):
        employees(connector)
    assert len(server.asked) < 10


def test_p5_an_endless_list_is_cut(scripted: Any) -> None:
    """P5: every page is new and the total is never reached."""
    answer = lambda asked: (200, listed([user(asked.params["startIndex"])], 10**9))  # noqa: E731 - a script
    server = scripted(Server([], answer=answer))
    begun = Listed(raws=[], total=10**9, next_cursor=None)
    begun = msgspec.structs.replace(begun, raws=[msgspec.Raw(b'{"id":"1"}')])
    with opened_at(server) as connector, pytest.raises(errors.Incomplete):
        list(connector._by_index((), begun, most=5))
    assert len(server.asked) == 4


def test_inactive_people_whom_the_server_hides_are_asked_for(scripted: Any) -> None:
    """Some servers list the active ones only: a filter brings the others."""
    leaver = user(9, active="False")

    def filtered(text: str) -> Any:
        return [leaver] if text == "active eq false" else []

    server = scripted(Server(everybody(3), FILTERS, filtered=filtered))
    with opened_at(server) as connector:
        read = employees(connector)
    assert read.keys() == {"1", "2", "3", "9"}
    assert read["9"].status == Status.INACTIVE


@pytest.mark.parametrize(
    ("people", "filtered", "more"),
    [
        # ignored: everybody comes again
        (everybody(2), lambda _: everybody(2), 1),
        # shown anyway: not asked for
        ([user(1), user(2, active=False)], lambda _: [user(3, active=False)], 0),
        # refused
        (everybody(2), None, 1),
    ],
    ids=["ignored", "shown-anyway", "refused"],
)
def test_a_filter_for_inactive_people_does_no_harm(
    scripted: Any, people: Any, filtered: Any, more: int
) -> None:
    habits = {"filtered": filtered} if filtered else {}
    server = scripted(Server(people, FILTERS, **habits))
    with opened_at(server) as connector:
        assert employees(connector).keys() == {"1", "2"}
    assert sum("filter" in each.params for each in server.asked) == more


def test_what_changed_is_what_a_full_read_shows(company: Any) -> None:
    """Merged into an earlier full read it gives the present one."""
    acme = company("scim", 60)
    acme.control("clock", days=1)
    before = acme.read()
    since = datetime.now(UTC) + timedelta(hours=23)
    people = acme.people()
    acme.control("rename", id=people[3]["id"], first_name="Changed")
    acme.control("hire", n=2)
    acme.control("terminate", ids=[people[5]["id"], people[6]["id"]])
    acme.control("change", id=people[7]["id"], job_title="Something else")
    with acme.opened() as connector:
        delta = connector.changes(since)
        changed = [connector.employee(record) for record in delta.records]
    assert 5 <= len(changed) < 60
    assert delta.deleted == ()
    assert before | {each.id: each for each in changed} == acme.read()


@pytest.mark.parametrize("config", [{}, FILTERS, {"FILTER": {"Supported": "False"}}, (404, {}), (403, {})])
def test_without_a_filter_everybody_is_what_changed(scripted: Any, config: Any) -> None:
    """Not supported, or said to be and refused."""
    server = scripted(Server(everybody(3), config))
    with opened_at(server) as connector:
        delta = connector.changes(SINCE)
    assert len(delta.records) == 3


def test_v9_only_what_changed_is_asked_for(scripted: Any) -> None:
    """And the servers' own clock says from when to ask next, less an overlap (V9)."""
    asked_for = []

    def filtered(text: str) -> Any:
        asked_for.append(text)
        return everybody(1)

    server = scripted(Server(everybody(3), FILTERS, filtered=filtered))
    with opened_at(server) as connector:
        delta = connector.changes(SINCE)
    assert set(asked_for) == {'meta.lastModified gt "2026-11-21T08:00:00Z"'}
    assert len(delta.records) == 1
    assert timedelta(minutes=4) < datetime.now(UTC) - delta.next_since < timedelta(minutes=6)


@pytest.mark.parametrize("date", ["Sun, 22 Nov 2026 09:00:00 GMT", "Sun, 22 Nov 2026 09:00:00 -0000", "soon"])
def test_a_clock_that_cannot_be_read_is_ours(date: str) -> None:
    """V9."""
    told = _next_since(Answer(status=200, headers=httpx.Headers({"date": date}), body=b"", url=""))
    if date != "soon":
        assert told == datetime(2026, 11, 22, 8, 55, tzinfo=UTC)
    else:
        assert abs(datetime.now(UTC) - timedelta(minutes=5) - told) < timedelta(seconds=10)


def test_equal_bytes_are_equal_people(company: Any) -> None:
    acme = company("scim", 40)
    with acme.opened() as connector:
        first, second = ([page.body for page in connector.pages()] for _ in range(2))
        acme.control("change", id=acme.people()[3]["id"], job_title="Something else")
        third = [page.body for page in connector.pages()]
    assert first == second != third


def test_own_attributes_are_recognised_by_plain_names_only(scripted: Any) -> None:
    """Assumed names; bank details are no filter, and the division is one of our own attributes."""
    ours = {"hireDate": "2024-01-01", "IBAN": "DE89", "site": "HQ", "shoeSize": "42", "nested": {"team": "x"}}
    enterprise = {"division": "EMEA"}
    row = user(1, **{OWN: ours, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": enterprise})
    with opened_at(scripted(Server([row]))) as connector:
        person = employees(connector)["1"]
        assert connector.unreadable().isdisjoint({"start_date", "bank_account", "work_location"})
    assert (str(person.start_date), person.work_location) == ("2024-01-01", "HQ")
    assert person.bank_account == BankAccount(iban="DE89")
    assert person.custom == {"division": "EMEA"}


def test_the_admin_says_which_attributes_hold_what(scripted: Any) -> None:
    """S33: by path, in any case of letters; chosen ones win over guesses."""
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    row = user(
        1, **{OWN: {"iban": "DE1", "payIban": "DE2", "shoeSize": 42}, enterprise: {"division": "EMEA"}}
    )
    wanted = Wanted(
        mapped={"bank_account.iban": f"{OWN}:PAYIBAN", "legal_entity": f"{enterprise}:division"},
        custom={f"{OWN}:shoesize": "Shoes"},
    )
    with opened_at(scripted(Server([row])), wanted) as connector:
        person = employees(connector)["1"]
    assert person == Employee(
        id="1",
        work_email="u1@acme.example",
        personal_email=msgspec.UNSET,
        status=Status.ACTIVE,
        legal_entity="EMEA",
        bank_account=BankAccount(iban="DE2"),
        custom={"Shoes": "42"},
    )
    with opened_at(
        scripted(Server([row])), Wanted(mapped={"legal_entity": f"{enterprise}:DIVISION"})
    ) as connector:
        assert employees(connector)["1"].custom == {}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error(401), errors.WrongCredentials),
        (error(403), errors.MissingPermission),
        (error(404), errors.WrongAddress),
        (error(400, "tooMany"), errors.UnexpectedAnswer),
        (error(429), errors.RateLimited),
        (error(500), errors.ToolFailing),
        ((400, b"<html>"), errors.UnexpectedAnswer),
        ((200, error(401)[1]), errors.WrongCredentials),
        ((200, {"status": "200"}), errors.UnexpectedAnswer),
        ((200, {"status": 500, "scimType": 5}), errors.ToolFailing),
        ((200, []), errors.UnexpectedAnswer),
        ((200, {"totalResults": "many"}), errors.UnexpectedAnswer),
        ((200, {"totalResults": 1, "Resources": {"id": "1"}}), errors.UnexpectedAnswer),
        ((200, {"totalResults": 1, "Resources": [{"name": {}}]}), errors.UnexpectedAnswer),
        ((200, b"<html>", {"Content-Type": "text/html"}), errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_t10_t11_t12_e9_h7_an_error_is_told_as_what_it_is(scripted: Any, reply: Any, kind: Any) -> None:
    """T10-T12, E9: the status is a text in the body; nothing of the server's words is shown (H7)."""
    server = scripted(Server([], answer=lambda _: reply))
    with opened_at(server) as connector, pytest.raises(kind) as caught:
        employees(connector)
    assert "planted" not in str(caught.value) + caught.value.sentence()


def test_a_server_that_shows_no_users_there_says_what_to_copy(scripted: Any) -> None:
    server = scripted(Server([], answer=lambda _: error(404)))
    with opened_at(server) as connector, pytest.raises(errors.WrongAddress) as caught:
        connector.test()
    assert "https://people.acme.example/scim/v2" in caught.value.sentence()


def test_null_for_nobody_is_nobody(scripted: Any) -> None:
    """P6: told as empty by its total."""
    with opened_at(
        scripted(Server([], answer=lambda _: (200, {"totalResults": 0, "Resources": None})))
    ) as connector:
        assert employees(connector) == {}


def test_a_record_that_cannot_be_read_hurts_nobody(scripted: Any) -> None:
    """E6, E8."""
    server = scripted(Server([[1], user(1), user(2, title=5), {"Id": 3}]))
    with opened_at(server) as connector:
        assert employees(connector).keys() == {"1", "3"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"name": "A1", "mode": "401", "page": 2}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P4"}, errors.Incomplete),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11"}, errors.UnexpectedAnswer),
        ({"name": "E1"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, kind: Any) -> None:
    """A1, P2, P4, T10, T11, E1."""
    acme = company("scim", 250)
    acme.fault(**fault)
    with pytest.raises(kind):
        acme.read()


@pytest.mark.parametrize(
    ("pasted", "sent"),
    [
        ("planted", "Bearer planted"),
        ("Bearer planted", "Bearer planted"),
        ('"planted\n-2"', "Bearer planted-2"),
        ("bearer", "Bearer bearer"),
        ("ida:planted", "Basic aWRhOnBsYW50ZWQ="),
    ],
)
def test_a_token_is_understood_as_pasted(scripted: Any, pasted: Any, sent: Any) -> None:
    server = scripted(Server(everybody(1)))
    with opened_at(server, token=pasted) as connector:
        connector.test()
    assert server.asked[-1].headers["Authorization"] == sent


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://p.acme.example/scim/v2", "https://p.acme.example/scim/v2"),
        (" https://P.acme.example/scim/v2/ ", "https://p.acme.example/scim/v2"),
        ("p.acme.example/scim/v2/Users", "https://p.acme.example/scim/v2"),
        ("https://p.acme.example:8443/x/serviceProviderConfig", "https://p.acme.example:8443/x"),
        ("https://p.acme.example", "https://p.acme.example"),
    ],
)
def test_an_address_is_understood_as_pasted(pasted: Any, base: Any) -> None:
    with connect("scim", {"base_url": pasted, "token": "t"}) as connector:
        assert connector.credentials["base_url"] == base
        assert dict(type(connector).prepared(connector.credentials)) == dict(connector.credentials)


@pytest.mark.parametrize(
    "pasted",
    [
        "/scim/v2",
        "ftp://p.acme.example",
        "https://u:p@p.acme.example/scim",
        "https://p.acme.example/scim?x=1",
        "https://p.acme.example/scim#x",
        "https://p.acme.example:port",
        "https://",
        "http://p.acme.example/scim",
        "https://127.0.0.1/scim",
        "https://[::1]/scim",
        "https://p.acme.example:22/scim",
    ],
)
def test_h1_h4_an_address_that_is_none_or_inside_is_refused(pasted: Any) -> None:
    """H1, H4: what the form does not show, the client judges before it connects."""
    with (
        pytest.raises(errors.WrongAddress) as caught,
        connect("scim", {"base_url": pasted, "token": "t"}) as connector,
    ):
        connector.test()
    assert caught.value.params["address"] == pasted


def test_a_stand_in_server_is_told_which_host_was_asked_for(scripted: Any) -> None:
    server = scripted(Server(everybody(1)))
    key = {"base_url": "https://p.acme.example/scim/v2", "token": "t"}
    with opened("scim", server.url, key) as connector:
        assert len(employees(connector)) == 1
    assert server.asked[0].headers["X-Simulated-Host"] == "p.acme.example"
    assert urlsplit(server.url).hostname == "127.0.0.1"
