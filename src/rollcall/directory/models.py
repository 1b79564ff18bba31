"""Members, their links to HR records, and their invitations. Only this room reads or writes these tables."""

from django.db import models

from rollcall.accounts import sealed


class Member(models.Model):
    """A person in one entity. Text columns are what pages show; ``email_key`` is what is compared."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE)
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL)
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
    invited_at = models.DateTimeField(null=True)
    signed_up_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    # a person archived this member here; a sync never takes that back (product decision 11)
    archived_by_hand = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        """Lists are read by entity, state and name; that order pages by key."""

        indexes = [
            models.Index(fields=["entity", "state", "last_name", "first_name", "id"], name="member_list"),
            models.Index(fields=["entity", "email_key"], name="member_by_email"),
            models.Index(fields=["user"], name="member_by_user"),
        ]


class Link(models.Model):
    """The lasting tie between an employee of a connection and a member of an entity."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey("accounts.Entity", on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
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


class Invitation(models.Model):
    """One invitation to sign up. The link in the mail is signed from id and nonce and works once."""

    company = models.ForeignKey("accounts.Company", on_delete=models.CASCADE, related_name="+")
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


sealed.register(Member, "bank_sealed")
