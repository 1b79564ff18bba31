"""How django-allauth behaves here: no open sign-up, mails in the reader's language, no needless second question."""

from __future__ import annotations

import smtplib
import time
from typing import Any, ClassVar

import structlog
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.models import User, fold_email

# Set in the session by the page of an invitation once its link was found to be good.
SESSION_INVITED_EMAIL = "invited_email"
# When this session was opened by all that signing in asks for; seconds since 1970.
SESSION_SIGNED_IN = "signed_in_at"

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Named in settings.ACCOUNT_ADAPTER."""

    # What went wrong, and the next step.
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "E-mail and password do not match. Check both; capital letters count in the password."
        ),
        "too_many_login_attempts": _(
            "Too many tries with this e-mail. Wait five minutes, or set a new password."
        ),
        "incorrect_password": _("That is not your password. Try again, or set a new one."),
        "enter_current_password": _("That is not your current password."),
        "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only somebody who followed a good invitation in this session may sign up."""
        return bool(request.session.get(SESSION_INVITED_EMAIL))

    def clean_email(self, email: str) -> str:
        """Take the invited address and no other; addresses are folded as they are stored."""
        folded = fold_email(super().clean_email(email))
        request = self.request
        invited = request.session.get(SESSION_INVITED_EMAIL) if request is not None else None
        if invited and folded != invited and not request.user.is_authenticated:
            raise self.validation_error("invalid_login")
        return folded

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, and note when: it is called once password and second factor were both right."""
        super().login(request, user)
        request.session[SESSION_SIGNED_IN] = time.time()

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask nobody to confirm who has just signed in. allauth counts confirmations only, never the sign-in."""
        signed_in = self.request.session.get(SESSION_SIGNED_IN, 0)
        if time.time() - signed_in < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Name the ways to confirm in our words."""
        ways = super().get_reauthentication_methods(user)
        return [{**one, "description": CONFIRMED_BY.get(one["id"], one["description"])} for one in ways]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, or end the request with a page that says that no mail goes out and whom to ask (503).

        The page is the same whether there is an account with the address or not.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (smtplib.SMTPException, OSError) as error:
            log.warning("mail.server_unreachable", error=type(error).__name__, purpose=template_prefix)
            answer = render(self.request, "account/mail_failed.html", status=503)
            raise ImmediateHttpResponse(answer) from error

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link under the address of this installation, whatever address the request came by."""
        path = str(super().get_reset_password_from_key_url(key)).partition("://")[2].partition("/")[2]
        return f"{settings.ROLLCALL_URL.rstrip('/')}/{path}"

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """Write in the language of the person the mail goes to."""
        user = context.get("user") or User.objects.filter(email=fold_email(email)).first()
        with translation.override(user.language if isinstance(user, User) else translation.get_language()):
            message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return message


CONFIRMED_BY: dict[str, Any] = {
    "reauthenticate": _("With your password"),
    "mfa_reauthenticate": _("With a code of the authenticator app"),
    "mfa_reauthenticate:webauthn": _("With a passkey or security key"),
}
"""Ways to confirm who one is, by allauth's ids."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Named in settings.MFA_ADAPTER."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "That code is not right. Type the one the app shows now; if it is refused again, check your phone's clock."
        ),
        "unknown_key": _(
            "Rollcall does not know this key. It may have been removed: sign in with your password instead."
        ),
    }

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Speak of a key where a key was used; allauth calls both a wrong code."""
        key = code == "incorrect_code" and "credential" in self.request.POST
        error: ValidationError = super().validation_error("unknown_key" if key else code, *args)
        return error

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's
        """Return a name for a new key, so that nobody has to think of one."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Key {number}").format(number=number)


def displayed(user: User) -> str:
    """Return what the sign-in pages call somebody: the name, else the address."""
    return user.full_name or user.email
