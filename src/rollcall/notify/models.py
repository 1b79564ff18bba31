"""Mail that was or will be sent: at most one row, and at most one sending, for each key (O1). Weeks and choices."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from rollcall.accounts.models import Company, Entity, User


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
    to_user = models.BigIntegerField(null=True)  # an owner or admin
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
            # What went wrong lately in all companies, for the operator.
            models.Index(
                fields=["created_at"],
                name="mail_failed",
                condition=models.Q(state__in=["unconfirmed", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        """Return ids and state."""
        return f"mail {self.pk} {self.state}"


class Week(models.Model):
    """When the weekly summary of an entity is due next. The row comes with the first event of the entity."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    entity = models.OneToOneField(Entity, on_delete=models.CASCADE)
    due_at = models.DateTimeField()

    class Meta:
        """The round looks for what is due."""

        indexes: ClassVar = [models.Index(fields=["due_at"], name="week_due")]

    def __str__(self) -> str:
        """Return the ids."""
        return f"week of entity {self.entity_id}"


class Choice(models.Model):
    """What a person said about mails that can be switched off. It belongs to no company, as the person does."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    weekly = models.BooleanField(default=True)

    def __str__(self) -> str:
        """Return the id."""
        return f"choice of user {self.user_id}"
