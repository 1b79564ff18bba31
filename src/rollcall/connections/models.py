"""A customer's connection to an HR tool, who uses it with which settings, and the mirror of its employees.

Long on purpose: tables that point at each other, each column with its meaning.
"""

from enum import StrEnum
from typing import Final, TypedDict

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

from rollcall.accounts import sealed, secrets
from rollcall.engine.limits import Limits
from rollcall.engine.settings import Settings


class State(StrEnum):
    """What the card of a connection says (product decision 12)."""

    CONNECTING = "connecting"
    ACTION_REQUIRED = "action_required"
    CONNECTED = "connected"
    SYNCING = "syncing"
    HELD = "held"
    ERROR = "error"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"


class _Column(TypedDict):
    table: str
    field: str


_CREDENTIALS: Final = _Column(table="connections_connection", field="credentials")


class Connection(models.Model):
    """One customer's access to one tool. The row outlives a disconnect, so that reconnecting finds the links."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    tool = models.TextField()
    # the company's label at the tool, as the admin gave it; not secret
    address = models.TextField(blank=True, default="")
    # the company's name as the tool shows it
    company_name = models.TextField(blank=True, default="")
    # stays the same for this company at the tool; another value means another company's key (A6)
    identity = models.TextField(blank=True, default="")
    credentials = models.BinaryField(default=bytes)
    # what to ask the tool for (connectors.base.Wanted as JSON)
    wanted = models.JSONField(default=dict)
    state = models.TextField(default=State.CONNECTING)
    # code and parameters of connectors.errors, empty when the last run read everything
    error = models.TextField(blank=True, default="")
    error_params = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    connected_by = models.TextField(blank=True, default="")
    connected_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField(null=True)
    # "Sync now" and webhooks: run as soon as somebody is free
    run_wanted = models.TextField(blank=True, default="")
    run_wanted_by = models.TextField(blank=True, default="")
    # fences off a run that lost its lease; see sync/runs/lease.py
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # at the last good read; before the first, as many as the tool told of when the credentials were tested
    employees = models.PositiveIntegerField(default=0)
    # fields of an employee that were asked for and do not come
    unreadable = models.JSONField(default=list)
    # records that could not be read: [{"id": ..., "field": ...}]
    set_aside = models.JSONField(default=list)
    # {"read": n, "total": n or null} while a run reads
    progress = models.JSONField(default=dict)
    # from when to ask for changes, and under which mapping and questions; empty: the next run reads everybody
    changes_since = models.DateTimeField(null=True)
    changes_key = models.TextField(blank=True, default="")
    full_read_at = models.DateTimeField(null=True)
    # how the files of a tool without an API are read (connectors.csv_file.layout.Layout as JSON)
    layout = models.JSONField(default=dict)

    class Meta:
        """One connection per company and tool."""

        constraints = [
            models.UniqueConstraint(fields=["company", "tool"], name="connection_one_per_company_and_tool")
        ]
        indexes = [models.Index(fields=["next_run_at"], name="connection_due")]

    @property
    def is_used(self) -> bool:
        """Tell whether runs may read the tool at all."""
        return self.state not in (State.PAUSED, State.DISCONNECTED)

    def set_credentials(self, values: dict[str, str]) -> None:
        """Seal ``values`` for this row; the row must have its id."""
        self.credentials = secrets.seal(
            msgspec.json.encode(values), company_id=self.company_id, row=str(self.pk), **_CREDENTIALS
        )

    def get_credentials(self) -> dict[str, str]:
        """Return what the admin typed. Raises ``SealBroken`` if it was sealed for another row."""
        plain = secrets.unseal(
            bytes(self.credentials), company_id=self.company_id, row=str(self.pk), **_CREDENTIALS
        )
        return msgspec.json.decode(plain, type=dict[str, str])


class Subscription(models.Model):
    """An entity's use of a connection: the settings that were confirmed last."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.OneToOneField("accounts.Entity", on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    # engine.settings.Settings as JSON, once somebody has confirmed a preview
    settings = models.JSONField(null=True)
    # rises with every confirmed change, so that everybody is looked at again
    version = models.PositiveIntegerField(default=0)
    # settings being edited in the pages, not confirmed yet
    draft = models.JSONField(null=True)
    # attribute -> its values when an admin last saved the choice of employees: any other value is new to them
    seen_values = models.JSONField(null=True)
    # since when runs were stopped; what happened meanwhile waits for a person, who looks at it first
    paused_since = models.DateTimeField(null=True)

    @property
    def is_live(self) -> bool:
        """Tell whether a preview was confirmed, so that runs may change members (S27)."""
        return self.settings is not None

    def get_settings(self) -> Settings:
        """Return the confirmed settings, or the defaults."""
        return msgspec.convert(
            self.settings or {"scope": {"type": "everybody"}, "invite": {"type": "at_once"}}, Settings
        )

    def get_draft(self) -> Settings:
        """Return the settings as last edited, else the confirmed ones."""
        return msgspec.convert(self.draft, Settings) if self.draft else self.get_settings()

    def get_limits(self) -> Limits:
        """Return the limits in force: no preview changes them, only ``sync.limiting.change``."""
        return (self.get_settings() if self.is_live else self.get_draft()).limits


