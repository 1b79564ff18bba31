"""Events to mails, and mails to the mail server."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

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
    while found := delivery.due(timezone.now(), BATCH):
        server = get_connection()
        try:
            server.open()
        except (smtplib.SMTPException, OSError) as error:
            # Nothing was shown to the mail server, so waiting is safe.
            log.warning("mail.server_unreachable", error=type(error).__name__, waiting=len(found))
            for company_id, mail_id in found:
                delivery.put_back(company_id, mail_id, timezone.now())
            return tried
        try:
            tried += len(found)
            one_by_one("mail.not_made", found, lambda one: _send(*one, server))
        finally:
            server.close()
    return tried


def _send(company_id: int, mail_id: int, server: delivery.Server) -> None:
    try:
        delivery.send(company_id, mail_id, server)
    except Exception:
        # A mail that can't be made, or noted: it waits for its next try and stands in nobody's way.
        delivery.put_back(company_id, mail_id, timezone.now())
        raise
