"""Mail that was or will be sent: at most one row, and at most one sending, for each key (O1)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from rollcall.accounts.models import Company


class State(models.TextChoices):
    """Where a mail stands. There is no way out of sent, unconfirmed and failed but a person's."""

    WAITING = "waiting"
    SENDING = "sending"  # claimed and committed before the mail server was asked
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"  # the mail server may or may not have taken it; never sent again by itself
    FAILED = "failed"  # refused for good, or too often


class Mail(models.Model):
    """One mail to one person. What it says is in the event `event_id`; no link or token is stored."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=40)
    key = models.CharField(max_length=120)  # what it is about and to whom, e.g. "invitation:17"
    to_member = models.BigIntegerField(null=True)
    to_address = models.EmailField()
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    event_id = models.BigIntegerField()

    class Meta:
        """One mail per key; the queue is read by state and time."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["company", "key"], name="mail_company_key")]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                name="mail_waiting",
                condition=models.Q(state__in=["waiting", "sending"]),
            ),
            models.Index(fields=["company", "to_member"], name="mail_member"),
        ]

    def __str__(self) -> str:
        """Return ids and state."""
        return f"mail {self.pk} {self.state}"
