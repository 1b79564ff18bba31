"""Workday against the simulator: what it reads, and how each fault ends."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from rollcall.connectors import errors
from rollcall.engine.snapshot import Status
from rollcall.simulators.loopback import LOOPBACK
from tests.connectors.loopback import employees


def by_email(read: Any) -> Any:
    return {each.work_email: each for each in read.values() if each.work_email}


def requests(company: Any) -> Any:
    control = company._running.control("workday")
    return LOOPBACK.get(f"{control}/requests").json()["requests"]


def test_the_whole_company_is_read_as_the_tool_has_it(company: Any) -> None:
    """S2, S3, S19: leavers, future hires, managers, organisations, bank details, in pages of 999."""
    acme = company("workday", 1200)
    # the tenant is at the Pacific: in the first hours of a day of UTC, people who left yesterday still work there
    acme.control("clock", hours=max(0, 9 - datetime.now(UTC).hour))
    read = by_email(acme.read())
    people = acme.people()
    truth = {each["id"]: each for each in people}
    assert len(people) == 1200
    compared = 0
    for person in people:
        if person["work_email"] is None or [p["work_email"] for p in people].count(person["work_email"]) > 1:
            continue
        compared += 1
        found = read[person["work_email"]]
        for name in ("first_name", "last_name", "personal_email", "job_title", "work_location", "country"):
            assert getattr(found, name) == person[name], name
        for name in ("department", "team", "legal_entity", "cost_center"):
            # not every contractor belongs to a company
            assert getattr(found, name) == person[name] or person["employment_type"] == "contractor", name
        assert found.start_date.isoformat() == person["start_date"]
        assert found.status == Status(person["status"]), person
        end = person["end_date"]
        # a termination may stay hidden until it is effective (documented)
        assert (found.end_date.isoformat() if found.end_date else None) == end or (
            found.end_date is None and end > str(datetime.now(UTC).date())
        )
        assert found.language.startswith(person["language"])
        if person["iban"]:
            assert found.bank_account.iban == person["iban"].replace(" ", "")
        above = truth.get(person["manager_id"])
        if above and above["work_email"]:
            assert found.manager_id == read[above["work_email"]].id
    assert compared > 1100


def test_reading_takes_few_requests(company: Any) -> None:
    acme = company("workday", 200)
    with acme.opened() as connector:
        assert len(employees(connector)) == 200
    starts = {each["start_date"] for each in acme.people() if each["status"] == "upcoming"}
    assert len(requests(acme)) == 3 + len(starts)


def test_a_test_shows_the_tenant_and_how_many_people(company: Any) -> None:
    """S13, S14, A6: in two requests."""
    acme = company("workday", 60)
    with acme.opened() as connector:
        access = connector.test()
    assert (access.company, access.identity, access.people, access.seconds) == ("acme", "acme", 60, None)
    assert dict(access.unreadable) == {}
    assert len(requests(acme)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wrong"},
        {"username": "ISU_Nobody"},
        {"rest_endpoint": "https://wd2-impl-services1.workday.com/ccx/api/v1/other"},
    ],
    ids=str,
)
def test_what_the_admin_typed_wrongly_is_said_and_not_repeated(company: Any, change: Any) -> None:
    """S19, S51, A1: repeated failures lock the user, and the password is in no message."""
    acme = company("workday", 30)
    with acme.opened(**change) as connector:
        with pytest.raises((errors.WrongCredentials, errors.WrongAddress)) as caught:
            connector.test()
        assert "wrong" not in repr(caught.value) + caught.value.sentence()
        assert "name@tenant" in caught.value.sentence() or "View API Clients" in caught.value.sentence()
    if isinstance(caught.value, errors.WrongCredentials):
        assert len(requests(acme)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401", "page": 2}, errors.WrongCredentials),
        ({"name": "A1", "mode": "403", "page": 2}, errors.MissingPermission),
        ({"name": "A3"}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P2", "mode": "short", "page": 2}, errors.Incomplete),
        ({"name": "P4"}, errors.Incomplete),
        ({"name": "P5", "mode": "repeat"}, errors.Incomplete),
        ({"name": "T3"}, errors.ToolFailing),
        ({"name": "T5", "status": 503}, errors.ToolFailing),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "E1"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
        ({"name": "H6", "mode": "doctype"}, errors.UnexpectedAnswer),
        ({"name": "H6", "mode": "entities"}, errors.UnexpectedAnswer),
        ({"name": "H6", "mode": "external"}, errors.UnexpectedAnswer),
        ({"name": "H6", "mode": "nesting"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, error: Any) -> None:
    """A1, A3, P2, P4, P5, T3, T5, T10, E1, E9, H6."""
    # two pages where it is about the second, else one that is quickly read
    acme = company("workday", 1050 if "page" in fault or fault["name"] == "P5" else 60)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


def test_a_fault_that_passes_is_not_noticed(company: Any) -> None:
    """T5, A3."""
    acme = company("workday", 30)
    acme.fault("T5", times=1)
    assert len(acme.read()) == 30


def test_refused_payment_elections_leave_everybody_without_bank_details(company: Any) -> None:
    """A7: members go on; the missing permission is named."""
    acme = company("workday", 30)
    acme.fault("A7", path="Cash_Management")
    with acme.opened() as connector:
        read = employees(connector)
        assert len(read) == 30
        assert {each.bank_account for each in read.values()} == {UNSET}
        assert connector.unreadable() == {"bank_account"}
        assert connector.test().unreadable == {"bank_account": "Worker Data: Payment Elections (Get)"}


def test_hidden_fields_are_not_delivered_and_named(company: Any) -> None:
    """A5: absent is silent, and not the same as empty."""
    acme = company("workday", 60)
    acme.control("permissions", hidden=["work_email", "cost_center"])
    with acme.opened() as connector:
        read = employees(connector)
        assert {each.work_email for each in read.values()} == {UNSET}
        assert connector.unreadable() == {"work_email", "cost_center"}
        assert connector.test().unreadable.keys() == {"work_email", "cost_center"}


def test_equal_bytes_are_equal_people(company: Any) -> None:
    """An unchanged company gives the same pages again."""
    acme = company("workday", 60)
    with acme.opened() as connector:
        first, second = ([page.body for page in connector.pages()] for _ in range(2))
    assert first == second


def typed_in(employee: Any) -> Any:
    """Return what a transaction tells: a leave or a contract that just ends by its date is none."""
    if employee.employee_number.startswith("C-"):
        return msgspec.structs.replace(employee, status=UNSET)
    on_leave = employee.status == Status.ON_LEAVE
    return msgspec.structs.replace(employee, status=Status.ACTIVE) if on_leave else employee


@pytest.mark.parametrize("seed", range(4))
def test_what_changed_makes_the_same_as_reading_everything(company: Any, seed: Any) -> None:
    """P7: whatever was typed in or became true since then is in the delta, deletions apart."""
    acme = company("workday", 80)
    today = datetime.now(UTC).date()
    chance = random.Random(seed)
    with acme.opened() as connector:
        mirror = employees(connector)
        since = connector.changes(datetime.now(UTC) + timedelta(days=-1)).next_since
        assert connector.changes(since).deleted == ()
    for _ in range(3):
        people = [each["id"] for each in acme.people()]
        acme.control("hire", n=2)
        acme.control("rename", id=chance.choice(people), first_name="Renamed")
        acme.control(
            "terminate", id=chance.choice(people), date=str(today + timedelta(days=chance.choice([-2, 3])))
        )
        acme.control("change", id=chance.choice(people), work_location=chance.choice(["Paris", "Berlin"]))
        acme.control("change", id=chance.choice(people), manager_id=chance.choice(people))
        acme.control("clock", days=chance.choice([0, 1, 2]))
        with acme.opened() as connector:
            delta = connector.changes(since)
            mirror |= {each.id: each for each in map(connector.employee, delta.records)}
            assert len(delta.records) < 80
            since = delta.next_since
    whole = acme.read()
    assert mirror.keys() == whole.keys()
    for number, employee in whole.items():
        assert typed_in(mirror[number]) == typed_in(employee)
