"""Limits over time, over entities and over groups; what a hold is, who ends it, and what an approval covers."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts.companies import create_entity
from rollcall.connections.models import Connection, State
from rollcall.engine.change import Kind
from rollcall.engine.limits import Breach, Limits, Scope, Window
from rollcall.engine.settings import Settings
from rollcall.sync import actions, limiting
from rollcall.sync.models import LineState, Plan, PlanState
from rollcall.sync.words.sentences import breach_sentence
from tests.sync.flow import ALICE, Flow, only

pytestmark = pytest.mark.django_db

ARCHIVING = Settings(archive_inactive=True)


def code_of(flow: Flow, what: Any) -> str:
    """The code with which something is refused."""
    with pytest.raises(actions.Refused) as error:
        flow.get(what)
    return error.value.code


def leave(flow: Flow, count: int) -> Plan:
    """So many more people leave, and a run sees it; returns the plan."""
    flow.control("terminate", n=count)
    flow.run()
    return flow.latest()


def later(flow: Flow, **by: float) -> None:
    """Let time pass for what was done so far."""
    flow.get(
        lambda: Plan.objects.update(
            finished_at=F("finished_at") - timedelta(**by),
            began_at=F("began_at") - timedelta(**by),
            made_at=F("made_at") - timedelta(**by),
        )
    )


def change(flow: Flow, limits: Limits, reason: str = "a reason") -> Any:
    return flow.get(lambda: limiting.change(flow.subscription(), limits, reason=reason, actor=ALICE))


def about(plan: Plan) -> list[tuple[str, str, int, int]]:
    return [(one["breach"], one["window"], one["count"], one["done"]) for one in plan.breaches]


@pytest.mark.thorough
def test_rule6_inv2_archives_in_slices_hold_when_24_hours_together_pass_the_limit(flow: Flow) -> None:
    """Of some 25 people three may go in a day: two, and then two more, are too many."""
    flow.go_live(ARCHIVING)
    first = leave(flow, 2)
    assert (first.state, first.tally["kinds"]) == (PlanState.APPLIED, {"archive": 2})
    held = leave(flow, 2)
    assert (held.state, about(held)) == (PlanState.HELD, [("archived", "day", 2, 2)])
    assert held.breaches[0]["of"] == held.counts["managed"] + 2 and held.breaches[0]["most"] == 3
    assert "2 already, which makes 4; the limit of 24 hours is 3" in breach_sentence(held.breaches[0])
    later(flow, hours=24.1)
    assert leave(flow, 1).state == PlanState.APPLIED


@pytest.mark.thorough
def test_rule6_inv2_archives_of_a_week_hold_over_twice_the_limit_of_a_day(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    for _day in range(3):
        assert leave(flow, 2).state == PlanState.APPLIED
        later(flow, hours=25)
    held = leave(flow, 1)
    assert (held.state, about(held)) == (PlanState.HELD, [("archived", "week", 1, 6)])
    assert "the limit of 7 days is 6" in breach_sentence(held.breaches[0])


@pytest.mark.thorough
def test_rule6_what_a_person_approved_is_not_counted_and_not_reused(flow: Flow) -> None:
    """C6: the same change a day later needs an approval of its own."""
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    flow.approve(held, override="a team left")
    assert flow.apply(held).began_at is None
    assert leave(flow, 3).state == PlanState.APPLIED
    later(flow, days=1.1)
    flow.control("terminate", ids=[int(line.employee_id) for line in flow.lines(held)], date=None)
    flow.run()
    back = flow.latest()
    assert about(back) == [("reactivated", "run", 5, 0)]
    flow.approve(back, override="it was a mistake")
    flow.apply(back)
    later(flow, days=1.1)
    flow.control("terminate", ids=[int(line.employee_id) for line in flow.lines(held)])
    flow.run()
    again = flow.latest()
    assert again.digest == held.digest and again.pk != held.pk
    assert (again.state, about(again)) == (PlanState.HELD, [("archived", "run", 5, 0)])


@pytest.mark.thorough
def test_rule6_inv2_entities_of_one_connection_count_together(flow: Flow) -> None:
    """Each entity alone is inside its limit; a second entity sees in one run what the first one did."""
    offices = sorted({one["work_location"] for one in flow.people_of().values()})
    flow.go_live(Settings(archive_inactive=True, scope=only(*offices[1:])))
    other = Flow(
        two=flow.two,
        sim=flow.sim,
        tool=flow.tool,
        entity=flow.get(lambda: create_entity(flow.two.alice_company, "Second")),
    )
    flow.get(lambda: actions.join(other.entity, flow.connection(), actor=ALICE))
    other.confirm(Settings(archive_inactive=True, scope=only(offices[0])))
    mine, theirs = (
        [int(number) for number, one in both.members().items() if one.state == "invited"]
        for both in (flow, other)
    )
    change(flow, Limits(removed_floor=2))
    change(other, Limits(removed_floor=3))
    flow.control("terminate", ids=[*mine[:2], *theirs[:2]])
    flow.run()
    assert flow.latest().state == PlanState.APPLIED
    held = other.latest()
    assert (held.state, about(held)) == (PlanState.HELD, [("archived", "day", 2, 2)])
    assert held.breaches[0]["scope"] == Scope.CONNECTION
    assert "All entities that use this connection count together." in breach_sentence(held.breaches[0])


@pytest.mark.thorough
def test_rule7_in_a_company_of_five_one_leaves_in_a_day_and_two_in_a_week(flow: Flow) -> None:
    people = [int(number) for number, one in flow.people_of().items() if one["status"] == "active"]
    flow.control("terminate", ids=people[5:], date="2020-01-01")
    flow.go_live(ARCHIVING)
    assert len(flow.members()) == 5
    flow.control("terminate", ids=people[3:5])
    flow.run()
    held = flow.latest()
    assert (held.state, about(held)[0]) == (PlanState.HELD, ("archived", "run", 2, 0))
    flow.control("terminate", ids=people[4:5], date=None)
    flow.run()
    assert flow.latest().state == PlanState.APPLIED
    flow.control("terminate", ids=people[4:5])
    flow.run()
    assert about(flow.latest()) == [("archived", "day", 1, 1)]


@pytest.mark.thorough
def test_m5_a_location_that_goes_in_slices_holds_before_its_last_people(flow: Flow) -> None:
    """Three people of one place leave on two days; the last of them is the whole place."""
    flow.go_live(ARCHIVING)
    three = [int(number) for number in sorted(flow.members(state="invited"))[:3]]
    flow.control("organisation", kind="departments", add="Lab")
    flow.control("change", ids=three, fields={"department": "Lab"})
    flow.run()
    if flow.latest().state == PlanState.HELD:
        flow.approve(flow.latest(), override="moved")
        flow.apply(flow.latest())
    flow.control("terminate", ids=three[:2])
    flow.run()
    assert flow.latest().state == PlanState.APPLIED
    later(flow, hours=25)
    flow.control("terminate", ids=three[2:])
    flow.run()
    held = flow.latest()
    found = [one for one in held.breaches if one["breach"] == Breach.GROUP_GONE]
    assert [(one["what"], one["of"], one["window"]) for one in found] == [("department=Lab", 3, Window.WEEK)]


def test_a_quiet_run_does_not_ask_what_was_done_lately(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    flow.run()
    with CaptureQueriesContext(database) as queries:
        flow.run()
    assert not [one for one in queries if '"began_at" IS NOT NULL' in one["sql"]]


@pytest.mark.thorough
def test_rule6_a_plan_taken_up_after_a_kill_counts_until_its_end_is_old(flow: Flow) -> None:
    """C1: what was begun two days ago and finished now was done now."""
    flow.go_live(ARCHIVING)
    done = leave(flow, 2)
    long_ago = timezone.now() - timedelta(days=2)
    flow.get(lambda: Plan.objects.filter(pk=done.pk).update(began_at=long_ago, made_at=long_ago))
    assert about(leave(flow, 2)) == [("archived", "day", 2, 2)]


def test_set3_limits_change_with_a_reason_and_make_no_plan_of_anybody(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    flow.run()
    before, version = flow.frozen(), flow.subscription().version
    assert change(flow, Limits(removed_heads=60)) == {"removed_heads": (50, 60)}
    flow.run()
    assert flow.frozen() == before and flow.subscription().version == version
    (event,) = flow.events("limits.changed")
    assert event.data == {"limits": {"removed_heads": ["50", "60"]}, "reason": "a reason"}
    assert (event.actor_label, event.entity_id) == (ALICE.label, flow.entity.pk)
    assert change(flow, Limits(removed_heads=60)) == {} and len(flow.events("limits.changed")) == 1


def test_set3_no_reason_or_a_value_out_of_range_changes_no_limit(flow: Flow) -> None:
    flow.go_live()
    assert code_of(
        flow, lambda: limiting.change(flow.subscription(), Limits(email_floor=5), reason=" ", actor=ALICE)
    ) == ("reason_needed")
    off = Limits(removed_share=1.0, removed_share_always=1.0, removed_heads=1_000_000)
    assert (
        code_of(flow, lambda: limiting.change(flow.subscription(), off, reason="x", actor=ALICE))
        == "limits_range"
    )
    assert flow.subscription().get_limits() == Limits() and not flow.events("limits.changed")


def test_set3_no_preview_brings_other_limits_in_or_takes_new_ones_back(flow: Flow) -> None:
    flow.go_live()
    smuggled = flow.preview(Settings(archive_inactive=True, limits=Limits(removed_heads=9_999)))
    assert smuggled.settings["limits"]["removed_heads"] == 50
    change(flow, Limits(removed_heads=40))
    flow.approve(smuggled, override="x" if smuggled.breaches else "")
    flow.apply(smuggled)
    assert flow.subscription().get_settings() == Settings(
        archive_inactive=True, limits=Limits(removed_heads=40)
    )


def test_set3_limits_set_before_the_first_preview_come_with_it(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    preview = flow.preview()
    change(flow, Limits(email_floor=4))
    flow.approve(preview)
    flow.apply(preview)
    assert flow.subscription().get_limits() == Limits(email_floor=4)


@pytest.mark.thorough
def test_a_held_plan_is_looked_at_again_with_the_new_limits_and_told_once(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    assert held.state == PlanState.HELD
    change(flow, Limits(removed_floor=4))
    flow.run()
    same = flow.latest()
    assert (same.pk, same.state, same.breaches[0]["most"]) == (held.pk, PlanState.HELD, 4)
    assert len(flow.events("plan.held")) == 1
    change(flow, Limits(removed_floor=5))
    flow.run()
    done = flow.latest()
    assert (done.pk, done.state, done.breaches) == (held.pk, PlanState.APPLIED, [])
    assert flow.connection().state == State.CONNECTED and len(flow.events("plan.held")) == 1
    # It was applied without a person, so it counts.
    assert about(leave(flow, 1)) == [("archived", "day", 1, 5)]


def test_c6_time_alone_does_not_let_a_held_plan_go(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    leave(flow, 2)
    held = leave(flow, 2)
    later(flow, days=3)
    flow.run()
    assert (flow.latest().pk, flow.latest().state) == (held.pk, PlanState.HELD)
    assert len(flow.events("plan.held")) == 1


def test_c6_of_two_people_who_approve_only_the_first_counts(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    flow.approve(held, override="one")
    assert code_of(flow, lambda: actions.approve(held, held.digest, actor=ALICE, override="two")) == "decided"
    assert code_of(flow, lambda: actions.reject(held, actor=ALICE)) == "decided"
    flow.apply(held)
    assert flow.apply(held).outcome["done"] == 5 and len(flow.events("plan.applied")) == 2


def test_c6_a_plan_that_no_sync_has_found_again_for_a_day_is_refused(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    later(flow, hours=30)
    # Runs that go on wanting the same keep it fresh.
    assert flow.get(lambda: actions.is_old(Plan.objects.get(pk=held.pk), timezone.now())) is False
    long_ago = timezone.now() - timedelta(hours=25)
    flow.get(lambda: Connection.objects.update(last_good_at=long_ago))
    assert code_of(flow, lambda: actions.approve(held, held.digest, actor=ALICE, override="x")) == "unseen"
    flow.run()
    flow.approve(held, override="x")
    assert flow.apply(held).outcome["done"] == 5


def test_c6_when_the_source_changes_the_approval_of_the_old_plan_is_refused(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    newer = leave(flow, 1)
    assert newer.pk != held.pk
    assert code_of(flow, lambda: actions.approve(held, held.digest, actor=ALICE, override="x")) == "decided"
    assert code_of(flow, lambda: actions.approve(newer, held.digest, actor=ALICE, override="x")) == "digest"


@pytest.mark.thorough
def test_leaving_out_the_doubtful_leaves_out_just_that_kind(flow: Flow) -> None:
    """Six people come back and one is invited: without the doubtful ones the rest is applied."""
    flow.go_live(ARCHIVING)
    gone = leave(flow, 6)
    flow.approve(gone, override="closed")
    flow.apply(gone)
    flow.control("terminate", ids=[int(line.employee_id) for line in flow.lines(gone)], date=None)
    flow.control("hire")
    flow.run()
    held = flow.latest()
    assert about(held) == [("reactivated", "run", 6, 0)]
    flow.approve(held, without_doubtful=True)
    done = flow.apply(held)
    assert {one.state for one in flow.lines(done, Kind.REACTIVATE)} == {LineState.LEFT_OUT}
    assert done.left_out == 6 and flow.lines(done, Kind.CREATE)[0].state == LineState.DONE


@pytest.mark.thorough
def test_changed_line_managers_hold_and_can_be_left_out(flow: Flow) -> None:
    flow.go_live()
    bosses = sorted({one.manager_id for one in flow.members().values() if one.manager_id})
    boss = next(number for number, one in flow.members().items() if one.pk == bosses[0])
    staff = [int(number) for number, one in flow.members().items() if one.manager_id and one.pk not in bosses]
    moved = [one for one in staff if flow.people_of()[one]["manager_id"] != int(boss)][:9]
    flow.control("change", ids=moved, fields={"manager_id": int(boss)})
    flow.control("hire")
    flow.run()
    held = flow.latest()
    assert [one["breach"] for one in held.breaches] == [Breach.MANAGERS]
    flow.approve(held, without_doubtful=True)
    done = flow.apply(held)
    assert done.left_out == held.breaches[0]["count"] and done.outcome["done"] >= 1


def test_leavers_of_one_day_are_named_as_the_likely_cause_on_the_page_and_in_the_mail(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    held = leave(flow, 5)
    (one,) = held.breaches
    assert (one["likely"]["cause"], one["likely"]["count"]) == ("same_day", 5)
    (event,) = flow.events("plan.held")
    for language, words in (("en", "5 of 5 have the same last day"), ("fr", "5 sur 5")):
        assert words in " ".join(event.data["told"][language])
