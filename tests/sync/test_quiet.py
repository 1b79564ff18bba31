"""A run that has nothing to do: what it sends and writes, and that whatever it passes over is provably unchanged."""

import os
import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Employee, Subscription
from rollcall.connections.side import own_connection
from rollcall.directory.models import Decision, Link, Member, Tombstone
from rollcall.engine.settings import Settings
from rollcall.sync.models import Doubt, Plan, PlanState, Run, RunState
from rollcall.sync.plans import level
from rollcall.sync.runs import beginning
from rollcall.sync.runs.ending import finish_quietly
from rollcall.sync.runs.lease import LOCK_SPACE, lease
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import Flow
from tests.sync.level_proof import facts_of, levels, look, proven, watched

pytestmark = pytest.mark.django_db

_TABLE = re.compile(r"\b(?:accounts|connections|directory|sync|events|notify)_[a-z]+\b")
_OTHER = {
    # the run's own row and the marks themselves
    "sync_run",
    "sync_doubt",
    # how many people there are, for the planner; whose settings they are stands on the subscription
    "connections_connection",
}


def _settled(flow: Flow) -> None:
    flow.go_live(Settings(archive_inactive=True))
    for _ in range(3):
        assert flow.run().error == ""
    assert levels(flow.company, flow.connection().pk) == {flow.subscription().pk}


def _holds(flow: Flow) -> bool:
    return bool(levels(flow.company, flow.connection().pk))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("full", [True, False])
def test_inv5_a_quiet_run_sends_at_most_ten_statements_and_writes_its_own_row_alone(
    flow: Flow, full: bool, settings: Any
) -> None:
    # an address that the tool may call, so that it is asked to do so only once
    settings.ROLLCALL_URL = "https://rollcall.example"
    _settled(flow)
    used = flow.connection()
    if full:
        flow.get(lambda: Connection.objects.update(full_read_at=None))
    before = flow.frozen()
    marks = flow.get(Doubt.objects.count)
    with CaptureQueriesContext(database) as sent:
        run = run_connection(flow.company, used.pk, trigger="clock")
    assert run is not None
    assert run.state == RunState.SUCCEEDED
    said = [one["sql"] for one in sent if not one["sql"].startswith(("BEGIN", "COMMIT"))]
    assert 0 < len(said) <= 10, "\n".join(said)
    assert flow.frozen() == before
    assert flow.get(Doubt.objects.count) == marks
    stored = flow.get(lambda: Run.objects.get(pk=run.pk))
    assert (stored.state, stored.seen["full"], stored.seen["moved"]) == (RunState.SUCCEEDED, full, False)
    assert stored.seen.keys() == flow.get(lambda: Run.objects.order_by("-pk")[1]).seen.keys()
    after = flow.connection()
    assert (after.state, after.lease, after.progress) == ("connected", None, {})
    assert after.last_good_at == stored.finished_at


def _raw(sql: str) -> Callable[[Flow], None]:
    def write(flow: Flow) -> None:
        with database.cursor() as cursor:
            cursor.execute(sql)
            assert cursor.rowcount > 0

    return write


def _decide(flow: Flow) -> None:
    link = Link.objects.order_by("pk")[0]
    Decision.objects.create(
        company_id=link.company_id,
        entity_id=link.entity_id,
        connection_id=link.connection_id,
        employee_id=link.employee_id,
        employee_digest="x",
        member_id=link.member_id,
        kind="same",
        by="alice",
        at=timezone.now(),
    )


def _bury(flow: Flow) -> None:
    Tombstone.objects.create(
        company_id=flow.company,
        entity=flow.entity,
        employee_digest="x",
        member_id=1,
        erased_at=timezone.now(),
        erased_by="alice",
    )


def _plan(flow: Flow) -> None:
    Plan.objects.create(
        company_id=flow.company,
        entity=flow.entity,
        subscription=Subscription.objects.get(entity=flow.entity),
        state=PlanState.REJECTED,
        settings={},
        made_at=timezone.now(),
    )


def _bury_and_lift(flow: Flow) -> None:
    _bury(flow)
    Tombstone.objects.update(lifted_at=timezone.now())


def _plan_and_decide(flow: Flow) -> None:
    _plan(flow)
    Plan.objects.update(state=PlanState.SUPERSEDED)


