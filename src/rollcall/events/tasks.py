"""Hand events on to their readers, at least once, one company at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from rollcall.accounts.access import acting_for, on_duty
from rollcall.events.models import Event, Outbox

log = structlog.get_logger(__name__)

Reader = Callable[[Sequence[Event]], None]
DUTY = "relay"
BATCH = 1000


@app.task(name="rollcall.events.tasks.relay")
def relay(timestamp: int = 0) -> None:
    """Hand on everything waiting; safe to repeat and to run many times at once.

    `timestamp` is the schedule's.
    """
    hand_on()


def nudge() -> None:
    """Wake the relay after the commit of the present transaction, and never before.

    Safe to lose: the schedule runs the relay every minute.
    """
    if not any(entry[1] is _defer for entry in connection.run_on_commit):  # one job a transaction is enough
        transaction.on_commit(_defer, robust=True)


def _defer() -> None:
    relay.defer()


def hand_on() -> int:
    """Give every waiting event to every reader and return how many were given.

    A company whose reader fails waits for the next run; the others go on. Companies take turns, a batch each, so that
    one with a hundred thousand events keeps nobody waiting.
    """
    readers: list[Reader] = [import_string(name) for name in settings.ROLLCALL_EVENT_READERS]
    failed: list[int] = []
    total = 0
    while True:
        had_turn: list[int] = []
        while (claimed := _hand_on_one_batch(readers, failed, had_turn)) is not None:
            total += claimed
        if not had_turn:
            return total


def _hand_on_one_batch(readers: Sequence[Reader], failed: list[int], had_turn: list[int]) -> int | None:
    """Return the number handed on for one company, 0 when its reader failed, None when nobody else waits."""
    company_id: int | None = None
    try:
        with on_duty(DUTY):
            company_id, ids = _claim([*failed, *had_turn])
            if company_id is None:
                return None
            with acting_for(company_id):
                events = list(Event.objects.filter(pk__in=ids).order_by("number"))
                for read in readers:
                    read(events)
                Outbox.objects.filter(pk__in=ids).delete()
    except Exception:
        if company_id is None:
            raise
        log.exception("events.reader_failed", company_id=company_id)
        failed.append(company_id)
        return 0
    had_turn.append(company_id)
    log.info("events.handed_on", company_id=company_id, count=len(ids))
    return len(ids)


def _claim(passed_over: Sequence[int]) -> tuple[int | None, list[int]]:
    """Lock waiting rows of the company that waits longest, passing over what other relays hold."""
    with connection.cursor() as cursor:
        # Behind the wall PostgreSQL expects one row and would sort all that wait, for each batch anew; the index has
        # the order.
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute(
            "select company_id from events_outbox where company_id <> all(%s::bigint[])"
            " order by event_id limit 1 for update skip locked",
            [list(passed_over)],
        )
        first = cursor.fetchone()
        if first is None:
            return None, []
        cursor.execute(
            "select event_id from events_outbox where company_id = %s order by event_id limit %s"
            " for update skip locked",
            [first[0], BATCH],
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("set local enable_bitmapscan = default")
        return first[0], ids
