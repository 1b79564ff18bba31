"""Connect, look, confirm, run, pause, disconnect, reconnect: what members go through, over a real HR tool's wire."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollcall.connections.models import Employee, State
from rollcall.directory import actions as directory
from rollcall.directory.models import Member
from rollcall.engine.change import Kind
from rollcall.engine.limits import Limits
from rollcall.engine.roster import Role
from rollcall.engine.settings import Settings
from rollcall.sync import actions
from rollcall.sync.models import Line, LineState, Plan, PlanState
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import ALICE, PEOPLE, TOOLS, Flow, only

pytestmark = pytest.mark.django_db


def refused(flow: Flow, what: object) -> str:
    """The code with which something is refused."""
    with pytest.raises(actions.Refused) as error:
        flow.get(what)  # type: ignore[arg-type] # any call
    return error.value.code


@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_the_first_run_reads_everybody_and_changes_no_member(flow: Flow) -> None:
    """S24, S25, S27, S28"""
    flow.connect()
    connection = flow.connection()
    # how far the read is, and how much it may receive (T8), are told by what the tool said when it was tested
    assert (connection.state, connection.employees) == (State.CONNECTING, PEOPLE)
    run = flow.run("first")
    assert (run.error, run.seen["new"], run.seen["set_aside"]) == ("", PEOPLE, 0)
    assert flow.connection().state == State.ACTION_REQUIRED
    assert flow.people() == [[], []] and not flow.get(Plan.objects.exists)


@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_rule2_inv5_what_the_preview_names_is_what_happens_and_the_next_run_writes_nothing(
    flow: Flow,
) -> None:
    """S39-S43, invariant 5: no row of members, links, plans, lines or the mirror is even touched."""
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    assert flow.people() == [[], []]
    named = {line.email for line in flow.lines(plan, Kind.CREATE)}
    flow.approve(plan)
    plan = flow.apply(plan)
    assert plan.state == PlanState.APPLIED and plan.outcome["stale"] == 0
    members = flow.members()
    assert {one.email for one in members.values()} == named and len(named) == plan.counts[
        "create"
    ] > PEOPLE // 2
    assert any(one.manager_id for one in members.values())
    assert flow.connection().state == State.CONNECTED
    flow.run()
    before = flow.frozen()
    run = flow.run()
    assert (run.error, run.seen["parsed"]) == ("", 0)
    assert flow.frozen() == before


def test_c6_inv12_an_approval_covers_only_the_plan_that_was_shown_and_only_once(flow: Flow) -> None:
    """C6"""
    flow.connect()
    flow.run("first")
    first = flow.preview()
    assert refused(flow, lambda: actions.approve(first, "0" * 64, actor=ALICE)) == "digest"
    second = flow.preview(Settings(scope=only("Paris")))
    assert refused(flow, lambda: actions.approve(first, first.digest, actor=ALICE)) == "decided"
    flow.approve(second)
    assert refused(flow, lambda: actions.approve(second, second.digest, actor=ALICE)) == "decided"
    flow.apply(second)
    count = len(flow.members())
    flow.apply(second)
    assert len(flow.members()) == count == second.counts["create"]


def test_c6_inv12_while_an_approved_plan_waits_for_its_worker_no_other_of_the_entity_can_be_approved(
    flow: Flow,
) -> None:
    """C6: the other would be made on top of what nobody had seen together."""
    flow.connect()
    flow.run("first")
    first = flow.preview()
    flow.approve(first)
    second = flow.preview(Settings(scope=only("Paris")))
    assert refused(flow, lambda: actions.approve(second, second.digest, actor=ALICE)) == "busy"
    flow.apply(first)
    count = len(flow.members())
    flow.approve(second)
    assert flow.apply(second).state == PlanState.APPLIED
    assert len(flow.members()) == count == first.counts["create"]


def test_c6_a_preview_of_yesterday_is_refused(flow: Flow) -> None:
    """C6"""
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    long_ago = timezone.now() - timedelta(hours=25)
    flow.get(lambda: Plan.objects.filter(pk=plan.pk).update(made_at=long_ago))
    assert refused(flow, lambda: actions.approve(plan, plan.digest, actor=ALICE)) == "stale"


def test_c6_a_held_plan_of_the_old_settings_goes_when_new_settings_are_confirmed(flow: Flow) -> None:
    """C6, S1"""
    flow.go_live()
    preview = flow.preview(Settings(archive_inactive=True))
    flow.control("hire", n=25)
    flow.run()
    held = flow.get(lambda: Plan.objects.get(state=PlanState.HELD))
    flow.approve(preview, override="fine")
    assert refused(flow, lambda: actions.approve(held, held.digest, actor=ALICE, override="x")) == "decided"


def by_hand(flow: Flow, email: str) -> Member:
    """A member whom a person invited."""
    return flow.get(  # type: ignore[no-any-return] # reads what it is given
        lambda: directory.invite_by_hand(
            flow.entity,
            email=email,
            first_name="By",
            last_name="Hand",
            role=Role.REQUESTER,
            actor=ALICE,
            now=timezone.now(),
        )
    )


def test_c8_what_was_changed_between_preview_and_apply_is_left_and_shown_again(flow: Flow) -> None:
    """Product 3.4, C8, rule 6: stale is one line, the rest of the plan goes on, and the next plan has it."""
    flow.connect()
    flow.run("first")
    one, other = flow.get(lambda: list(Employee.objects.filter(status="active").exclude(email_key=None)[:2]))
    made = by_hand(flow, one.work_email)
    plan = flow.preview()
    flow.get(lambda: directory.edit(made, {"first_name": "Changed"}, actor=ALICE, now=timezone.now()))
    late = by_hand(flow, other.work_email)
    flow.approve(plan)
    plan = flow.apply(plan)
    assert plan.outcome["stale"] == 2 and plan.outcome["done"] == plan.counts["acting"] - 2
    stale = {line.employee_id for line in flow.lines(plan) if line.state == LineState.STALE}
    assert stale == {one.external_id, other.external_id} and not stale & flow.links().keys()
    assert flow.get(lambda: Member.objects.get(pk=made.pk)).first_name == "Changed"
    flow.run()
    members = flow.members()
    assert (members[one.external_id].pk, members[other.external_id].pk) == (made.pk, late.pk)


def test_leavers_stay_while_archiving_is_off_and_go_when_it_is_on(flow: Flow) -> None:
    """S4, S36-S38"""
    flow.go_live()
    gone = flow.control("terminate", n=1)["ids"]
    flow.run()
    assert flow.members()[str(gone[0])].state == "invited"
    assert [
        line.why for line in flow.lines(flow.latest(), Kind.SKIP) if line.employee_id == str(gone[0])
    ] == ["archiving_is_off"]
    flow.confirm(Settings(archive_inactive=True))
    assert flow.members()[str(gone[0])].state == "archived"
    again = flow.control("terminate", n=1)["ids"]
    flow.run()
    assert flow.members()[str(again[0])].state == "archived"


def test_m6_who_leaves_the_filter_is_released_and_comes_back_to_the_same_member(flow: Flow) -> None:
    """M6, S57-S60: orange, nothing else changes."""
    flow.go_live(Settings(scope=only("Paris", "London")))
    person, member = next((k, m) for k, m in flow.members().items() if m.work_location == "Paris")
    flow.control("change", id=int(person), fields={"work_location": "Berlin", "job_title": "Guide"})
    flow.run()
    link = flow.links()[person]
    assert (link.managed, link.why_not, link.why_not_params["value"]) == (False, "out_of_scope", "Berlin")
    assert flow.members()[person].job_title == member.job_title
    flow.control("change", id=int(person), fields={"work_location": "Paris"})
    flow.run()
    assert flow.links()[person].managed and flow.members()[person].pk == member.pk
    assert flow.members()[person].job_title == "Guide"


def test_managers_come_with_everybody_and_with_a_filter_only_when_asked(flow: Flow) -> None:
    """S43-S46"""
    flow.go_live(Settings(scope=only("Lyon", "Berlin")))
    few = flow.members()
    assert few and not any(one.manager_id for one in few.values())
    flow.confirm(Settings(scope=only("Lyon", "Berlin", include_managers=True)))
    more = flow.members()
    brought = more.keys() - few.keys()
    assert brought and all(more[one].work_location not in ("Lyon", "Berlin") for one in brought)
    assert all(
        more[one].manager_id == more[boss].pk
        for one in few
        if (boss := flow.employee(one).manager_id) in more and more[boss].state != "archived"
    )


def test_set2_disconnecting_keeps_members_and_connecting_again_recognises_everybody(flow: Flow) -> None:
    """S47-S49, product 3.14: nobody is doubled, the mirror is erased meanwhile."""
    flow.go_live()
    before = {person: (m.pk, m.state, m.email) for person, m in flow.members().items()}
    released = flow.get(lambda: actions.disconnect(flow.connection(), actor=ALICE))
    assert released == len(before)
    assert not flow.get(Employee.objects.exists)
    assert {one.why_not for one in flow.links().values()} == {"disconnected"}
    assert {person: (m.pk, m.state, m.email) for person, m in flow.members().items()} == before
    flow.connect()
    assert flow.run("first").error == "" and flow.people()[0]
    plan = flow.confirm()
    assert plan.counts["create"] == 0 and plan.counts["link"] == len(before)
    assert {person: (m.pk, m.state, m.email) for person, m in flow.members().items()} == before
    assert all(one.managed for one in flow.links().values())


def test_i8_after_a_reconnect_a_new_number_with_the_old_address_is_the_same_member(flow: Flow) -> None:
    """I8: the tool forgot the old number, so the link moves to the new one."""
    flow.go_live()
    person, member = next(iter(flow.members(state="invited").items()))
    flow.get(lambda: actions.disconnect(flow.connection(), actor=ALICE))
    flow.control("remove", id=int(person))
    new = flow.control("hire", work_email=member.email)["ids"][0]
    flow.connect()
    flow.run("first")
    plan = flow.confirm()
    assert plan.state == PlanState.APPLIED
    assert flow.members()[str(new)].pk == member.pk and person not in flow.links()


def test_set2_a_paused_connection_does_not_run_until_somebody_resumes(flow: Flow) -> None:
    """S2, product 3.12"""
    flow.go_live()
    flow.get(lambda: actions.pause(flow.connection(), actor=ALICE))
    assert flow.connection().state == State.PAUSED and flow.connection().next_run_at is None
    assert run_connection(flow.company, flow.connection().pk, trigger="clock") is None
    flow.get(lambda: actions.resume(flow.connection(), actor=ALICE))
    flow.run()
    assert flow.connection().state == State.CONNECTED


def test_limits_hold_a_run_once_and_a_person_approves_with_a_reason(flow: Flow) -> None:
    """Rule 4, S3: one event however often the run repeats."""
    flow.go_live(Settings(archive_inactive=True))
    gone = flow.control("terminate", n=8)["ids"]
    flow.run()
    flow.run()
    held = flow.latest()
    assert (held.state, flow.connection().state) == (PlanState.HELD, State.HELD)
    assert [one["breach"] for one in held.breaches] and len(flow.events("plan.held")) == 1
    assert all(flow.members()[str(one)].state == "invited" for one in gone)
    assert (
        refused(flow, lambda: actions.approve(held, held.digest, actor=ALICE, override=" "))
        == "override_needed"
    )
    flow.approve(held, override="the shop closed")
    flow.apply(held)
    assert all(flow.members()[str(one)].state == "archived" for one in gone)
    assert flow.connection().state == State.CONNECTED
    assert flow.events("plan.approved")[-1].data["override"] == "the shop closed"


def test_a_rejected_plan_changes_nobody_and_is_not_asked_again(flow: Flow) -> None:
    """Rule 4."""
    flow.go_live(Settings(archive_inactive=True))
    flow.control("terminate", n=8)
    flow.run()
    before = flow.people()
    held = flow.latest()
    flow.get(lambda: actions.reject(held, actor=ALICE))
    assert flow.connection().state == State.CONNECTED
    flow.run()
    assert flow.people() == before and flow.latest().pk == held.pk and len(flow.events("plan.held")) == 1


def test_a_preview_left_open_does_not_keep_runs_from_working(flow: Flow) -> None:
    flow.go_live()
    new = flow.control("hire")["ids"][0]
    flow.run()
    flow.control("change", id=new, fields={"job_title": "Diver"})
    flow.run()
    flow.preview()
    flow.control("change", id=new, fields={"job_title": "Cook"})
    flow.run()
    assert flow.members()[str(new)].job_title == "Cook"


def test_i6_inv11_two_people_swap_their_addresses_in_one_run(flow: Flow) -> None:
    """I6, invariant 11."""
    flow.go_live(Settings(limits=Limits(email_floor=5)))
    one, other = [int(k) for k, m in sorted(flow.members(state="invited").items())[:2]]
    mails = {str(k): flow.members()[str(k)].email for k in (one, other)}
    flow.control("change", id=one, fields={"work_email": mails[str(other)]})
    flow.control("change", id=other, fields={"work_email": mails[str(one)]})
    run = flow.run()
    assert run.error == "" and flow.latest().state == PlanState.APPLIED
    assert {k: flow.members()[k].email for k in mails} == {
        str(one): mails[str(other)],
        str(other): mails[str(one)],
    }


def test_inv7_every_change_of_a_member_has_one_audit_entry_with_its_plan(flow: Flow) -> None:
    """Invariant 7."""
    plan = flow.go_live()
    invited = flow.events("member.invited")
    acted = flow.get(
        lambda: list(Line.objects.filter(plan=plan, state="done").values_list("member_id", flat=True))
    )
    assert sorted(one.member_id for one in invited if one.member_id) == sorted(acted)
    assert {one.plan_id for one in invited} == {plan.pk}


def test_i3_a_person_hired_and_one_made_by_hand_share_an_address_and_become_one(flow: Flow) -> None:
    """S40, I3: an existing member is managed from now on."""
    flow.connect()
    flow.run("first")
    someone = flow.get(lambda: Employee.objects.filter(status="active").exclude(email_key=None).first())
    made = by_hand(flow, f" {someone.work_email.upper()} ")
    plan = flow.confirm()
    assert plan.counts["link"] == 1
    assert flow.members()[someone.external_id].pk == made.pk
    assert flow.get(lambda: Member.objects.filter(email_key=someone.email_key).count()) == 1