WRITES: dict[str, Callable[[Flow], object]] = {
    "a member changed": lambda _: Member.objects.update(job_title="Baker"),
    "a member changed by hand in SQL": _raw("UPDATE directory_member SET manager_id = NULL"),
    "a member added": lambda flow: Member.objects.create(
        company_id=flow.company,
        entity=flow.entity,
        state="active",
        email="new@acme.example",
        email_key="new@acme.example",
        created_at=timezone.now(),
    ),
    "a link changed": lambda _: Link.objects.update(managed=False),
    "a link deleted": _raw("DELETE FROM directory_link WHERE id = (SELECT min(id) FROM directory_link)"),
    "a decision": _decide,
    "a tombstone": _bury,
    "a tombstone lifted": _bury_and_lift,
    "an employee changed": lambda _: Employee.objects.update(absent_since=timezone.now()),
    "an employee deleted": lambda _: Employee.objects.order_by("pk")[0].delete(),
    "an employee in SQL": _raw("UPDATE connections_employee SET status = 'inactive'"),
    "settings": lambda _: Subscription.objects.update(version=9),
    "a pause": lambda _: Subscription.objects.update(paused_since=timezone.now()),
    "a plan made": _plan,
    "a plan decided": _plan_and_decide,
    "the zone of the entity": lambda _: Entity.objects.update(time_zone="Pacific/Auckland"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("what", WRITES)
def test_inv5_rule10_whatever_a_plan_is_made_from_takes_the_level_away_when_it_is_written(
    flow: Flow, what: str
) -> None:
    """Break a trigger of migration 0007 or 0011 and one of these goes red."""
    _settled(flow)
    flow.get(lambda: WRITES[what](flow))
    assert not _holds(flow)


def test_inv5_a_statement_that_writes_no_row_leaves_the_level(flow: Flow) -> None:
    _settled(flow)
    flow.get(lambda: (Employee.objects.filter(pk=0).update(status="x"), Member.objects.filter(pk=0).delete()))
    assert _holds(flow)


def test_inv5_a_write_in_another_entity_or_company_leaves_the_level(flow: Flow) -> None:
    _settled(flow)
    other = flow.two.charlie_company
    with_other = Member(
        company_id=other.pk,
        entity=flow.two.charlie_entity,
        state="active",
        email="c@other.example",
        email_key="c@other.example",
        created_at=timezone.now(),
    )
    flow.get(lambda: None)

    with access.acting_for(other.pk):
        with_other.save()
    assert _holds(flow)


def test_rule10_every_table_that_a_look_reads_is_watched(flow: Flow) -> None:
    """A table that a later version reads too, and that leaves no marks, turns this red."""
    _settled(flow)
    used = flow.subscription().pk
    with CaptureQueriesContext(database) as sent:
        assert look(flow.company, used) == ""
    read = {table for one in sent for table in _TABLE.findall(one["sql"])}
    assert read - _OTHER <= watched()


def test_rule10_every_watched_table_has_its_triggers(flow: Flow) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'sync\\_doubt\\_%' AND t.tgenabled = 'O' GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    assert found == {name: 1 if name == "accounts_entity" else 3 for name in watched()}


def test_inv5_a_level_ends_with_the_day_of_anybody_who_might_have_differed_then(flow: Flow) -> None:
    now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    until = [
        datetime.fromisoformat(level.reached("0:0", now, zones)["until"])
        for zones in ((), ("Europe/Paris",), ("Asia/Kolkata", "Europe/Paris"), ("Mars/Olympus",))
    ]
    assert until[0] == until[3] == datetime(2026, 11, 24, tzinfo=UTC)
    assert until[1] == datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Paris"))
    assert until[2] == datetime(2026, 11, 24, tzinfo=ZoneInfo("Asia/Kolkata"))
    at_ten, at_noon = now.replace(hour=10, minute=0), now.replace(hour=12, minute=0)
    for early, edge in ((at_ten - timedelta(hours=1), at_ten), (at_ten, at_noon)):
        assert datetime.fromisoformat(level.reached("0:0", early, ())["until"]) == edge


@pytest.mark.parametrize(
    "doubt",
    [
        {"marks": "1:2"},
        {"looked": "2026-11-23T12:30:00Z"},
        {"until": "2026-11-23T12:00:00Z"},
        {"code": "0.0.0"},
    ],
)
def test_rule10_other_marks_another_day_an_older_clock_or_another_version_is_a_doubt(
    doubt: dict[str, str],
) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    known = level.reached("1:1", now - timedelta(minutes=1), ())
    assert level.holds(known, "1:1", now - timedelta(seconds=1))
    assert not level.holds({**level.reached("1:1", now, ()), **doubt}, "1:1", now)
    assert not level.holds(None, "1:1", now)


def test_rule10_after_a_run_that_failed_everybody_is_looked_at(flow: Flow) -> None:
    _settled(flow)
    flow.fault("A1")
    assert flow.run().state == RunState.FAILED
    flow.heal()
    assert not _holds(flow)
    assert flow.run().error == "" and flow.run().error == "" and _holds(flow)


def test_p7_the_one_who_is_absent_is_counted_although_nothing_else_moves(flow: Flow) -> None:
    """P7"""
    _settled(flow)
    gone = next(iter(flow.members(state="invited")))
    flow.control("remove", ids=[int(gone)])
    flow.run()
    first = flow.employee(gone)
    flow.run()
    flow.run()
    assert flow.employee(gone).absent_runs > first.absent_runs


def test_rule10_after_a_write_the_next_run_looks_and_finds_a_level_of_its_own(flow: Flow) -> None:
    _settled(flow)
    used = flow.connection().pk
    before = facts_of(flow.company, used, timezone.now())
    flow.get(lambda: Member.objects.update(job_title="Baker"))
    run = flow.run()
    (found,) = run.levels.values()
    assert before.last is not None
    (known,) = before.last.levels.values()
    assert found["marks"] != known["marks"] and found["looked"] > known["looked"]


def test_c5_inv12_while_another_process_has_the_lock_no_run_begins(flow: Flow) -> None:
    flow.connect()
    pk = flow.connection().pk
    with own_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, pk])
        assert run_connection(flow.company, pk, trigger="clock") is None
        assert flow.connection().lease is None and not flow.get(Run.objects.exists)
        # A session that is closed may keep its lock for a moment longer.
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, pk])
    done = run_connection(flow.company, pk, trigger="first")
    assert done is not None and done.state == RunState.SUCCEEDED
    with own_connection() as other:
        row = other.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, pk]).fetchone()
        assert row == (True,)


