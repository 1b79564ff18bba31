"""Humaans over loopback: the stand-in for what it does, a script for what it seldom does.

What every connector must do is tried by the conformance kit.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.humaans.connector import Humaans
from rollcall.engine.snapshot import BankAccount, Employee
from tests.connectors.loopback import Asked, Company, Scripted, employees, opened

Start = Callable[[Any], Scripted]
KEY = {"api_token": "planted-token"}
TODAY = datetime.now(UTC).date()
LISTS = {
    "token-info": {"scopes": ["public:read", "private:read"]},
    "people": [
        {"id": "p1", "status": "active", "locationId": "l1", "companyId": "c1", "personalEmail": None}
    ],
    "job-roles": [
        {"id": "r1", "personId": "p1", "jobTitle": "Clerk", "department": "Office", "reportingTo": "p2"}
    ],
    "locations": [{"id": "l1", "label": "Berlin", "countryCode": "DE"}],
    "companies": [{"id": "c1", "name": "Acme GmbH"}],
    "bank-accounts": [{"id": "b1", "personId": "p1", "accountNumber": "DE89370400440532013000"}],
}


def humaans(**replies: Any) -> Callable[[Asked], tuple[int, Any]]:
    """Return a script: a list is paged, an object is the answer, a number an error."""
    known = {**LISTS, **{name.replace("_", "-"): reply for name, reply in replies.items()}}

    def script(asked: Asked) -> tuple[int, Any]:
        reply = known[asked.path.removeprefix("/api/")]
        if isinstance(reply, int):
            return reply, {"code": reply, "name": "Planted", "message": "planted"}
        if not isinstance(reply, list):
            return 200, reply
        skip, limit = int(asked.params["$skip"]), int(asked.params["$limit"])
        rows = reply[skip : skip + limit]
        return 200, {"total": len(reply), "limit": limit, "skip": skip, "data": rows}

    return script


def read(server: Scripted, wanted: Wanted | None = None) -> tuple[dict[str, Employee], frozenset[str]]:
    with opened("humaans", server.url, KEY, wanted or Wanted()) as connector:
        return employees(connector), connector.unreadable()


def role(number: str, days: int | None, **more: Any) -> dict[str, Any]:
    begins = None if days is None else (TODAY + timedelta(days=days)).isoformat()
    return {"id": number, "personId": "p1", "effectiveDate": begins, "jobTitle": number, **more}


def test_the_whole_company_is_read_as_the_tool_has_it(company: Callable[[str, int], Company]) -> None:
    """S2, S3: leavers, people to come, managers, places and bank details."""
    acme = company("humaans", 300)
    found = acme.read()
    truth = {each["work_email"]: each for each in acme.people() if each["work_email"]}
    same = [(each, truth[each.work_email]) for each in found.values() if each.work_email in truth]
    assert len(found) == 300
    assert len(same) > 280
    for employee, person in same:
        assert (employee.first_name, employee.last_name) == (person["first_name"], person["last_name"])
        assert employee.work_location in (person["work_location"], "remote")
        assert employee.department == person["department"]
        assert str(employee.start_date) == person["start_date"]
    managed = [each for each in found.values() if each.manager_id in found]
    assert len(managed) > 250
    assert sum(isinstance(each.bank_account, BankAccount) for each in found.values()) > 200


def test_the_company_is_told_with_few_requests(company: Callable[[str, int], Company]) -> None:
    acme = company("humaans", 30)
    with acme.opened() as connector:
        access = connector.test()
    assert access.company
    assert access.identity
    assert (access.people, access.unreadable) == (30, {})


def test_300_people_take_two_pages_and_each_list_its_own(scripted: Start) -> None:
    people = [{"id": str(number)} for number in range(300)]
    server = scripted(humaans(people=people))
    assert len(read(server)[0]) == 300
    assert [each.path for each in server.asked] == [
        "/api/token-info",
        "/api/job-roles",
        "/api/locations",
        "/api/companies",
        "/api/bank-accounts",
        "/api/people",
        "/api/people",
    ]
    assert server.asked[-1].params == {"$limit": "250", "$skip": "250"}
    assert {each.headers["Authorization"] for each in server.asked} == {"Bearer planted-token"}


@pytest.mark.parametrize(
    ("roles", "title"),
    [
        ([role("old", -900), role("now", -1), role("next", 30)], "now"),
        ([role("next", 30), role("today", 0), role("old", -900)], "today"),
        ([role("later", 60), role("first", 30)], "first"),
        ([role("a", -5), role("b", -5)], "b"),
        ([role("b", -5), role("a", -5)], "b"),
        ([role("undated", None), role("dated", -5000)], "dated"),
        ([role("undated", None), role("next", 30)], "undated"),
        ([{**role("odd", None), "effectiveDate": {}}, role("old", -10)], "old"),
    ],
)
def test_the_role_that_holds_today_counts(scripted: Start, roles: Any, title: str) -> None:
    """The latest that has begun; for people still to come the first one."""
    found, _ = read(scripted(humaans(job_roles=roles)))
    assert found["p1"].job_title == title


def test_a_role_to_come_changes_no_record_before_its_day(scripted: Start) -> None:
    """Equal bytes are not looked at again: a quiet day stays quiet."""
    bodies = []
    for roles in ([role("now", -1)], [role("now", -1), role("next", 30)]):
        with opened("humaans", scripted(humaans(job_roles=roles)).url, KEY) as connector:
            bodies.append([page.body for page in connector.pages()])
    assert bodies[0] == bodies[1]


def test_roles_that_only_have_a_name_give_the_title_and_name_the_rest(scripted: Start) -> None:
    """One public client shows them so."""
    found, missing = read(scripted(humaans(job_roles=[{"id": "r", "personId": "p1", "name": "Clerk"}])))
    assert found["p1"].job_title == "Clerk"
    assert missing == {"department", "manager_id"}


def test_somebody_without_a_role_or_an_account_has_none_where_others_have_one(scripted: Start) -> None:
    found, unreadable = read(scripted(humaans(people=[{"id": "p1"}, {"id": "p2"}])))
    assert (found["p1"].job_title, found["p1"].manager_id) == ("Clerk", "p2")
    two = found["p2"]
    assert (two.job_title, two.department, two.manager_id, two.bank_account) == (None, None, None, None)
    assert unreadable == frozenset()


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        ("job_roles", {"job_title", "department", "manager_id"}),
        ("locations", {"work_location"}),
        ("companies", {"legal_entity"}),
        ("bank_accounts", {"bank_account"}),
    ],
)
def test_members_go_on_when_a_list_is_refused(scripted: Start, refused: str, missing: set[str]) -> None:
    """A7: its fields are not delivered, which is not empty, and they are named."""
    server = scripted(humaans(**{refused: 403}))
    found, unreadable = read(server)
    assert unreadable == missing
    assert all(getattr(found["p1"], name) is Employee(id="x").status for name in missing)
    with opened("humaans", server.url, KEY) as connector:
        assert connector.test().unreadable.keys() == missing


@pytest.mark.parametrize(
    "told", [{"scopes": ["public:read"]}, {"scope": "public:read webhooks:manage"}, {"scopes": []}, {}, 403]
)
def test_an_empty_private_field_says_nothing_without_the_scope(scripted: Start, told: Any) -> None:
    """A5: not even where Humaans does not tell the scopes."""
    found, unreadable = read(scripted(humaans(**{"token-info": told})))
    assert found["p1"].personal_email is Employee(id="x").personal_email
    assert unreadable == {"personal_email"}


def test_the_test_names_the_scope_that_is_missing(scripted: Start) -> None:
    server = scripted(humaans(**{"token-info": {"scopes": ["public:read"]}, "bank_accounts": 403}))
    with opened("humaans", server.url, KEY) as connector:
        assert connector.test().unreadable == dict.fromkeys(
            ("personal_email", "bank_account"), "private:read"
        )


@pytest.mark.parametrize(
    "rows", [[], [{"id": "b1", "personId": "p1", "nameOnAccount": "I", "accountNumber": None}]]
)
def test_accounts_without_any_number_are_hidden_ones(scripted: Start, rows: Any) -> None:
    """A5: never read as *nobody has an account*."""
    found, unreadable = read(scripted(humaans(bank_accounts=rows)))
    assert not isinstance(found["p1"].bank_account, BankAccount)
    assert found["p1"].bank_account is not None
    assert unreadable == {"bank_account"}


def test_of_several_accounts_the_one_made_last_counts(scripted: Start) -> None:
    rows = [
        {"id": "b2", "personId": "p1", "accountNumber": "222", "createdAt": "2024-01-01T00:00:00Z"},
        {"id": "b9", "personId": "p1", "accountNumber": "999", "createdAt": "2023-01-01T00:00:00Z"},
    ]
    found, _ = read(scripted(humaans(bank_accounts=rows)))
    assert found["p1"].bank_account == BankAccount(account_number="222")


def test_what_the_admin_leaves_out_is_not_asked_for(scripted: Start) -> None:
    """S12."""
    server = scripted(humaans())
    left_out = ("bank_account", "job_title", "department", "manager_id", "personal_email")
    found, unreadable = read(server, Wanted(leave_out=frozenset(left_out)))
    assert (found["p1"].work_location, unreadable) == ("Berlin", frozenset())
    assert not {"/api/job-roles", "/api/bank-accounts"} & {each.path for each in server.asked}


def test_the_test_does_not_miss_what_the_admin_left_out(scripted: Start) -> None:
    server = scripted(humaans(**{"token-info": {"scopes": ["public:read"]}}))
    with opened("humaans", server.url, KEY, Wanted(leave_out=frozenset({"bank_account"}))) as connector:
        assert connector.test().unreadable == {"personal_email": "private:read"}


@pytest.mark.parametrize(
    ("companies", "name", "identity"),
    [
        ([], None, None),
        (403, None, None),
        ([{"name": 7}], None, None),
        (
            [
                {"id": "c2", "name": "New", "createdAt": "2025-01-01"},
                {"id": "c9", "name": "Old", "createdAt": "2019-01-01"},
            ],
            "Old",
            "c9",
        ),
    ],
)
def test_the_first_company_stands_for_all(scripted: Start, companies: Any, name: Any, identity: Any) -> None:
    """A6: a legal entity more is no other company."""
    with opened("humaans", scripted(humaans(companies=companies)).url, KEY) as connector:
        access = connector.test()
    assert (access.company, access.identity) == (name, identity)


def test_rows_that_are_none_end_the_read(scripted: Start) -> None:
    """E6: a row that is passed over would be a title cleared."""
    with pytest.raises(errors.UnexpectedAnswer):
        read(scripted(humaans(job_roles=[role("now", -1), "planted"])))


def test_a_person_that_cannot_be_joined_is_set_aside_alone(scripted: Start) -> None:
    """E6, I1."""
    people = [{"id": "p1"}, {"id": {"planted": 1}}, {"id": "p2", "locationId": 7}]
    found, _ = read(scripted(humaans(people=people)))
    assert list(found) == ["p1", "p2"]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.WrongCredentials), (403, errors.MissingPermission)]
)
def test_people_refused_end_the_read(scripted: Start, status: int, kind: type[Exception]) -> None:
    """A1."""
    with pytest.raises(kind):
        read(scripted(humaans(people=status)))


@pytest.mark.parametrize("pasted", ["planted", "Bearer planted", " bearer: plan\nted ", '"planted"'])
def test_a_token_is_understood_as_pasted(pasted: str) -> None:
    assert Humaans.prepared({"api_token": pasted}) == {"api_token": "planted"}


def test_the_word_bearer_is_no_token() -> None:
    with pytest.raises(errors.WrongCredentials), connect("humaans", {"api_token": "Bearer"}):
        pass


def test_what_changed_cannot_be_asked(scripted: Start) -> None:
    with (
        opened("humaans", scripted(humaans()).url, KEY) as connector,
        pytest.raises(NotImplementedError),
    ):
        connector.changes(datetime.now(UTC))
