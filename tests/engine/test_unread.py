"""Somebody whose present record cannot be read stays exactly as they are, whatever the old one says."""

from datetime import UTC, date, datetime

import pytest
from msgspec import structs

from rollcall.engine.change import Kind, Why
from rollcall.engine.explain import explain
from rollcall.engine.levers import Lever
from rollcall.engine.match import Candidate
from rollcall.engine.plan import decide
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.scope import Condition
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEAVERS = Settings(archive_inactive=True)
ADA = Employee(id="7", first_name="Ada", last_name="L", work_email="ada@acme.example", status=Status.ACTIVE)
HERE = Member(
    id=1, state=State.ACTIVE, role=Role.REQUESTER, email="ada@acme.example", first_name="Ada", last_name="L"
)
MANAGED = Candidate(
    employee=ADA, member=HERE, link=Link(member_id=1, employee_id="7", managed=True), unread=True
)
LEFT = structs.replace(
    MANAGED, employee=structs.replace(ADA, status=Status.INACTIVE, last_working_day=date(2026, 11, 20))
)
OUTSIDE = structs.replace(
    MANAGED, outside=Condition(attribute="work_location", test="one_of", values=("Paris",))
)
RENAMED = structs.replace(MANAGED, employee=structs.replace(ADA, last_name="King"))
NEW = Candidate(employee=ADA, unread=True)


@pytest.mark.parametrize("one", [LEFT, OUTSIDE, RENAMED, NEW])
def test_e6_rule1_inv20_nothing_is_decided_from_the_record_before_the_unreadable_one(one: Candidate) -> None:
    read = structs.replace(one, unread=False)
    assert decide(read, LEAVERS, now=NOW, zone="UTC")[0].kind is not Kind.SKIP
    lines = decide(one, LEAVERS, now=NOW, zone="UTC")
    assert [(line.kind, line.why) for line in lines] == [(Kind.SKIP, Why.UNREADABLE)]


def test_inv20_who_is_in_step_needs_no_word_about_their_record() -> None:
    assert decide(MANAGED, LEAVERS, now=NOW, zone="UTC") == []


def test_d16_the_way_on_is_that_the_record_can_be_read_again() -> None:
    lines = decide(LEFT, LEAVERS, now=NOW, zone="UTC")
    said = explain(LEFT, LEAVERS, lines, now=NOW, zone="UTC")
    assert [step.lever for step in said.ways[0].steps] == [Lever.READABLE]
    assert said.ways[0].leads_to == "archive"