SEARCHED: Final = ("last_name", "first_name", "work_email", "employee_number", "external_id")
"""What a search for an employee looks through."""


class Employee(models.Model):
    """The mirror: what the tool said last about one person. Columns have the names of engine.snapshot.Employee."""

    # no index and no constraint: the connection's own hold it, and the wall asks for it
    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    # an index of its own holds the id too, so that everybody is counted without looking at rows
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False)
    external_id = models.TextField()
    employee_number = models.TextField(null=True)
    work_email = models.TextField(null=True)
    email_key = models.TextField(null=True)
    personal_email = models.TextField(null=True)
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    preferred_name = models.TextField(null=True)
    status = models.TextField(null=True)
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    last_working_day = models.DateField(null=True)
    manager_id = models.TextField(null=True)
    manager_email = models.TextField(null=True)
    job_title = models.TextField(null=True)
    department = models.TextField(null=True)
    team = models.TextField(null=True)
    work_location = models.TextField(null=True)
    country = models.TextField(null=True)
    legal_entity = models.TextField(null=True)
    cost_center = models.TextField(null=True)
    employment_type = models.TextField(null=True)
    language = models.TextField(null=True)
    time_zone = models.TextField(null=True)
    custom = models.JSONField(null=True)
    bank_sealed = models.BinaryField(null=True)
    bank_digest = models.TextField(null=True)
    bank_mask = models.TextField(null=True)
    # a bit for each field the tool delivered, empty or not (engine.snapshot.DELIVERABLE)
    delivered = models.BigIntegerField(default=0)
    # keyed digest of the record's bytes: equal means nothing to parse
    record_digest = models.BinaryField()
    # digest of the columns: equal means nothing to write
    digest = models.TextField()
    manager_in_loop = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    absent_since = models.DateTimeField(null=True)
    # complete full reads that missed them, counted until the absence is proven; 0: such reads do not count yet
    absent_runs = models.PositiveIntegerField(default=0)
    # the complete full read at least engine.absence.WAIT after the first one that missed them too
    absent_proven_at = models.DateTimeField(null=True)
    # since when reads could not use their record, so that the columns say what was true before that
    unread_since = models.DateTimeField(null=True)
    # names, e-mail and numbers in small letters without accents, as members have it: searches look into it
    search = models.GeneratedField(
        expression=Func(
            Func(*(Coalesce(F(name), Value("")) for name in SEARCHED), function="", arg_joiner=" || ' ' || "),
            function="directory_fold",
        ),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        """Found by the tool's id, by the bytes, by address, by manager; and those whose absence is being counted."""

        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="employee_once_per_connection")
        ]
        indexes = [
            # with the company, which the wall asks for: searches read it alone
            models.Index(
                fields=["connection", "search", "id"], include=["company"], name="employee_searched"
            ),
            models.Index(fields=["connection", "record_digest"], name="employee_by_record"),
            models.Index(fields=["connection", "email_key"], name="employee_by_email"),
            models.Index(fields=["connection", "manager_id"], name="employee_by_manager"),
            models.Index(fields=["connection", "id"], include=["company"], name="employee_of_connection"),
            # the few that a read has to look at again, whoever else is in it
            models.Index(
                fields=["connection"],
                condition=Q(absent_since__isnull=False)
                | Q(unread_since__isnull=False)
                | Q(manager_in_loop=True),
                name="employee_noted",
            ),
            models.Index(
                fields=["connection"],
                name="employee_absent",
                condition=models.Q(absent_since__isnull=False, absent_proven_at__isnull=True),
            ),
        ]


