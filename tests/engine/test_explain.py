"""Why? says what the plan does, and what would change it: over companies that nobody would make up."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest
from hypothesis import event, given
from msgspec import structs

from rollcall.engine.absence import Absence
from rollcall.engine.change import ACTING, Kind, Why
from rollcall.engine.explain import Explanation, Rule, Tie, explain
from rollcall.engine.levers import Lever, World, _walk
from rollcall.engine.match import Candidate, email_key, join
from rollcall.engine.outcome import Outcome
from rollcall.engine.plan import decide
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.scope import Condition, Everybody, Filter, Named
from rollcall.engine.settings import DaysBefore, Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.engine.status import Standing
from tests.engine.test_cases import Case, candidates_of
from tests.engine.test_properties import NOW, companies

ZONE = "Europe/Paris"
BELONGS = {Outcome.CREATE, Outcome.LINK, Outcome.REACTIVATE, Outcome.UPDATE, Outcome.IN_STEP}


def explained(one: Candidate, settings: Settings) -> Explanation:
    return explain(one, settings, decide(one, settings, now=NOW, zone=ZONE), now=NOW, zone=ZONE)


@pytest.mark.thorough
@given(companies(contested=True))
def test_an_explanation_says_exactly_what_the_plan_decides(case: Case) -> None:
    """Product decision 16: for everybody, also where the plan has no line."""
    for one in candidates_of(case):
        lines = decide(one, case.settings, now=NOW, zone=ZONE)
        found = explain(one, case.settings, lines, now=NOW, zone=ZONE)
        acting = [line for line in lines if line.kind in ACTING]
        event(str(found.verdict.outcome))
        assert found.lines == tuple(lines)
        assert [found.verdict.outcome] == [line.kind.value for line in acting] or not acting
        assert (found.verdict.outcome.value in {kind.value for kind in ACTING}) == bool(acting)
        skips = [line.why for line in lines if line.kind is Kind.SKIP]
        assert (found.verdict.outcome is Outcome.LEFT_ALONE) == bool(skips)
        if acting or skips:
            assert found.verdict.why == lines[0].why and found.verdict.params == lines[0].params


@pytest.mark.thorough
@given(companies(contested=True))
def test_where_the_plan_is_silent_the_explanation_names_what_makes_it_silent(case: Case) -> None:
    for one in candidates_of(case):
        found = explained(one, case.settings)
        managed = one.link is not None and one.link.managed
        match found.verdict.outcome:
            case Outcome.IN_STEP:
                assert managed and one.in_scope and not one.vanished
                assert one.member is not None and one.member.state is not State.ARCHIVED
            case Outcome.OUTSIDE:
                assert not one.in_scope and found.rule is Rule.OUTSIDE
                assert not all(one.holds for one in found.judged)
            case Outcome.KEPT_OUT:
                assert found.rule is Rule.KEPT_OUT and found.named is not None
            case Outcome.GONE:
                assert found.standing is Standing.LEFT
            case Outcome.VANISHED:
                assert one.vanished
            case Outcome.ARCHIVED_BY_HAND:
                held = one.member or one.same_email
                assert held is not None and held.archived_by_hand


@pytest.mark.thorough
@given(companies(contested=True))
def test_everybody_who_is_not_managed_is_told_a_way_to_be(case: Case) -> None:
    """Every way was walked by the planner itself, and there is always one."""
    for one in candidates_of(case):
        found = explained(one, case.settings)
        reached = {way.leads_to for way in found.ways}
        for way in found.ways:
            assert way.steps and len({step.lever for step in way.steps}) == len(way.steps)
        if found.verdict.outcome in BELONGS:
            assert [way.steps[0].lever for way in found.ways] == [Lever.LEAVES, Lever.OUT_OF_SCOPE]
            assert not reached & BELONGS
        else:
            assert reached & BELONGS


@pytest.mark.thorough
@given(companies(contested=True))
def test_the_tie_is_the_one_that_the_planner_matches_by(case: Case) -> None:
    for one in candidates_of(case):
        found = explained(one, case.settings)
        if one.link is not None:
            assert found.tie in (Tie.MANAGED, Tie.REMEMBERED)
        elif found.tie is Tie.NO_EMAIL:
            assert email_key(one.employee) in (None, "nonsense")
        if found.verdict.why is Why.SAME_EMAIL:
            assert found.tie is Tie.SAME_EMAIL
        if found.verdict.why is Why.MEMBER_LINKED_ELSEWHERE:
            assert found.tie is Tie.TIED_TO_ANOTHER


PARIS = Filter(conditions=(Condition(attribute="work_location", test="one_of", values=("Paris",)),))
ADA = Employee(id="1", work_email="ada@co.example", status=Status.ACTIVE, work_location="Lyon")
ADA_HERE = Member(
    id=11, state=State.ACTIVE, role=Role.REQUESTER, email="ada@co.example", work_location="Lyon"
)
TIED = Link(member_id=11, employee_id="1")


def about(
    employee: Employee, settings: Settings, *members: Member, links: tuple[Link, ...] = ()
) -> Explanation:
    return explained(
        join([employee], members, links, settings.scope, exceptions=settings.exceptions)[0], settings
    )


def levers(found: Explanation) -> list[list[Lever]]:
    return [[step.lever for step in way.steps] for way in found.ways]


def test_who_is_outside_the_filter_is_told_the_condition_and_the_value() -> None:
    found = about(ADA, Settings(scope=PARIS))
    assert found.verdict.outcome is Outcome.OUTSIDE
    assert [(one.value, one.holds) for one in found.judged] == [("Lyon", False)]
    assert levers(found) == [[Lever.IN_SCOPE]] and found.ways[0].leads_to is Outcome.CREATE


def test_somebody_missing_from_the_list_who_is_no_member_is_told_just_that() -> None:
    gone = structs.replace(join([ADA], (), (), Everybody())[0], vanished=True)
    found = explained(gone, Settings())
    assert found.verdict.outcome is Outcome.VANISHED
    assert levers(found)[0][0] is Lever.LISTED_AGAIN


def test_d16_who_is_missing_is_told_what_happens_if_it_stays_so() -> None:
    since = Absence(since=NOW - timedelta(hours=3), runs=3)
    one = join([ADA], (ADA_HERE,), (TIED,), Everybody())[0]
    found = explained(structs.replace(one, vanished=True, absence=since), Settings(archive_inactive=True))
    assert (found.verdict.why, found.absence) == (Why.VANISHED_WAITS, since)
    assert levers(found) == [[Lever.STAYS_MISSING], [Lever.LISTED_AGAIN]]
    assert [way.leads_to for way in found.ways] == [Outcome.ARCHIVE, Outcome.IN_STEP]
    proven = structs.replace(since, since=NOW - timedelta(hours=30), proven=True)
    gone = explained(structs.replace(one, vanished=True, absence=proven), Settings(archive_inactive=True))
    assert gone.verdict.outcome is Outcome.ARCHIVE and levers(gone) == [[Lever.LISTED_AGAIN]]


def test_an_obstacle_that_nothing_takes_away_has_no_way() -> None:
    """Whoever adds an obstacle without its lever shows no half way."""
    one = Candidate(employee=Employee(id="7", status=Status.ACTIVE))
    world = World(one=one, settings=Settings(), now=NOW, zone=ZONE)
    found = explained(one, Settings()).verdict
    assert found.why is Why.NO_EMAIL
    assert _walk(world, found, {}, frozenset({Outcome.CREATE})) is None


def test_a_way_may_need_several_things() -> None:
    found = about(structs.replace(ADA, work_email=None), Settings(scope=PARIS))
    assert levers(found) == [[Lever.IN_SCOPE, Lever.EMAIL]]


def test_who_starts_later_may_wait_or_be_invited_at_once() -> None:
    coming = structs.replace(ADA, status=Status.UPCOMING, start_date=date(2026, 4, 1))
    found = about(coming, Settings(invite=DaysBefore(days=5)))
    assert found.verdict.why is Why.INVITE_LATER
    assert levers(found) == [[Lever.WAIT], [Lever.INVITE_AT_ONCE]]
    assert found.ways[0].steps[0].params["day"] == "2026-03-27"


@pytest.mark.parametrize(
    ("changes", "why", "first"),
    [
        ({}, Why.ARCHIVING_IS_OFF, [Lever.ARCHIVING_ON]),
        (
            {"last_owner": True, "role": Role.OWNER},
            Why.ARCHIVING_IS_OFF,
            [Lever.ARCHIVING_ON, Lever.OTHER_OWNER],
        ),
    ],
)
def test_a_leaver_who_stays_is_told_what_would_archive_them(
    changes: dict[str, Any], why: Why, first: list[Lever]
) -> None:
    left = structs.replace(ADA, status=Status.INACTIVE, end_date=date(2026, 3, 1))
    found = about(left, Settings(), structs.replace(ADA_HERE, **changes), links=(TIED,))
    assert found.verdict.why is why
    assert levers(found) == [first, [Lever.WORKS_HERE]] and found.ways[0].leads_to is Outcome.ARCHIVE


def test_a_managed_member_is_told_what_would_end_it() -> None:
    found = about(ADA, Settings(archive_inactive=True), ADA_HERE, links=(TIED,))
    assert found.verdict.outcome is Outcome.IN_STEP and found.rule is Rule.EVERYBODY
    assert [way.leads_to for way in found.ways] == [Outcome.ARCHIVE, Outcome.RELEASE]


def test_who_was_archived_by_hand_comes_back_by_hand() -> None:
    gone = structs.replace(ADA_HERE, state=State.ARCHIVED, archived_by_hand=True)
    found = about(ADA, Settings(scope=Everybody()), gone, links=(TIED,))
    assert found.verdict.outcome is Outcome.ARCHIVED_BY_HAND
    assert levers(found) == [[Lever.BRING_BACK]]


def named(act: Literal["add", "keep_out"]) -> tuple[Named, ...]:
    return (Named(employee_id="1", act=act, reason="lent to us", by="Alice"),)


def test_s35_who_is_kept_out_by_name_is_told_by_whom_and_what_to_take_away() -> None:
    found = about(ADA, Settings(exceptions=named("keep_out")))
    assert (found.rule, found.verdict.outcome) == (Rule.KEPT_OUT, Outcome.KEPT_OUT)
    assert found.named is not None and found.named.by == "Alice"
    assert levers(found) == [[Lever.NOT_KEPT_OUT]] and found.ways[0].leads_to is Outcome.CREATE


def test_s35_a_managed_member_kept_out_by_name_needs_the_filter_as_well() -> None:
    found = about(ADA, Settings(scope=PARIS, exceptions=named("keep_out")), ADA_HERE, links=(TIED,))
    assert (found.verdict.outcome, found.verdict.why) == (Outcome.RELEASE, Why.KEPT_OUT)
    assert levers(found) == [[Lever.NOT_KEPT_OUT, Lever.IN_SCOPE]]


def test_s35_who_was_added_by_name_is_told_so_and_which_condition_would_leave_them_out() -> None:
    found = about(ADA, Settings(scope=PARIS, exceptions=named("add")))
    assert (found.rule, found.verdict.why) == (Rule.ADDED, Why.ADDED_BY_HAND)
    assert found.named is not None and [one.holds for one in found.judged] == [False]
