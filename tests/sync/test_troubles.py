"""What can go wrong with a run, and what it must never do to a member."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from rollcall.accounts import access
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, Employee, ReadPage, State, Subscription
from rollcall.connections.opening import opened
from rollcall.connections.source import Access, SourceError, Wanted
from rollcall.directory.models import Link, Member
from rollcall.engine.change import Kind
from rollcall.engine.settings import Settings
from rollcall.sync import actions, tasks
from rollcall.sync.models import Line, LineState, Plan, PlanState, Run, RunState
from rollcall.sync.runs.apply import apply
from rollcall.sync.runs.ending import SLOWER, next_run
from rollcall.sync.runs.lease import LeaseLost, at_work, check, lease
from rollcall.sync.runs.run import run_connection, settle
from rollcall.sync.words.sentences import error_sentence
from tests.sync.flow import ALICE, PEOPLE, TOOLS, Flow, due, only

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

BROKEN = [
    pytest.param("A3", {}, {"credentials"}, id="key revoked (A3)"),
    pytest.param("A1", {"mode": "403"}, {"permission", "credentials"}, id="permission missing (A1)"),
    pytest.param("T2", {"mode": "before"}, {"unreachable"}, id="line cut (T2)"),
    pytest.param(
        "T3",
        {"mode": "short"},
        {"unreachable", "failing", "not_understood", "incomplete"},
        id="page truncated (T3)",
    ),
    pytest.param("T5", {}, {"failing"}, id="tool down (T5)"),
    pytest.param("T10", {}, {"not_understood"}, id="HTML instead of JSON (T10)"),
    pytest.param("T11", {}, {"not_understood", "incomplete"}, id="empty body (T11)"),
    pytest.param("P1", {}, {"empty_list", "incomplete"}, id="empty list (P1)"),
    pytest.param("P2", {"mode": "error"}, {"failing"}, id="page fails for good (P2)"),
    pytest.param("E8", {"mode": "nan"}, {"not_understood"}, id="what is no JSON (E8)"),
    pytest.param("A6", {}, {"other_company"}, id="key of another company (A6)"),
]


@pytest.mark.parametrize(("fault", "more", "codes"), BROKEN)
@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_inv4_t2_t3_t5_t10_t11_a1_a3_a6_p1_p2_e8_a_run_that_fails_says_why_and_changes_nothing(
    flow: Flow, fault: str, more: dict[str, object], codes: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 4, S51-S53; the connection heals by itself when the fault is gone (A3)."""
    monkeypatch.setenv("ROLLCALL_HTTP_TRIES", "1")
    flow.go_live(Settings(archive_inactive=True))
    before, mirror = flow.people(), flow.frozen()["connections_employee"]
    flow.fault(fault, **more)
    run = flow.run()
    if fault == "A6" and run.error == "":
        # Personio tells nothing by which companies differ: the limits have to hold the strangers.
        assert flow.people() == before
        assert flow.connection().state == State.HELD
        return
    connection = flow.connection()
    assert run.error in codes and connection.error == run.error
    assert (run.state, connection.state, connection.failures) == (RunState.FAILED, State.ERROR, 1)
    assert connection.next_run_at and connection.next_run_at > timezone.now()
    said = error_sentence(run.error, run.error_params)
    assert "{" not in said and len(said.split()) > 5
    assert (flow.people(), flow.frozen()["connections_employee"]) == (before, mirror)
    assert len(flow.events("connection.failed")) == 1
    flow.heal()
    assert flow.run().error == "" and flow.connection().state == State.CONNECTED
    assert flow.people() == before


@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_a_wrong_key_is_told_before_anything_is_stored(flow: Flow) -> None:
    """S13"""
    wrong = {
        name: value if "domain" in name else "wrong-key"
        for name, value in flow.sim.credentials(flow.tool).items()
    }
    with pytest.raises(SourceError) as error:
        flow.get(lambda: actions.try_credentials(flow.tool, wrong, Wanted()))
    assert error.value.code == "credentials" and "{" not in error.value.sentence()
    assert not flow.get(Connection.objects.exists)


