"""Every limit just under and just over; small companies too (rules 6 and 7 of the fault catalogue)."""

from typing import Any

import pytest

from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.limits import (
    RANGES,
    Breach,
    Breached,
    Headcount,
    Limits,
    Scope,
    Sight,
    Tally,
    Window,
    breaches,
    measures,
    out_of_range,
)
from rollcall.engine.tally import total

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
    return {one.breach for one in breaches(counted, [Sight(before=before)], limits or Limits())}


def over(
    counted: Tally, done: Tally, managed: int, window: Window, limits: Limits | None = None, **head: Any
) -> set[Breach]:
    """What passes a limit together with what was done in the window; ``managed`` are those still there."""
    before = Headcount(managed=managed, employees=managed or 1, **head)
    sights = [Sight(before=before), Sight(before=before, window=window, done=done)]
    return {one.breach for one in breaches(counted, sights, limits or Limits()) if one.window is window}


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
        removed_floor=BIG, removed_share=1.0, removed_share_always=1.0, removed_heads=BIG, group_floor=BIG
    )
    assert broken(tally(Kind.ARCHIVE, managed - 1), managed, off) == set()
    assert broken(tally(Kind.ARCHIVE, managed), managed, off) == {Breach.NOBODY_LEFT}


def test_p1_an_empty_snapshot_holds_while_somebody_is_managed() -> None:
    """P1, P6."""
    nobody = Headcount(managed=1, employees=0)
    assert breaches(Tally(), [Sight(before=nobody)], Limits()) == (
        Breached(breach=Breach.NOBODY_SEEN, count=0, of=1),
    )
    assert breaches(Tally(), [Sight(before=Headcount(managed=0, employees=0))], Limits()) == ()


@pytest.mark.parametrize(
    ("size", "gone", "holds"), [(2, 2, False), (3, 2, False), (3, 3, True), (4, 3, False), (4, 4, True)]
)
def test_rule6_a_whole_group_of_three_or_more_holds(size: int, gone: int, holds: bool) -> None:
    counted = tally(Kind.ARCHIVE, gone, place="Paris")
    assert broken(counted, 100, groups={"work_location": {"Paris": size}}) == (
        {Breach.GROUP_GONE} if holds else set()
    )


@pytest.mark.parametrize(("size", "most"), [(3, 2), (4, 3), (6, 3), (7, 3), (8, 4), (64, 32), (80, 40)])
def test_m5_rule6_most_of_a_group_holds_over_half_of_it_and_three_people(size: int, most: int) -> None:
    groups = {"work_location": {"Paris": size}}
    assert broken(tally(Kind.RELEASE, most, place="Paris"), 600, groups=groups) == set()
    assert broken(tally(Kind.RELEASE, most + 1, place="Paris"), 600, groups=groups) == {Breach.GROUP_GONE}
    looser = Limits(group_share=0.9, group_floor=10)
    assert broken(tally(Kind.RELEASE, size, place="Paris"), 9000, looser, groups=groups) >= {
        Breach.GROUP_GONE
    }


def test_who_has_no_place_counts_for_no_group() -> None:
    counted = Tally()
    counted.add(
        Change(kind=Kind.ARCHIVE, employee_id="1", why=Why.LEFT), {"work_location": None, "department": "A"}
    )
    counted.add(Change(kind=Kind.SKIP, employee_id="2", why=Why.VANISHED), {"department": "A"})
    assert counted.groups == {("department", "A"): 1}


@pytest.mark.parametrize(("managed", "most"), [(1, 1), (5, 2), (20, 2), (30, 3), (1000, 100)])
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


@pytest.mark.parametrize(("managed", "most"), [(0, 10), (5, 10), (30, 10), (70, 21), (100, 30)])
def test_rule6_more_people_hold_over_thirty_per_cent_and_ten(managed: int, most: int) -> None:
    assert broken(tally(Kind.CREATE, most), managed) == set()
    assert broken(tally(Kind.CREATE, most + 1), managed) == {Breach.CREATED}


@pytest.mark.parametrize(("managed", "most"), [(0, 3), (5, 3), (39, 3), (40, 4), (1000, 100)])
def test_rule6_people_brought_back_hold_over_a_tenth_and_three(managed: int, most: int) -> None:
    assert broken(tally(Kind.REACTIVATE, most), managed) == set()
    assert broken(tally(Kind.REACTIVATE, most + 1), managed) == {Breach.REACTIVATED}


