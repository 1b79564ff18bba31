"""Members who are given each other's address swap them together, or keep them together."""

from datetime import UTC, date, datetime

import pytest
from msgspec import UNSET, UnsetType

from rollcall.engine.change import Kind, Why
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from tests.engine.test_cases import Case, plan_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def swapped(status: Status | UnsetType, last_day: date | UnsetType) -> Case:
    """Two members, each with the other's address in HR; the second one's record as given."""
    return Case(
        snapshot=[
            Employee(id="1", first_name="A", last_name="A", work_email="b@co.example", status=Status.ACTIVE),
            Employee(
                id="2",
                first_name="B",
                last_name="B",
                work_email="a@co.example",
                status=status,
                end_date=last_day,
            ),
        ],
        members=[
            Member(id=n, state=State.ACTIVE, role=Role.REQUESTER, email=f"{name}@co.example", first_name=name)
            for n, name in ((1, "a"), (2, "b"))
        ],
        links=[Link(member_id=n, employee_id=str(n), managed=True) for n in (1, 2)],
        settings=Settings(),
        now=NOW,
        plan=[],
    )


def test_i6_two_members_swap_their_addresses_in_one_plan() -> None:
    lines = plan_of(swapped(Status.ACTIVE, UNSET))
    assert [line.fields["email"].after for line in lines] == ["b@co.example", "a@co.example"]


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 12, 31)])
def test_i6_inv11_where_one_of_the_two_may_not_move_neither_does(day: date) -> None:
    """A record without a status that ends: whoever has it may leave instead of moving."""
    lines = plan_of(swapped(UNSET, day))
    assert not any("email" in line.fields for line in lines)
    assert [line.why for line in lines if line.kind is Kind.NOTE] == [Why.EMAIL_TAKEN] * 2
