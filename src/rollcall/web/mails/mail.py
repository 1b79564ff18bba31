"""The mails of a demonstration: nobody's post office is asked, the mails lie in files and are shown here."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Struct

SHOWN: Final = 50
_BETWEEN: Final = b"\n" + b"-" * 79 + b"\n"  # what Django's file backend writes after each mail


class Mail(Struct, frozen=True, kw_only=True):
    """One mail as people read it."""

    to: str
    subject: str
    body: str
    sent_at: datetime  # aware, UTC


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """Show the newest mails to everybody: only a demonstration of made-up people has this page, else 404."""
    if not settings.ROLLCALL_DEMO:
        raise Http404
    folder = Path(str(settings.EMAIL_FILE_PATH or ""))
    return render(request, "mail/list.html", {"mails": newest(folder)})


def newest(folder: Path) -> list[Mail]:
    """Return the newest mails of the folder's files, newest first; none when the folder isn't there yet."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)[:SHOWN]
    found = [mail for file in files for mail in _mails_in(file)]
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)[:SHOWN]


def _mails_in(file: Path) -> Iterator[Mail]:
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    for part in file.read_bytes().split(_BETWEEN):
        if not part.strip():
            continue
        message = email.message_from_bytes(part.lstrip(), _class=EmailMessage, policy=policy.default)
        body = message.get_body(("plain",))
        stamp = message["date"].datetime if message["date"] else None
        yield Mail(
            to=str(message["to"] or ""),
            subject=str(message["subject"] or ""),
            body=str(body.get_content()) if body is not None else "",
            sent_at=stamp.astimezone(UTC) if stamp is not None else written,
        )
