"""The page with the mails of a demonstration."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend

from rollcall.web.mails.mail import newest
from tests.web.crew import browser

pytestmark = pytest.mark.django_db


def _send(folder: Path, *subjects: str) -> None:
    messages = []
    for subject in subjects:
        message = EmailMultiAlternatives(
            subject, f"Hello <b>,\n\nhttp://localhost:8000/join/1.{subject}/", to=["n@x.example"]
        )
        message.attach_alternative("<p>Hello</p>", "text/html")
        messages.append(message)
    EmailBackend(file_path=str(folder)).send_messages(messages)


def test_without_a_demonstration_there_is_no_such_page(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    _send(tmp_path, "secret")
    assert settings.ROLLCALL_DEMO is False
    assert browser().get("/demo/mail/").status_code == 404


def test_a_demonstration_shows_mails_with_links_to_click(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH, settings.ROLLCALL_DEMO = str(tmp_path), True
    _send(tmp_path, "one", "été")
    page = browser().get("/demo/mail/").content.decode()
    assert 'href="http://localhost:8000/join/1.one/"' in page and "été" in page
    assert "Hello &lt;b&gt;" in page and "n@x.example" in page


def test_every_mail_of_every_file_is_found(tmp_path: Path) -> None:
    _send(tmp_path, "a", "b")
    _send(tmp_path, "c")
    assert {one.subject for one in newest(tmp_path)} == {"a", "b", "c"}
    assert newest(tmp_path / "not there yet") == []
    assert mail.outbox == []


def test_an_empty_demonstration_says_what_to_do(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH, settings.ROLLCALL_DEMO = str(tmp_path / "none"), True
    assert "No mail yet" in browser().get("/demo/mail/").content.decode()
