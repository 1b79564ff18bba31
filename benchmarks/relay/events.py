"""Writes events and hands them on; run by ``measuring.child`` in a process of its own.

Takes the number of events as a task of ``Steps``; after each step it tells the statements that were sent. ``BEGIN`` and
``COMMIT`` are not among them, and the rows that come by ``COPY`` are none.
"""

from django.db import transaction

from benchmarks.measuring.session import statements
from benchmarks.measuring.steps import Steps
from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity
from rollcall.events.catalogue import Kind
from rollcall.events.models import Outbox
from rollcall.events.outbox import NewEvent, append
from rollcall.events.tasks import hand_on
from rollcall.notify.models import Mail
from rollcall.sync.runs.applying import CHUNK

_ACTOR = Actor(kind="sync", label="Rollcall")


def relay(steps: Steps) -> None:
    """Write by as many events in a transaction as an apply does, then hand on until nothing waits."""
    entity = create_entity(create_company("Acme"), "Acme France")
    # What making a company tells is no part of it.
    hand_on()
    count = int(steps.task["events"])
    with steps.step("write"), statements() as sent:
        for start in range(0, count, CHUNK):
            _write(entity, start, min(count, start + CHUNK))
    steps.tell({"statements": len(sent)})
    with steps.step("hand_on"), statements() as sent:
        given = hand_on()
    with acting_for(entity.company_id):
        left, mails = Outbox.objects.count(), Mail.objects.count()
    steps.tell({"statements": len(sent), "given": given, "left": left, "mails": mails})


def _write(entity: Entity, start: int, stop: int) -> None:
    """Tell of people whose job title changed: what comes in masses, and asks for no mail."""
    with transaction.atomic(), acting_for(entity.company_id):
        append(
            [
                NewEvent(
                    company_id=entity.company_id,
                    kind=Kind.MEMBER_UPDATED,
                    actor=_ACTOR,
                    entity_id=entity.pk,
                    member_id=number + 1,
                    data={"fields": {"job_title": {"before": "Clerk", "after": f"Buyer {number}"}}},
                )
                for number in range(start, stop)
            ]
        )


if __name__ == "__main__":
    relay(Steps())
