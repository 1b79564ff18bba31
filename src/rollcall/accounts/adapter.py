"""How django-allauth behaves here: no open sign-up, and mails in the reader's language."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils import translation

from rollcall.accounts.models import User, fold_email

# Set in the session by the page of an invitation once its link was found to be good.
SESSION_INVITED_EMAIL = "invited_email"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Named in settings.ACCOUNT_ADAPTER."""

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

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """Write in the language of the person the mail goes to."""
        user = context.get("user") or User.objects.filter(email=fold_email(email)).first()
        with translation.override(user.language if isinstance(user, User) else translation.get_language()):
            message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return message


def displayed(user: User) -> str:
    """Return what the sign-in pages call somebody: the name, else the address."""
    return user.full_name or user.email
