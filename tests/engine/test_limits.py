"""Every limit just under and just over; small companies too (rules 6 and 7 of the fault catalogue)."""

from typing import Any

import pytest

from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.limits import Breach, Breached, Headcount, Limits, Tally, breaches

BIG = 1_000_000


def tally(kind: Kind, count: int, field: str = "", *, after: str | None = None, place: str = "") -> Tally:
    """Return the count of so many equal lines; ``field`` goes from *old* to ``after``."""
    found = Tally()
    fields = {field: FieldChange(before="old", after=after)} if field else {}
    for number in range(count):
        line = Change(kind=kind, employee_id=str(number), why=Why.CHANGED_IN_HR, fields=fields)
        found.add(line, {"work_location": place} if place else None)
    return found


def broken(counted: Tally, managed: int, limits: Limits | None = None, **head: Any) -> set[Breach]:
    before = Headcount(managed=managed, employees=managed or 1, **head)
    return {one.breach for one in breaches(counted, before, limits or Limits())}


@pytest.mark.parametrize(
    ("kind", "breach"), [(Kind.ARCHIVE, Breach.ARCHIVED), (Kind.RELEASE, Breach.RELEASED)]
)
@pytest.mark.parametrize(
    ("managed", "most"),
    [
        # one person of one or two is more than a third, and nobody may be left over
        (1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2), (8, 2),
        # the floor of three people, as long as it is no more than a third
        (9, 3), (30, 3), (39, 3),
        # ten per cent
        (40, 4), (70, 7), (100, 10), (499, 49),
        # fifty heads
        (500, 50), (501, 50), (100_000, 50),
    ],
)  # fmt: skip
def test_rule6_rule7_removals_hold_just_over_the_limit(
    kind: Kind, breach: Breach, managed: int, most: int
) -> None:
    assert broken(tally(kind, most), managed) == set()
    assert breach in broken(tally(kind, most + 1), managed)


def test_archives_and_releases_are_counted_each_for_itself_but_together_for_nobody_left() -> None:
    both = tally(Kind.ARCHIVE, 1)
    both.kinds[Kind.RELEASE] = 2
    generous = Limits(removed_floor=BIG, removed_share=1.0, removed_share_always=1.0, removed_heads=BIG)
    assert broken(both, 4, generous) == set()
    assert broken(both, 3, generous) == {Breach.NOBODY_LEFT}


@pytest.mark.parametrize("managed", [1, 2, 3, 4, 5])
def test_set3_rule7_no_setting_switches_off_the_limit_for_nobody_left(managed: int) -> None:
    """S3 of the fault catalogue, rule 7."""
    off = Limits(
        removed_floor=BIG, removed_share=1.0, removed_share_always=1.0, removed_heads=BIG, group_size=BIG
    )
    assert broken(tally(Kind.ARCHIVE, managed - 1), managed, off) == set()
    assert broken(tally(Kind.ARCHIVE, managed), managed, off) == {Breach.NOBODY_LEFT}


def test_p1_an_empty_snapshot_holds_while_somebody_is_managed() -> None:
    """P1, P6."""
    nobody = Headcount(managed=1, employees=0)
    assert breaches(Tally(), nobody, Limits()) == (Breached(breach=Breach.NOBODY_SEEN, count=0, of=1),)
    assert breaches(Tally(), Headcount(managed=0, employees=0), Limits()) == ()


@pytest.mark.parametrize(
    ("size", "gone", "holds"), [(2, 2, False), (3, 2, False), (3, 3, True), (4, 3, False), (4, 4, True)]
)
def test_rule6_a_whole_group_of_three_or_more_holds(size: int, gone: int, holds: bool) -> None:
    counted = tally(Kind.ARCHIVE, gone, place="Paris")
    found = breaches(
        counted, Headcount(managed=100, employees=100, groups={"work_location": {"Paris": size}}), Limits()
    )
    assert found == (
        (Breached(breach=Breach.GROUP_GONE, count=gone, of=size, what="work_location=Paris"),)
        if holds
        else ()
    )


def test_who_has_no_place_counts_for_no_group() -> None:
    counted = Tally()
    counted.add(
        Change(kind=Kind.ARCHIVE, employee_id="1", why=Why.LEFT), {"work_location": None, "department": "A"}
    )
    counted.add(Change(kind=Kind.SKIP, employee_id="2", why=Why.VANISHED), {"department": "A"})
    assert counted.groups == {("department", "A"): 1}


@pytest.mark.parametrize(("managed", "most"), [(1, 2), (5, 2), (20, 2), (30, 3), (1000, 100)])
def test_rule6_changed_emails_hold_over_a_tenth(managed: int, most: int) -> None:
    assert broken(tally(Kind.UPDATE, most, "email", after="new"), managed) == set()
    assert broken(tally(Kind.UPDATE, most + 1, "email", after="new"), managed) == {Breach.EMAILS}


