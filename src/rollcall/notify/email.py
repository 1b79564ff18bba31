"""From a stored mail to the message for the mail server: HTML and its plain twin, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from rollcall.accounts.models import User
from rollcall.accounts.secrets import sign
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.notify import bank, letters, summary
from rollcall.notify.choices import off_path
from rollcall.notify.letter import Letter
from rollcall.notify.models import Mail
from rollcall.notify.recipients import ADMIN_PURPOSES

LETTERS: Final[Mapping[str, Callable[[Event, Mapping[str, Any], str], Letter]]] = {
    Kind.MEMBER_INVITED: letters.invitation,
    Kind.MEMBER_INVITATION_RESENT: letters.invitation,
    Kind.MEMBER_INVITATION_REMINDED: letters.reminder,
    Kind.MEMBER_EMAIL_CHANGED: letters.email_changed,
    Kind.MEMBER_BANK_CHANGED: bank.changed,
    ADMIN_PURPOSES[Kind.MEMBER_BANK_CHANGED]: bank.changed_admins,
    Kind.MEMBER_BANK_DISPUTED: bank.disputed,
    Kind.PLAN_HELD: letters.plan_held,
    Kind.CONNECTION_FAILED: letters.connection_failed,
    Kind.SUMMARY_WEEKLY: summary.weekly,
}
"""What each purpose of a mail says."""


def message(mail: Mail, event: Event) -> EmailMultiAlternatives:
    """Return the message, ready to send. The link of an invitation is made here and stored nowhere."""
    with translation.override(mail.language):
        letter = LETTERS[mail.purpose](event, _values(mail, event), _address(_page(mail, event)))
        if mail.purpose == Kind.SUMMARY_WEEKLY and mail.to_user:
            letter = msgspec.structs.replace(letter, off=_address(off_path(mail.to_user)))
        context = {"letter": letter}
        text = render_to_string("notify/letter.txt", context)
        html = render_to_string("notify/letter.html", context)
    built = EmailMultiAlternatives(
        subject=" ".join(letter.subject.text.split()),  # a line break would be a header of its own
        body=text.strip() + "\n",  # plain: a template's output would pass for HTML where somebody shows it
        to=[mail.to_address],
        headers=_headers(mail, letter),
    )
    built.attach_alternative(html, "text/html")
    return built


def _headers(mail: Mail, letter: Letter) -> dict[str, str]:
    headers = {
        # A stable id lets a mail server or a reader see that two copies are one.
        "Message-ID": f"<mail-{mail.company_id}-{mail.pk}@{_host()}>",
        "Auto-Submitted": "auto-generated",
    }
    if mail.purpose == Kind.MEMBER_BANK_DISPUTED:  # RFC 4021; mail programs mark it
        headers["Importance"] = "high"
    if letter.off:  # RFC 8058: a mail program's own button
        headers["List-Unsubscribe"] = f"<{letter.off}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _host() -> str:
    return str(settings.ROLLCALL_URL).partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"


def _address(path: str) -> str:
    return f"{str(settings.ROLLCALL_URL).rstrip('/')}{path}"


def join_path(invitation_id: int, nonce: str) -> str:
    """Return the path of an invitation's page; the same invitation and nonce always give the same link."""
    return f"/join/{invitation_id}.{sign('invitation', f'{invitation_id}:{nonce}')}/"


def _values(mail: Mail, event: Event) -> dict[str, Any]:
    data = event.data
    name = data.get("first_name") or ""
    if mail.to_user and not name:
        reader = User.objects.filter(pk=mail.to_user).first()
        name = reader.full_name if reader else ""
    return {
        "first_name": name,
        "entity": data.get("entity") or "Rollcall",
        "tool": data.get("tool_name") or data.get("tool") or _("your HR tool"),
        "address": mail.to_address,
    }


def _page(mail: Mail, event: Event) -> str:
    """The page where the reader can do something about it."""
    data = event.data
    if data.get("invitation_id") and data.get("nonce"):
        return join_path(data["invitation_id"], data["nonce"])
    pages = {
        Kind.MEMBER_EMAIL_CHANGED: "/me/",
        Kind.MEMBER_BANK_CHANGED: "/me/",
        ADMIN_PURPOSES[Kind.MEMBER_BANK_CHANGED]: f"/members/{event.member_id}/"
        if event.member_id
        else "/members/",
        Kind.MEMBER_BANK_DISPUTED: f"/members/{event.member_id}/" if event.member_id else "/members/",
        Kind.PLAN_HELD: f"/settings/integrations/plan/{event.plan_id}/" if event.plan_id else "/runs/",
        Kind.CONNECTION_FAILED: "/settings/integrations/",
        Kind.SUMMARY_WEEKLY: "/members/",
    }
    return pages.get(mail.purpose, "/")