@pytest.mark.parametrize(("managed", "most"), [(3, 5), (20, 5), (24, 6), (1000, 250)])
def test_rule6_changed_line_managers_hold_over_a_quarter_and_five(managed: int, most: int) -> None:
    assert broken(tally(Kind.UPDATE, most, "manager", after="new"), managed) == set()
    assert broken(tally(Kind.UPDATE, most + 1, "manager", after="new"), managed) == {Breach.MANAGERS}


def test_rule5_a4_people_who_vanished_are_counted_apart_and_hold_from_the_third() -> None:
    def vanish(count: int) -> Tally:
        counted = Tally()
        for number in range(count):
            counted.add(Change(kind=Kind.ARCHIVE, employee_id=str(number), why=Why.VANISHED))
        return counted

    assert broken(vanish(2), 1000) == set()
    assert broken(vanish(3), 1000) == {Breach.VANISHED}
    assert broken(tally(Kind.ARCHIVE, 3), 1000) == set()
    assert over(vanish(1), vanish(2), 1000, Window.DAY) == {Breach.VANISHED}
    assert over(vanish(2), vanish(2), 1000, Window.WEEK) == set()
    assert over(vanish(1), vanish(4), 1000, Window.WEEK) == {Breach.VANISHED}


# What was done and what a plan does, in people and kind, just inside a window of 100 people.
SLICES = [
    (tally(Kind.ARCHIVE, 9), tally(Kind.ARCHIVE, 1), Breach.ARCHIVED, 91),
    (tally(Kind.RELEASE, 9), tally(Kind.RELEASE, 1), Breach.RELEASED, 91),
    (tally(Kind.UPDATE, 9, "email", after="x"), tally(Kind.UPDATE, 1, "email", after="y"), Breach.EMAILS, 100),
    (tally(Kind.UPDATE, 2, "bank_account", after="x"), tally(Kind.UPDATE, 1, "bank_account", after="y"),
     Breach.BANKS, 100),
    (tally(Kind.UPDATE, 24, "manager", after="x"), tally(Kind.UPDATE, 1, "manager", after="y"),
     Breach.MANAGERS, 100),
    (tally(Kind.UPDATE, 18, "team"), tally(Kind.UPDATE, 1, "team"), Breach.CLEARED, 100),
    (tally(Kind.CREATE, 29), tally(Kind.CREATE, 1), Breach.CREATED, 129),
    (tally(Kind.REACTIVATE, 9), tally(Kind.REACTIVATE, 1), Breach.REACTIVATED, 109),
]  # fmt: skip


@pytest.mark.parametrize(("done", "one", "breach", "managed"), SLICES, ids=[str(row[2]) for row in SLICES])
def test_rule6_inv2_every_limit_adds_up_over_24_hours_and_7_days(
    done: Tally, one: Tally, breach: Breach, managed: int
) -> None:
    assert over(one, done, managed, Window.DAY) == set()
    assert over(total([one, one]), done, managed, Window.DAY) == {breach}
    # In seven days twice as much, and no more.
    week = total([done, done, one])
    left = managed - (week.removed - done.removed) + (week.added - done.added)
    assert over(one, week, left, Window.WEEK) == set()
    assert over(total([one] * 2), week, left, Window.WEEK) == {breach}


def test_rule6_a_window_already_over_its_limit_stops_only_what_adds_to_it() -> None:
    assert over(tally(Kind.CREATE, 1), tally(Kind.ARCHIVE, 40), 60, Window.DAY) == set()


def test_rule6_a_group_that_goes_in_slices_holds_before_its_last_person() -> None:
    last = tally(Kind.ARCHIVE, 1, place="Lyon")
    done = tally(Kind.ARCHIVE, 2, place="Lyon")
    groups = {"work_location": {"Lyon": 1}}
    assert over(last, done, 100, Window.DAY, groups=groups) == {Breach.GROUP_GONE}
    assert over(last, done, 100, Window.WEEK, groups=groups) == {Breach.GROUP_GONE}
    assert over(last, Tally(), 100, Window.DAY, groups=groups) == set()


def test_rule6_who_came_in_the_window_does_not_make_room_for_more() -> None:
    """Thirty of a hundred came: measured against the 130 of now it would be 39."""
    assert over(tally(Kind.CREATE, 1), tally(Kind.CREATE, 30), 130, Window.DAY) == {Breach.CREATED}


