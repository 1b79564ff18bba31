"""Of runs that found nothing one a day is kept, and none for ever; what anything hangs on is never touched."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.models import Connection, State, Subscription
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.runs import retention
from rollcall.sync.runs.usual import usual_of
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db

NOTHING = {
    "employees": 30,
    "new": 0,
    "changed": 0,
    "absent": 0,
    "set_aside": 0,
    "moved": False,
    "full": False,
}
TODAY = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def two() -> Two:
    return two_companies()


@pytest.fixture
def connection(two: Two) -> Connection:
    return connected(two.alice_company.pk)


def connected(company_id: int) -> Connection:
    with access.acting_for(company_id):
        return Connection.objects.create(company_id=company_id, tool="bamboohr", state=State.CONNECTED)


def run(connection: Connection, at: datetime, seen: dict[str, Any] | None = None, **values: Any) -> Run:
    with access.acting_for(connection.company_id):
        return Run.objects.create(
            company_id=connection.company_id,
            connection=connection,
            started_at=at,
            finished_at=at,
            **{"trigger": "clock", "state": RunState.SUCCEEDED, "seen": NOTHING | (seen or {}), **values},
        )


def day(connection: Connection, ago: int, *, runs: int = 24, full_at: int = 3) -> list[Run]:
    """The runs of a whole day so many days ago, an hour apart; one of them read everybody."""
    begin = TODAY - timedelta(days=ago)
    return [run(connection, begin + timedelta(hours=hour), {"full": hour == full_at}) for hour in range(runs)]


def left(connection: Connection) -> list[int]:
    with access.acting_for(connection.company_id):
        return list(Run.objects.filter(connection=connection).order_by("pk").values_list("pk", flat=True))


def test_of_quiet_runs_the_full_read_of_each_day_is_kept_and_the_last_days_whole(
    connection: Connection,
) -> None:
    days = {ago: day(connection, ago) for ago in (6, 5, 4, 3, 2, 1)}
    usual = usual_of_connection(connection)
    retention.forget()
    kept = [days[ago][3].pk for ago in (6, 5, 4)]
    assert left(connection) == kept + [one.pk for ago in (3, 2, 1) for one in days[ago]]
    assert usual_of_connection(connection) == usual
    retention.forget()
    assert left(connection) == kept + [one.pk for ago in (3, 2, 1) for one in days[ago]]


def usual_of_connection(connection: Connection) -> float | None:
    with access.acting_for(connection.company_id):
        return usual_of(connection.pk).employees


def test_inv16_what_says_more_than_nothing_is_kept(two: Two, connection: Connection) -> None:
    """Changes, doubts, failures, people who asked, and whatever has a plan, which may still be taken back."""
    at = TODAY - timedelta(days=30)
    kept = [
        run(connection, at, {"new": 1}),
        run(connection, at, {"changed": 1}),
        run(connection, at, {"absent": 1}),
        run(connection, at, {"set_aside": 1}),
        run(connection, at, {"moved": True}),
        run(connection, at, {"unusual": [{"what": "fewer"}]}),
        run(connection, at, {"partial": ["bank_account"]}),
        run(connection, at, {"caught_up": [1]}),
        run(connection, at, {"kept": {"1": [{"field": "phone"}]}}),
        run(connection, at, {}, state=RunState.FAILED, error="internal"),
        run(connection, at, {}, state=RunState.POSTPONED, error="throttled"),
        run(connection, at, {}, trigger="person"),
        planned(two, connection, run(connection, at)),
    ]
    quiet = [run(connection, at, {"kept": {"1": []}}) for _ in range(3)]
    recent = day(connection, 1)
    retention.forget()
    assert left(connection) == [one.pk for one in [*kept, quiet[-1], *recent]]


def planned(two: Two, connection: Connection, made_by: Run) -> Run:
    with access.acting_for(connection.company_id):
        subscription = Subscription.objects.create(
            company_id=connection.company_id, entity=two.alice_entity, connection=connection
        )
        Plan.objects.create(
            company_id=connection.company_id,
            entity=two.alice_entity,
            subscription=subscription,
            run=made_by,
            state=PlanState.HELD,
            settings={},
            made_at=made_by.started_at,
        )
    return made_by


def test_the_newest_runs_are_kept_however_old_they_are(connection: Connection) -> None:
    """A connection that was paused for long goes on from what was usual."""
    runs = day(connection, 1000)
    retention.forget()
    assert left(connection) == [one.pk for one in runs[-retention.NEWEST :]]


def test_after_a_year_and_a_month_a_quiet_day_is_forgotten_too(connection: Connection) -> None:
    old = day(connection, retention.HISTORY_DAYS + 1)
    told = run(connection, old[-1].started_at, {"changed": 1})
    recent = day(connection, 1)
    retention.forget()
    assert left(connection) == [told.pk, *(one.pk for one in recent)]


def test_z2_inv18_each_company_is_done_inside_its_own_wall(two: Two, connection: Connection) -> None:
    """On duty ids are read; the deletes of one company reach nobody else's rows."""
    other = connected(two.charlie_company.pk)
    theirs = day(other, 10) + day(other, 1)
    mine = day(connection, 10) + day(connection, 1)
    before = TODAY - timedelta(days=3)
    assert retention.of_company(connection.company_id, before, before) > 20
    assert left(other) == [one.pk for one in theirs] and len(left(connection)) < len(mine)
    retention.forget()
    assert len(left(other)) == 25


@pytest.mark.parametrize("text", ["0", "1", "-3", "three", "1e3"])
def test_s3_a_setting_that_would_forget_too_much_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(retention.EACH_SETTING, text)
    with pytest.raises(ValueError, match=retention.EACH_SETTING):
        retention.kept_days()


def test_the_days_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(retention.EACH_SETTING, "14")
    monkeypatch.setenv(retention.HISTORY_SETTING, "90")
    assert retention.kept_days() == (14, 90)
