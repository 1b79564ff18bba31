"""The forms of django-allauth in our words: plain labels, and no grey hint that repeats the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from allauth.account import forms as account
from allauth.mfa.base import forms as second_step
from allauth.mfa.totp import forms as totp
from django.utils.translation import gettext_lazy as _

LABELS: Final[Mapping[str, Any]] = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "remember": _("Stay signed in on this device"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
    "code": _("Code"),
}


class _Plain:
    """Goes before a form of allauth."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class Login(_Plain, account.LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail and password."""


class ResetPassword(_Plain, account.ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Where the link to a new password goes."""


class ResetPasswordKey(_Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """A new password, by the link."""


class ChangePassword(_Plain, account.ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    """A new password, with the present one."""


class Reauthenticate(_Plain, account.ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The password once more."""


class Code(_Plain, second_step.AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The second step of signing in: a code of the app, or a recovery code."""


class CodeAgain(_Plain, second_step.ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """A code once more."""


class ActivateApp(_Plain, totp.ActivateTOTPForm):  # type: ignore[misc]  # allauth ships no types
    """The first code of the app."""
