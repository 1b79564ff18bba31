"""Somebody who was erased is passed over, with the reason and the way back; nothing else about them is decided."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from rollcall.engine.change import Kind, Why
from rollcall.engine.explain import explain
from rollcall.engine.levers import Lever
from rollcall.engine.match import Candidate
from rollcall.engine.plan import decide
from rollcall.engine.roster import Member, Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERSON = Candidate(
    employee=Employee(
        id="7", first_name="Zoe", last_name="Q", work_email="zoe@acme.example", status=Status.ACTIVE
    ),
    erased=True,
)


def member(state: State) -> Member:
    return Member(id=1, state=state, role=Role.REQUESTER, email="zoe@acme.example")


@pytest.mark.parametrize("known", [None, State.ACTIVE, State.ARCHIVED])
def test_z7_who_was_erased_is_neither_invited_nor_tied_to_a_member_of_the_same_address(
    known: State | None,
) -> None:
    one = structs.replace(PERSON, same_email=member(known) if known else None)
    lines = decide(one, Settings(), now=NOW, zone="UTC")
    assert [(line.kind, line.why) for line in lines] == [(Kind.SKIP, Why.ERASED)]


def test_z7_who_was_erased_and_has_left_needs_no_line() -> None:
    gone = structs.replace(PERSON, employee=structs.replace(PERSON.employee, status=Status.INACTIVE))
    assert decide(gone, Settings(), now=NOW, zone="UTC") == []


def test_z7_d16_the_way_back_is_that_a_person_allows_it() -> None:
    lines = decide(PERSON, Settings(), now=NOW, zone="UTC")
    said = explain(PERSON, Settings(), lines, now=NOW, zone="UTC")
    assert [step.lever for step in said.ways[0].steps] == [Lever.ALLOW_AGAIN]
    assert said.ways[0].leads_to == "create"
