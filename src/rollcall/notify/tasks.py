"""Events to mails, and mails to the mail server."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from functools import partial

import structlog
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from rollcall.accounts.apart import one_by_one
from rollcall.events.models import Event
from rollcall.notify import delivery, weekly
from rollcall.notify.models import Mail
from rollcall.notify.recipients import mails_for

log = structlog.get_logger(__name__)
BATCH = 200


def read_event(events: Sequence[Event]) -> None:
    """Store the mails these events of one company ask for; repeats change nothing. Named in
    ROLLCALL_EVENT_READERS.

    Runs in the relay's transaction, inside `acting_for(company)`.
    """
    weekly.await_first(events, timezone.now())
    mails = mails_for(events)
    if mails:
        Mail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=1000)
        transaction.on_commit(_defer, robust=True)


def _defer() -> None:
    send_mails.defer(timestamp=0)


@app.task(name="rollcall.notify.tasks.send_mails")
def send_mails(timestamp: int = 0) -> None:
    """Send what is due; safe to repeat and to run many times at once. `timestamp` is the schedule's."""
    deliver()


def deliver() -> int:
    """Sweep, then send everything due over one mail connection; returns how many mails were tried."""
    delivery.mark_unsure(timezone.now())
    tried = 0
    # Each once a round: what could not even be noted is still due, and would be found for ever.
    stuck: set[int] = set()
    while found := [one for one in delivery.due(timezone.now(), BATCH + len(stuck)) if one[1] not in stuck]:
        server = get_connection()
        try:
            server.open()
        except (smtplib.SMTPException, OSError) as error:
            # Nothing was shown to the mail server, so waiting is safe.
            log.warning("mail.server_unreachable", error=type(error).__name__, waiting=len(found))
            one_by_one("mail.not_put_back", found, lambda one: delivery.put_back(*one, timezone.now()))
            return tried
        try:
            one_by_one("mail.not_made", found, partial(_send_one, server, stuck))
        finally:
            server.close()
        tried += len(found)
    return tried


def _send_one(server: delivery.Server, stuck: set[int], one: tuple[int, int]) -> None:
    try:
        delivery.send(*one, server)
    except Exception:
        # A mail that can't be made, or noted: it waits for its next try and stands in nobody's way.
        stuck.add(one[1])
        delivery.put_back(*one, timezone.now())
        raise
