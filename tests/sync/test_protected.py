"""What no sync and no undo takes: the last owner, a suspension, an admin's role, what people edit meanwhile."""

from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Grant, User
from rollcall.directory import actions as directory
from rollcall.directory import bulk
from rollcall.directory.bulk import Action
from rollcall.directory.models import Invitation, Member
from rollcall.engine.change import Kind, Why
from rollcall.engine.settings import Settings
from rollcall.sync import actions
from rollcall.sync.models import LineState, Plan
from tests.sync.flow import ALICE, Flow, only

pytestmark = pytest.mark.django_db

YESTERDAY = "2026-01-31"


def member(flow: Flow, number: str) -> Member:
    return flow.get(  # type: ignore[no-any-return] # see get
        lambda: Member.objects.select_related("entity").get(pk=flow.members()[number].pk)
    )


def given(flow: Flow, number: str, role: str) -> Member:
    """Sign the member up, with this role."""

    def act() -> None:
        found = Member.objects.get(pk=flow.members()[number].pk)
        Member.objects.filter(pk=found.pk).update(role=role)
        invitation = Invitation.objects.get(member=found, used_at=None, cancelled_at=None)
        user = User.objects.create_user(found.email, "a good long password")
        directory.sign_up(invitation, user=user, now=timezone.now())

    flow.get(act)
    return member(flow, number)


def settled(flow: Flow) -> Plan:
    """A run, and what it holds confirmed."""
    assert flow.run().error == ""
    made = flow.latest()
    if made.state == "held":
        flow.approve(made, override="meant")
        made = flow.apply(made)
    return made


def someone(flow: Flow, *more: Any) -> str:
    """A member who may go without anybody else, by number."""
    members = flow.members()
    bosses = {one.manager_id for one in members.values()}
    free = [number for number, one in members.items() if one.pk not in bosses and number not in more]
    return free[0]


@pytest.mark.thorough
def test_inv3_d10_a_sync_never_archives_the_last_owner_and_of_two_who_leave_one_stays(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    first = someone(flow)
    second = someone(flow, first)
    given(flow, first, "owner")
    given(flow, second, "owner")
    for number in (first, second):
        flow.control("terminate", id=int(number), date=YESTERDAY)
    settled(flow)
    assert sorted(member(flow, one).state for one in (first, second)) == ["active", "archived"]
    settled(flow)
    assert sorted(member(flow, one).state for one in (first, second)) == ["active", "archived"]
    left = next(one for one in (first, second) if member(flow, one).state == "active")
    assert [one.why for one in flow.lines(flow.latest()) if one.employee_id == left] == [Why.LAST_OWNER]


def test_inv3_d10_an_undo_never_archives_who_became_an_owner_since(flow: Flow) -> None:
    """Undo of an invitation, and of a return."""
    made = flow.go_live(Settings(archive_inactive=True))
    number = someone(flow)
    given(flow, number, "owner")
    full = flow.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=made.pk))
    undo = flow.get(lambda: actions.undo(full, actor=ALICE))
    assert [one.kind for one in flow.lines(undo) if one.employee_id == number] == [Kind.SKIP]
    flow.approve(undo, override="wrong")
    flow.apply(undo)
    assert member(flow, number).state == "active"


def test_inv3_an_owner_who_is_made_one_after_the_undo_was_shown_is_kept_by_the_apply(flow: Flow) -> None:
    made = flow.go_live(Settings())
    number = someone(flow)
    full = flow.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=made.pk))
    undo = flow.get(lambda: actions.undo(full, actor=ALICE))
    given(flow, number, "owner")
    flow.approve(undo, override="wrong")
    flow.apply(undo)
    assert member(flow, number).state == "active", "nobody else owns the entity"


