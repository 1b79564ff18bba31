"""Members, their links to HR records, and their invitations. Only this room reads or writes these tables."""

from django.db import models
from django.db.models import F, Func, Q

from rollcall.accounts import sealed


class Member(models.Model):
    """A person in one entity. Text columns are what pages show; ``email_key`` is what is compared."""

    # No index: members are asked for by entity or id, and one by company would tempt PostgreSQL to read them all.
    # No constraint: the wall asks for the company, and the entity's own holds it.
    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    # indexes of their own begin with these two
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, db_index=False)
    state = models.TextField()
    role = models.TextField(default="requester")
    email = models.TextField()
    email_key = models.TextField()
    first_name = models.TextField(blank=True, default="")
    last_name = models.TextField(blank=True, default="")
    employee_number = models.TextField(null=True)
    job_title = models.TextField(null=True)
    department = models.TextField(null=True)
    team = models.TextField(null=True)
    work_location = models.TextField(null=True)
    country = models.TextField(null=True)
    legal_entity = models.TextField(null=True)
    cost_center = models.TextField(null=True)
    employment_type = models.TextField(null=True)
    language = models.TextField(null=True)
    start_date = models.DateField(null=True)
    manager = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reports")
    bank_sealed = models.BinaryField(null=True)
    bank_digest = models.TextField(null=True)
    bank_mask = models.TextField(null=True)
    # a new account is used only after the member has confirmed it (product decision 9)
    bank_confirmed_at = models.DateTimeField(null=True)
    # the member said that the account is not theirs; a newer account clears it
    bank_disputed_at = models.DateTimeField(null=True)
    invited_at = models.DateTimeField(null=True)
    signed_up_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    # a person archived this member here; a sync never takes that back (product decision 11)
    archived_by_hand = models.BooleanField(default=False)
    # the brake pedal (product decision 11): no access, whatever the state; only a person takes it back
    suspended_at = models.DateTimeField(null=True)
    suspended_by = models.TextField(blank=True, default="")
    suspended_why = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    # last name, first name, e-mail; small letters without accents: lists sort by it and searches look into it
    search = models.GeneratedField(
        expression=Func(
            F("last_name"), F("first_name"), F("email"), function="directory_fold", arg_joiner=" || ' ' || "
        ),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        """Lists are read by entity, state and name; that order pages by key.

        The company is in the indexes because the wall asks for it: without it no scan of an index alone is possible.
        """

        indexes = [
            models.Index(fields=["entity", "id"], name="member_by_id"),
            models.Index(fields=["entity", "state", "search", "id"], include=["company"], name="member_list"),
            models.Index(fields=["entity", "work_location"], include=["company"], name="member_location"),
            models.Index(
                fields=["entity", "state", "role"], condition=~Q(role="requester"), name="member_role"
            ),
            models.Index(
                fields=["entity", "state", "company"],
                condition=Q(suspended_at__isnull=False),
                name="member_suspended",
            ),
            models.Index(
                fields=["entity", "state", "company"],
                condition=Q(bank_mask__isnull=False, bank_confirmed_at__isnull=True),
                name="member_bank_open",
            ),
            models.Index(fields=["entity", "email_key"], name="member_by_email"),
            models.Index(fields=["user"], name="member_by_user"),
        ]


class Link(models.Model):
    """The lasting tie between an employee of a connection and a member of an entity."""

    # no index and no constraint, as for members; the member's own hold company and entity
    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    entity = models.ForeignKey(
        "accounts.Entity", on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, db_index=False)
    connection = models.ForeignKey("connections.Connection", on_delete=models.CASCADE)
    employee_id = models.TextField()
    # False: remembered, but the HR tool decides nothing about the member any more; why_not says why
    managed = models.BooleanField(default=True)
    why_not = models.TextField(blank=True, default="")
    why_not_params = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    # digest of the employee, and version of the settings, that the member was last brought in step with
    applied_digest = models.TextField(blank=True, default="")
    applied_version = models.PositiveIntegerField(default=0)

    class Meta:
        """One employee is one member of an entity, and the other way round (invariant 10)."""

        constraints = [
            models.UniqueConstraint(fields=["entity", "connection", "employee_id"], name="link_one_member"),
            models.UniqueConstraint(fields=["member", "connection"], name="link_one_employee"),
        ]
        indexes = [
            models.Index(fields=["entity", "managed", "member"], include=["company"], name="link_by_status"),
        ]


class Count(models.Model):
    """A step in the numbers of an entity: the sum of its rows is how many members of each kind it has.

    Triggers add a row with each statement that changes a number (migration 0006), and a minute's round adds rows up:
    steps never wait for each other, as changes of one row of totals would.
    """

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE, related_name="+")
    invited = models.IntegerField(db_default=0)
    active = models.IntegerField(db_default=0)
    archived = models.IntegerField(db_default=0)
    # links with ``managed``, those of archived members among them
    managed_links = models.IntegerField(db_default=0)
    # living members whose account nobody has confirmed yet
    bank_open = models.IntegerField(db_default=0)


class Invitation(models.Model):
    """One invitation to sign up. The link in the mail is signed from id and nonce and works once."""

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    nonce = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    next_reminder_at = models.DateTimeField(null=True)

    class Meta:
        """Reminders are looked for by their day."""

        indexes = [models.Index(fields=["next_reminder_at"], name="invitation_reminder")]


class Decision(models.Model):
    """What a person said about an HR record and the member it may be about (``engine.match.Decided``).

    It holds while the digests are those of the records that the person saw.
    """

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE)
    connection = models.ForeignKey("connections.Connection", on_delete=models.CASCADE)
    employee_id = models.TextField()
    employee_digest = models.TextField()
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True)
    member_digest = models.TextField(blank=True, default="")
    # the other HR record, where there are two
    other_id = models.TextField(blank=True, default="")
    other_digest = models.TextField(blank=True, default="")
    kind = models.TextField()
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """The newest word about a record is the one that counts."""

        constraints = [
            models.UniqueConstraint(
                fields=["entity", "connection", "employee_id"], name="decision_one_record"
            )
        ]


class Tombstone(models.Model):
    """Somebody was erased here, and must not come back by themselves. Nothing in it can be read as a person.

    The digests are keyed; they are emptied when a person allows the employee again. A digest that is empty
    recognises nobody.
    """

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE)
    # of the HR tool that knew them; without one they are known by their address alone
    connection = models.ForeignKey("connections.Connection", null=True, on_delete=models.CASCADE)
    employee_digest = models.TextField(blank=True, default="")
    email_digest = models.TextField(blank=True, default="")
    # no other entity of the company knows them, so that the copy of the HR tool's data leaves them out too
    everywhere = models.BooleanField(default=False)
    member_id = models.BigIntegerField()
    erased_at = models.DateTimeField()
    erased_by = models.TextField()
    reason = models.TextField(blank=True, default="")
    # what is still to be looked for in the audit log and elsewhere, sealed; null once it is done
    rest = models.BinaryField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.TextField(blank=True, default="")

    class Meta:
        """Looked up by entity and by connection; those not finished are looked for by the minute's round."""

        indexes = [
            models.Index(fields=["entity", "-id"], name="tombstone_entity"),
            models.Index(fields=["connection", "employee_digest"], name="tombstone_employee"),
            models.Index(
                fields=["company"], condition=models.Q(rest__isnull=False), name="tombstone_unfinished"
            ),
        ]


sealed.register(Member, "bank_sealed")
sealed.register(Tombstone, "rest")
