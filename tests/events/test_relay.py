"""The relay hands events to the readers, company by company, and loses none."""

from collections.abc import Sequence

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.models import Entity
from rollcall.events import tasks
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event, Outbox
from rollcall.events.outbox import NewEvent, append
from tests.accounts.people import Two, two_companies

seen: list[tuple[int, int, list[int]]] = []
broken_for: set[int] = set()


def note(events: Sequence[Event]) -> None:
    """A reader: what it was given, and which company it could see."""
    company_id = events[0].company_id
    assert {entity.company_id for entity in Entity.objects.all()} == {company_id}
    seen.append((company_id, len(events), [event.number for event in events]))
    if company_id in broken_for:
        Entity.objects.update(name="half done")
        raise RuntimeError


@pytest.fixture(autouse=True)
def readers(settings: Settings) -> None:
    settings.ROLLCALL_EVENT_READERS = [f"{__name__}.note"]
    seen.clear()
    broken_for.clear()


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


def write(company_id: int, count: int) -> None:
    with acting_for(company_id):
        append([NewEvent(company_id=company_id, kind=Kind.PLAN_APPLIED, actor=SYSTEM) for _ in range(count)])


def waiting(company_id: int) -> int:
    with acting_for(company_id):
        return Outbox.objects.count()


def test_every_event_is_handed_on_once_in_the_name_of_its_company(two: Two) -> None:
    write(two.alice_company.pk, 3)
    write(two.charlie_company.pk, 2)
    assert tasks.hand_on() == 5
    assert seen == [(two.alice_company.pk, 3, [1, 2, 3]), (two.charlie_company.pk, 2, [1, 2])]
    assert tasks.hand_on() == 0
    assert len(seen) == 2


def test_more_than_a_batch_is_handed_on_in_order(two: Two) -> None:
    write(two.alice_company.pk, tasks.BATCH + 1)
    assert tasks.hand_on() == tasks.BATCH + 1
    assert [count for _, count, _ in seen] == [tasks.BATCH, 1]
    assert seen[1][2] == [tasks.BATCH + 1]


def test_a_failing_reader_keeps_its_events_and_stops_nobody_else(two: Two) -> None:
    write(two.alice_company.pk, 3)
    write(two.charlie_company.pk, 2)
    broken_for.add(two.alice_company.pk)
    assert tasks.hand_on() == 2
    assert waiting(two.alice_company.pk) == 3
    with acting_for(two.alice_company.pk):
        assert Entity.objects.get().name == "Alice's entity", "what the reader began is taken back"
    broken_for.clear()
    assert tasks.hand_on() == 3
    assert waiting(two.alice_company.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_share_the_work() -> None:
    """What one has claimed the other passes over instead of waiting."""
    two = two_companies()
    write(two.alice_company.pk, 1)
    other = connection.copy()
    try:
        with transaction.atomic():
            other.ensure_connection()
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("select set_config('rollcall.duty', 'relay', true)")
                cursor.execute("select event_id from events_outbox for update skip locked")
                assert len(cursor.fetchall()) == 1
            assert tasks.hand_on() == 0
            other.rollback()
    finally:
        other.close()
    assert tasks.hand_on() == 1


@pytest.mark.django_db(transaction=True)
def test_rule9_inv15_the_relay_is_woken_after_the_commit_and_never_before() -> None:
    """Procrastinate inside a worker does not take a deferred job back with a rollback."""
    two = two_companies()
    with acting_for(two.alice_company.pk):
        append([NewEvent(company_id=two.alice_company.pk, kind=Kind.PLAN_APPLIED, actor=SYSTEM)])
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    with acting_for(two.alice_company.pk):
        for _ in range(3):
            append([NewEvent(company_id=two.alice_company.pk, kind=Kind.PLAN_APPLIED, actor=SYSTEM)])
        assert not ProcrastinateJob.objects.exists()
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("rollcall.events.tasks.relay", {})


def test_a_nudge_in_one_transaction_is_one_job(
    two: Two, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.nudge()
        tasks.nudge()
    assert len(callbacks) == 1
