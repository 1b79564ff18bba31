"""People who are missing from the list: when that is proof, when it is doubted, and what a quiet hour then writes."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from rollcall.connections.models import Connection, Employee
from rollcall.directory.models import Member
from rollcall.engine.change import Kind, Why
from rollcall.engine.roster import Role, State
from rollcall.engine.settings import Settings
from rollcall.sync.models import Plan, PlanState, Run
from rollcall.sync.runs.usual import unusual, usual_of
from tests.sync.flow import PEOPLE, Flow

pytestmark = pytest.mark.django_db

ARCHIVING = Settings(archive_inactive=True)


def vanish(flow: Flow, n: int = 1, ids: list[int] | None = None) -> list[str]:
    """Delete people in the tool for good; returns their ids."""
    done = flow.control("remove", ids=ids) if ids else flow.control("remove", n=n)
    return [str(one) for one in done["ids"]]


def a_day_goes_by(flow: Flow, hours: float = 25) -> None:
    """Whoever is missing has been so for longer; everything else stays."""

    def shift() -> None:
        Employee.objects.update(absent_since=F("absent_since") - timedelta(hours=hours))

    flow.get(shift)


def state_of(flow: Flow, employee: str) -> str:
    return str(flow.members()[employee].state)


def whys(flow: Flow) -> dict[str, str]:
    """Kind and reason in the newest plan by employee."""
    return {one.employee_id: f"{one.kind}.{one.why}" for one in flow.lines(flow.latest())}


@pytest.mark.thorough
def test_a4_rule5_inv1_who_vanished_is_archived_by_a_complete_read_a_day_later_and_not_before(
    flow: Flow,
) -> None:
    flow.go_live(ARCHIVING)
    (gone,) = vanish(flow)
    for _ in range(3):
        assert flow.run().error == ""
    assert state_of(flow, gone) == State.INVITED and whys(flow)[gone] == "skip.vanished_waits"
    row = flow.employee(gone)
    assert (row.absent_runs, row.absent_proven_at) == (3, None)
    a_day_goes_by(flow, hours=23)
    flow.run()
    assert state_of(flow, gone) == State.INVITED
    a_day_goes_by(flow, hours=2)
    flow.run()
    assert state_of(flow, gone) == State.ARCHIVED
    (line,) = flow.lines(flow.latest(), Kind.ARCHIVE)
    assert (line.employee_id, line.why, line.params["runs"]) == (gone, Why.VANISHED, "5")


def test_rule5_while_somebody_is_missing_a_quiet_hour_writes_no_plan_and_no_line(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    vanish(flow)
    flow.run()
    before, plans = flow.frozen(), flow.get(Plan.objects.count)
    for _ in range(2):
        assert flow.run().seen["absent"] == 0
    after = flow.frozen()
    assert flow.get(Plan.objects.count) == plans
    for table in ("directory_member", "directory_link", "sync_plan", "sync_line"):
        assert after[table] == before[table]


@pytest.mark.thorough
def test_rule5_a_proof_is_counted_once_and_then_nothing_is_written(flow: Flow) -> None:
    """With archiving off they stay members, however long they are missing."""
    flow.go_live(Settings())
    (gone,) = vanish(flow)
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    before = flow.frozen()
    flow.run()
    assert flow.frozen() == before
    assert state_of(flow, gone) == State.INVITED and whys(flow)[gone] == "skip.vanished"


@pytest.mark.thorough
def test_p7_a_read_by_changes_proves_nobodys_absence(flow: Flow) -> None:
    """A tool that tells of a deletion has everybody read again; what it only does not mention counts for nothing."""
    flow.go_live(ARCHIVING)
    (gone,) = vanish(flow)
    flow.run()
    a_day_goes_by(flow)
    # behind the very second of the deletion, which the tool would tell of
    since = timezone.now() + timedelta(minutes=1)
    flow.get(lambda: Connection.objects.update(changes_since=since))
    run = flow.run(full=False)
    assert run.seen["full"] is False and flow.employee(gone).absent_proven_at is None
    assert state_of(flow, gone) == State.INVITED
    flow.run()
    assert state_of(flow, gone) == State.ARCHIVED


@pytest.mark.thorough
def test_rule5_coming_back_forgets_the_absence(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    before = flow.people()
    kept = len(flow.people_of())
    flow.fault("A4", mode="half")
    flow.run()
    a_day_goes_by(flow)
    flow.heal()
    flow.run()
    assert flow.get(lambda: Employee.objects.filter(absent_since=None).count()) == kept
    assert not flow.get(lambda: Employee.objects.filter(absent_runs__gt=0).exists())
    assert flow.people() == before


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["office", "half"])
def test_a4_d2_a_list_far_shorter_than_usual_does_not_begin_to_count(flow: Flow, mode: str) -> None:
    """The run says so; more than two of them are never archived without a person (rules 1, 5 and 10)."""
    flow.go_live(ARCHIVING)
    before = flow.people()
    flow.fault("A4", mode=mode)
    run = flow.run()
    unusual = {one["what"]: one for one in run.seen["unusual"]}
    assert unusual["fewer"]["usual"] == PEOPLE and unusual["fewer"]["now"] == run.seen["employees"]
    missing = flow.get(lambda: list(Employee.objects.exclude(absent_since=None)))
    assert {one.absent_runs for one in missing} == {0} and len(missing) == run.seen["absent"]
    assert {why for why in whys(flow).values() if "vanished" in why} <= {
        "skip.vanished_unproven",
        "skip.vanished_admin",
    }
    a_day_goes_by(flow)
    flow.run()
    assert not flow.get(lambda: Employee.objects.exclude(absent_proven_at=None).exists())
    assert flow.people()[0] == before[0]


@pytest.mark.thorough
def test_a4_rule6_many_who_stay_away_are_proven_gone_in_the_end_and_wait_for_a_person(flow: Flow) -> None:
    """Inv2: the whole plan is held, and every line says since when and by how many lists."""
    flow.go_live(ARCHIVING)
    before = flow.people()
    flow.fault("A4", mode="half")
    flow.run()
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    held = flow.latest()
    assert held.state == PlanState.HELD and flow.people()[0] == before[0]
    lines = flow.lines(held, Kind.ARCHIVE)
    assert len(lines) > 5 and {one.why for one in lines} == {Why.VANISHED}
    flow.run()
    assert flow.latest().pk == held.pk and len(flow.events("plan.held")) == 1


@pytest.mark.thorough
def test_a4_when_several_come_back_at_once_the_others_begin_anew(flow: Flow) -> None:
    """A tool that was short for two days, then nearly whole: the few still missing have a day of their own."""
    flow.go_live(ARCHIVING)
    flow.fault("A4", mode="half")
    flow.run()
    flow.run()
    a_day_goes_by(flow)
    flow.heal()
    managed = set(flow.members())
    missing = flow.get(lambda: list(Employee.objects.exclude(absent_since=None)))
    gone = vanish(flow, ids=[next(int(one.external_id) for one in missing if one.external_id in managed)])
    flow.run()
    assert flow.employee(gone[0]).absent_runs == 1 and flow.employee(gone[0]).absent_proven_at is None
    assert state_of(flow, gone[0]) != State.ARCHIVED


def test_d10_an_admin_who_vanishes_is_never_archived_by_that(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    (gone,) = vanish(flow)
    pk = flow.members()[gone].pk
    flow.get(lambda: Member.objects.filter(pk=pk).update(role=Role.ADMIN))
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    assert state_of(flow, gone) == State.INVITED and whys(flow)[gone] == "skip.vanished_admin"


@pytest.mark.thorough
def test_inv20_a_record_that_cannot_be_read_is_present_and_proves_nothing(flow: Flow) -> None:
    """E6, I1: neither while it has its number, nor when it has none and might be anybody."""
    flow.go_live(ARCHIVING)
    for fault in ("E6", "I1"):
        struck = flow.fault(fault)
        flow.run()
        a_day_goes_by(flow)
        flow.run()
        assert not flow.get(lambda: Employee.objects.filter(absent_runs__gt=0).exists()), fault
        assert state_of(flow, str(struck[0])) != State.ARCHIVED
        flow.heal()
        flow.run()


@pytest.mark.thorough
def test_e6_i1_inv20_nobody_is_archived_by_what_was_known_before_their_record_became_unreadable(
    flow: Flow,
) -> None:
    """A last day comes while the record that may take it back can't be read: with its number, or without any."""
    flow.go_live(ARCHIVING)
    for fault in ("E6", "I1"):
        struck = str(flow.fault(fault)[0])
        flow.run()
        let_leave(flow, struck)
        flow.run()
        assert state_of(flow, struck) != State.ARCHIVED and whys(flow)[struck] == "skip.unreadable", fault
        flow.heal()
        flow.run()
        assert flow.employee(struck).unread_since is None
        assert state_of(flow, struck) != State.ARCHIVED, "the tool says that they stay"


