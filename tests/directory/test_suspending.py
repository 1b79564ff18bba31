"""The brake pedal: at once, whatever the state; nothing but lifting it gives access back (product decision 11)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Grant, User
from rollcall.directory import actions, bulk, reminders
from rollcall.directory.bulk import Action
from rollcall.directory.models import Invitation, Member
from rollcall.engine.change import Kind
from tests.directory.test_actions import apply, line, now_is
from tests.web.crew import Crew, crew, events_of, person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HAND = Actor(kind="user", id=1, label="Alice Owner")


@pytest.fixture
def them() -> Iterator[Crew]:
    made = crew()
    with access.acting_for(made.two.alice_company.pk):
        yield made


def act(action: Action, member: Member, **more: Any) -> None:
    bulk.one(now_is(member), action, actor=HAND, now=NOW, **more)


def refused(action: Action, member: Member) -> str:
    with pytest.raises(actions.Refused) as error:
        act(action, member)
    return error.value.code


def has_access(them: Crew, user: User) -> bool:
    return Grant.objects.filter(entity=them.two.alice_entity, user=user).exists()


def ivy(them: Crew) -> tuple[Member, Invitation]:
    member = person(them.two.alice_entity, "Ivy", state="invited")
    actions.resend_invitation(member, actor=HAND, now=NOW)
    return member, Invitation.objects.get(member=member)


def test_d11_suspending_ends_rights_and_sessions_at_once_and_lifting_gives_the_same_role_back(
    them: Crew,
) -> None:
    epoch = User.objects.get(pk=them.two.bob.pk).session_epoch
    act(Action.SUSPEND, them.bob, reason=" lost phone ")
    stored = now_is(them.bob)
    assert (stored.state, stored.suspended_by, stored.suspended_why) == (
        "active",
        "Alice Owner",
        "lost phone",
    )
    assert not has_access(them, them.two.bob)
    assert User.objects.get(pk=them.two.bob.pk).session_epoch == epoch + 1
    assert refused(Action.SUSPEND, them.bob) == "suspended"
    act(Action.LIFT, them.bob)
    stored = now_is(them.bob)
    assert (stored.suspended_at, stored.suspended_by, stored.suspended_why) == (None, "", "")
    assert Grant.objects.get(entity=them.two.alice_entity, user=them.two.bob).role == stored.role
    assert refused(Action.LIFT, them.bob) == "not_suspended"
    assert events_of(them.bob) == ["member.suspended", "member.suspension_lifted"]


def test_d11_a_sync_updates_and_archives_a_suspended_member_and_never_gives_access_back(them: Crew) -> None:
    key = str(them.bob.pk)
    act(Action.SUSPEND, them.bob)
    apply(them, line(1, Kind.UPDATE, them.bob, key, job_title=(None, "Pilot")))
    assert now_is(them.bob).job_title == "Pilot" and now_is(them.bob).suspended_at
    apply(them, line(2, Kind.ARCHIVE, them.bob, key))
    apply(them, line(3, Kind.REACTIVATE, them.bob, key))
    assert now_is(them.bob).state == "active" and not has_access(them, them.two.bob)
    act(Action.LIFT, them.bob)
    assert has_access(them, them.two.bob)


def test_d11_lifting_does_not_let_an_archived_member_in(them: Crew) -> None:
    act(Action.SUSPEND, them.bob)
    actions.archive_by_hand(now_is(them.bob), actor=HAND, now=NOW)
    act(Action.LIFT, them.bob)
    assert now_is(them.bob).state == "archived" and not has_access(them, them.two.bob)


def test_d11_the_last_owner_cannot_be_suspended_and_nobody_suspends_themselves(them: Crew) -> None:
    assert refused(Action.SUSPEND, them.alice) == "last_owner"
    second = person(them.two.alice_entity, "Second", role="owner")
    own = Actor(kind="user", id=them.two.alice.pk, label="Alice")
    with pytest.raises(actions.Refused, match="yourself"):
        bulk.one(now_is(them.alice), Action.SUSPEND, actor=own, now=NOW)
    act(Action.SUSPEND, second)
    # A suspended owner holds no keys.
    assert refused(Action.ARCHIVE, them.alice) == "last_owner"
    with pytest.raises(actions.Refused, match="last_owner"):
        actions.archive_by_hand(now_is(them.alice), actor=HAND, now=NOW)


def test_d11_a_suspended_invitation_lets_nobody_in_reminds_nobody_and_works_again_afterwards(
    them: Crew,
) -> None:
    member, invitation = ivy(them)
    act(Action.SUSPEND, member)
    with pytest.raises(actions.Refused, match="suspended"):
        actions.sign_up(invitation, user=them.two.charlie, now=NOW)
    assert reminders.send_due(NOW + timedelta(days=4)) == 0
    assert refused(Action.RESEND, member) == "suspended"
    act(Action.LIFT, member)
    assert reminders.send_due(NOW + timedelta(days=4)) == 1
    assert actions.sign_up(invitation, user=them.two.charlie, now=NOW).state == "active"


def test_d11_whoever_comes_back_in_hr_while_suspended_is_invited_when_it_is_lifted(them: Crew) -> None:
    member, _ = ivy(them)
    act(Action.SUSPEND, member)
    apply(
        them,
        line(1, Kind.ARCHIVE, member, "i1"),
        line(2, Kind.CREATE, None, "n", email=(None, "n@x.example")),
    )
    apply(them, line(3, Kind.REACTIVATE, member, "i1"))
    waiting = Invitation.objects.filter(member=member, cancelled_at=None)
    assert now_is(member).state == "invited" and not waiting.exists()
    act(Action.LIFT, member)
    assert waiting.count() == 1 and events_of(member)[-1] == "member.invitation_resent"


def test_many_are_acted_on_with_a_fixed_number_of_statements(
    them: Crew, django_assert_max_num_queries: Any
) -> None:
    many = [person(them.two.alice_entity, f"P{number}", state="invited") for number in range(30)]
    for action, state in (
        (Action.RESEND, "invited"),
        (Action.SUSPEND, "invited"),
        (Action.LIFT, "invited"),
        (Action.CANCEL, "archived"),
        (Action.BRING_BACK, "invited"),
        (Action.ARCHIVE, "archived"),
    ):
        ids = [one.pk for one in many]
        with django_assert_max_num_queries(25):
            outcome = bulk.do(them.two.alice_entity, ids, action, actor=HAND, now=NOW)
        assert (len(outcome.done), len(outcome.left)) == (30, 0), action
        assert {now_is(one).state for one in many} == {state}


def test_a_second_click_does_nothing_twice(them: Crew) -> None:
    member, _ = ivy(them)
    entity, later = them.two.alice_entity, NOW + timedelta(seconds=30)
    outcome = bulk.do(entity, [member.pk], Action.RESEND, actor=HAND, now=later)
    assert not outcome.done and outcome.left[0].code == "sent_just_now"
    for action, code in ((Action.SUSPEND, "suspended"), (Action.ARCHIVE, "archived")):
        bulk.do(entity, [them.manual.pk], action, actor=HAND, now=NOW)
        count = len(events_of(them.manual))
        again = bulk.do(entity, [them.manual.pk], action, actor=HAND, now=NOW)
        assert again.left[0].code == code and len(events_of(them.manual)) == count


def test_inv11_two_archived_members_with_one_address_do_not_both_come_back(them: Crew) -> None:
    """Invariant 11."""
    twin = person(them.two.alice_entity, "Twin", state="archived")
    Member.objects.filter(pk=twin.pk).update(email=them.archived.email, email_key=them.archived.email_key)
    ids = [twin.pk, them.archived.pk]
    outcome = bulk.do(them.two.alice_entity, ids, Action.BRING_BACK, actor=HAND, now=NOW)
    assert len(outcome.done) == 1 and [one.code for one in outcome.left] == ["already_member"]


def test_inv8_members_of_other_entities_are_never_reached(them: Crew) -> None:
    """Invariant 8."""
    outcome = bulk.do(them.two.alice_entity, [them.foreign.pk, 10**15], Action.SUSPEND, actor=HAND, now=NOW)
    assert not outcome.done and not outcome.left


def test_a_disputed_account_is_told_once_and_a_confirmed_one_is_no_longer_disputed(them: Crew) -> None:
    """Product decision 9."""
    Member.objects.filter(pk=them.bob.pk).update(bank_mask="FR76 •••• 0123")
    for _ in range(2):
        actions.dispute_bank(now_is(them.bob), actor=HAND, now=NOW)
    assert now_is(them.bob).bank_disputed_at and events_of(them.bob) == ["member.bank_disputed"]
    actions.confirm_bank(now_is(them.bob), actor=HAND, now=NOW)
    assert now_is(them.bob).bank_disputed_at is None and now_is(them.bob).bank_confirmed_at
    with pytest.raises(actions.Refused, match="no_account"):
        actions.dispute_bank(them.manual, actor=HAND, now=NOW)