@pytest.mark.parametrize("label", ["no/slash", "two.labels", "", "a b"])
def test_h5_a_subdomain_that_is_none_is_told(flow: Flow, label: str) -> None:
    """H5"""
    given = {**flow.sim.credentials("bamboohr"), "subdomain": label}
    with pytest.raises(SourceError) as error:
        flow.get(lambda: actions.try_credentials("bamboohr", given, Wanted()))
    assert error.value.code in ("address", "credentials")


@pytest.mark.parametrize(
    ("fault", "why"),
    [("I2", "shared_email"), ("M1", "manager_self"), ("M2", "manager_loop"), ("E7", "status_unknown")],
)
@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_i2_m1_m2_e7_odd_people_are_named_and_the_others_go_on(flow: Flow, fault: str, why: str) -> None:
    """I2, M1, M2, E7"""
    struck = {str(one) for one in flow.fault(fault)}
    flow.connect()
    assert flow.run("first").error == ""
    plan = flow.confirm()
    named = {line.employee_id for line in flow.lines(plan, Kind.SKIP, Kind.NOTE) if line.why == why}
    assert named and named <= struck
    assert len(flow.members()) > PEOPLE // 2
    flow.heal()
    if fault == "E7":
        flow.control("change", ids=[int(one) for one in struck], fields={"job_title": "Cook"})
    flow.run()
    assert not {line.employee_id for line in flow.lines(flow.latest()) if line.why == why}


def test_i10_nobody_without_an_address_is_invited(flow: Flow) -> None:
    """I10: known people keep the address they have."""
    flow.go_live()
    new = flow.control("hire", work_email=None)["ids"][0]
    known, member = next(iter(flow.members().items()))
    flow.control("change", id=int(known), fields={"work_email": None})
    assert flow.run().error == ""
    whys = {line.employee_id: line.why for line in flow.lines(flow.latest(), Kind.SKIP, Kind.NOTE)}
    assert whys[str(new)] == whys[known] == "no_email"
    assert flow.members()[known].email == member.email and str(new) not in flow.members()


def test_a5_rule3_bank_details_that_nobody_may_read_any_more_stay(flow: Flow) -> None:
    """A5, rule 3: emptiness for everybody is not clearing."""
    flow.go_live()
    before = {k: m.bank_digest for k, m in flow.members().items()}
    assert any(before.values())
    flow.fault("A5")
    flow.run()
    assert {k: m.bank_digest for k, m in flow.members().items()} == before


@pytest.mark.parametrize("mode", ["office", "half"])
def test_d2_a4_rule5_people_who_vanish_from_the_list_are_never_archived(flow: Flow, mode: str) -> None:
    """A4, rule 5, product 3.2: also not by the second and third run."""
    flow.go_live(Settings(archive_inactive=True))
    before = flow.people()
    flow.fault("A4", mode=mode)
    for _ in range(3):
        run = flow.run()
        assert run.error in ("", "incomplete")
    assert flow.people()[0] == before[0]
    flow.heal()
    flow.run()
    assert flow.people() == before


def test_c5_inv12_of_two_runs_at_once_one_works(flow: Flow) -> None:
    """C5, invariant 12: the second finds the lock held and does nothing."""
    flow.go_live()
    pk, count = flow.connection().pk, flow.get(Run.objects.count)
    with lease(flow.company, pk) as token:
        assert token is not None and pk in at_work()
        assert run_connection(flow.company, pk, trigger="person") is None
        with lease(flow.company, pk) as second:
            assert second is None
    assert pk not in at_work() and flow.get(Run.objects.count) == count
    assert flow.run().error == ""


