"""Companies, their entities, people who sign in, what they may do, and API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Plan(models.TextChoices):
    """What the company has bought; the integration needs Scale or Premium (S5)."""

    ESSENTIALS = "essentials", _("Essentials")
    SCALE = "scale", _("Scale")
    PREMIUM = "premium", _("Premium")


class Role(models.TextChoices):
    """What somebody may do in an entity, strongest first."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    CONTROLLER = "controller", _("Controller")
    REQUESTER = "requester", _("Requester")


class Language(models.TextChoices):
    """The languages of pages and mails."""

    EN = "en", "English"
    FR = "fr", "Français"


class Company(models.Model):
    """The customer. A duty may see the row (that the company exists), a request only its own."""

    name = models.CharField(max_length=200)
    plan = models.CharField(max_length=20, choices=Plan, default=Plan.ESSENTIALS)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        """Return the id: names stay out of logs."""
        return f"company {self.pk}"


class Entity(models.Model):
    """A legal entity of the company, with members of its own (S8)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2)  # ISO 3166-1 alpha-2
    currency = models.CharField(max_length=3)  # ISO 4217
    time_zone = models.CharField(max_length=64, default="UTC")  # IANA name
    language = models.CharField(max_length=10, choices=Language, default=Language.EN)

    def __str__(self) -> str:
        """Return the id: names stay out of logs."""
        return f"entity {self.pk}"


def fold_email(email: str) -> str:
    """Return the address as stored and compared: outer spaces off, lower case, nothing cleverer."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    """Makes users whose address is folded."""

    def create_user(self, email: str, password: str | None = None, **fields: str | bool) -> User:
        """Store and return a new user; without a password they can't sign in by password."""
        user = self.model(email=fold_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by address, folded the same way as it was stored."""
        return self.get(email=fold_email(username or ""))


class User(AbstractBaseUser):
    """A person who signs in. They belong to no company: sign-in comes before a company is known (see
    `Grant`).
    """

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=10, choices=Language, default=Language.EN)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Part of the hash in every session: counting up ends them all at once (see `sessions.end_sessions`).
    session_epoch = models.PositiveIntegerField(default=0)
    # Runs this installation: may look at the page about it, and at no company. Given by `rollcall create-operator`.
    is_operator = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        """Return the id: names stay out of logs."""
        return f"user {self.pk}"

    def clean(self) -> None:
        """Fold the address as the manager does."""
        self.email = fold_email(self.email)

    def get_full_name(self) -> str:
        """Return the name to show, or the address of somebody who gave none."""
        return self.full_name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        return salted_hmac(
            "rollcall.accounts.User.session",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class Grant(models.Model):
    """The right of a signed-in person in one entity."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        """One right per person and entity."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["entity", "user"], name="grant_entity_user")]

    def __str__(self) -> str:
        """Return the ids."""
        return f"grant {self.pk}"


class ApiToken(models.Model):
    """A bearer token of the REST API; only its SHA-256 is kept. `entity` empty means every entity of the
    company.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, null=True, blank=True)
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)  # the first characters, so that people can tell tokens apart
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return the id."""
        return f"token {self.pk}"
