"""Short lists, lost fields and masks: the limits at their edges, and the rules over made-up values."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from rollcall.engine.absence import is_drop, is_fewer, is_slow
from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.limits import Limits
from rollcall.engine.losses import Loss, Lost, Measured, losses
from rollcall.engine.masks import is_address, is_cut_number, is_mask
from rollcall.engine.match import Candidate
from rollcall.engine.plan import decide
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from tests.engine.test_cases import Case, plan_of


@pytest.mark.parametrize(
    ("missing", "of", "doubted"),
    [
        (0, 0, False),
        (51, 900, True),
        (3, 30, False),
        (4, 30, True),
        (10, 100, False),
        (11, 100, True),
        (1, 3, False),
        (2, 5, True),
        (50, 900, False),
    ],
)
def test_a4_rule5_a_list_is_doubted_beyond_the_limits_on_archiving(
    missing: int, of: int, doubted: bool
) -> None:
    assert is_drop(missing, of) is doubted


def test_a4_ordinary_ups_and_downs_are_not_unusual() -> None:
    assert not is_fewer(27, 30) and is_fewer(26, 30)
    assert not is_fewer(225, 250) and is_fewer(224, 250)
    assert not is_fewer(300, 250)
    assert is_slow(61, 12) and not is_slow(60, 1) and not is_slow(100, 20)


def lost(*measured: Measured, managed: int = 100) -> list[tuple[str, Lost, int, int]]:
    found: Iterable[Loss] = losses(measured, managed, Limits())
    return [(one.field, one.kind, one.count, one.of) for one in found]


def test_a5_rule6_a_field_is_doubted_beyond_the_limit_of_a_plan() -> None:
    """As many as a plan may clear are believed, one more is not; bank details have the limit of bank details."""
    assert lost(Measured(field="team", had=100, empty=20)) == []
    assert lost(Measured(field="team", had=100, empty=11, masked=10)) == [("team", Lost.EMPTY, 21, 100)]
    assert lost(Measured(field="team", had=10, empty=2)) == []
    assert lost(Measured(field="team", had=10, masked=3)) == [("team", Lost.MASKED, 3, 10)]
    assert lost(Measured(field="team", had=100, same=21)) == [("team", Lost.SAME, 21, 100)]
    assert lost(Measured(field="bank_account", had=100, empty=3)) == []
    assert lost(Measured(field="bank_account", had=100, empty=4)) == [("bank_account", Lost.EMPTY, 4, 100)]
    assert lost(Measured(field="bank_account", had=10, empty=2), managed=10) == [
        ("bank_account", Lost.EMPTY, 2, 10)
    ]


@pytest.mark.parametrize(
    "value",
    ["null", "NULL", " n/a ", "-", "--", "***", "*", "xxxx", "XXX", "••••", "Hidden", "Redacted", "…", "?"],
)
def test_a5_what_stands_for_a_value_is_none(value: str) -> None:
    assert is_mask(value) and is_mask(value, "team")
    assert not is_address(f"{value.strip()}@co.example")


@pytest.mark.parametrize(
    "value",
    ["", "Null Island", "xx", "X", "Anna-Maria", "-1", "*a*", "A", "李", "aaaa", "1111", "no", "Xavier", "+"],
)
def test_rule3_ordinary_values_are_no_masks(value: str) -> None:
    assert not is_mask(value)


def test_v7_rule3_people_are_called_null_and_numbers_are_cut() -> None:
    assert not is_mask("Null", "last_name") and is_mask("***", "last_name")
    assert is_cut_number("****6789") and is_cut_number("XXXX6789") and not is_cut_number("123 456-X9")
    assert not is_address("a***@co.example") and is_address("anna.null@co.example")


VALUES = st.sampled_from([UNSET, None, "", "  ", "***", "hidden", "-", "xxxx", "Sales", "Legal"])


@given(
    people=st.lists(
        st.tuples(VALUES, VALUES, st.sampled_from([None, "Sales", "Legal"])), min_size=1, max_size=6
    ),
    kept=st.lists(st.sampled_from(["department", "team"]), unique=True),
)
def test_inv9_rule3_no_field_becomes_empty_unless_others_have_it_in_this_very_list(
    people: list[tuple[str | None, str | None, str | None]], kept: list[str]
) -> None:
    """For any mix of null, blank, masked and not delivered; the plan says so; and no mask is ever written."""
    snapshot = [
        Employee(
            id=str(n), work_email=f"{n}@co.example", status=Status.ACTIVE, department=department, team=team
        )
        for n, (department, team, _) in enumerate(people)
    ]
    members = [
        Member(
            id=10 + n,
            state=State.ACTIVE,
            role=Role.REQUESTER,
            email=f"{n}@co.example",
            department=before,
            team="Legal" if before else None,
        )
        for n, (_, _, before) in enumerate(people)
    ]
    links = [Link(member_id=10 + n, employee_id=str(n)) for n in range(len(people))]
    lines: list[Change] = plan_of(Case(snapshot=snapshot, members=members, links=links, kept=kept, plan=[]))
    for line in lines:
        for name, one in line.fields.items():
            own = getattr(snapshot[int(line.employee_id)], name)
            assert name not in kept and own is not UNSET and line.kind is Kind.UPDATE
            assert one.after is None or not is_mask(one.after)
            if one.after is None:
                assert own is None or not own.strip()
                assert any(getattr(other, name) in ("Sales", "Legal") for other in snapshot)


@pytest.mark.parametrize("twins", [0, 1, 2])
def test_i2_i8_a_leaver_known_by_address_alone_stays_while_it_works_on_under_another_number(
    twins: int,
) -> None:
    """Nobody is linked to the member, so the preview that a person approves would archive them by their address."""
    left = Employee(id="7", first_name="Ada", work_email="ada@acme.example", status=Status.INACTIVE)
    member = Member(id=1, state=State.ACTIVE, role=Role.REQUESTER, email="ada@acme.example")
    one = Candidate(employee=left, same_email=member, twins=twins)
    found = decide(
        one,
        Settings(archive_inactive=True),
        now=datetime(2026, 11, 22, 12, tzinfo=UTC),
        zone="UTC",
        adopt=True,
    )
    expected = (Kind.SKIP, Why.SHARED_EMAIL) if twins else (Kind.ARCHIVE, Why.LEFT)
    assert [(line.kind, line.why) for line in found] == [expected]