@pytest.mark.parametrize("after", ["new", None])
@pytest.mark.parametrize(("managed", "most"), [(1, 1), (5, 1), (39, 1), (40, 2), (60, 3), (1000, 3)])
def test_rule6_v8_changed_or_cleared_accounts_hold_over_a_twentieth_or_three(
    managed: int, most: int, after: str | None
) -> None:
    """A5, V8."""
    assert broken(tally(Kind.UPDATE, most, "bank_account", after=after), managed) == set()
    assert Breach.BANKS in broken(tally(Kind.UPDATE, most + 1, "bank_account", after=after), managed)


@pytest.mark.parametrize(("managed", "had", "most"), [(5, 5, 2), (100, 100, 19), (100, 50, 10), (100, 10, 2)])
def test_rule6_a5_a_cleared_field_holds_over_a_fifth_of_the_filled_or_twenty_points(
    managed: int, had: int, most: int
) -> None:
    """A5."""
    assert broken(tally(Kind.UPDATE, most, "department"), managed, filled={"department": had}) == set()
    assert broken(tally(Kind.UPDATE, most + 1, "department"), managed, filled={"department": had}) == {
        Breach.CLEARED
    }


def test_each_field_is_counted_for_itself() -> None:
    counted = tally(Kind.UPDATE, 2, "department")
    for name in ("team", "team", "country"):
        counted.add(
            Change(
                kind=Kind.UPDATE,
                employee_id="x",
                why=Why.CHANGED_IN_HR,
                fields={name: FieldChange(before="a")},
            )
        )
    assert counted.cleared == {"department": 2, "team": 2, "country": 1}
    assert broken(counted, 5) == set()


@pytest.mark.parametrize("kind", [Kind.CREATE, Kind.REACTIVATE])
@pytest.mark.parametrize(("managed", "most"), [(0, 10), (5, 10), (30, 10), (70, 21), (100, 30)])
def test_rule6_more_people_hold_over_thirty_per_cent_and_ten(kind: Kind, managed: int, most: int) -> None:
    assert broken(tally(kind, most), managed) == set()
    assert broken(tally(kind, most + 1), managed) == {Breach.CREATED}


def test_what_a_creation_brings_and_what_was_empty_is_no_change_of_an_address_or_account() -> None:
    counted = tally(Kind.CREATE, 5, "email", after="new")
    first = {"bank_account": FieldChange(after="FR**11", ref="aa")}
    counted.add(Change(kind=Kind.UPDATE, employee_id="x", why=Why.CHANGED_IN_HR, fields=first))
    assert (counted.emails, counted.banks, counted.cleared.total()) == (0, 0, 0)


def test_every_breach_is_named_not_only_the_first() -> None:
    counted = tally(Kind.ARCHIVE, 60, place="Paris")
    for line in range(60):
        counted.add(
            Change(
                kind=Kind.UPDATE,
                employee_id=f"u{line}",
                why=Why.CHANGED_IN_HR,
                fields={"email": FieldChange(before="a", after="b"), "bank_account": FieldChange(before="a")},
            )
        )
    counted.kinds[Kind.CREATE] = 60
    groups = {"work_location": {"Paris": 60}}
    assert broken(counted, 60, groups=groups) == {
        Breach.NOBODY_LEFT, Breach.ARCHIVED, Breach.GROUP_GONE, Breach.EMAILS, Breach.BANKS, Breach.CLEARED,
        Breach.CREATED,
    }  # fmt: skip


def test_an_exact_share_is_not_more_than_the_share() -> None:
    """Binary fractions leave crumbs: 0.29 of 100 is 28.999999999999996, and 29 people are not more."""
    thirds = Limits(removed_floor=BIG, removed_heads=BIG)
    emails = Limits(email_floor=0, email_share=0.29)
    counted = Tally()
    for whole in range(1, 1000):
        counted.kinds[Kind.ARCHIVE] = whole
        assert broken(counted, 3 * whole, thirds) == set()
    counted.kinds.clear()
    for whole in range(29, 2900, 29):
        counted.emails = whole
        assert broken(counted, whole // 29 * 100, emails) == set()
        counted.emails = whole + 1
        assert broken(counted, whole // 29 * 100, emails) == {Breach.EMAILS}


def test_acting_counts_only_lines_that_change_a_member() -> None:
    counted = Tally()
    for kind in Kind:
        counted.add(Change(kind=kind, employee_id="1", why=Why.LEFT))
    assert counted.acting == len(Kind) - 2