def test_d10_a_filter_releases_admins_and_owners_and_takes_neither_role_nor_access(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    number = someone(flow)
    admin = given(flow, number, "admin")
    place = "Paris" if admin.work_location != "Paris" else "Lyon"
    flow.confirm(Settings(scope=only(place), archive_inactive=True))
    now = member(flow, number)
    assert (now.state, now.role, flow.links()[number].managed) == ("active", "admin", False)
    assert flow.get(lambda: Grant.objects.filter(user=now.user_id, role="admin").exists())


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["sync", "rehire", "undo", "bulk", "bring_back"])
def test_d11_nothing_but_a_person_lifts_a_suspension_and_changes_still_arrive(flow: Flow, way: str) -> None:
    flow.go_live(Settings(archive_inactive=True))
    number = someone(flow)
    suspended = given(flow, number, "requester")
    by = Actor(kind="user", id=999, label="Alice")
    flow.get(lambda: bulk.one(suspended, Action.SUSPEND, actor=by, now=timezone.now(), reason="lost laptop"))
    flow.control("change", id=int(number), fields={"job_title": "Pilot"})
    changed = settled(flow)
    assert member(flow, number).job_title == "Pilot", "changes arrive"
    if way == "undo":
        full = flow.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=changed.pk))
        undo = flow.get(lambda: actions.undo(full, actor=ALICE))
        flow.approve(undo, override="wrong")
        flow.apply(undo)
    elif way == "rehire":
        flow.control("terminate", id=int(number), date=YESTERDAY)
        settled(flow)
        assert member(flow, number).state == "archived"
        flow.control("terminate", id=int(number), date=None)
        settled(flow)
        assert member(flow, number).state == "active"
    elif way in ("bulk", "bring_back"):
        now = timezone.now()
        for deed in (Action.RESEND, Action.ARCHIVE, Action.BRING_BACK):
            flow.get(
                lambda deed=deed: bulk.do(flow.entity, [suspended.pk], deed, actor=by, now=now)  # type: ignore[misc] # bound at once
            )
    still = member(flow, number)
    assert still.suspended_at is not None and still.suspended_why == "lost laptop"
    assert not flow.get(lambda: Grant.objects.filter(user=still.user_id, entity=flow.entity).exists())
    flow.get(lambda: bulk.one(member(flow, number), Action.LIFT, actor=by, now=timezone.now()))
    assert member(flow, number).suspended_at is None


def test_v5_an_end_date_that_is_taken_away_before_it_comes_archives_nobody(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    number = someone(flow)
    flow.control("terminate", id=int(number), date="2027-06-30")
    settled(flow)
    assert member(flow, number).state == "invited"
    flow.control("terminate", id=int(number), date=None)
    settled(flow)
    assert member(flow, number).state == "invited"


def test_v5_an_end_date_that_is_taken_away_while_the_archive_waits_makes_that_plan_void(flow: Flow) -> None:
    """Ten leave at once, which waits; then HR takes it all back."""
    flow.go_live(Settings(archive_inactive=True))
    gone = flow.control("terminate", n=10, date=YESTERDAY)["ids"]
    flow.run()
    held = flow.latest()
    assert held.state == "held" and held.counts["archive"] >= 8
    flow.control("terminate", ids=gone, date=None)
    flow.run()
    assert flow.get(lambda: Plan.objects.get(pk=held.pk)).state == "superseded"
    assert {one.state for one in flow.members().values()} == {"invited"}


@pytest.mark.thorough
def test_v5_an_end_date_that_is_taken_away_after_the_archive_brings_the_same_member_back(flow: Flow) -> None:
    """By the rule of those who work here again: the same member, as requester, and shown as such."""
    flow.go_live(Settings(archive_inactive=True))
    number = someone(flow)
    before = given(flow, number, "admin")
    flow.control("terminate", id=int(number), date=YESTERDAY)
    settled(flow)
    flow.control("terminate", id=int(number), date=None)
    made = settled(flow)
    assert [(one.kind, one.why) for one in flow.lines(made) if one.employee_id == number] == [
        (Kind.REACTIVATE, Why.REHIRED)
    ]
    after = member(flow, number)
    assert (after.pk, after.state, after.role) == (before.pk, "active", "requester")


def test_c8_inv8_what_an_admin_edits_while_changes_are_made_is_not_lost(flow: Flow) -> None:
    """The line whose *before* no longer holds is left and said; the others are applied."""
    flow.connect()
    flow.run("first")
    email = next(one["work_email"] for one in flow.people_of().values() if one.get("work_email"))
    hand = flow.get(
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
    made = flow.preview(Settings())
    flow.approve(made)
    flow.get(lambda: directory.edit(hand, {"first_name": "Edited"}, actor=ALICE, now=timezone.now()))
    made = flow.apply(made)
    stale = [one for one in flow.lines(made) if one.state == LineState.STALE]
    assert [one.member_id for one in stale] == [hand.pk] and made.outcome["stale"] == 1
    assert flow.get(lambda: Member.objects.get(pk=hand.pk)).first_name == "Edited"
    assert made.outcome["done"] == made.counts["acting"] - 1
