"""Send one mail at most once: claim and commit, then speak to the mail server, then note what it said (O1,
O2).
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from rollcall.accounts.access import acting_for, on_duty
from rollcall.accounts.again import again
from rollcall.accounts.apart import one_by_one
from rollcall.events.models import Event
from rollcall.notify.email import message
from rollcall.notify.models import Mail, State
from rollcall.telemetry import counts
from rollcall.telemetry.spans import span

log = structlog.get_logger(__name__)
DUTY = "mail"
UNSURE_AFTER = timedelta(minutes=10)
# Waits after a temporary refusal; when they are used up the mail has failed.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
_PERMANENT = 500


class Server(Protocol):
    """An open mail connection, as Django's mail backends are."""

    def send_messages(self, email_messages: list[EmailMessage]) -> int | None:
        """Hand the messages to the mail server; returns how many it took."""


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (company, mail) ids of what may be sent now: every company's oldest, then each one's second, ..."""
    order = ("next_try_at", "pk")
    turn = Window(RowNumber(), partition_by="company_id", order_by=order)
    with on_duty(DUTY):
        waiting = Mail.objects.filter(state=State.WAITING, next_try_at__lte=now)
        return list(waiting.order_by(turn, *order).values_list("company_id", "pk")[:limit])


def mark_unsure(now: datetime) -> int:
    """Turn mails whose sender died while sending into *unconfirmed*, and return how many there were."""
    before = now - UNSURE_AFTER
    with on_duty(DUTY):
        stuck = Mail.objects.filter(state=State.SENDING, claimed_at__lt=before)
        companies = sorted(set(stuck.values_list("company_id", flat=True)))
    return sum(_marked(companies, before))


def _marked(companies: Sequence[int], before: datetime) -> list[int]:
    totals: list[int] = []

    def mark(one: tuple[int]) -> None:
        with acting_for(one[0]):
            mine = Mail.objects.filter(company_id=one[0], state=State.SENDING, claimed_at__lt=before)
            totals.append(mine.update(state=State.UNCONFIRMED))

    one_by_one("mail.not_marked", ((company_id,) for company_id in companies), mark)
    return totals


def put_back(company_id: int, mail_id: int, now: datetime) -> None:
    """Let a mail wait again that was never shown to the mail server: that could not be reached, or it can't be made."""
    with acting_for(company_id):
        mail = Mail.objects.filter(pk=mail_id, state=State.WAITING).first()
        if mail is not None:
            _record(mail, *_refused_for_now(mail.tries + 1, now), tries=mail.tries + 1)


def send(company_id: int, mail_id: int, server: Server) -> State | None:
    """Send one mail and return its new state; None when somebody else has it or it is not due.

    The claim is committed before the mail server is asked, so a process that dies in between leaves
    `sending` behind, which nobody sends again.
    """
    now = timezone.now()
    with transaction.atomic(durable=True), acting_for(company_id):
        claim = Mail.objects.filter(pk=mail_id, state=State.WAITING, next_try_at__lte=now)
        mail = claim.first()
        if mail is None or claim.update(state=State.SENDING, tries=mail.tries + 1, claimed_at=now) != 1:
            return None
        mail.tries += 1
        event = Event.objects.get(pk=mail.event_id)
        if event.erased_at is not None or not mail.to_address:
            # Whom it is about, or to whom it goes, was erased meanwhile: nothing is left to say.
            Mail.objects.filter(pk=mail_id).update(state=State.FAILED)
            return State.FAILED
        built = message(mail, event)
    with span("mail", mail=mail_id, purpose=mail.purpose) as step:
        state, next_try = _ask(server, built, mail.tries)
        step.set(state=str(state))
    counts.add("rollcall_mails", purpose=mail.purpose, state=str(state))
    again(partial(_note, company_id, mail, state, next_try))
    log.info(
        "mail.sent" if state == State.SENT else "mail.not_sent",
        mail=mail_id,
        purpose=mail.purpose,
        state=state,
    )
    return state


def _note(company_id: int, mail: Mail, state: State, next_try: datetime | None) -> None:
    with acting_for(company_id):
        _record(mail, state, next_try, tries=mail.tries)


def _ask(server: Server, built: EmailMessage, tries: int) -> tuple[State, datetime | None]:
    try:
        taken = server.send_messages([built])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _refused(max(codes, default=_PERMANENT), tries)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, tries)
    except (smtplib.SMTPException, OSError):
        # The line broke somewhere in the talk: the server may have taken it.
        return State.UNCONFIRMED, None
    return (State.SENT, None) if taken else (State.UNCONFIRMED, None)


def _refused(code: int, tries: int) -> tuple[State, datetime | None]:
    return (State.FAILED, None) if code >= _PERMANENT else _refused_for_now(tries, timezone.now())


def _refused_for_now(tries: int, now: datetime) -> tuple[State, datetime | None]:
    return (State.FAILED, None) if tries > len(WAITS) else (State.WAITING, now + WAITS[tries - 1])


def _record(mail: Mail, state: State, next_try: datetime | None, *, tries: int) -> None:
    mail.state, mail.tries = state, tries
    mail.next_try_at = next_try or mail.next_try_at
    mail.sent_at = timezone.now() if state == State.SENT else None
    mail.save(update_fields=["state", "tries", "next_try_at", "sent_at"])
