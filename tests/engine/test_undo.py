"""What takes a change back, as values: only what is still as the change left it."""

from typing import Any

import msgspec
import pytest

from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.roster import Role, State
from rollcall.engine.undo import Done, Present, take_back

NOW = Present(
    state=State.ACTIVE,
    role=Role.REQUESTER,
    archived_by_hand=False,
    has_account=True,
    values={"job_title": "Pilot", "team": None},
    manager_id=7,
    manager_employee="70",
    manager_name="Ana Boss",
    managed=True,
)


def now(**changes: Any) -> Present:
    return msgspec.structs.replace(NOW, **changes)


def done(kind: Kind, **fields: FieldChange) -> Change:
    return Change(kind=kind, employee_id="1", why=Why.CHANGED_IN_HR, member_id=5, name="A", fields=fields)


TITLE = FieldChange(before="Steward", after="Pilot")


@pytest.mark.parametrize(
    ("change", "present", "back"),
    [
        (done(Kind.CREATE), NOW, Kind.ARCHIVE),
        (done(Kind.LINK), NOW, Kind.RELEASE),
        (done(Kind.UPDATE, job_title=TITLE), NOW, Kind.UPDATE),
        (done(Kind.REACTIVATE), NOW, Kind.ARCHIVE),
        (done(Kind.ARCHIVE), now(state=State.ARCHIVED), Kind.REACTIVATE),
        (done(Kind.RELEASE), now(managed=False), Kind.LINK),
    ],
)
def test_every_kind_has_its_way_back(change: Change, present: Present, back: Kind) -> None:
    first = take_back(Done(change=change), present)[0]
    assert (first.kind, first.why, first.params["kind"]) == (back, Why.UNDONE, change.kind)


@pytest.mark.parametrize(
    ("kind", "present"),
    [
        (Kind.CREATE, None),
        (Kind.CREATE, now(state=State.ARCHIVED)),
        (Kind.CREATE, now(role=Role.ADMIN)),
        (Kind.LINK, now(managed=False)),
        (Kind.UPDATE, now(state=State.ARCHIVED)),
        (Kind.REACTIVATE, now(role=Role.OWNER)),
        (Kind.ARCHIVE, NOW),
        (Kind.ARCHIVE, now(state=State.ARCHIVED, archived_by_hand=True)),
        (Kind.RELEASE, NOW),
        (Kind.SKIP, NOW),
    ],
)
def test_whom_somebody_has_decided_about_since_is_left(kind: Kind, present: Present | None) -> None:
    assert [(one.kind, one.why) for one in take_back(Done(change=done(kind, job_title=TITLE)), present)] == [
        (Kind.SKIP, Why.CHANGED_SINCE)
    ]


def test_a_field_goes_back_only_while_it_is_as_the_change_left_it() -> None:
    change = done(
        Kind.UPDATE,
        job_title=TITLE,
        department=FieldChange(before="Air", after="Sea"),
        team=FieldChange(before=None, after="Red"),
    )
    first, note = take_back(Done(change=change), NOW)
    # the team is as before already, so there is nothing to say about it
    assert dict(first.fields) == {"job_title": FieldChange(before="Pilot", after="Steward")}
    assert (note.why, note.params) == (Why.CHANGED_SINCE, {"fields": "department"})


def test_an_update_of_which_nothing_is_left_is_one_line_that_says_so() -> None:
    change = done(Kind.UPDATE, job_title=FieldChange(before="A", after="B"))
    (only,) = take_back(Done(change=change), NOW)
    assert (only.kind, only.params) == (Kind.SKIP, {"fields": "job_title"})
    change = done(Kind.UPDATE, team=FieldChange(before=None, after="Red"))
    (only,) = take_back(Done(change=change), NOW)
    assert (only.kind, only.params) == (Kind.SKIP, {})


def test_a_bank_account_stays_and_is_said() -> None:
    bank = FieldChange(before="FR** 1", after="FR** 2", ref="d")
    (only,) = take_back(Done(change=done(Kind.UPDATE, bank_account=bank)), NOW)
    assert (only.kind, only.why) == (Kind.NOTE, Why.BANK_STAYS)
    changed = done(Kind.UPDATE, bank_account=bank, job_title=FieldChange(before="A", after="B"))
    assert [one.why for one in take_back(Done(change=changed), NOW)] == [Why.CHANGED_SINCE, Why.BANK_STAYS]
    invited = take_back(Done(change=done(Kind.CREATE, bank_account=bank)), now(state=State.INVITED))
    assert [one.kind for one in invited] == [Kind.ARCHIVE]


@pytest.mark.parametrize(
    ("was", "known", "boss", "back"),
    [
        (3, True, "70", FieldChange(before="Ana Boss", after="Old Boss", ref="3")),
        (None, True, "70", FieldChange(before="Ana Boss", after="Old Boss", ref=None)),
        (3, False, "70", None),
        (3, True, "71", None),
    ],
)
def test_the_line_manager_goes_back_to_who_it_was(
    was: int | None, known: bool, boss: str, back: FieldChange | None
) -> None:
    change = done(Kind.LINK, manager=FieldChange(before="Old Boss", after="Ana Boss", ref=boss))
    first, *notes = take_back(Done(change=change, manager_before=was, manager_known=known), NOW)
    assert first.fields.get("manager") == back
    assert [one.params for one in notes] == ([] if back else [{"fields": "manager"}])


def test_a_line_manager_that_never_was_set_has_nothing_to_go_back() -> None:
    change = done(Kind.LINK, manager=FieldChange(before=None, after="Ana Boss", ref="70"))
    first, *notes = take_back(Done(change=change, manager_before=7, manager_known=True), NOW)
    assert not first.fields and not notes


def test_people_who_signed_up_or_need_an_invitation_again_are_pointed_out() -> None:
    assert take_back(Done(change=done(Kind.CREATE)), NOW)[1].why is Why.SIGNED_UP_SINCE
    gone = now(state=State.ARCHIVED, has_account=False, role=Role.ADMIN)
    back, note = take_back(Done(change=done(Kind.ARCHIVE)), gone)
    assert back.params["role"] == "admin" and note.why is Why.INVITED_AGAIN


def test_inv16_a_member_tied_to_a_new_record_is_tied_to_the_old_one_again() -> None:
    """I8, I12"""
    linked = msgspec.structs.replace(done(Kind.LINK, job_title=TITLE), params={"was": "0"})
    (back,) = take_back(Done(change=linked), NOW)
    assert (back.kind, back.employee_id, back.params) == (Kind.LINK, "0", {"kind": "relinked", "was": "1"})
    assert back.fields["job_title"].after == "Steward"
    returned = msgspec.structs.replace(done(Kind.REACTIVATE), params={"was": "0"})
    (back,) = take_back(Done(change=returned), NOW)
    assert (back.kind, back.employee_id, back.params["was"]) == (Kind.ARCHIVE, "0", "1")
