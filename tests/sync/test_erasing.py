"""Erased for good: nothing readable is left, the audit chain verifies, and no sync brings the person back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Role as AccountRole
from rollcall.accounts.models import User
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, Employee
from rollcall.connections.source import Wanted, opened
from rollcall.directory import actions as directory
from rollcall.directory import erasing as directory_erasing
from rollcall.directory import suspending
from rollcall.directory.actions import Refused
from rollcall.directory.models import Invitation, Member, Tombstone
from rollcall.engine.change import Kind, Why
from rollcall.engine.roster import State
from rollcall.engine.scope import Named
from rollcall.engine.settings import Settings
from rollcall.events import tasks as relay
from rollcall.events.models import Event
from rollcall.events.outbox import verify
from rollcall.notify.tasks import deliver
from rollcall.sync import actions, erasing, tasks
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import Flow
from tests.sync.scan import traces, traces_at_home

pytestmark = pytest.mark.django_db(transaction=True)

NAME = ("Quillon", "Zanzibarski")
NEW_NAME = ("Quillon", "Oberhausener")
EMAIL, NEW_EMAIL = "quillon.zanzibarski@acme.example", "q.oberhausener@acme.example"
WORDS = [EMAIL, NEW_EMAIL, "zanzibarski", "oberhausener", "quillon"]
REASON = "asked for by letter"


def owner_of(flow: Flow) -> Actor:
    """Alice, who owns the entity, as pages name her."""
    return Actor(kind="user", id=flow.two.alice.pk, label="Alice")


def hired(flow: Flow, **more: object) -> str:
    """Somebody with a name and an address that nobody else has."""
    return str(
        flow.control("hire", n=1, first_name=NAME[0], last_name=NAME[1], work_email=EMAIL, **more)["ids"][0]
    )


def signed_up(flow: Flow, member: Member) -> User:
    """Let the member use their invitation."""
    with access.acting_for(flow.company):
        user = User.objects.create_user(
            member.email, "a good long password", full_name=f"{member.first_name} {member.last_name}"
        )
        invitation = Invitation.objects.get(member=member)
        directory.sign_up(invitation, user=user, now=timezone.now())
    return user


def member_of(flow: Flow, number: str) -> Member:
    return flow.members()[number]


def archive(flow: Flow, member: Member) -> Member:
    with access.acting_for(flow.company):
        found = Member.objects.select_related("entity").get(pk=member.pk)
        directory.archive_by_hand(found, actor=owner_of(flow), now=timezone.now())
        return Member.objects.select_related("entity").get(pk=member.pk)


def erase(flow: Flow, member: Member, *, whole: bool = True, **more: Any) -> int:
    """Erase as the page does, and what a worker does after it."""
    with access.acting_for(flow.company):
        stone = erasing.erase(
            member,
            reason=more.pop("reason", REASON),
            actor=more.pop("actor", owner_of(flow)),
            now=timezone.now(),
        )
    if whole:
        tasks.finish_erasure(flow.company, stone)
    return stone


def refused(what: Any) -> str:
    with pytest.raises(Refused) as error:
        what()
    return error.value.code


@contextmanager
def lively(flow: Flow) -> Iterator[tuple[str, Member]]:
    """Somebody who leaves traces wherever people can: account, mails, plans, exceptions, deeds, a report."""
    flow.go_live(Settings(archive_inactive=True), wanted=Wanted())
    number = hired(flow)
    report = next(one for one in flow.members() if one != number)
    flow.control("change", id=int(report), fields={"manager_id": int(number)})
    flow.run()
    relay.hand_on()
    deliver()
    member = member_of(flow, number)
    user = signed_up(flow, member)
    grant_role(flow.entity, user, AccountRole.ADMIN)
    themselves = Actor(kind="user", id=user.pk, label=user.get_full_name())
    with access.acting_for(flow.company):
        other = Member.objects.select_related("entity").exclude(pk=member.pk).first()
        assert other is not None
        suspending.suspend(
            flow.entity, [other], reason=f"{NAME[0]} {NAME[1]} wants it", actor=themselves, now=timezone.now()
        )
        actions.start(flow.connection(), trigger="person", actor=themselves)
        exceptions = (Named(employee_id=number, act="add", reason="needed", by=user.get_full_name()),)
        made = actions.preview(
            flow.subscription(), Settings(archive_inactive=True, exceptions=exceptions), actor=themselves
        )
        actions.approve(made, made.digest, actor=themselves)
    flow.apply(made)
    flow.control("rename", id=int(number), first_name=NEW_NAME[0], last_name=NEW_NAME[1])
    flow.control("change", id=int(number), fields={"work_email": NEW_EMAIL})
    flow.run()
    relay.hand_on()
    deliver()
    flow.control("change", id=int(report), fields={"manager_id": None})
    flow.run()
    yield number, member_of(flow, number)


@pytest.mark.thorough
def test_z7_z6_rule8_inv7_nothing_readable_is_left_of_an_erased_person_and_the_chain_verifies(
    flow: Flow, owner_connection: psycopg.Connection
) -> None:
    """Every text, JSON and binary column of every table, and the home folder."""
    with lively(flow) as (number, member):
        assert member.email == NEW_EMAIL and member.user_id is not None
        before = traces(owner_connection, WORDS)
        for place in (
            "directory_member.email",
            "connections_employee.work_email",
            "sync_line.fields",
            "sync_plan.settings",
            "events_event.data",
            "events_event.actor_label",
            "notify_mail.to_address",
            "accounts_user.email",
            "directory_member.suspended_why",
        ):
            assert place in before, f"the test plants nothing in {place}"
        erase(flow, archive(flow, member), reason=f"{REASON} of {' '.join(NEW_NAME)}")
        relay.hand_on()
        deliver()
        assert traces(owner_connection, WORDS) == [] == traces_at_home(WORDS)
        with access.acting_for(flow.company):
            assert verify(flow.company) is None
            stone = Tombstone.objects.get()
            assert (stone.rest, stone.reason, stone.erased_by) == (None, f"{REASON} of", "Alice")
            emptied = Event.objects.filter(member_id=member.pk).exclude(kind="member.erased")
            assert emptied.count() > 3 and all(one.data == {} and one.erased_at for one in emptied)
            told = Event.objects.get(kind="member.erased")
            assert (told.actor_label, told.member_id) == ("Alice", member.pk)
        assert number not in flow.members()


@pytest.mark.thorough
def test_z6_an_emptied_entry_that_says_something_else_is_found(
    flow: Flow, owner_connection: psycopg.Connection
) -> None:
    with lively(flow) as (_number, member):
        erase(flow, archive(flow, member))
    owner_connection.execute("ALTER TABLE events_event NO FORCE ROW LEVEL SECURITY")
    try:
        changed = owner_connection.execute(
            "UPDATE events_event SET data = data || '{\"x\": 1}' WHERE number = ("
            " SELECT min(number) FROM events_event WHERE erased_at IS NOT NULL) RETURNING number"
        ).fetchone()
    finally:
        owner_connection.execute("ALTER TABLE events_event FORCE ROW LEVEL SECURITY")
    assert changed is not None
    assert flow.get(lambda: verify(flow.company)) == changed[0]


@pytest.mark.thorough
def test_z7_no_sync_reconnect_or_new_address_brings_an_erased_person_back_and_nobody_else_goes(
    flow: Flow,
) -> None:
    """Full, delta, after a reconnect, after a change of address; and the others stay as they are (rule 1)."""
    flow.go_live(Settings(archive_inactive=True))
    number = hired(flow)
    flow.run()
    erase(flow, archive(flow, member_of(flow, number)))
    others = flow.get(lambda: Employee.objects.filter(absent_since=None).count())
    counted = len(flow.members())

    def all_as_before() -> None:
        assert number not in flow.members() and len(flow.members()) == counted
        assert not flow.get(lambda: Employee.objects.filter(external_id=number).exists())
        assert flow.get(lambda: Employee.objects.filter(absent_since=None).count()) == others

    for change in ({"job_title": "Pilot"}, {"work_email": NEW_EMAIL}, {"job_title": "Cook"}):
        flow.control("change", id=int(number), fields=change)
        for full in (True, False):
            run = flow.run(full=full)
            assert (run.error, run.seen["absent"]) == ("", 0)
            all_as_before()
    flow.get(lambda: actions.disconnect(flow.connection(), actor=owner_of(flow)))
    flow.connect()
    assert flow.run("first").error == ""
    plan = flow.preview(Settings(archive_inactive=True))
    assert number not in {line.employee_id for line in flow.lines(plan)}
    flow.approve(plan, override="looked at it" if plan.breaches else "")
    flow.apply(plan)
    all_as_before()


@pytest.mark.thorough
def test_z7_a_new_number_with_an_erased_address_waits_until_an_owner_allows_it(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    stone = erase(flow, archive(flow, member_of(flow, number)))
    again = hired(flow)
    flow.control("remove", id=int(number))
    flow.run()
    plan = flow.latest()
    assert [(one.kind, one.why) for one in flow.lines(plan) if one.employee_id == again] == [
        (Kind.SKIP, Why.ERASED)
    ]
    assert again not in flow.members()
    requester = Actor(kind="user", id=flow.two.bob.pk, label="Bob")
    assert refused(lambda: flow.get(lambda: erasing.allow_again(flow.entity, stone, actor=requester))) == (
        "owners_only"
    )
    flow.get(lambda: erasing.allow_again(flow.entity, stone, actor=owner_of(flow)))
    flow.run()
    assert member_of(flow, again).state == State.INVITED
    assert (
        refused(lambda: flow.get(lambda: erasing.allow_again(flow.entity, stone, actor=owner_of(flow))))
        == "lifted"
    )


@pytest.mark.thorough
def test_z7_allowing_again_lets_the_same_number_come_back_as_somebody_new(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    former = member_of(flow, number)
    stone = erase(flow, archive(flow, former))
    flow.run()
    flow.get(lambda: erasing.allow_again(flow.entity, stone, actor=owner_of(flow)))
    assert flow.run().seen["absent"] == 0
    assert member_of(flow, number).pk != former.pk


@pytest.mark.thorough
def test_z7_rule8_only_owners_erase_only_archived_members_and_only_with_a_reason(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    member = member_of(flow, number)
    assert refused(lambda: erase(flow, member)) == "not_archived"
    gone = archive(flow, member)
    assert refused(lambda: erase(flow, gone, reason=" ")) == "reason_needed"
    for actor in (
        Actor(kind="user", id=flow.two.bob.pk, label="Bob"),
        Actor(kind="user", id=flow.two.charlie.pk, label="Charlie"),
        Actor(kind="token", id=1, label="Payroll", scopes=("members:write",)),
        Actor(kind="sync", id=1, label="sync"),
        Actor(kind="system", label="Rollcall"),
    ):
        assert refused(lambda actor=actor: erase(flow, gone, actor=actor)) == "owners_only"
    assert member_of(flow, number).pk == member.pk


@pytest.mark.thorough
def test_z7_erasing_twice_and_finishing_twice_are_harmless(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    gone = archive(flow, member_of(flow, number))
    stone = erase(flow, gone, whole=False)
    assert refused(lambda: erase(flow, gone)) == "gone"
    assert directory_erasing.unfinished() == [(flow.company, stone)]
    for _ in range(2):
        tasks.finish_erasure(flow.company, stone)
    assert directory_erasing.unfinished() == []
    assert flow.get(lambda: verify(flow.company)) is None


@pytest.mark.thorough
def test_z7_c1_an_erasure_that_was_interrupted_is_finished_by_the_minutes_round(
    flow: Flow, owner_connection: psycopg.Connection
) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    erase(flow, archive(flow, member_of(flow, number)), whole=False)
    assert traces(owner_connection, [EMAIL]) != []
    tasks.tick()
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'rollcall.sync.tasks.finish_erasure'"
        )
        jobs = cursor.fetchall()
    assert len(jobs) == 2, "the page's own, and the round's"
    tasks.finish_erasure(flow.company, directory_erasing.unfinished()[0][1])
    assert traces(owner_connection, [EMAIL]) == []


@pytest.mark.thorough
def test_z7_inv8_whoever_another_entity_knows_stays_there_as_they_were(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    second = create_entity(flow.two.alice_company, "Acme Nord")
    grant_role(second, flow.two.alice, AccountRole.OWNER)
    first = flow.entity
    with access.acting_for(flow.company):
        actions.join(second, flow.connection(), actor=owner_of(flow))
    flow.run()
    flow.entity = second
    flow.confirm(Settings())
    there = member_of(flow, number)
    user = signed_up(flow, there)
    flow.entity = first
    here = member_of(flow, number)
    stone = erase(flow, archive(flow, here))
    for full in (True, False):
        flow.run(full=full)
        assert number not in flow.members()
    assert flow.get(lambda: Employee.objects.filter(external_id=number).exists())
    assert User.objects.filter(pk=user.pk).exists()
    flow.entity = second
    assert member_of(flow, number).email == EMAIL
    flow.control("change", id=int(number), fields={"job_title": "Pilot"})
    flow.run()
    assert member_of(flow, number).job_title == "Pilot"
    flow.entity = first
    plan = flow.preview(Settings())
    assert [one.why for one in flow.lines(plan) if one.employee_id == number] == [Why.ERASED]
    assert flow.get(lambda: Tombstone.objects.get(pk=stone).everywhere) is False


@pytest.mark.thorough
def test_z7_rule1_somebody_erased_during_a_read_is_not_written_again_and_nobody_seems_absent(
    flow: Flow,
) -> None:
    """The read has them in its stage, and their colleagues on a page it has passed over as known."""
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    gone = archive(flow, member_of(flow, number))
    connection = flow.connection()

    def while_reading(_read: int) -> None:
        if flow.get(Tombstone.objects.exists):
            return
        erase(flow, gone, whole=False)

    with opened(connection) as connector:
        found = fetch(
            connection,
            connector,
            now=timezone.now(),
            progress=while_reading,
            gone=lambda: directory_erasing.gone_from_mirror(flow.company, connection.pk),
        )
    assert found.absent == 0
    assert not flow.get(lambda: Employee.objects.filter(external_id=number).exists())
    assert flow.get(lambda: Connection.objects.get(pk=connection.pk)).employees == found.employees


@pytest.mark.thorough
def test_z7_a_plan_that_waits_and_would_bring_the_person_back_is_void(flow: Flow) -> None:
    flow.go_live(Settings())
    number = hired(flow)
    flow.run()
    flow.control("terminate", id=int(number), date="2026-01-31")
    flow.run()
    flow.confirm(Settings(archive_inactive=True))
    gone = member_of(flow, number)
    assert gone.state == State.ARCHIVED
    flow.control("terminate", id=int(number), date=None)
    assert run_connection(flow.company, flow.connection().pk, trigger="clock", apply_now=False) is not None
    waits = flow.latest()
    assert [one.kind for one in flow.lines(waits) if one.employee_id == number] == [Kind.REACTIVATE]
    erase(flow, flow.get(lambda: Member.objects.select_related("entity").get(pk=gone.pk)))
    assert flow.get(lambda: Plan.objects.get(pk=waits.pk)).state == PlanState.SUPERSEDED
    assert {one.name for one in flow.lines(waits) if not one.employee_id} == {""}
    flow.run()
    assert number not in flow.members()
