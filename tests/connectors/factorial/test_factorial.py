"""Factorial over loopback: the stand-in for what it does, a script for what it seldom does.

What every connector must do is tried by the conformance kit.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from rollcall.connectors import errors
from rollcall.connectors.base import Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.factorial.connector import ROOT, Factorial
from rollcall.engine.snapshot import BankAccount, Employee
from rollcall.engine.status import Standing, standing
from tests.connectors.loopback import Asked, Company, Scripted, employees, opened

Start = Callable[[Any], Scripted]
KEY = {"api_key": "planted-key"}
TODAY = datetime.now(UTC).date()
IBAN = {"bank_number": "DE89370400440532013000", "bank_number_format": "iban"}
PERSON = {"id": 1, "active": True, "location_id": 5, "legal_entity_id": 6, **IBAN}
ANSWERS: dict[str, Any] = {
    "credentials": {"id": "k", "company_id": 77, "legal_name": "Acme SL", "name": "Acme"},
    "employees": [PERSON],
    "contract_versions": [{"id": 1, "employee_id": 1, "job_title": "Clerk", "starts_on": "2022-02-01"}],
    "locations": [{"id": 5, "name": "Madrid"}],
    "legal_entities": [{"id": 6, "legal_name": "Acme SL"}],
    "teams": [{"id": 1, "name": "Payroll", "employee_ids": [1]}],
}


def factorial(size: int = 100, **replies: Any) -> Callable[[Asked], tuple[int, Any]]:
    """Return a script: a list comes in pages of ``size``, an object is the answer, a number an error."""
    known = {**ANSWERS, **replies}

    def script(asked: Asked) -> tuple[int, Any]:
        reply = known[asked.path.rsplit("/", 1)[-1]]
        if isinstance(reply, int):
            return reply, {"errors": ["planted"]}
        if not isinstance(reply, list):
            return 200, reply
        start = int(asked.params.get("after_id", 0))
        end = start + size
        meta = {"limit": size, "total": len(reply), "has_next_page": end < len(reply), "end_cursor": str(end)}
        return 200, {"data": reply[start:end], "meta": meta}

    return script


def read(server: Scripted, wanted: Wanted | None = None) -> tuple[dict[str, Employee], frozenset[str]]:
    with opened("factorial", server.url, KEY, wanted or Wanted()) as connector:
        return employees(connector), connector.unreadable()


def version(number: int, days: int, **more: Any) -> dict[str, Any]:
    begins = (TODAY + timedelta(days=days)).isoformat()
    told = {"id": number, "employee_id": 1, "effective_on": begins, "starts_on": begins}
    return {**told, "job_title": f"title {number}", **more}


def test_the_whole_company_is_read_as_the_tool_has_it(company: Callable[[str, int], Company]) -> None:
    """S2, S3: leavers, people to come, managers, places and bank details."""
    acme = company("factorial", 300)
    found = acme.read()
    truth = {each["work_email"]: each for each in acme.people() if each["work_email"]}
    same = [(each, truth[each.work_email]) for each in found.values() if each.work_email in truth]
    assert len(found) == 300
    assert len(same) > 280
    for employee, person in same:
        assert (employee.first_name, employee.last_name) == (person["first_name"], person["last_name"])
        assert employee.personal_email == person["personal_email"]
        assert (employee.work_location, employee.country) == (person["work_location"], person["country"])
        assert str(employee.start_date) == person["start_date"]
    assert sum(each.manager_id in found for each in found.values()) > 250
    assert sum(isinstance(each.bank_account, BankAccount) for each in found.values()) > 200


def test_the_company_is_told_with_six_requests(scripted: Start) -> None:
    server = scripted(factorial())
    with opened("factorial", server.url, KEY) as connector:
        access = connector.test()
    assert (access.company, access.identity) == ("Acme SL", "77")
    assert (access.people, access.unreadable) == (1, {})
    assert len(server.asked) == 6
    assert {each.headers["x-api-key"] for each in server.asked} == {"planted-key"}
    assert all(each.path.startswith(f"{ROOT}/") for each in server.asked)


@pytest.mark.parametrize(
    ("told", "company", "identity"),
    [
        ({"data": {"company_id": 77, "name": "Acme"}}, "Acme", "77"),
        ({"data": [{"company_id": "77", "legal_name": "Acme SL"}], "meta": {}}, "Acme SL", "77"),
        ({"data": []}, None, None),
        ({"id": "k"}, None, None),
        (403, None, None),
    ],
)
def test_the_company_is_told_in_any_wrapping(scripted: Start, told: Any, company: Any, identity: Any) -> None:
    """A6; people can be read without it."""
    server = scripted(factorial(credentials={**told} if isinstance(told, dict) else told))
    with opened("factorial", server.url, KEY) as connector:
        access = connector.test()
    assert (access.company, access.identity) == (company, identity)


def test_pages_follow_the_cursor_to_the_end(scripted: Start) -> None:
    server = scripted(factorial(size=2, employees=[{**PERSON, "id": number} for number in range(1, 6)]))
    assert list(read(server)[0]) == ["1", "2", "3", "4", "5"]
    people = [each.params.get("after_id") for each in server.asked if each.path.endswith("/employees")]
    assert people == [None, "2", "4"]


def test_more_pages_without_a_cursor_end_the_read(scripted: Start) -> None:
    """P2: never a part of the list."""
    told = {"data": [PERSON], "meta": {"has_next_page": True, "end_cursor": None, "total": 2}}
    with pytest.raises(errors.UnexpectedAnswer):
        read(scripted(factorial(employees=told)))


@pytest.mark.parametrize(
    ("versions", "title"),
    [
        ([version(1, -900), version(2, -1), version(3, 30)], "title 2"),
        ([version(3, 30), version(2, 0), version(1, -900)], "title 2"),
        ([version(2, 60), version(1, 30)], "title 1"),
        ([version(9, -5), version(10, -5)], "title 10"),
    ],
)
def test_the_contract_version_that_holds_today_counts(scripted: Start, versions: Any, title: str) -> None:
    """The latest that has begun; for people still to come the first one."""
    found, _ = read(scripted(factorial(contract_versions=versions)))
    assert found["1"].job_title == title


@pytest.mark.parametrize(
    ("person", "contract", "where"),
    [
        ({}, -100, Standing.ACTIVE),
        ({}, 30, Standing.UPCOMING),
        ({"active": False}, 30, Standing.UPCOMING),
        ({"terminated_on": 20}, -100, Standing.LEAVING),
        ({"terminated_on": -1}, -100, Standing.LEFT),
        ({"terminated_on": -1, "active": False}, -100, Standing.LEFT),
        ({"active": False}, -100, Standing.LEFT),
        ({"active": None}, -100, Standing.DOUBTFUL),
        ({"terminated_on": 20, "active": False}, -100, Standing.DOUBTFUL),
    ],
)
def test_people_stand_where_dates_and_activity_say(
    scripted: Start, person: Any, contract: int, where: Standing
) -> None:
    """V1, V2, V6: nobody is called a leaver before their last day has ended."""
    end = person.get("terminated_on")
    day = None if end is None else (TODAY + timedelta(days=end)).isoformat()
    told = [{**PERSON, **person, "terminated_on": day}]
    found, _ = read(scripted(factorial(employees=told, contract_versions=[version(1, contract)])))
    assert standing(found["1"], TODAY) == where


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        ("contract_versions", {"job_title", "start_date"}),
        ("locations", {"work_location"}),
        ("legal_entities", {"legal_entity"}),
        ("teams", {"team"}),
    ],
)
def test_members_go_on_when_a_list_is_refused(scripted: Start, refused: str, missing: set[str]) -> None:
    """A7: its fields are not delivered, which is not empty, and they are named."""
    server = scripted(factorial(**{refused: 403}))
    found, unreadable = read(server)
    assert unreadable == missing
    assert all(getattr(found["1"], name) is UNSET for name in missing)
    with opened("factorial", server.url, KEY) as connector:
        assert connector.test().unreadable.keys() == missing


def test_contracts_without_a_title_for_anybody_name_it(scripted: Start) -> None:
    rows = [{"id": 1, "employee_id": 1, "starts_on": "2022-02-01"}]
    found, unreadable = read(scripted(factorial(contract_versions=rows)))
    assert (found["1"].job_title, found["1"].start_date) == (UNSET, date(2022, 2, 1))
    assert unreadable == {"job_title"}


def test_bank_details_that_are_empty_for_everybody_are_hidden_ones(scripted: Start) -> None:
    """A5: kept, and named by the read and by the test before it."""
    people = [{**PERSON, "id": number, "bank_number": None} for number in (1, 2, 3)]
    server = scripted(factorial(size=2, employees=people))
    found, unreadable = read(server)
    assert {each.bank_account for each in found.values()} == {UNSET}
    assert unreadable == {"bank_account"}
    with opened("factorial", server.url, KEY) as connector:
        assert connector.test().unreadable == {"bank_account": "Bank details of employees: read"}


def test_an_empty_bank_number_is_none_as_soon_as_somebody_has_one(scripted: Start) -> None:
    people = [
        {**PERSON, "id": 1, "bank_number": None},
        {**PERSON, "id": 2},
        {**PERSON, "id": 3, "bank_number": None},
    ]
    found, unreadable = read(scripted(factorial(size=1, employees=people)))
    assert [each.bank_account for each in found.values()] == [
        UNSET,
        BankAccount(iban=IBAN["bank_number"]),
        None,
    ]
    assert unreadable == frozenset()


def test_a_second_look_gives_the_same_bytes(scripted: Start) -> None:
    """P3: somebody who is seen in both looks is not a contradiction."""
    people = [{**PERSON, "id": 1, "bank_number": None}, {**PERSON, "id": 2}, {**PERSON, "id": 3}]
    looks = 0

    def script(asked: Asked) -> tuple[int, Any]:
        nonlocal looks
        looks += asked.path.endswith("/employees")
        # the third page of the first look has lost its people
        lost = {"data": [], "meta": {"has_next_page": False, "total": 3}}
        return factorial(size=1, employees=lost if looks == 3 else people)(asked)

    with opened("factorial", scripted(script).url, KEY) as connector:
        records = [record for page in connector.pages() for record in page.records()]
    assert len(records) == 5
    assert records[:2] == records[2:4]


def test_a_company_without_people_misses_nothing(scripted: Start) -> None:
    """P1: what an empty list means is the caller's to judge."""
    server = scripted(factorial(employees=[]))
    assert read(server) == ({}, frozenset())
    with opened("factorial", server.url, KEY) as connector:
        assert connector.unreadable() == frozenset()
        assert (connector.test().people, connector.test().unreadable) == (0, {})


