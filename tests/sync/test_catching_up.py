"""After a pause: what happened meanwhile waits for a person; nothing that starts a run gets past that."""

import pytest
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity
from rollcall.connections.models import State, Subscription
from rollcall.engine.change import Kind
from rollcall.engine.settings import Settings
from rollcall.sync import actions, tasks
from rollcall.sync.models import LineState, Plan, PlanState
from rollcall.sync.plans.catching_up import close_interrupted
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import ALICE, Flow
from tests.sync.test_lifecycle import refused

pytestmark = pytest.mark.django_db


def pause(flow: Flow) -> None:
    flow.get(lambda: actions.pause(flow.connection(), actor=ALICE))


def resume(flow: Flow) -> None:
    flow.get(lambda: actions.resume(flow.connection(), actor=ALICE))


def waiting(flow: Flow) -> Plan:
    return flow.get(lambda: Plan.objects.get(entity=flow.entity, state=PlanState.HELD))  # type: ignore[no-any-return] # see get


def meanwhile(flow: Flow) -> tuple[str, str]:
    """One joined, one left; their numbers."""
    gone = str(flow.control("terminate", n=1, date="2026-01-31")["ids"][0])
    new = str(flow.control("hire", n=1)["ids"][0])
    return new, gone


@pytest.fixture
def paused(flow: Flow) -> Flow:
    flow.go_live(Settings(archive_inactive=True))
    flow.run()
    pause(flow)
    return flow


def test_s2_d12_what_happened_during_a_pause_is_shown_and_applied_after_one_click(paused: Flow) -> None:
    new, gone = meanwhile(paused)
    before = paused.people()
    resume(paused)
    run = paused.run("person")
    assert run.error == "" and paused.people() == before
    made = waiting(paused)
    assert {one.kind: one.employee_id for one in paused.lines(made, Kind.CREATE, Kind.ARCHIVE)} == {
        Kind.CREATE: new,
        Kind.ARCHIVE: gone,
    }
    assert (made.breaches, paused.connection().state) == ([], State.HELD)
    told = paused.events("plan.held")[-1]
    assert told.data["paused_since"] and told.data["breaches"] == []
    paused.approve(made)
    assert paused.apply(made).outcome["done"] == 2
    assert new in paused.members() and paused.members()[gone].state == "archived"
    assert paused.subscription().paused_since is None
    assert paused.connection().state == State.CONNECTED
    paused.control("hire", n=1)
    paused.run()
    assert paused.latest().state == PlanState.APPLIED, "from now on runs go on by themselves"


def test_s2_who_was_told_of_a_plan_is_told_again_only_when_it_would_do_something_else(paused: Flow) -> None:
    paused.control("hire", n=1)
    resume(paused)
    paused.run()
    first = waiting(paused)
    assert len(paused.events("plan.held")) == 1
    paused.control("remove", ids=[int(min(paused.members()))])
    paused.run()
    second = waiting(paused)
    assert second.pk != first.pk and second.counts["skip"] == first.counts["skip"] + 1
    assert len(paused.events("plan.held")) == 1
    paused.control("hire", n=1)
    paused.run()
    assert waiting(paused).pk != second.pk and len(paused.events("plan.held")) == 2


@pytest.mark.thorough
@pytest.mark.parametrize("trigger", ["clock", "webhook", "person", "file"])
def test_s2_no_run_of_whatever_kind_applies_before_a_person_has_looked(paused: Flow, trigger: str) -> None:
    meanwhile(paused)
    before = paused.people()
    resume(paused)
    for full in (True, False, True):
        paused.run(trigger, full=full)
        assert paused.people() == before
    assert len(paused.events("plan.held")) == 1, "told once"
    paused.control("hire", n=1)
    paused.run(trigger)
    assert paused.people() == before
    assert waiting(paused).counts["create"] == 2, "the newest list is the one that waits"


def test_s2_a_pause_without_news_goes_on_by_itself_and_says_so(paused: Flow) -> None:
    resume(paused)
    run = paused.run("person")
    assert run.seen["caught_up"] == [paused.entity.pk]
    assert paused.connection().progress == {"caught_up": [paused.entity.pk]}
    assert paused.subscription().paused_since is None and paused.events("plan.held") == []
    paused.control("hire", n=1)
    paused.run()
    assert paused.latest().state == PlanState.APPLIED and paused.connection().progress == {}


def test_s2_a_run_that_fails_after_the_resume_does_not_let_the_next_one_apply(paused: Flow) -> None:
    meanwhile(paused)
    before = paused.people()
    resume(paused)
    paused.fault("T5")
    assert paused.run().error != ""
    paused.heal()
    paused.run()
    assert paused.people() == before and waiting(paused).counts["acting"] == 2


@pytest.mark.thorough
def test_s2_who_says_no_is_not_asked_again_and_nothing_of_it_is_done_later(paused: Flow) -> None:
    meanwhile(paused)
    resume(paused)
    paused.run()
    before = paused.people()
    paused.get(lambda: actions.reject(waiting(paused), actor=ALICE))
    paused.run()
    assert paused.people() == before and paused.latest().state == PlanState.REJECTED
    paused.control("hire", n=1)
    paused.run()
    assert paused.people() == before and waiting(paused).counts["acting"] == 3


