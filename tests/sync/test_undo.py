"""A run taken back as a whole: a plan first, and only what nobody has changed since (product decision 15)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollcall.connections.models import State
from rollcall.directory import actions as directory
from rollcall.directory.models import Invitation, Link, Member
from rollcall.engine.change import Kind, Why
from rollcall.engine.settings import Settings
from rollcall.sync import actions
from rollcall.sync.models import Line, LineState, Plan
from tests.sync.flow import ALICE, Flow, only

pytestmark = pytest.mark.django_db


def undone(flow: Flow, made: Plan) -> Plan:
    """The undo of a plan, to look at."""
    with_access = flow.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=made.pk))
    return flow.get(lambda: actions.undo(with_access, actor=ALICE))  # type: ignore[no-any-return] # see get


def take_back(flow: Flow, made: Plan) -> Plan:
    """Undo, confirmed and applied."""
    plan = undone(flow, made)
    flow.approve(plan, override="by mistake")
    return flow.apply(plan)


def state_of(flow: Flow) -> list[Any]:
    """What members are made of, apart from times and from what a sync remembers for itself."""
    return flow.get(  # type: ignore[no-any-return] # see get
        lambda: list(
            Member.objects.order_by("pk").values_list(
                "pk", "state", "role", "email", "first_name", "job_title", "department", "manager_id"
            )
        )
    )


def leaves(flow: Flow) -> dict[str, Member]:
    """Members to whom nobody reports, by employee id."""
    members = flow.members()
    bosses = {one.manager_id for one in members.values()}
    return {number: one for number, one in members.items() if one.pk not in bosses}


def hired(flow: Flow, **more: object) -> int:
    return int(flow.control("hire", n=1, **more)["ids"][0])


def by_hand(flow: Flow, email: str) -> Member:
    return flow.get(  # type: ignore[no-any-return] # see get
        lambda: directory.invite_by_hand(
            flow.entity,
            email=email,
            first_name="By",
            last_name="Hand",
            role="requester",  # type: ignore[arg-type] # its text is stored
            actor=ALICE,
            now=timezone.now(),
        )
    )


def test_everything_an_undo_shows_is_a_plan_and_nobody_is_changed_by_looking(flow: Flow) -> None:
    done = flow.go_live()
    before = state_of(flow)
    plan = undone(flow, done)
    assert plan.state == "preview" and plan.undoes_id == done.pk
    assert plan.counts["archive"] == done.counts["create"] == plan.counts["acting"]
    assert {one.why for one in flow.lines(plan, Kind.ARCHIVE)} == {Why.UNDONE}
    assert state_of(flow) == before and flow.connection().state == State.CONNECTED


def test_who_was_invited_is_archived_and_the_invitation_is_cancelled(flow: Flow) -> None:
    done = flow.go_live()
    plan = take_back(flow, done)
    assert plan.state == "applied" and plan.outcome["stale"] == 0
    assert {one[1] for one in state_of(flow)} == {"archived"}
    assert flow.get(lambda: Invitation.objects.filter(cancelled_at=None).count()) == 0
    approved = flow.events("plan.approved")[-1]
    assert approved.plan_id == plan.pk and approved.data["undoes"] == str(done.pk)


def test_an_existing_member_gets_the_old_details_back_and_is_not_managed_any_more(flow: Flow) -> None:
    email = next(one["work_email"] for one in flow.people_of().values() if one.get("work_email"))
    member = by_hand(flow, email)
    done = flow.go_live()
    assert done.counts["link"] == 1
    take_back(flow, done)
    now = flow.get(lambda: Member.objects.get(pk=member.pk))
    link = flow.get(lambda: Link.objects.get(member=member))
    assert (now.first_name, now.last_name, now.state) == ("By", "Hand", "invited")
    assert now.job_title is None and now.manager_id is None
    assert not link.managed and link.why_not == Why.UNDONE


def test_changed_details_go_back_and_the_line_manager_too(flow: Flow) -> None:
    flow.go_live()
    one = next(m for m in flow.members().values() if m.manager_id and m.job_title)
    number = next(n for n, m in flow.members().items() if m.pk == one.pk)
    others = [n for n, m in flow.members().items() if m.pk not in (one.pk, one.manager_id)]
    before = state_of(flow)
    flow.control("change", id=int(number), fields={"job_title": "Pilot", "manager_id": int(others[0])})
    flow.run()
    done = flow.latest()
    assert done.counts["update"] == 1 and state_of(flow) != before
    plan = take_back(flow, done)
    assert plan.outcome["done"] == 1
    assert state_of(flow) == before


def test_inv16_what_was_changed_since_is_left_and_said(flow: Flow) -> None:
    flow.go_live()
    one = next(m for m in flow.members().values() if m.job_title and m.department)
    number = next(n for n, m in flow.members().items() if m.pk == one.pk)
    other = next(m.department for m in flow.members().values() if m.department not in (None, one.department))
    flow.control("change", id=int(number), fields={"job_title": "Pilot", "department": other})
    flow.run()
    done = flow.latest()
    flow.get(lambda: Member.objects.filter(pk=one.pk).update(job_title="Captain"))
    plan = undone(flow, done)
    (line,), (note,) = flow.lines(plan, Kind.UPDATE), flow.lines(plan, Kind.NOTE)
    assert set(line.fields) == {"department"}
    assert (note.kind, note.why, note.params) == ("note", Why.CHANGED_SINCE, {"fields": "job_title"})
    flow.approve(plan, override="x")
    flow.apply(plan)
    now = flow.get(lambda: Member.objects.get(pk=one.pk))
    assert (now.job_title, now.department) == ("Captain", one.department)


def test_rule8_who_was_archived_comes_back_with_the_role_they_had(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    number, one = next(iter(leaves(flow).items()))
    flow.get(lambda: Member.objects.filter(pk=one.pk).update(role="admin"))
    yesterday = (timezone.now() - timedelta(days=2)).date().isoformat()
    flow.control("terminate", id=int(number), date=yesterday)
    flow.run()
    done = flow.latest()
    assert flow.get(lambda: Member.objects.get(pk=one.pk)).state == "archived"
    plan = undone(flow, done)
    assert plan.counts["reactivate"] == 1 and plan.counts["note.invited_again"] == 1
    flow.approve(plan, override="Wrong date in HR")
    flow.apply(plan)
    now = flow.get(lambda: Member.objects.get(pk=one.pk))
    assert (now.state, now.role) == ("invited", "admin")
    # the link in the mail they have works again, and no second mail is sent
    invitations = flow.get(lambda: list(Invitation.objects.filter(member=one)))
    assert [found.cancelled_at for found in invitations] == [None]
    assert "nonce" not in flow.events("member.reactivated")[-1].data


def test_who_was_archived_by_hand_since_stays_archived(flow: Flow) -> None:
    done = flow.go_live()
    one = next(iter(flow.members().values()))
    flow.get(lambda: directory.archive_by_hand(one, actor=ALICE, now=timezone.now()))
    plan = undone(flow, done)
    skipped = flow.lines(plan, Kind.SKIP)
    assert [line.member_id for line in skipped] == [one.pk]
    assert skipped[0].why == Why.CHANGED_SINCE


def test_who_left_the_filter_is_managed_again(flow: Flow) -> None:
    flow.go_live()
    place = next(m.work_location for m in flow.members().values() if m.work_location)
    narrowed = flow.confirm(Settings(scope=only(place)))
    assert narrowed.counts["release"] > 0
    plan = take_back(flow, narrowed)
    assert plan.counts["link"] == narrowed.outcome["done"]
    assert all(link.managed for link in flow.links().values())


def test_the_connection_is_paused_so_that_the_next_hour_does_not_do_it_again(flow: Flow) -> None:
    done = flow.go_live()
    take_back(flow, done)
    connection = flow.connection()
    assert connection.state == State.PAUSED and connection.next_run_at is None
    with pytest.raises(AssertionError):
        flow.run()
    flow.get(lambda: actions.resume(flow.connection(), actor=ALICE))
    flow.run()
    held = flow.latest()
    assert held.counts["reactivate"] > 0


def test_an_undo_wants_a_reason_and_is_done_once(flow: Flow) -> None:
    done = flow.go_live()
    first = undone(flow, done)
    second = undone(flow, done)
    assert flow.get(lambda: Plan.objects.get(pk=first.pk)).state == "superseded"
    with pytest.raises(actions.Refused, match="override_needed"):
        flow.approve(second)
    flow.approve(second, override="by mistake")
    with pytest.raises(actions.Refused, match="undone"):
        undone(flow, done)
    flow.apply(second)
    with pytest.raises(actions.Refused, match="undone"):
        undone(flow, done)
    with pytest.raises(actions.Refused, match="undo_of_undo"):
        undone(flow, second)


def test_two_undos_shown_at_once_are_confirmed_once(flow: Flow) -> None:
    done = flow.go_live()
    first = undone(flow, done)
    second = undone(flow, done)
    flow.get(lambda: Plan.objects.filter(pk=first.pk).update(state="preview"))
    flow.approve(first, override="x")
    with pytest.raises(actions.Refused, match="decided"):
        flow.approve(second, override="x")


def test_a_plan_that_changed_nobody_cannot_be_taken_back(flow: Flow) -> None:
    flow.connect()
    flow.run("first")
    with pytest.raises(actions.Refused, match="not_applied"):
        undone(flow, flow.preview())


def test_a_bank_account_stays_and_that_is_said(flow: Flow) -> None:
    done = flow.go_live()
    flow.get(
        lambda: Line.objects.filter(plan=done, number=1).update(
            kind="update", fields={"bank_account": {"before": "a", "after": "b", "ref": None}}
        )
    )
    plan = undone(flow, done)
    assert plan.counts["note.bank_stays"] == 1


def test_a_run_that_begins_meanwhile_keeps_an_undo_that_somebody_looks_at(flow: Flow) -> None:
    done = flow.go_live()
    plan = undone(flow, done)
    hired(flow)
    flow.run()
    assert flow.get(lambda: Plan.objects.get(pk=plan.pk)).state == "preview"


def test_doubtful_changes_can_be_left_out_of_a_held_plan(flow: Flow) -> None:
    """L1: the rest is applied exactly, and what was left out is asked again."""
    flow.go_live(Settings(archive_inactive=True))
    people = list(leaves(flow))
    gone = (timezone.now() - timedelta(days=2)).date().isoformat()
    for number in people[: len(people) // 2]:
        flow.control("terminate", id=int(number), date=gone)
    flow.control("change", id=int(people[-1]), fields={"job_title": "Pilot"})
    flow.run()
    held = flow.latest()
    assert held.state == "held" and held.counts["archive"] > 3
    flow.approve(held, without_doubtful=True)
    done = flow.apply(held)
    assert done.outcome["done"] == held.counts["acting"] - held.counts["archive"]
    assert done.left_out == held.counts["archive"]
    assert {one.state for one in flow.lines(done, Kind.ARCHIVE)} == {LineState.LEFT_OUT}
    assert flow.events("plan.approved")[-1].data["left_out"] == str(done.left_out)
    flow.run()
    assert flow.latest().state == "held"


@pytest.mark.thorough
def test_a_plan_of_doubtful_changes_alone_is_not_confirmed_without_them(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    gone = (timezone.now() - timedelta(days=2)).date().isoformat()
    for number in flow.members():
        flow.control("terminate", id=int(number), date=gone)
    flow.run()
    held = flow.latest()
    assert held.state == "held"
    with pytest.raises(actions.Refused, match="nothing_left"):
        flow.approve(held, without_doubtful=True)
    assert flow.get(lambda: Plan.objects.get(pk=held.pk)).state == "held"