def test_teams_are_joined_by_name(scripted: Start) -> None:
    teams = [
        {"id": 1, "name": "Payroll", "employee_ids": [1, 2]},
        {"id": 2, "name": "Audit", "employee_ids": [1]},
        {"id": 3, "name": None, "employee_ids": [1]},
        {"id": 4, "name": "Empty"},
        *({"id": 5 + at, "name": f"Crew {at}", "employee_ids": [1]} for at in range(4)),
    ]
    people = [{**PERSON, "id": number} for number in (1, 2, 3)]
    found, _ = read(scripted(factorial(teams=teams, employees=people)))
    assert [each.team for each in found.values()] == [
        "Audit, Crew 0, Crew 1, Crew 2, Crew 3, Payroll",
        "Payroll",
        None,
    ]


def test_what_the_admin_leaves_out_is_not_asked_for(scripted: Start) -> None:
    """S12."""
    server = scripted(factorial())
    left_out = frozenset({"job_title", "start_date", "team", "bank_account"})
    found, unreadable = read(server, Wanted(leave_out=left_out))
    assert (found["1"].work_location, unreadable) == ("Madrid", frozenset())
    assert found["1"].bank_account is UNSET
    assert [each.path.rsplit("/", 1)[-1] for each in server.asked] == [
        "locations",
        "legal_entities",
        "employees",
    ]