def test_s2_resuming_twice_is_refused_and_pausing_again_keeps_the_first_day(paused: Flow) -> None:
    since = paused.subscription().paused_since
    meanwhile(paused)
    resume(paused)
    assert refused(paused, lambda: actions.resume(paused.connection(), actor=ALICE)) == "not_paused"
    paused.run()
    made = waiting(paused)
    pause(paused)
    assert refused(paused, lambda: actions.approve(made, made.digest, actor=ALICE)) == "not_connected"
    resume(paused)
    assert refused(paused, lambda: actions.approve(made, made.digest, actor=ALICE)) == "decided"
    assert paused.subscription().paused_since == since
    paused.run()
    assert waiting(paused).counts["acting"] == 2


@pytest.mark.thorough
def test_c6_a_plan_that_waited_before_the_pause_is_void_after_it(flow: Flow) -> None:
    """It was made of what HR said before; only the newest list may be confirmed."""
    flow.go_live(Settings(archive_inactive=True))
    flow.control("hire", n=25)
    flow.run()
    held = waiting(flow)
    preview = flow.preview(Settings())
    pause(flow)
    resume(flow)
    for old in (held, preview):
        code = refused(flow, lambda old=old: actions.approve(old, old.digest, actor=ALICE, override="x"))
        assert code == "decided"


def test_s2_c1_a_plan_that_was_being_applied_ends_where_the_pause_stopped_it(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    made = flow.preview(Settings())
    flow.approve(made)
    pause(flow)
    assert flow.apply(made).state == PlanState.APPLYING and flow.members() == {}
    meanwhile(flow)
    resume(flow)
    assert flow.apply(made).state == PlanState.APPLIED
    assert {one.state for one in flow.lines(made, Kind.CREATE)} == {LineState.STALE}
    flow.run()
    assert flow.members() == {} and waiting(flow).counts["create"] > 0


@pytest.mark.thorough
def test_s2_d15_after_an_undo_the_resume_shows_first_what_it_would_do_again(flow: Flow) -> None:
    made = flow.go_live(Settings())
    undo = flow.get(lambda: actions.undo(made, actor=ALICE))
    flow.approve(undo, override="wrong filter")
    assert flow.connection().state == State.PAUSED
    assert flow.apply(undo).state == PlanState.APPLIED
    before = flow.people()
    resume(flow)
    flow.run()
    assert flow.people() == before and waiting(flow).counts["reactivate"] == made.outcome["done"]


@pytest.mark.thorough
def test_s2_d6_each_entity_of_a_connection_is_looked_at_for_itself(flow: Flow) -> None:
    flow.go_live(Settings())
    first, second = flow.entity, create_entity(flow.two.alice_company, "Acme Nord")
    with access.acting_for(flow.company):
        actions.join(second, flow.connection(), actor=ALICE)
    flow.run()
    flow.entity = second
    flow.confirm(Settings())
    pause(flow)
    flow.control("hire", n=1)
    resume(flow)
    flow.run()
    made = waiting(flow)
    flow.approve(made)
    flow.apply(made)
    assert flow.subscription().paused_since is None and flow.connection().state == State.HELD
    flow.control("hire", n=1)
    flow.run()
    assert flow.latest().state == PlanState.APPLIED, "whoever has looked goes on"
    flow.entity = first
    assert flow.subscription().paused_since is not None
    assert waiting(flow).counts["create"] == 2, "the other entity still waits"


@pytest.mark.thorough
def test_s2_disconnecting_while_it_waits_leaves_everybody_and_reconnecting_begins_anew(paused: Flow) -> None:
    meanwhile(paused)
    resume(paused)
    paused.run()
    made = waiting(paused)
    members = {number: one.state for number, one in paused.members().items()}
    paused.get(lambda: actions.disconnect(paused.connection(), actor=ALICE))
    assert refused(paused, lambda: actions.approve(made, made.digest, actor=ALICE)) == "decided"
    assert {number: one.state for number, one in paused.members().items()} == members
    assert paused.subscription().paused_since is None
    paused.connect()
    assert paused.run("first").error == ""
    assert {number: one.state for number, one in paused.members().items()} == members


def test_s2_a_new_key_during_the_pause_does_not_get_past_the_look(paused: Flow) -> None:
    meanwhile(paused)
    before = paused.people()
    paused.connect()
    paused.run("first")
    assert paused.people() == before and waiting(paused).counts["acting"] == 2


def test_s2_confirming_other_settings_is_a_look_too(paused: Flow) -> None:
    meanwhile(paused)
    resume(paused)
    paused.run()
    made = paused.preview(Settings(archive_inactive=False))
    paused.approve(made)
    paused.apply(made)
    assert paused.subscription().paused_since is None
    assert paused.get(lambda: Plan.objects.filter(state=PlanState.HELD).count()) == 0


def test_s2_inv12_a_worker_that_is_still_at_it_when_somebody_resumes_does_nothing_more(flow: Flow) -> None:
    """The pause takes its lease away; a resume within a moment does not give it back half a plan."""
    flow.connect()
    flow.run("first")
    made = flow.preview(Settings())
    flow.approve(made)
    with access.acting_for(flow.company):
        close_interrupted(flow.connection(), timezone.now())
    tasks.apply_plan(flow.company, made.pk, "alice")
    assert flow.members() == {}


@pytest.mark.thorough
def test_s2_a_run_that_only_looks_leaves_the_look_to_be_taken(paused: Flow) -> None:
    meanwhile(paused)
    resume(paused)
    run_connection(paused.company, paused.connection().pk, trigger="person", apply_now=False)
    assert paused.latest().state == PlanState.PREVIEW
    before = paused.people()
    paused.run()
    assert paused.people() == before and waiting(paused).counts["acting"] == 2
    assert paused.get(lambda: Subscription.objects.exclude(paused_since=None).count()) == 1
