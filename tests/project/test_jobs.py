"""The schedule, and the sweep of jobs whose worker is gone."""

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from rollcall.project import jobs


def test_every_task_of_the_schedule_exists() -> None:
    assert jobs.unknown_tasks() == []


def test_every_entry_is_known_to_the_queue_as_periodic() -> None:
    assert {key[0] for key in app.periodic_registry.periodic_tasks} == {entry.task for entry in jobs.SCHEDULE}


def _job_at_work(worker: int | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) "
            "VALUES ('default', 'none', 'doing', %s) RETURNING id",
            [worker],
        )
        return int(cursor.fetchone()[0])


def _worker(seconds_silent: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_silent],
        )
        return int(cursor.fetchone()[0])


def _status(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_c1_inv17_jobs_of_silent_and_of_vanished_workers_are_finished_as_failed() -> None:
    """C1"""
    silent, vanished = _job_at_work(_worker(120)), _job_at_work(None)
    assert jobs.fail_jobs_of_dead_workers() == [silent, vanished]
    assert (_status(silent), _status(vanished)) == ("failed", "failed")


@pytest.mark.django_db
def test_a_job_of_a_living_worker_is_left_alone() -> None:
    job = _job_at_work(_worker(5))
    assert jobs.fail_jobs_of_dead_workers() == []
    assert _status(job) == "doing"


@pytest.mark.django_db
def test_finished_jobs_are_kept_a_week() -> None:
    job = _job_at_work(None)
    jobs.sweep(0)
    assert _status(job) == "failed"  # finished just now, so it stays
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '8 days' WHERE job_id = %s", [job]
        )
        jobs.sweep(0)
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE id = %s", [job])
        assert cursor.fetchone() == (0,)