def test_the_test_does_not_miss_what_the_admin_left_out(scripted: Start) -> None:
    server = scripted(factorial(employees=[{**PERSON, "bank_number": None}], contract_versions=403))
    wanted = Wanted(leave_out=frozenset({"bank_account", "job_title"}))
    with opened("factorial", server.url, KEY, wanted) as connector:
        assert connector.test().unreadable.keys() == {"start_date"}


def test_a_person_that_cannot_be_joined_is_set_aside_alone(scripted: Start) -> None:
    """E6, I1."""
    people = [PERSON, {"id": {"planted": 1}}, {**PERSON, "id": 2, "location_id": []}, "planted"]
    found, _ = read(scripted(factorial(employees=people)))
    assert list(found) == ["1"]


def test_rows_that_are_none_end_the_read(scripted: Start) -> None:
    """E6: a row that is passed over would be a title cleared."""
    with pytest.raises(errors.UnexpectedAnswer):
        read(scripted(factorial(contract_versions=["planted"])))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.WrongCredentials), (403, errors.MissingPermission)]
)
def test_people_refused_end_the_read(scripted: Start, status: int, kind: type[Exception]) -> None:
    """A1."""
    with pytest.raises(kind):
        read(scripted(factorial(employees=status)))


@pytest.mark.parametrize("pasted", ["planted", "x-api-key: planted", "X-API-KEY plan\nted", '"planted"'])
def test_a_key_is_understood_as_pasted(pasted: str) -> None:
    assert Factorial.prepared({"api_key": pasted}) == {"api_key": "planted"}


def test_the_name_of_the_header_is_no_key() -> None:
    with pytest.raises(errors.WrongCredentials), connect("factorial", {"api_key": "x-api-key:"}):
        pass


def test_what_changed_cannot_be_asked(scripted: Start) -> None:
    with (
        opened("factorial", scripted(factorial()).url, KEY) as connector,
        pytest.raises(NotImplementedError),
    ):
        connector.changes(datetime.now(UTC))