def test_c5_c6_inv12_what_is_approved_while_a_run_reads_is_made_before_the_run_plans(flow: Flow) -> None:
    """C5, C6, invariant 12: the run finds it when it is about to decide, and has nothing left to do."""
    flow.go_live()
    flow.control("hire", n=2, work_location="Paris")
    flow.run()
    narrower = flow.preview(Settings(scope=only("Paris"), archive_inactive=True))
    pk, plans = flow.connection().pk, flow.get(Plan.objects.count)
    with lease(flow.company, pk) as token:
        assert token is not None
        flow.approve(narrower, override="fewer people")
        with access.acting_for(flow.company):
            run = Run.objects.create(
                company_id=flow.company, connection_id=pk, trigger="clock", started_at=timezone.now()
            )
        assert settle(flow.company, flow.subscription().pk, run, token) is None
    narrower = flow.get(lambda: Plan.objects.get(pk=narrower.pk))
    assert (narrower.state, narrower.outcome["stale"]) == (PlanState.APPLIED, 0)
    assert flow.get(Plan.objects.count) == plans


def killed(flow: Flow, plan: Plan, applied: int) -> None:
    """What a kill leaves: the plan in *applying*, whole chunks done, a run without an end, a row's stale lease."""
    whole = list(flow.lines(plan))
    with access.acting_for(flow.company):
        Line.objects.filter(plan=plan, number__gt=applied).update(state=LineState.SHOWN)
    flow.approve(plan)
    with access.acting_for(flow.company):
        token = uuid4()
        Connection.objects.update(lease=token, lease_until=timezone.now() + timedelta(hours=2))
        full = Plan.objects.select_related("subscription", "entity").get(pk=plan.pk)
        apply(full, token, ALICE)
        states = {line.pk: line.state for line in whole if line.number > applied}
        for pk, state in states.items():
            Line.objects.filter(pk=pk).update(state=state)
        Plan.objects.filter(pk=plan.pk).update(state=PlanState.APPLYING, finished_at=None, outcome={})
        Run.objects.create(
            company_id=flow.company,
            connection=Connection.objects.get(),
            trigger="clock",
            started_at=timezone.now(),
        )


def test_c1_inv5_inv13_what_a_killed_process_left_is_finished_by_the_next_run(flow: Flow) -> None:
    """C1, invariants 5 and 13: nobody twice, nobody forgotten, one invitation each."""
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    killed(flow, plan, applied=10)
    half = flow.members()
    assert 0 < len(half) < plan.counts["create"]
    run = flow.run()
    assert run.error == "" and run.pk
    members = flow.members()
    assert len(members) == plan.counts["create"] == len(flow.events("member.invited"))
    assert {k: members[k].pk for k in half} == {k: m.pk for k, m in half.items()}
    plan = flow.get(lambda: Plan.objects.get(pk=plan.pk))
    assert (plan.state, plan.outcome["done"], plan.outcome["stale"]) == (PlanState.APPLIED, len(members), 0)
    assert all(one.finished_at for one in flow.get(lambda: list(Run.objects.all())))
    assert any(one.manager_id for one in members.values())


def test_c1_inv17_a_lease_that_a_killed_process_left_does_not_keep_the_clock_from_starting(
    flow: Flow,
) -> None:
    """C1, invariant 17: the row says two more hours, but nobody holds the lock."""
    flow.connect()
    stale = {"lease": uuid4(), "lease_until": timezone.now() + timedelta(hours=2)}
    flow.get(lambda: Connection.objects.update(next_run_at=timezone.now() - timedelta(minutes=1), **stale))
    assert due() == []
    tasks.recover(timezone.now())
    assert due() == [flow.connection().pk]


def queued(flow: Flow) -> int:
    """How many runs of the connection wait for a worker."""
    jobs = ProcrastinateJob.objects.filter(task_name="rollcall.sync.tasks.sync_connection", status="todo")
    return sum(1 for job in jobs if job.args["connection_id"] == flow.connection().pk)


def test_c9_after_a_day_without_a_clock_a_connection_runs_once(flow: Flow) -> None:
    """C9"""
    flow.go_live()
    flow.get(lambda: Connection.objects.update(next_run_at=timezone.now() - timedelta(days=1), run_wanted=""))
    assert due() == [flow.connection().pk]
    assert tasks.run_due(flow.company, flow.connection().pk)
    assert due() == []
    at = flow.connection().next_run_at
    assert at and timezone.now() < at <= timezone.now() + timedelta(hours=1, minutes=5)


