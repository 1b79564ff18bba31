"""What dies three times in a row is parked and says so; what died once is taken up within a minute."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone, translation
from msgspec import ValidationError
from procrastinate.contrib.django.models import ProcrastinateJob

from rollcall.connections.models import Connection, State, Subscription
from rollcall.engine.settings import Settings
from rollcall.sync import tasks
from rollcall.sync.models import Line, LineState, Plan, PlanState, Run, RunState
from rollcall.sync.runs import parking, stopping
from rollcall.sync.runs.ending import let_go
from rollcall.sync.runs.lease import lease, mine
from rollcall.sync.runs.run import run_connection
from rollcall.sync.words.sentences import breach_sentence, error_sentence
from tests.sync.flow import Flow, due

pytestmark = pytest.mark.django_db

SYNC = "rollcall.sync.tasks.sync_connection"


def queued(flow: Flow, task: str = SYNC) -> int:
    return ProcrastinateJob.objects.filter(task_name=task, status="todo").count()


def clear(flow: Flow) -> None:
    ProcrastinateJob.objects.all().delete()


def dies(flow: Flow) -> None:
    """What kill -9 leaves behind: a run without an end and a fence that nobody holds."""

    def leave() -> None:
        connection = Connection.objects.get()
        Run.objects.create(
            company_id=flow.company, connection=connection, trigger="clock", started_at=timezone.now()
        )
        Connection.objects.update(lease=uuid4(), state=State.SYNCING, run_wanted="")

    flow.get(leave)


def test_c1_inv17_a_run_that_was_killed_begins_again_with_the_next_round_of_the_clock(flow: Flow) -> None:
    flow.go_live()
    clear(flow)
    dies(flow)
    tasks.tick()
    connection = flow.connection()
    assert (connection.lease, connection.state, due()) == (None, State.CONNECTED, [connection.pk])
    run = flow.get(lambda: Run.objects.latest("pk"))
    assert (run.state, run.error) == (RunState.FAILED, "interrupted")
    assert flow.run().error == "" and flow.get(lambda: parking.deaths(connection)) == 0


@pytest.mark.thorough
def test_c1_inv17_what_is_killed_three_times_in_a_row_is_parked_until_somebody_asks_or_a_day_has_passed(
    flow: Flow,
) -> None:
    flow.go_live()
    clear(flow)
    waits = []
    for _ in range(3):
        dies(flow)
        tasks.tick()
        at = flow.connection().next_run_at
        assert at
        waits.append(at - timezone.now())
    assert timedelta(minutes=1) < waits[1] < timedelta(minutes=11)
    assert timedelta(hours=23) < waits[2] <= parking.REST
    connection = flow.connection()
    assert (connection.state, connection.error) == (State.ERROR, parking.PARKED)
    (told,) = flow.events("connection.failed")
    assert told.data["error"] == parking.PARKED and "Sync now" in told.data["told"]["en"][0]
    clear(flow)
    tasks.tick()
    flow.get(lambda: Connection.objects.update(run_wanted="webhook"))
    assert run_connection(flow.company, connection.pk, trigger="webhook") is None
    assert queued(flow) == 0 and flow.connection().run_wanted == ""
    assert flow.run("person").error == ""
    assert (flow.connection().state, flow.connection().error) == (State.CONNECTED, "")
    assert len(flow.events("connection.recovered")) == 1


def test_inv17_a_parked_connection_is_tried_again_after_a_day_and_told_about_once(flow: Flow) -> None:
    flow.go_live()
    for _ in range(3):
        dies(flow)
        tasks.tick()
    clear(flow)
    flow.get(lambda: Connection.objects.update(next_run_at=timezone.now() - timedelta(minutes=1)))
    assert due() == [flow.connection().pk]
    dies(flow)
    tasks.tick()
    assert flow.connection().error == parking.PARKED and len(flow.events("connection.failed")) == 1


def test_inv17_a_mistake_of_our_own_three_times_in_a_row_parks_the_connection(flow: Flow) -> None:
    """Settings that cannot be read are no fault of the tool, and no worker gets past them."""
    flow.go_live()
    flow.get(lambda: Subscription.objects.update(settings={"scope": {"type": "of the moon"}}))
    people = flow.people()
    for expected in ("internal", "internal", parking.PARKED):
        with pytest.raises(ValidationError):
            run_connection(flow.company, flow.connection().pk, trigger="clock")
        assert flow.connection().error == expected
    assert flow.people() == people
    flow.get(
        lambda: Subscription.objects.update(
            settings={"scope": {"type": "everybody"}, "invite": {"type": "at_once"}}
        )
    )
    assert flow.run("person").error == ""


@pytest.mark.parametrize("error", ["unreachable", "interrupted"])
def test_t5_c2_a_tool_that_is_down_and_a_stop_that_was_asked_for_park_nobody(flow: Flow, error: str) -> None:
    flow.go_live()
    state = RunState.FAILED if error == "unreachable" else RunState.POSTPONED
    for _ in range(4):
        flow.get(
            lambda: Run.objects.create(
                company_id=flow.company,
                connection=Connection.objects.get(),
                trigger="clock",
                started_at=timezone.now(),
                finished_at=timezone.now(),
                state=state,
                error=error,
            )
        )
    assert flow.get(lambda: parking.deaths(flow.connection())) == 0


def test_c1_c7_inv12_a_plan_whose_apply_dies_three_times_is_held_with_the_reason_and_goes_on_when_confirmed(
    flow: Flow,
) -> None:
    flow.connect()
    flow.run("first")
    plan = flow.preview(Settings())
    flow.approve(plan)
    poison = flow.get(
        lambda: Line.objects.filter(plan=plan, state=LineState.WANTED).order_by("number").first()
    )
    fields = poison.fields
    flow.get(lambda: Line.objects.filter(pk=poison.pk).update(fields={"email": "nothing of the kind"}))
    for tries in (1, 2, 3):
        with pytest.raises(ValidationError):
            flow.apply(plan)
        assert flow.get(lambda: Plan.objects.get(pk=plan.pk)).tries == tries
    held = flow.apply(plan)
    assert held.state == PlanState.HELD and flow.members() == {}
    (reason,) = held.breaches
    assert (reason["breach"], reason["count"], reason["of"]) == ("stopped", 0, held.counts["acting"])
    assert flow.connection().state == State.HELD and len(flow.events("plan.held")) == 1
    # The next run's plan waits too: nobody has said yes to what broke off.
    flow.run()
    waiting = flow.latest()
    assert waiting.state == PlanState.HELD and flow.members() == {}
    assert len(flow.events("plan.held")) == (1 if waiting.pk == held.pk else 2)
    flow.get(lambda: Line.objects.filter(plan=waiting, number=poison.number).update(fields=fields))
    flow.approve(waiting, override="looked at it")
    done = flow.apply(waiting)
    assert done.state == PlanState.APPLIED and len(flow.members()) == done.outcome["done"] > 0


@pytest.mark.parametrize("language", ["en", "fr"])
def test_inv17_what_is_parked_says_why_and_what_to_do(language: str) -> None:
    with translation.override(language):
        said = [
            error_sentence("parked", {"tool": "bamboohr"}),
            error_sentence("database", {}),
            breach_sentence({"breach": "stopped", "count": 1, "of": 7}),
        ]
    assert all("{" not in one and len(one.split()) > 15 for one in said)
    assert "BambooHR" in said[0] and "7" in said[2]
    assert (language == "fr") == ("Synchroniser" in said[0])


def test_c1_inv17_an_approved_plan_whose_job_was_lost_is_found_again_and_only_once(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    flow.approve(plan)
    flow.get(lambda: Plan.objects.update(decided_at=timezone.now() - timedelta(minutes=1)))
    clear(flow)
    for _ in range(3):
        tasks.tick()
    assert queued(flow, tasks.APPLY) == 1


def test_c2_a_run_of_a_process_that_is_to_end_stops_and_another_goes_on(flow: Flow) -> None:
    """No failure of anybody: the state is as before, nobody is told, and the next run is wanted at once."""
    flow.go_live()
    before = flow.people()
    stopping.ask()
    try:
        run = run_connection(flow.company, flow.connection().pk, trigger="person", started_by="alice")
    finally:
        stopping.forget()
    assert run and (run.state, run.error) == (RunState.POSTPONED, "interrupted")
    connection = flow.connection()
    assert (connection.state, connection.error, connection.failures) == (State.CONNECTED, "", 0)
    assert (connection.run_wanted, connection.run_wanted_by, connection.lease) == ("person", "alice", None)
    assert flow.people() == before and flow.events("connection.failed") == []
    assert flow.run().error == ""


def test_c2_inv4_an_apply_of_a_process_that_is_to_end_is_passed_on_and_is_no_try(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    plan = flow.preview()
    flow.approve(plan)
    clear(flow)
    stopping.ask()
    try:
        assert flow.apply(plan).state == PlanState.APPLYING
    finally:
        stopping.forget()
    left = flow.get(lambda: Plan.objects.get(pk=plan.pk))
    assert (left.tries, queued(flow, tasks.APPLY), flow.members()) == (0, 1, {})
    assert flow.apply(plan).state == PlanState.APPLIED


def test_c2_what_a_process_holds_is_handed_over_before_it_ends(flow: Flow) -> None:
    """Somebody who waits for an HR tool's answer cannot stop in time: the run ends as asked for, not as killed."""
    flow.go_live()
    pk = flow.connection().pk
    with lease(flow.company, pk) as token:
        assert mine() == [(flow.company, pk, token)]
        flow.get(
            lambda: Run.objects.create(
                company_id=flow.company, connection_id=pk, trigger="clock", started_at=timezone.now()
            )
        )
        let_go()
        connection = flow.connection()
        assert (connection.lease, connection.run_wanted, connection.state) == (None, "clock", State.CONNECTED)
    assert mine() == [] and flow.get(lambda: parking.deaths(flow.connection())) == 0