def test_inv2_who_was_given_back_is_counted_once_among_the_people() -> None:
    before = Headcount(managed=100, employees=100)
    sight = Sight(before=before, window=Window.DAY, done=tally(Kind.ARCHIVE, 10), returned=10)
    found = breaches(tally(Kind.ARCHIVE, 1), [Sight(before=before), sight], Limits())
    assert [(one.breach, one.count, one.done, one.of, one.most) for one in found] == [
        (Breach.ARCHIVED, 1, 10, 100, 10)
    ]


def test_a_breach_names_the_narrowest_sight_that_shows_it() -> None:
    alone = Sight(before=Headcount(managed=100, employees=100))
    wide = Sight(
        before=Headcount(managed=105, employees=105),
        window=Window.DAY,
        scope=Scope.CONNECTION,
        done=tally(Kind.ARCHIVE, 9),
    )
    assert breaches(tally(Kind.ARCHIVE, 2), [alone, wide], Limits()) == ()
    (found,) = breaches(tally(Kind.ARCHIVE, 3), [alone, wide], Limits())
    assert (found.scope, found.window, found.done) == (Scope.CONNECTION, Window.DAY, 9)
    (found,) = breaches(tally(Kind.ARCHIVE, 11), [alone, wide], Limits())
    assert (found.scope, found.window, found.done) == (Scope.ENTITY, Window.RUN, 0)


def test_a_tally_comes_back_as_it_was_stored_and_adds_up() -> None:
    counted = tally(Kind.ARCHIVE, 2, place="Lyon")
    counted.vanished = 1
    both = total([counted, tally(Kind.UPDATE, 3, "email"), tally(Kind.UPDATE, 1, "manager", after="x")])
    again = Tally.from_json(both.as_json())
    assert vars(again) == vars(both)
    assert both.as_json() == {
        "kinds": {"archive": 2, "update": 4},
        "vanished": 1,
        "emails": 3,
        "managers": 1,
        "cleared": {"email": 3},
        "groups": {"work_location": {"Lyon": 2}},
    }
    assert Tally().as_json() == {} and vars(Tally.from_json({})) == vars(Tally())


def test_set3_every_value_has_a_range_that_keeps_its_limit_on() -> None:
    assert set(RANGES) == set(Limits.__struct_fields__)
    assert out_of_range(Limits()) == []
    loosest = Limits(**{name: highest for name, (_, highest) in RANGES.items()})  # type: ignore[arg-type] # by name
    assert out_of_range(loosest) == []
    for name, (lowest, highest) in RANGES.items():
        for value in (lowest - 0.01, highest + 0.01, float("nan")):
            assert [one for one, *_ in out_of_range(Limits(**{name: value}))] == [name]  # type: ignore[arg-type] # by name
    # Even then a list that is cut to a third waits for a person, in companies of every size.
    for managed in (1, 2, 3, 5, 20, 200, 5_000):
        most = {
            one.breach: one.most
            for one in measures(Tally(), Sight(before=Headcount(managed=managed, employees=1)), loosest)
        }
        assert most[Breach.ARCHIVED] < managed and most[Breach.RELEASED] < managed


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


def test_i8_new_numbers_for_many_always_wait_for_a_person() -> None:
    """Whatever the limits are: one question for all."""
    counted = Tally()
    for number in range(4):
        counted.add(Change(kind=Kind.LINK, employee_id=str(number), why=Why.RENUMBERED))
    (found,) = breaches(counted, [Sight(before=Headcount(managed=100, employees=100))], Limits())
    assert (found.breach, found.count, found.of) == (Breach.RENUMBERED, 4, 100)


@pytest.mark.parametrize("people", [2, 3, 20])
def test_rule7_everybodys_address_never_changes_by_itself(people: int) -> None:
    counted = Tally()
    counted.emails = people
    assert broken(counted, people, Limits(email_share=0.5, email_floor=10)) == {Breach.EMAILS}


@pytest.mark.parametrize(("people", "most"), [(60, 3), (1_000, 3), (1_600, 4), (5_000, 12)])
def test_rule6_accounts_are_counted_in_heads_that_grow_with_a_large_company(people: int, most: int) -> None:
    counted = Tally()
    counted.banks = most
    assert broken(counted, people) == set()
    counted.banks += 1
    assert broken(counted, people) == {Breach.BANKS}