def let_leave(flow: Flow, employee: str) -> None:
    """Their last day, known for long, is over."""
    day = timezone.now().date() - timedelta(days=2)
    row = Employee.objects.filter(external_id=employee)
    flow.get(lambda: row.update(status="inactive", last_working_day=day, record_digest=b"", digest=""))


@pytest.mark.thorough
def test_p2_inv20_people_of_a_page_that_was_never_known_are_missed_when_it_is_gone(flow: Flow) -> None:
    """The page of an unreadable record is read in full each time; without it the list is not the one of before."""
    flow.go_live(ARCHIVING)
    struck = [str(one) for one in flow.fault("E6")]
    flow.run()
    flow.control("remove", ids=[int(one) for one in struck])
    flow.run()
    assert all(flow.employee(one).absent_since is not None for one in struck)
    assert not any(flow.employee(one).unread_since for one in struck)


@pytest.mark.thorough
def test_i1_a_doubtful_read_does_not_bring_back_who_was_archived_for_being_gone(flow: Flow) -> None:
    """Somebody without a number might be anybody: that is no reason to give access back either."""
    flow.go_live(ARCHIVING)
    (gone,) = vanish(flow)
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    assert state_of(flow, gone) == State.ARCHIVED
    flow.fault("I1")
    flow.run()
    assert state_of(flow, gone) == State.ARCHIVED and flow.employee(gone).absent_since is not None