class Tally(models.Model):
    """Numbers of the mirror as the last run left it: no page counts 100,000 people while somebody waits."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE)
    counted_at = models.DateTimeField()
    employees = models.PositiveIntegerField()
    # attribute -> [[value, people]]
    values = models.JSONField()
    # the choice of all entities that the numbers below were counted for
    key = models.TextField()
    # entity id -> {"key", "chosen", "managers"}
    entities = models.JSONField()
    nowhere = models.PositiveIntegerField()
    several = models.PositiveIntegerField()
    # group -> [[id of the mirror row, [ids of the entities]]] of its first people by name
    people = models.JSONField()
    # attribute -> how many values it has at least, where they are too many to be among ``values``
    crowded = models.JSONField(default=dict)
    # which marks of the mirror there were when it was counted (``sync/why/stepping.py``); empty: unknown
    marks = models.TextField(default="")


class ReadPage(models.Model):
    """A page of the last complete read: if its bytes come again, its people are known without parsing."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    # of its bytes; empty: no page, but people whom lists of changes told of since the last complete read
    digest = models.BinaryField()
    # which page of the read it was; another one may stand there now
    place = models.PositiveIntegerField(default=0)
    employees = ArrayField(models.BigIntegerField())
    # the digests of their records, 16 bytes each, in the same order; empty where that is not known
    records = models.BinaryField(default=bytes)

    class Meta:
        """A page is found by its digest, and what stood in its place by that."""

        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="read_page_once")]
        indexes = [models.Index(fields=["connection", "place"], name="read_page_place")]


class Webhook(models.Model):
    """Where an HR tool may call us about changes of one connection.

    The address ends in a random token, of which only the digest can be looked up; token and shared secret are
    kept sealed, because the admin of a tool without an API for it has to copy them.
    """

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE)
    token_digest = models.TextField(unique=True)
    # {"token": ..., "secret": ...} as JSON
    keys = models.BinaryField(default=bytes)
    # the tool's own id of the registration; empty where the admin makes it by hand
    registration = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()
    # the last genuine call, and why registering failed, as a code of connectors.errors
    last_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")


class WebhookCall(models.Model):
    """An event that was heard already, so that its repetition is known."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE)
    event = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """An event is heard once."""

        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="webhook_call_once")]


class RateSlot(models.Model):
    """When the next request under a limit may be sent. Keys are digests: no company and no credential is in here."""

    key = models.TextField(primary_key=True)
    due = models.DateTimeField()


class SourceFile(models.Model):
    """A file that people are read from; until somebody confirms it, it belongs to no connection.

    The content is compressed and sealed. Those of the last two files are kept, of older ones only what tells that
    they come again.
    """

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    # null while it waits for the person who uploaded it
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True)
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE, related_name="+")
    content = models.BinaryField(default=bytes)
    sha256 = models.TextField()
    size = models.PositiveIntegerField()
    # as its owner calls it; for people to read, never a path
    name = models.TextField(blank=True, default="")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.TextField(blank=True, default="")
    uploaded_by_id = models.BigIntegerField(null=True)
    # when it was written, if that is known
    written_at = models.DateTimeField(null=True)
    people = models.PositiveIntegerField(default=0)
    header = models.JSONField(default=list)
    # how it is going to be read, while somebody looks at it
    draft = models.JSONField(default=dict)
    # a run has read all of it
    read_at = models.DateTimeField(null=True)

    class Meta:
        """The newest of a connection, and those that wait for too long."""

        indexes = [
            models.Index(fields=["connection", "uploaded_at"], name="source_file_newest"),
            models.Index(
                fields=["uploaded_at"], condition=models.Q(connection=None), name="source_file_waiting"
            ),
        ]


class ToolRequest(models.Model):
    """A person's wish for an HR tool that cannot be connected yet (S64); equal keys are voices for the same tool."""

    class State(models.TextChoices):
        """What whoever runs Rollcall has said to it."""

        OPEN = "open"
        PLANNED = "planned"
        DONE = "done"
        DECLINED = "declined"

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE, related_name="+")
    # the name without case, accents, blanks and signs
    key = models.TextField()
    name = models.TextField()
    website = models.TextField(blank=True, default="")
    people = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True, default="")
    user_id = models.BigIntegerField()
    asked_by = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField()
    state = models.TextField(choices=State.choices, default=State.OPEN)
    answer = models.TextField(blank=True, default="")

    class Meta:
        """A person has one voice for a tool."""

        constraints = [
            models.UniqueConstraint(fields=["company", "key", "user_id"], name="tool_request_one_voice")
        ]


sealed.register(Connection, "credentials")
sealed.register(SourceFile, "content")
sealed.register(Webhook, "keys")
sealed.register(Employee, "bank_sealed", row=("connection_id", "external_id"))
