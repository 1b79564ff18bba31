"""Runs, plans and their lines: what was seen, wanted, held, approved and done."""

from enum import StrEnum

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from rollcall.engine.change import Change


class RunState(StrEnum):
    """Where a run stands; only the last three are final."""

    READING = "reading"
    PLANNING = "planning"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    POSTPONED = "postponed"


class PlanState(StrEnum):
    """Where a plan stands. Preview and held wait for a person; at most one plan of an entity waits."""

    MAKING = "making"
    PREVIEW = "preview"
    HELD = "held"
    APPLYING = "applying"
    APPLIED = "applied"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


WAITING = (PlanState.PREVIEW, PlanState.HELD)


class LineState(StrEnum):
    """Where one line stands: wanted until applied; stale if its *before* no longer held."""

    WANTED = "wanted"
    DONE = "done"
    STALE = "stale"
    # a person confirmed the plan without it
    LEFT_OUT = "left_out"
    # skips and notes
    SHOWN = "shown"


class Run(models.Model):
    """One pass over one connection."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey("connections.Connection", on_delete=models.CASCADE)
    # clock, person, first, settings
    trigger = models.TextField()
    started_by = models.TextField(blank=True, default="")
    state = models.TextField(default=RunState.READING)
    error = models.TextField(blank=True, default="")
    error_params = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # employees, new, changed, absent, set_aside, unchanged
    seen = models.JSONField(default=dict)
    # sync.cost.Cost; empty for a run that was killed
    cost = models.JSONField(default=dict, db_default={})
    # retention has looked at it, and it stays: see sync/runs/retention.py
    settled = models.BooleanField(default=False, db_default=False)
    # subscription id -> sync.level.Level: entities in which nothing was left to be done, and until when that holds
    levels = models.JSONField(default=dict)

    class Meta:
        """History is read newest first, all of it or what failed; retention looks for the oldest it has not seen."""

        indexes = [
            models.Index(fields=["connection", "-id"], name="run_newest"),
            models.Index(fields=["connection", "-id"], name="run_failed", condition=models.Q(state="failed")),
            models.Index(fields=["started_at"], name="run_not_settled", condition=models.Q(settled=False)),
        ]


class Doubt(models.Model):
    """A mark that something was written which plans are made from; triggers write it (migrations 0007 and 0011).

    See ``level`` and ``near``. It names an entity or a connection. No foreign keys: it is written while what it is
    about may be going.
    """

    company_id = models.BigIntegerField()
    entity_id = models.BigIntegerField(null=True)
    connection_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())
    # whom it is about: their ids in the HR tool, null for anybody; the line managers whom some of them had before;
    # and members
    employees = ArrayField(models.TextField(), null=True)
    managers = ArrayField(models.TextField(), null=True)
    members = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        """Counted by entity and by connection, forgotten by age."""

        indexes = [
            models.Index(fields=["entity_id"], name="doubt_by_entity"),
            models.Index(fields=["connection_id"], name="doubt_by_connection"),
            models.Index(fields=["at"], name="doubt_by_age"),
        ]


class Plan(models.Model):
    """The exact list of changes for one entity, with the settings it was made for."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE)
    subscription = models.ForeignKey("connections.Subscription", on_delete=models.CASCADE)
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE)
    # the applied plan that this one takes back (product decision 15)
    undoes = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    state = models.TextField(default=PlanState.MAKING)
    # what the approval names: settings and every line
    digest = models.TextField(blank=True, default="")
    settings = models.JSONField()
    # a person changed settings and looks at what they would do
    for_settings = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.TextField(blank=True, default="")
    # lines by kind, skips and notes by kind and reason too ("skip.no_email"), acting, employees, in_scope, managed
    counts = models.JSONField(default=dict)
    # what the lines count (engine.tally.Tally)
    tally = models.JSONField(default=dict)
    # [{"breach": ..., "count": ..., "of": ..., "what": ..., "window": ..., "scope": ..., "done": ..., "most": ...,
    #   "likely": engine.causes.Likely or null}]
    breaches = models.JSONField(default=list)
    # when a run began to apply it without a person: such plans count in the windows of the limits
    began_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    override = models.TextField(blank=True, default="")
    # how often its apply was begun and neither finished nor asked to stop; see sync/runs/parking.py
    tries = models.PositiveSmallIntegerField(default=0)
    # how many changes were left out when it was confirmed
    left_out = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # done, stale, member_rows
    outcome = models.JSONField(default=dict)

    class Meta:
        """The plan that waits is found by entity, what was done lately by age. No plan is taken back twice."""

        indexes = [
            models.Index(fields=["entity", "state"], name="plan_waiting"),
            models.Index(
                fields=["subscription", "finished_at"],
                condition=models.Q(began_at__isnull=False),
                name="plan_by_itself",
            ),
            # What waits or is at work in all companies, for the operator and the minute's round.
            models.Index(
                fields=["state", "made_at"],
                condition=models.Q(state__in=("making", "preview", "held", "applying")),
                name="plan_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["undoes"],
                condition=models.Q(state__in=("applying", "applied")),
                name="plan_undone_once",
            )
        ]


class Line(models.Model):
    """One change, or one remark, of a plan. Its pages are half empty at first: each line is marked once it is done."""

    # no index and no constraint: the plan has them, and both indexes below begin with it
    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, db_index=False)
    number = models.PositiveIntegerField()
    kind = models.TextField()
    employee_id = models.TextField()
    member_id = models.BigIntegerField(null=True)
    name = models.TextField(blank=True, default="")
    email = models.TextField(blank=True, default="")
    why = models.TextField()
    params = models.JSONField(default=dict)
    # name -> {"before", "after", "ref"}; a line manager that was set has "was", the member id of the one before
    fields = models.JSONField(default=dict)
    # digest of the employee this line was made from
    employee_digest = models.TextField(blank=True, default="")
    state = models.TextField(default=LineState.WANTED)
    # the line manager is set after all people of the plan are there
    managers_set = models.BooleanField(default=False)

    class Meta:
        """Lines are shown and applied by kind, in order."""

        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="line_number")]
        indexes = [models.Index(fields=["plan", "kind", "number"], name="line_by_kind")]

    def as_change(self) -> Change:
        """Return the change that this line stores."""
        names = ("kind", "employee_id", "why", "name", "email", "member_id", "fields", "params")
        return msgspec.convert({name: getattr(self, name) for name in names}, Change)


class Drill(models.Model):
    """The last fire drill of an entity, for its page: numbers, codes and ids of members, never names."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.OneToOneField("accounts.Entity", on_delete=models.CASCADE)
    started_at = models.DateTimeField()
    started_by = models.TextField(blank=True, default="")
    # of the last step, so that a drill whose worker died is known by its age
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # why it ended early: busy, internal, or a code of sync.drill.Cannot
    error = models.TextField(blank=True, default="")
    # sync.drill.Outcome as JSON, one for each disaster played so far
    outcomes = models.JSONField(default=list)