@pytest.mark.thorough
def test_d1_who_works_on_under_another_number_is_not_archived_for_the_old_one(flow: Flow) -> None:
    """The same address came back with a new contract's number."""
    flow.go_live(ARCHIVING)
    (gone,) = vanish(flow)
    email = flow.members()[gone].email
    flow.run()
    flow.control("hire", work_email=email, start_date="2020-01-01")
    a_day_goes_by(flow)
    flow.run()
    assert state_of(flow, gone) == State.INVITED and whys(flow)[gone] == "skip.has_new_number"


@pytest.mark.thorough
def test_p6_a_first_read_of_nobody_is_told_and_a_later_one_is_refused(flow: Flow) -> None:
    """P1: an empty list is an error as soon as people are known."""
    flow.fault("P1")
    flow.connect()
    run = flow.run("first")
    assert run.error == "" and run.seen["unusual"] == [{"what": "nobody", "now": 0, "usual": 0}]
    flow.heal()
    flow.run()
    flow.confirm(ARCHIVING)
    before = flow.people()
    flow.fault("P1")
    for _ in range(2):
        assert flow.run().error in ("empty_list", "incomplete")
        a_day_goes_by(flow)
    assert flow.people() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    "fault", [("P4", "more"), ("P4", "less"), ("P2", "short"), ("P3", "removed"), ("P8", "twice")]
)
def test_p2_p3_p4_p8_a_list_that_does_not_add_up_removes_nobody(flow: Flow, fault: tuple[str, str]) -> None:
    """Neither in that run, nor by standing for a proof a day later (inv1)."""
    flow.go_live(ARCHIVING)
    before = {number: one.state for number, one in flow.members().items()}
    flow.fault(fault[0], mode=fault[1])
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    assert {number: one.state for number, one in flow.members().items()} == before
    assert flow.get(lambda: Employee.objects.exclude(absent_proven_at=None).count()) == 0


@pytest.mark.thorough
def test_a5_a7_a_detail_that_may_not_be_read_is_kept_and_the_run_says_it_is_partial(flow: Flow) -> None:
    flow.go_live(ARCHIVING)
    before = {number: one.bank_digest for number, one in flow.members().items()}
    flow.fault("A5", mode="hidden")
    new = flow.control("hire")["ids"][0]
    run = flow.run()
    assert (run.state, run.error) == ("succeeded", "") and run.seen["partial"] == ["bank_account"]
    members = flow.members()
    assert str(new) in members
    assert {number: members[number].bank_digest for number in before} == before


def test_a_read_that_takes_far_longer_than_usual_is_told(flow: Flow) -> None:
    """Shown only: being slow proves nothing."""
    flow.go_live()
    for _ in range(3):
        flow.run()

    def faster() -> None:
        for one in Run.objects.all():
            one.seen["seconds"] = 1.0
            one.save(update_fields=["seen"])

    flow.get(faster)
    usual = flow.get(lambda: usual_of(Connection.objects.get().pk))
    assert unusual(usual, PEOPLE, 59) == []
    assert unusual(usual, PEOPLE, 61) == [{"what": "slow", "now": 61, "usual": 1}]


@pytest.mark.thorough
def test_in_a_preview_who_is_proven_gone_is_named_and_held_by_the_limits(flow: Flow) -> None:
    flow.go_live(Settings())
    (gone,) = vanish(flow)
    flow.run()
    a_day_goes_by(flow)
    flow.run()
    plan = flow.preview(ARCHIVING)
    assert [one.employee_id for one in flow.lines(plan, Kind.ARCHIVE)].count(gone) == 1
    flow.approve(plan, override="they left")
    flow.apply(plan)
    assert state_of(flow, gone) == State.ARCHIVED


@pytest.mark.thorough
@pytest.mark.parametrize("flow", ["workday"], indirect=True)
def test_a7_members_go_on_while_one_detail_is_refused(flow: Flow) -> None:
    """A 403 on the payment elections alone: kept, the run is partial, and a new colleague is invited all the same."""
    flow.go_live(ARCHIVING)
    before = {number: one.bank_digest for number, one in flow.members().items()}
    assert any(before.values())
    flow.fault("A7", path="Cash_Management")
    new = str(flow.control("hire", start_date="2020-01-01")["ids"][0])
    run = flow.run()
    assert (run.state, run.error) == ("succeeded", "") and "bank_account" in run.seen["partial"]
    members = flow.members()
    assert len(members) == len(before) + 1, new
    assert {number: members[number].bank_digest for number in before} == before
