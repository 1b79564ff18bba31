"""What a mail says, in HTML and plain text, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from rollcall.accounts.secrets import sign
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.notify.models import Mail
from rollcall.notify.recipients import ADMIN_PURPOSES

_TEMPLATES = {
    Kind.MEMBER_INVITED: "invitation",
    Kind.MEMBER_INVITATION_RESENT: "invitation",
    Kind.MEMBER_INVITATION_REMINDED: "reminder",
    Kind.MEMBER_EMAIL_CHANGED: "email_changed",
    Kind.MEMBER_BANK_CHANGED: "bank_changed",
    ADMIN_PURPOSES[Kind.MEMBER_BANK_CHANGED]: "bank_changed_admins",
    Kind.PLAN_HELD: "plan_held",
    Kind.CONNECTION_FAILED: "connection_failed",
}


def message(mail: Mail, event: Event) -> EmailMultiAlternatives:
    """Return the message, ready to send. The link of an invitation is made here and stored nowhere."""
    with translation.override(mail.language):
        name = _TEMPLATES[mail.purpose]
        about = _about(event)
        subject = " ".join(_subject(name, about).split())  # a line break would be a header of its own
        context = {**about, "subject": subject, "language": mail.language}
        text = render_to_string(f"notify/{name}.txt", context)
        html = render_to_string(f"notify/{name}.html", context)
    built = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[mail.to_address],
        # A stable id lets a mail server or a reader see that two copies are one.
        headers={
            "Message-ID": f"<mail-{mail.company_id}-{mail.pk}@{_host()}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    built.attach_alternative(html, "text/html")
    return built


def _host() -> str:
    return str(settings.ROLLCALL_URL).partition("://")[2].partition("/")[0].partition(":")[0] or "localhost"


def _address(path: str) -> str:
    return f"{str(settings.ROLLCALL_URL).rstrip('/')}{path}"


def join_path(invitation_id: int, nonce: str) -> str:
    """Return the path of an invitation's page; the same invitation and nonce always give the same link."""
    return f"/join/{invitation_id}.{sign('invitation', f'{invitation_id}:{nonce}')}/"


def _about(event: Event) -> dict[str, Any]:
    data = event.data
    about = {
        "first_name": data.get("first_name") or "",
        "entity": data.get("entity") or "Rollcall",
        "name": data.get("name") or data.get("first_name") or "",
        "tool": data.get("tool_name") or data.get("tool") or _("your HR tool"),
        "reason": data.get("message") or data.get("reason") or "",
        "link": _address(_page(event)),
    }
    if data.get("invitation_id") and data.get("nonce"):
        about["link"] = _address(join_path(data["invitation_id"], data["nonce"]))
    return about


def _page(event: Event) -> str:
    """The page where the reader can do something about it."""
    if event.kind == Kind.PLAN_HELD and event.plan_id:
        return f"/settings/integrations/plan/{event.plan_id}/"
    return "/settings/integrations/" if event.kind == Kind.CONNECTION_FAILED else "/"


def _subject(name: str, about: dict[str, Any]) -> str:
    subjects = {
        "invitation": _("You are invited to join %(entity)s"),
        "reminder": _("Reminder: you are invited to join %(entity)s"),
        "email_changed": _("Your work e-mail address at %(entity)s has changed"),
        "bank_changed": _("Please confirm your new bank details"),
        "bank_changed_admins": _("Bank details of a member have changed"),
        "plan_held": _("Changes at %(entity)s are waiting for you"),
        "connection_failed": _("The connection to %(tool)s needs your attention"),
    }
    return subjects[name] % about
