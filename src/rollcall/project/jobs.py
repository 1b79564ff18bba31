"""The queue: the periodic schedule in one place, and the sweep of jobs whose worker is gone.

Procrastinate finds the tasks itself: the module `tasks` of every room. A periodic task takes one argument,
`timestamp` (seconds since 1970, UTC): the moment it stands for.
"""

from typing import NamedTuple

import structlog
from django.db import DatabaseError, connection, transaction
from procrastinate import App
from procrastinate.contrib.django import app as current_app

from rollcall.directory import numbers
from rollcall.project import weekly
from rollcall.sync.incoming import drop_folder
from rollcall.sync.runs import retention
from rollcall.sync.tasks import SILENT_SECONDS

_log = structlog.get_logger("rollcall.jobs")


class Periodic(NamedTuple):
    cron: str  # in UTC
    task: str  # dotted name


SWEEP = "rollcall.project.jobs.sweep"
DROPPED_FILES = "rollcall.sync.drop_folder.minute"
WEEKLY = "rollcall.project.weekly.quarter"
RETENTION = "rollcall.sync.retention.forget"
EVERY_MINUTE = "* * * * *"
SCHEDULE = (
    Periodic(EVERY_MINUTE, SWEEP),
    Periodic(EVERY_MINUTE, "rollcall.sync.tasks.tick"),
    Periodic(EVERY_MINUTE, DROPPED_FILES),
    Periodic(EVERY_MINUTE, "rollcall.events.tasks.relay"),
    Periodic(EVERY_MINUTE, "rollcall.notify.tasks.send_mails"),
    Periodic("*/15 * * * *", WEEKLY),
    Periodic("*/5 * * * *", RETENTION),
)
HEARTBEAT_SECONDS = 5  # so often a worker says that it lives
DEAD_AFTER_SECONDS = SILENT_SECONDS
_KEEP_DAYS = 7


def schedule(app: App) -> None:
    """Called by procrastinate when all tasks are known. A name that doesn't exist is left to `checks`."""
    app.task(name=SWEEP)(sweep)
    app.task(name=DROPPED_FILES)(drop_folder.minute)
    app.task(name=WEEKLY)(weekly.quarter)
    app.task(name=RETENTION)(retention.forget)
    for entry in SCHEDULE:
        task = app.tasks.get(entry.task)
        if task is not None:
            app.periodic_registry.register_task(
                task=task, cron=entry.cron, periodic_id="schedule", configure_kwargs={}
            )


def unknown_tasks() -> list[str]:
    """Names in the schedule that no room defines."""
    return [entry.task for entry in SCHEDULE if entry.task not in current_app.tasks]


def sweep(timestamp: int) -> None:
    """The minute's tidying: jobs of dead workers, numbers of members, and finished jobs nobody will ask for."""
    fail_jobs_of_dead_workers()
    numbers.add_up()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs WHERE id IN (
                SELECT job.id FROM procrastinate_jobs job
                WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
                  AND NOT EXISTS (
                      SELECT FROM procrastinate_events event
                      WHERE event.job_id = job.id AND event.at > now() - make_interval(days => %s))
                LIMIT 10000)
            """,
            [_KEEP_DAYS],
        )


def fail_jobs_of_dead_workers() -> list[int]:
    """Finish as failed every job whose worker has gone silent; gives their ids.

    They are not retried: what they were to do is found again by level at the next tick.
    Each in its own try, so that one that can't be finished hides no other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT job.id FROM procrastinate_jobs job
            LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
            WHERE job.status = 'doing'
              AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
            ORDER BY job.id
            """,
            [DEAD_AFTER_SECONDS],
        )
        stalled = [row[0] for row in cursor.fetchall()]
    finished = []
    for job in stalled:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [job])
        except DatabaseError as error:
            _log.warning("stalled job not finished", job=job, error=type(error).__name__)
        else:
            finished.append(job)
            _log.warning("stalled job finished as failed", job=job)
    return finished
