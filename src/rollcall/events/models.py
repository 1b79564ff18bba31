"""The audit log, the head of each company's chain, and the outbox."""

from typing import ClassVar

from django.db import models

from rollcall.accounts.models import Company


class Event(models.Model):
    """Something that happened. Append-only: the app's role can neither change nor remove a row (Z6).

    `hash` covers the row and the hash before it. What can name a person (`actor_label`, `data`) enters the
    chain only through `content_hash`, salted, so that an erasure can empty it (`erased_at` set) and the
    chain still verifies. `data` never holds bank numbers, tokens or birth dates (Z5). Rows of other rooms
    are named by plain ids: an event outlives them.
    """

    # No constraint in the database: the chain head has it, and 100,000 events need no 100,000 checks.
    company = models.ForeignKey(Company, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    number = models.BigIntegerField()  # 1, 2, 3 ... within the company, without gaps
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    entity_id = models.BigIntegerField(null=True)
    member_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    plan_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    salt = models.CharField(max_length=32)
    content_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        """Numbers are unique in a company; lists go by entity, member, kind, person or day, newest first."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="event_company_number")
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "entity_id", "id"], name="event_entity"),
            models.Index(
                fields=["company", "member_id", "id"],
                name="event_member",
                condition=models.Q(member_id__isnull=False),
            ),
            # What comes in masses is found soon by walking back, and would make every index dear.
            models.Index(
                fields=["company", "kind", "id"],
                name="event_rare_kind",
                condition=~models.Q(kind__in=("member.invited", "member.linked", "member.updated")),
            ),
            # People and tokens do little beside syncs.
            models.Index(
                fields=["company", "actor_kind", "actor_id", "id"],
                name="event_actor",
                condition=models.Q(actor_kind__in=("user", "token")),
            ),
        ]

    def __str__(self) -> str:
        """Return ids and kind."""
        return f"event {self.pk} {self.kind}"


class ChainHead(models.Model):
    """The last number and hash of a company's chain; locked while events are appended."""

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        """Return the ids."""
        return f"chain of company {self.pk} at {self.number}"


class Outbox(models.Model):
    """An event not handed on yet. No foreign key to the event: rows are short-lived and written in bulk."""

    event_id = models.BigIntegerField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, db_constraint=False, db_index=False)

    class Meta:
        """The relay takes one company at a time."""

        indexes: ClassVar = [models.Index(fields=["company", "event_id"], name="outbox_company_event")]

    def __str__(self) -> str:
        """Return the id."""
        return f"outbox {self.pk}"
