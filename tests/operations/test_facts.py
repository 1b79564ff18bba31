"""What is behind and why, what is parked, held and waiting; what of it is wrong; and what `rollcall check` says."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.models import Connection, State
from rollcall.engine.settings import Settings
from rollcall.operations.connected import LEFT_BEHIND, NO_WORKER, NOT_STARTED, QUEUED
from rollcall.operations.facts import Facts, facts
from rollcall.operations.judging import Gravity, duration, findings
from rollcall.operations.models import Day
from rollcall.operations.wording import error_words, why_words
from rollcall.project.doctor import check, role_troubles
from rollcall.sync import tasks
from rollcall.sync.models import Plan, PlanState
from tests.accounts.people import Two, two_companies
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# the owner's login is asked whether the tables are in step
BOTH_LOGINS = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def two() -> Two:
    return two_companies()


def looked() -> Facts:
    return facts(timezone.now())


def wrong(found: Facts) -> dict[str, Gravity]:
    return {one.code: one.gravity for one in findings(found)}


def a_worker() -> None:
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


def connected(two: Two, **fields: Any) -> Connection:
    with access.acting_for(two.alice_company.pk):
        made = Connection.objects.create(company=two.alice_company, tool="bamboohr", state=State.CONNECTED)
        Connection.objects.filter(pk=made.pk).update(**fields)
        return Connection.objects.get(pk=made.pk)


def changed(one: Connection, **fields: Any) -> None:
    with access.acting_for(one.company_id):
        Connection.objects.filter(pk=one.pk).update(**fields)


def test_all_is_well_with_a_worker_and_nothing_due(two: Two) -> None:
    a_worker()
    now = timezone.now()
    connected(two, next_run_at=now + HOUR / 2, last_good_at=now - HOUR / 2)
    assert wrong(looked()) == {}


def test_c9_who_should_have_been_read_is_named_with_the_reason(two: Two) -> None:
    now = timezone.now()
    late = connected(two, next_run_at=now - 3 * HOUR, last_good_at=now - 4 * HOUR)
    found = looked().connected
    (row,) = found.behind
    assert (row.company, row.connection_id, row.why) == (two.alice_company.name, late.pk, NO_WORKER)
    assert found.overdue == 1 and found.lag_seconds == pytest.approx(3 * 3600, abs=60)
    assert wrong(looked())["overdue"] == Gravity.NOW
    a_worker()
    assert looked().connected.behind[0].why == NOT_STARTED
    tasks.defer_run(late.company_id, late.pk, "clock", "")
    assert looked().connected.behind[0].why == QUEUED


def test_c1_what_a_dead_worker_left_is_counted_and_named(two: Two) -> None:
    a_worker()
    now = timezone.now()
    fence = "00000000-0000-4000-8000-000000000001"
    connected(two, next_run_at=now - HOUR, lease=fence, lease_until=now + HOUR)
    found = looked().connected
    assert (found.left_behind, found.behind[0].why) == (1, LEFT_BEHIND)


def test_a_run_lost_after_its_hour_moved_on_is_behind_by_its_last_good_read(two: Two) -> None:
    """The clock sets the next hour before the job exists: a queue that stands still shows nowhere else."""
    a_worker()
    now = timezone.now()
    one = connected(two, next_run_at=now + HOUR / 2, last_good_at=now - 5 * HOUR)
    assert looked().connected.lag_seconds == pytest.approx(4 * 3600, abs=60)
    for fields in ({"error": "failing", "state": "error"}, {"state": "paused"}, {"state": "disconnected"}):
        changed(one, **fields)
        assert looked().connected.overdue == 0, fields


def test_inv17_parked_and_failing_connections_are_told_with_a_remedy(two: Two) -> None:
    a_worker()
    one = connected(two, state=State.ERROR, error="parked", next_run_at=timezone.now() + 20 * HOUR)
    found = looked().connected
    assert (found.parked, found.parked_shown[0].company) == (1, two.alice_company.name)
    assert wrong(looked()) == {"parked": Gravity.SOON}
    changed(one, error="credentials")
    assert wrong(looked()) == {}, "an admin of the company has a mail about it"
    changed(one, error="not_understood")
    assert wrong(looked()) == {"failing": Gravity.SOON}
    (trouble,) = looked().connected.troubles
    assert error_words(trouble.error).remedy and error_words("unheard of").text == "unheard of"


def test_a_plan_on_hold_for_days_is_told_with_its_company(flow: Flow) -> None:
    a_worker()
    flow.go_live(Settings(archive_inactive=True))
    flow.control("terminate", ids=list(flow.people_of())[: len(flow.people_of()) // 2])
    flow.run()
    assert looked().plans.held.number == 1 and "held" not in wrong(looked())
    flow.get(lambda: Plan.objects.filter(state=PlanState.HELD).update(made_at=timezone.now() - 60 * HOUR))
    found = looked()
    assert wrong(found)["held"] == Gravity.SOON
    assert found.connected.held_shown[0].company == flow.two.alice_company.name


def test_the_first_job_of_the_queue_tells_how_long_it_has_waited() -> None:
    assert looked().jobs.oldest_seconds == 0
    tasks.defer_run(1, 1, "clock", "", seconds=500)
    assert (looked().jobs.waiting, looked().jobs.planned, looked().jobs.oldest_seconds) == (0, 1, 0)
    for _ in range(2):
        tasks.defer_run(1, 1, "clock", "")
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '20 minutes' WHERE job_id = ("
            " SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL)"
        )
    a_worker()
    found = looked()
    assert found.jobs.waiting == 2 and found.jobs.oldest_seconds == pytest.approx(1200, abs=60)
    assert wrong(found) == {"queue": Gravity.SOON}


def test_events_that_nobody_hands_on_are_told_with_their_age(flow: Flow) -> None:
    flow.connect()
    found = looked().events_waiting
    assert found.number >= 1 and 0 <= found.oldest_seconds < 60


def test_the_growth_of_the_database_is_that_of_the_last_week(two: Two) -> None:
    assert looked().database.grown_bytes is None
    today = timezone.now().date()
    for days, size in ((30, 1), (6, 1000), (2, 5000)):
        Day.objects.create(day=today - timedelta(days=days), database_bytes=size)
    found = looked().database
    assert (found.grown_days, found.grown_bytes) == (6, found.bytes - 1000)
    assert found.clock_ahead_seconds == 0 and found.home_free_bytes > 0


@BOTH_LOGINS
def test_check_says_what_is_behind_and_ends_with_two(two: Two) -> None:
    connected(two, next_run_at=timezone.now() - 3 * HOUR)
    done = CliRunner().invoke(check)
    assert done.exit_code == 2
    assert "broken  work" in done.output and "No worker is alive" in done.output
    assert f"{two.alice_company.name}: BambooHR" in done.output and why_words(NO_WORKER) in done.output


@BOTH_LOGINS
def test_check_ends_with_one_for_what_can_wait_and_with_nought_when_all_is_well(two: Two) -> None:
    a_worker()
    assert CliRunner().invoke(check).exit_code == 0
    connected(two, state=State.ERROR, error="parked", next_run_at=timezone.now() + HOUR)
    done = CliRunner().invoke(check)
    assert done.exit_code == 1 and " to do  work" in done.output


@BOTH_LOGINS
def test_check_as_json_holds_findings_and_facts(two: Two) -> None:
    done = CliRunner().invoke(check, ["--json"])
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.exit_code == 2
    assert told["facts"]["workers"] == {"alive": 0, "silent": 0, "connections_at_work": 0}
    assert [one["name"] for one in told["looked"]][-1] == "work"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (100, "100 seconds"), (180, "3 minutes"), (7300, "2 hours"), (200_000, "2 days")],
)
def test_a_time_is_told_no_finer_than_it_matters(seconds: int, said: str) -> None:
    assert duration(seconds) == said


def test_tables_that_a_read_makes_for_itself_are_no_trouble(two: Two) -> None:
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE stage_of_a_read (page int)")
    assert list(role_troubles()) == []