def test_c5_a_run_that_lost_its_lock_with_its_session_stops_at_the_fence(flow: Flow) -> None:
    """Whoever takes over meanwhile puts up another fence, and a quiet end is refused there too."""
    _settled(flow)
    used = flow.connection()
    with lease(flow.company, used.pk) as token:
        assert token is not None
        begun = beginning.begin(flow.company, used.pk, "clock", "")
        assert begun is not None
        run, connection, facts = begun
        flow.get(lambda: Connection.objects.filter(pk=used.pk).update(lease=uuid4()))
        assert not finish_quietly(run, connection, token, facts.live)
    assert flow.get(lambda: Run.objects.get(pk=run.pk)).state == RunState.READING


WHOLE = int(os.environ.get("QUIET_STORIES", "8"))


def _any_write(flow: Flow, chance: random.Random) -> None:
    """Something that an admin, a member, HR or somebody with a database prompt might do."""
    what = chance.choice(
        [
            "hire",
            "terminate",
            "rename",
            "change",
            "remove",
            "clock",
            *WRITES,
            "settings confirmed",
            "nothing",
            "nothing",
        ]
    )
    people = sorted(flow.people_of())
    match what:
        case "hire":
            flow.control("hire", n=chance.randint(1, 3))
        case "terminate":
            flow.control("terminate", id=chance.choice(people), date=str(_day(chance)))
        case "rename":
            flow.control("rename", id=chance.choice(people), last_name=f"Name{chance.randint(0, 9)}")
        case "change":
            flow.control("change", id=chance.choice(people), fields={"job_title": f"Title {chance.random()}"})
        case "remove":
            flow.control("remove", ids=[chance.choice(people)])
        case "settings confirmed":
            flow.confirm(Settings(archive_inactive=chance.random() < 0.5))
        case name if name in WRITES:
            with suppress(IntegrityError, IndexError, AssertionError), transaction.atomic():
                flow.get(lambda: WRITES[name](flow))


def _day(chance: random.Random) -> date:
    return timezone.now().date() + timedelta(days=chance.randint(-2, 2))


@pytest.mark.thorough
@pytest.mark.parametrize("story", range(WHOLE))
def test_inv5_rule10_whatever_happens_in_any_order_a_run_passes_over_nothing_that_a_look_would_find(
    flow: Flow, story: int
) -> None:
    """Random writes and runs; wherever a level holds, now or at any hour of it, a look at everybody finds nothing."""
    chance = random.Random(story)
    flow.go_live(Settings(archive_inactive=True))
    held = 0
    for _ in range(8):
        _any_write(flow, chance)
        used = flow.connection().pk
        held += proven(flow.company, used)
        for _ in range(chance.randint(1, 3)):
            flow.run(full=chance.random() < 0.5)
        now = timezone.now()
        for hours in (0, 1, 5, 11, 13, 23):
            held += proven(flow.company, used, now + timedelta(hours=hours))
    assert held


def test_rule10_rows_that_go_on_a_duty_across_companies_leave_their_marks_too(flow: Flow) -> None:
    _settled(flow)
    flow.get(lambda: _plan(flow))
    flow.run()
    flow.run()
    assert _holds(flow)
    with access.on_duty("schedule"):
        assert Plan.objects.filter(state=PlanState.REJECTED).delete()[0]
    assert not _holds(flow)
