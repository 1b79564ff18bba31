"""Invariant 16 over random mixtures: after an undo members are as before, apart from what people did meanwhile."""

from random import Random
from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts.models import User
from rollcall.directory import actions as directory
from rollcall.directory import bulk
from rollcall.directory.bulk import Action
from rollcall.directory.models import Invitation, Link, Member
from rollcall.engine.change import ACTING
from rollcall.engine.settings import Settings
from rollcall.events import tasks as relay
from rollcall.notify.models import Mail
from rollcall.sync import actions
from rollcall.sync.models import LineState, Plan, PlanState
from tests.sync.flow import ALICE, Flow, only

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SEEDS = range(6)
MAILS = ("member.invited", "member.invitation_resent", "member.reactivated")
FIELDS = ("state", "role", "email", "first_name", "last_name", "job_title", "department", "manager_id")


def members(flow: Flow) -> dict[int, dict[str, Any]]:
    """Every member as they are, with whether the HR tool manages them."""

    def read() -> dict[int, dict[str, Any]]:
        managed = set(Link.objects.filter(managed=True).values_list("member_id", flat=True))
        rows = Member.objects.filter(entity=flow.entity).values("pk", *FIELDS, "suspended_at")
        return {row["pk"]: {**row, "managed": row["pk"] in managed} for row in rows}

    return flow.get(read)  # type: ignore[no-any-return] # see get


def mixed_up(flow: Flow, dice: Random) -> None:
    """HR hires, renames, moves, promotes, lets go and takes back."""
    people = [number for number, one in flow.members().items() if one.state != "archived"]
    gone = [number for number, one in flow.members().items() if one.state == "archived"]
    dice.shuffle(people)
    flow.control("hire", n=dice.randint(1, 3), work_location="Paris")
    for number in people[:3]:
        flow.control("change", id=int(number), fields={"job_title": f"Pilot {dice.random()}"})
    for number in people[2:5]:
        flow.control("rename", id=int(number), first_name="New", last_name=f"Name{number}")
    for number in people[5:7]:
        flow.control("terminate", id=int(number), date="2026-01-31")
    for number in people[7:9]:
        flow.control("change", id=int(number), fields={"work_location": "Berlin"})
    for number in people[9:12]:
        flow.control("change", id=int(number), fields={"manager_id": int(dice.choice(people[12:]))})
    for number in gone:
        flow.control("terminate", id=int(number), date=None)


def synced(flow: Flow) -> Plan:
    """A run whose changes are made, whatever limits they pass."""
    assert flow.run().error == ""
    made = flow.latest()
    if made.state == PlanState.HELD:
        flow.approve(made, override="meant")
        made = flow.apply(made)
    assert made.state == PlanState.APPLIED
    return made


def by_hand(flow: Flow, made: Plan, dice: Random) -> dict[int, dict[str, Any]]:
    """People change some of those whom the run has changed; returns by member what must stay."""
    done = [one for one in flow.lines(made) if one.kind in ACTING and one.state == LineState.DONE]
    dice.shuffle(done)
    kept: dict[int, dict[str, Any]] = {}

    def act() -> None:
        for line, deed in zip(done, ("suspend", "archive", "edit", "role", "sign_up"), strict=False):
            member = Member.objects.select_related("entity").get(pk=line.member_id or 0)
            if member.state == "archived":
                continue
            if deed == "suspend":
                bulk.one(member, Action.SUSPEND, actor=ALICE, now=timezone.now())
                kept[member.pk] = {"suspended": True}
            elif deed == "archive":
                directory.archive_by_hand(member, actor=ALICE, now=timezone.now())
                kept[member.pk] = {"state": "archived"}
            elif deed == "edit" and line.kind == "release":
                directory.edit(member, {"job_title": "By hand"}, actor=ALICE, now=timezone.now())
                kept[member.pk] = {"job_title": "By hand"}
            elif deed == "role":
                Member.objects.filter(pk=member.pk).update(role="controller")
                kept[member.pk] = {"role": "controller"}
            elif deed == "sign_up" and member.state == "invited":
                invitation = Invitation.objects.filter(member=member, cancelled_at=None, used_at=None).last()
                if invitation is not None:
                    user = User.objects.create_user(member.email, "a good long password")
                    directory.sign_up(invitation, user=user, now=timezone.now())

    flow.get(act)
    return kept


@pytest.mark.parametrize("seed", SEEDS)
def test_inv16_d15_after_an_undo_members_are_as_before_apart_from_later_edits_which_are_kept(
    flow: Flow, seed: int
) -> None:
    """Create, update, archive, release, reactivate and line managers in one run; nobody is invited by mail again."""
    dice = Random(seed)
    scope = only("Paris", "Lyon", "London", "Amsterdam", "Madrid", "Hamburg", include_managers=True)
    flow.go_live(Settings(scope=scope, archive_inactive=True))
    flow.control("terminate", n=2, date="2026-01-31")
    synced(flow)
    before = members(flow)
    mixed_up(flow, dice)
    made = synced(flow)
    assert sum(1 for kind in ACTING if made.counts.get(kind)) >= 4, made.counts
    kept = by_hand(flow, made, dice)
    between = members(flow)
    relay.hand_on()
    mails = flow.get(lambda: Mail.objects.filter(purpose__in=MAILS).count())
    full = flow.get(lambda: Plan.objects.select_related("subscription__connection").get(pk=made.pk))
    undo = flow.get(lambda: actions.undo(full, actor=ALICE))
    assert members(flow) == between, "looking changes nobody"
    flow.approve(undo, override="by mistake")
    assert flow.apply(undo).state == PlanState.APPLIED
    after = members(flow)
    created = after.keys() - before.keys()
    for number, row in after.items():
        mine = kept.get(number, {})
        if mine.pop("suspended", False):
            assert row["suspended_at"] is not None, "no undo lifts a suspension"
            row["suspended_at"] = None
        for name, value in mine.items():
            assert row[name] == value, (seed, number, name)
        if number in kept:
            continue
        if number in created:
            assert row["state"] == "archived"
        else:
            same = {name: row[name] for name in row}
            wanted = dict(before[number])
            if between[number]["state"] == "active" and wanted["state"] == "invited":
                wanted["state"] = "active"  # signed up meanwhile
            if kept.get(wanted["manager_id"], {}).get("state") == "archived":
                wanted["manager_id"] = same[
                    "manager_id"
                ]  # nobody is put back under somebody archived by hand
            assert same == wanted, (seed, number)
    relay.hand_on()
    assert flow.get(lambda: Mail.objects.filter(purpose__in=MAILS).count()) == mails
