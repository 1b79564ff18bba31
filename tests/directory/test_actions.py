"""The one write path: each change with its audit entry, none while its *before* no longer holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity, Grant
from rollcall.directory import actions, reminders
from rollcall.directory import lines as plan_lines
from rollcall.directory.models import Invitation, Link, Member
from rollcall.directory.queries import locked_fields
from rollcall.directory.writes import Source
from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.roster import Role
from rollcall.events.models import Event
from tests.web.crew import Crew, crew, person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HAND = Actor(kind="user", id=1, label="alice@rollcall.example")


@pytest.fixture
def them() -> Any:
    made = crew()
    with access.acting_for(made.two.alice_company.pk):
        yield made


def entity_of(them: Crew) -> Entity:
    return them.two.alice_entity


def now_is(member: Member) -> Member:
    return Member.objects.get(pk=member.pk)


def line(
    number: int, kind: Kind, member: Member | None, employee: str, **fields: tuple[Any, Any]
) -> plan_lines.Numbered:
    """A line of a plan on its way."""
    change = Change(
        kind=kind,
        employee_id=employee,
        why=Why.CHANGED_IN_HR,
        email=str(fields["email"][1]) if "email" in fields else "",
        member_id=member.pk if member else None,
        fields={name: FieldChange(before=before, after=after) for name, (before, after) in fields.items()},
    )
    return plan_lines.Numbered(number=number, change=change, employee_digest="d")


def apply(them: Crew, *lines: plan_lines.Numbered) -> plan_lines.Applied:
    return plan_lines.apply_lines(
        lines,
        entity=entity_of(them),
        source=Source(connection_id=them.connection.pk, version=1),
        actor=HAND,
        run_id=None,
        plan_id=7,
        now=NOW,
    )


def refusal(what: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(actions.Refused) as error:
        what(*args, actor=HAND, now=NOW, **more)
    return error.value.code


def test_inv7_an_update_writes_the_row_and_one_entry_with_before_and_after(them: Crew) -> None:
    """Invariant 7"""
    count = Event.objects.count()
    done = apply(them, line(1, Kind.UPDATE, them.managed, str(them.managed.pk), job_title=(None, "Pilot")))
    assert done.done == {1: them.managed.pk} and now_is(them.managed).job_title == "Pilot"
    (entry,) = Event.objects.order_by("pk")[count:]
    assert (entry.kind, entry.plan_id, entry.data["fields"]) == (
        "member.updated",
        7,
        {"job_title": [None, "Pilot"]},
    )


def test_inv7_inv15_rule9_row_and_entry_go_together_or_not_at_all(them: Crew) -> None:
    """Invariants 7 and 15."""
    count = Event.objects.count()
    mark = transaction.savepoint()
    actions.archive_by_hand(them.managed, actor=HAND, now=NOW)
    assert Event.objects.count() == count + 1
    transaction.savepoint_rollback(mark)
    assert now_is(them.managed).state == "active" and Event.objects.count() == count


def test_c8_what_somebody_changed_meanwhile_is_stale_and_left(them: Crew) -> None:
    """C8"""
    Member.objects.filter(pk=them.managed.pk).update(job_title="Cook")
    count = Event.objects.count()
    done = apply(them, line(1, Kind.UPDATE, them.managed, "x", job_title=(None, "Pilot"), team=(None, "Air")))
    assert (done.done, list(done.stale)) == ({}, [1])
    assert (now_is(them.managed).job_title, now_is(them.managed).team) == ("Cook", None)
    assert Event.objects.count() == count


def test_i6_two_who_swap_addresses_both_get_them(them: Crew) -> None:
    """I6"""
    one, other = them.managed, them.released
    done = apply(
        them,
        line(1, Kind.UPDATE, one, str(one.pk), email=(one.email, other.email)),
        line(2, Kind.UPDATE, other, str(other.pk), email=(other.email, one.email)),
    )
    assert len(done.done) == 2
    assert (now_is(one).email_key, now_is(other).email_key) == (other.email_key, one.email_key)


def test_inv11_an_address_that_was_taken_meanwhile_is_stale_and_the_rest_goes_on(them: Crew) -> None:
    """Invariant 11: whoever would have followed into the freed address stays too."""
    done = apply(
        them,
        line(
            1, Kind.UPDATE, them.managed, str(them.managed.pk), email=(them.managed.email, them.manual.email)
        ),
        line(
            2,
            Kind.UPDATE,
            them.released,
            str(them.released.pk),
            email=(them.released.email, them.managed.email),
        ),
        line(3, Kind.CREATE, None, "n1", email=(None, them.bob.email)),
        line(4, Kind.CREATE, None, "n2", email=(None, "free@acme.example")),
        line(5, Kind.CREATE, None, "n3", email=(None, "FREE@acme.example")),
    )
    assert sorted(done.stale) == [1, 2, 3, 5] and set(done.done) == {4}
    with database.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_inv11_somebody_who_comes_back_never_doubles_an_address(them: Crew) -> None:
    """Invariant 11"""
    Member.objects.filter(pk=them.archived.pk).update(email=them.bob.email, email_key=them.bob.email_key)
    done = apply(them, line(1, Kind.REACTIVATE, them.archived, str(them.archived.pk)))
    assert list(done.stale) == [1] and now_is(them.archived).state == "archived"
    assert refusal(actions.reactivate_by_hand, now_is(them.archived)) == "already_member"


def test_inv11_the_database_itself_refuses_two_living_members_with_one_address(them: Crew) -> None:
    """Invariant 11: at the latest when the transaction ends."""
    Member.objects.filter(pk=them.managed.pk).update(email_key=them.manual.email_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        database.check_constraints()
    Member.objects.filter(pk=them.managed.pk).update(email_key=them.managed.email_key)


def test_inv3_the_last_owner_stays_however_the_leaving_is_cut(them: Crew) -> None:
    """Invariant 3, product 3.10"""
    second = person(entity_of(them), "Second", role="owner")
    together = apply(them, line(1, Kind.ARCHIVE, them.alice, "a"), line(2, Kind.ARCHIVE, second, "b"))
    assert len(together.done) == 0
    assert apply(them, line(1, Kind.ARCHIVE, second, "b")).done
    assert not apply(them, line(1, Kind.ARCHIVE, them.alice, "a")).done
    assert refusal(actions.archive_by_hand, them.alice) == "last_owner"
    assert now_is(them.alice).state == "active"


def test_z8_archiving_ends_rights_sessions_and_invitations_at_once(them: Crew) -> None:
    """Z8"""
    session = SessionStore()
    session["_auth_user_id"] = str(them.two.bob.pk)
    session.create()
    invited = person(entity_of(them), "Ivy", state="invited")
    actions.resend_invitation(invited, actor=HAND, now=NOW)
    for member in (them.bob, invited):
        actions.archive_by_hand(member, actor=HAND, now=NOW)
    assert not Grant.objects.filter(user=them.two.bob, entity=entity_of(them)).exists()
    assert Grant.objects.filter(user=them.two.alice, entity=entity_of(them)).exists()
    found = Invitation.objects.get(member=invited)
    assert found.cancelled_at and found.next_reminder_at is None
    assert (
        now_is(them.bob).archived_by_hand and refusal(actions.archive_by_hand, now_is(them.bob)) == "archived"
    )


def test_i8_who_comes_back_has_the_least_rights(them: Crew) -> None:
    """I8: active if they ever signed up, else invited anew."""
    person(entity_of(them), "Second", role="owner")
    actions.archive_by_hand(them.alice, actor=HAND, now=NOW)
    actions.reactivate_by_hand(now_is(them.alice), actor=HAND, now=NOW)
    back = now_is(them.alice)
    assert (back.state, back.role, back.archived_by_hand, back.archived_at) == (
        "active",
        "requester",
        False,
        None,
    )
    assert Grant.objects.get(user=them.two.alice, entity=entity_of(them)).role == "requester"
    actions.reactivate_by_hand(them.archived, actor=HAND, now=NOW)
    assert (
        now_is(them.archived).state == "invited"
        and Invitation.objects.filter(member=them.archived).count() == 1
    )
    assert refusal(actions.reactivate_by_hand, now_is(them.archived)) == "not_archived"


def test_what_the_hr_tool_owns_is_refused_and_the_rest_can_be_edited(them: Crew) -> None:
    """S55, S56"""
    assert set(locked_fields(them.managed)) >= {"email", "first_name", "job_title", "manager"}
    for member, code in ((them.managed, "managed"), (them.released, ""), (them.manual, "")):
        if code:
            assert refusal(actions.edit, member, {"job_title": "Cook"}) == code
        else:
            assert actions.edit(member, {"job_title": " Cook "}, actor=HAND, now=NOW)
            assert now_is(member).job_title == "Cook"
    assert refusal(actions.edit, them.manual, {"role": "owner"}) == "not_editable"
    assert refusal(actions.edit, them.manual, {"email": "nonsense"}) == "not_an_email"
    assert refusal(actions.edit, them.manual, {"email": them.bob.email.upper()}) == "already_member"


def test_c8_an_edit_of_what_was_changed_meanwhile_is_refused_and_no_edit_writes_nothing(them: Crew) -> None:
    """C8"""
    stale = now_is(them.manual)
    actions.edit(now_is(them.manual), {"team": "Air"}, actor=HAND, now=NOW)
    assert refusal(actions.edit, stale, {"team": "Sea"}) == "stale"
    count = Event.objects.count()
    assert actions.edit(now_is(them.manual), {"team": "Air"}, actor=HAND, now=NOW) is False
    assert Event.objects.count() == count


def test_an_invitation_by_hand_needs_a_free_address(them: Crew) -> None:
    """S60"""
    given: dict[str, Any] = {"first_name": "New", "last_name": "One", "role": Role.REQUESTER}
    made = actions.invite_by_hand(entity_of(them), email=" New@acme.example ", actor=HAND, now=NOW, **given)
    assert (made.state, made.email, made.email_key) == ("invited", "New@acme.example", "new@acme.example")
    assert (
        refusal(actions.invite_by_hand, entity_of(them), email="NEW@ACME.example", **given)
        == "already_member"
    )
    assert refusal(actions.invite_by_hand, entity_of(them), email="x", **given) == "not_an_email"


@pytest.fixture
def invitation(them: Crew) -> Invitation:
    ivy = person(entity_of(them), "Ivy", state="invited")
    actions.resend_invitation(ivy, actor=HAND, now=NOW)
    return Invitation.objects.get(member=ivy)


def signing(them: Crew, invitation: Invitation, at: datetime = NOW) -> str:
    with pytest.raises(actions.Refused) as error:
        actions.sign_up(invitation, user=them.two.bob, now=at)
    return error.value.code


def test_z8_an_invitation_works_once(them: Crew, invitation: Invitation) -> None:
    """S62, S63, Z8"""
    member = actions.sign_up(invitation, user=them.two.charlie, now=NOW)
    assert (
        member.state == "active"
        and Grant.objects.filter(user=them.two.charlie, entity=entity_of(them)).exists()
    )
    assert signing(them, invitation) == "used"


def test_z8_an_old_cancelled_or_replaced_invitation_does_not_work(them: Crew, invitation: Invitation) -> None:
    """Z8"""
    assert signing(them, invitation, NOW + timedelta(days=60)) == "expired"
    actions.resend_invitation(invitation.member, actor=HAND, now=NOW)
    assert signing(them, invitation) == "cancelled"
    newest = Invitation.objects.latest("pk")
    actions.cancel_invitation(invitation.member, actor=HAND, now=NOW)
    assert signing(them, newest) == "cancelled" and now_is(invitation.member).state == "archived"


def test_z8_only_the_signed_link_finds_an_invitation(them: Crew, invitation: Invitation) -> None:
    """Z8: also with what nobody types."""
    signed = actions.signature(invitation)
    assert actions.find_invitation(f"{invitation.pk}.{signed}") == invitation
    wrong = [
        f"{invitation.pk}.{signed[:-2]}xx",
        f"{invitation.pk}.",
        f"{invitation.pk + 1}.{signed}",
        f"{invitation.pk}.é{signed}",
        "",
        f"²{invitation.pk}.{signed}",
        f"{'9' * 30}.{signed}",
    ]
    assert [actions.find_invitation(token) for token in wrong] == [None] * len(wrong)


def test_reminders_come_after_three_six_and_twelve_days_once_each(them: Crew, invitation: Invitation) -> None:
    twice_a_day = [day for day in range(20) for _ in range(2)]
    sent = [day for day in twice_a_day if reminders.send_due(NOW + timedelta(days=day, minutes=1))]
    assert sent == [3, 6, 12]
    reminded = Event.objects.filter(kind="member.invitation_reminded", member_id=invitation.member_id)
    assert [one.data["reminder"] for one in reminded.order_by("pk")] == [1, 2, 3]


def test_who_signed_up_or_was_cancelled_is_not_reminded(them: Crew, invitation: Invitation) -> None:
    actions.sign_up(invitation, user=them.two.charlie, now=NOW)
    other = person(entity_of(them), "Olga", state="invited")
    actions.resend_invitation(other, actor=HAND, now=NOW)
    actions.cancel_invitation(other, actor=HAND, now=NOW)
    assert reminders.send_due(NOW + timedelta(days=30)) == 0


def test_inv8_inv18_lines_of_one_entity_never_touch_members_of_another(them: Crew) -> None:
    """Invariants 8 and 18: neither in the same company nor in another."""
    with access.acting_for(them.two.charlie_company.pk):
        foreign = Member.objects.get(pk=them.foreign.pk)
    done = apply(
        them, line(1, Kind.ARCHIVE, foreign, "f"), line(2, Kind.UPDATE, foreign, "f", team=(None, "Air"))
    )
    assert sorted(done.stale) == [1, 2]
    with access.acting_for(them.two.charlie_company.pk):
        found = Member.objects.get(pk=them.foreign.pk)
        assert (found.state, found.team) == ("active", None) and not Link.objects.exists()


@pytest.mark.parametrize("model", [Member, Link, Invitation])
def test_z2_the_rooms_tables_show_nothing_without_their_company(
    them: Crew, invitation: Invitation, model: type
) -> None:
    """Z2"""
    rows = model.objects  # type: ignore[attr-defined] # every model has it
    mine = rows.count()
    assert mine
    with access.acting_for(them.two.charlie_company.pk):
        assert rows.filter(company_id=them.two.alice_company.pk).count() == 0
        assert rows.filter(company_id=them.two.alice_company.pk).delete()[0] == 0
    assert rows.count() == mine


def test_confirming_an_account_needs_one_and_is_told_once(them: Crew) -> None:
    """Product 3.9"""
    with pytest.raises(actions.Refused):
        actions.confirm_bank(them.manual, actor=HAND, now=NOW)
    Member.objects.filter(pk=them.manual.pk).update(bank_mask="DE89 •••• 0000")
    member, count = now_is(them.manual), Event.objects.count()
    actions.confirm_bank(member, actor=HAND, now=NOW)
    actions.confirm_bank(member, actor=HAND, now=NOW)
    assert now_is(member).bank_confirmed_at and Event.objects.count() == count + 1