def test_c5_a_connection_at_work_is_not_started_again(flow: Flow) -> None:
    """C5"""
    flow.go_live()
    flow.get(lambda: Connection.objects.update(run_wanted="person"))
    with lease(flow.company, flow.connection().pk):
        tasks.tick()
    assert queued(flow) == 0


def test_t5_after_failures_in_a_row_runs_become_rare(flow: Flow) -> None:
    """T5: told once, then an hour, then six, twelve, twenty-four."""
    flow.go_live()
    flow.fault("T10")
    waits = []
    for _ in range(6):
        flow.run()
        due = flow.connection().next_run_at
        assert due
        waits.append(due - timezone.now())
    assert max(waits[:2]) <= timedelta(hours=1, minutes=5)
    for got, wanted in zip(waits[2:], [*SLOWER, SLOWER[-1]], strict=True):
        assert abs(got - wanted) < timedelta(minutes=1)
    assert len(flow.events("connection.failed")) == 1


def test_d13_runs_are_spread_over_the_hour_and_always_ahead() -> None:
    now = timezone.now()
    minutes = {next_run(number, now).minute for number in range(200)}
    assert len(minutes) > 40
    assert all(now < next_run(number, now) <= now + timedelta(hours=1, minutes=5) for number in range(50))


def test_an_apply_stops_when_the_connection_is_disconnected_under_it(flow: Flow) -> None:
    """S47: nothing half done, and the plan never goes on."""
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    flow.approve(plan)
    full = flow.get(lambda: Plan.objects.select_related("subscription", "entity").get(pk=plan.pk))
    with lease(flow.company, flow.connection().pk) as token:
        assert token is not None
        flow.get(lambda: actions.disconnect(flow.connection(), actor=ALICE))
        with pytest.raises(LeaseLost):
            apply(full, token, ALICE)
    assert flow.people() == [[], []]
    assert flow.apply(plan).state == PlanState.SUPERSEDED and flow.people() == [[], []]


def test_z7_a_read_that_ends_after_the_disconnect_leaves_no_mirror(flow: Flow) -> None:
    """S47, Z7: what was erased is not written again by a run that was still reading."""
    flow.connect()
    connection = flow.connection()
    with lease(flow.company, connection.pk) as token, opened(connection) as connector:
        assert token is not None
        flow.get(lambda: actions.disconnect(flow.connection(), actor=ALICE))
        with pytest.raises(LeaseLost):
            fetch(
                connection,
                connector,
                now=timezone.now(),
                progress=lambda _: None,
                guard=lambda: check(connection.pk, token),
            )
    assert not flow.get(Employee.objects.exists)


def test_a_plan_of_an_entity_without_the_right_billing_is_refused(flow: Flow) -> None:
    """S5"""
    flow.get(lambda: type(flow.entity.company).objects.filter(pk=flow.company).update(plan="essentials"))
    flow.get(flow.entity.company.refresh_from_db)
    with pytest.raises(actions.Refused) as error:
        flow.get(
            lambda: actions.connect(
                flow.entity,
                "bamboohr",
                flow.sim.credentials("bamboohr"),
                wanted=Wanted(),
                access=Access(),
                actor=ALICE,
            )
        )
    assert error.value.code == "plan"


@pytest.mark.parametrize(
    "model", [Connection, Subscription, Employee, ReadPage, Run, Plan, Line, Member, Link]
)
def test_z2_inv18_nothing_of_a_company_is_seen_by_another_or_by_nobody(flow: Flow, model: type) -> None:
    """Z2, invariant 18: by the database's own rules."""
    flow.go_live()
    rows = model.objects  # type: ignore[attr-defined] # every model has it
    assert flow.get(rows.count) > 0
    assert rows.count() == 0
    with access.acting_for(flow.two.charlie_company.pk):
        assert rows.count() == 0 and rows.filter(company_id=flow.company).update(company_id=flow.company) == 0
