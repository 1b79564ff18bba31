"""The pages about mails: every kind shown in a demonstration, one's own choice, and the link that needs no sign-in."""

import re
from typing import Any

import pytest
from django.test import Client

from rollcall.notify import email
from rollcall.notify.choices import off_path, wants_weekly
from rollcall.web.mails.mail_specimens import SPECIMENS, made
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    return crew()


@pytest.fixture
def demo(settings: Any) -> Client:
    settings.ROLLCALL_DEMO = True
    return browser()


def test_without_a_demonstration_there_are_no_previews() -> None:
    assert browser().get("/demo/mails/").status_code == 404
    assert browser().get("/demo/mails/weekly/en/").status_code == 404


def test_every_kind_of_mail_has_a_preview() -> None:
    assert {one.purpose for one in SPECIMENS} | {"member.invitation_resent"} == set(email.LETTERS)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("key", [one.key for one in SPECIMENS])
def test_every_mail_is_whole_calm_and_private(demo: Client, key: str, language: str) -> None:
    page = demo.get("/demo/mails/", {"mail": key, "language": language})
    answer = demo.get(f"/demo/mails/{key}/{language}/")
    html = answer.content.decode()
    assert page.status_code == answer.status_code == 200
    assert f'lang="{language}"' in html and "color-scheme" in html and "max-width:600px" in html
    assert not re.search(r"<img|<script|<link|url\(|src=", html), "nothing is fetched, nobody is counted"
    assert "{" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL), "every placeholder is filled"
    assert "<b>" not in html and html.count("<h1") == 1
    assert "http://localhost:8000/" in html
    assert "<b>S" not in page.content.decode(), "names stay text on the page too"


@pytest.mark.parametrize("key", [one.key for one in SPECIMENS])
def test_the_plain_twin_says_the_same(key: str) -> None:
    specimen = next(one for one in SPECIMENS if one.key == key)
    for language in ("en", "fr"):
        built = made(specimen, language)
        html = re.sub(
            r"<style>.*?</style>|<title>.*?</title>|<[^>]+>",
            " ",
            str(built.alternatives[0][0]),
            flags=re.DOTALL,
        )
        link = re.search(r"http\S+", str(built.body))
        assert link is not None and link[0] in html
        assert "noa@acme.example" in built.body and "{" not in built.body
        assert "&lt;" not in built.body and "\n\n\n" not in built.body.strip()
        assert len(built.subject) < 90


def test_the_preview_of_a_mail_may_style_itself_and_do_nothing_else(demo: Client) -> None:
    of_mail = demo.get("/demo/mails/weekly/en/").headers["Content-Security-Policy"]
    of_page = demo.get("/demo/mails/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in of_mail and "script" not in of_mail and "connect" not in of_mail
    assert 'sandbox="allow-same-origin"' in demo.get("/demo/mails/").content.decode()
    assert "unsafe-inline" not in of_page and "frame-src 'self'" in of_page
    assert "frame-src" not in demo.get("/account/login/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["?mail=nothing", "?language=de"])
def test_what_there_is_not_is_a_404(demo: Client, address: str) -> None:
    assert demo.get(f"/demo/mails/{address}").status_code == 404


def test_a_held_plan_says_numbers_and_places(here: Crew) -> None:
    held = next(one for one in SPECIMENS if one.key == "held")
    body = made(held, "en").body
    assert "Lyon" in body and "63" in body and "2 invitations will be sent" in body
    assert "Lyon" in made(held, "fr").body and "2 invitations will" not in made(held, "fr").body


def test_an_admin_switches_the_summary_off_and_on(here: Crew) -> None:
    alice = browser(here.two.alice)
    assert "You get it" in alice.get("/me/mails/").content.decode()
    page = alice.post("/me/mails/", {"weekly": "off"}, follow=True).content.decode()
    assert "The weekly summary is off." in page and "Switch it on" in page
    assert not wants_weekly(here.two.alice.pk)
    alice.post("/me/mails/", {"weekly": "on"})
    assert wants_weekly(here.two.alice.pk)


def test_a_requester_is_told_why_there_is_no_summary(here: Crew) -> None:
    page = browser(here.two.bob).get("/me/mails/").content.decode()
    assert "goes to owners and admins" in page and "Switch it off" not in page


def test_the_choice_needs_a_sign_in() -> None:
    assert browser().get("/me/mails/").headers["Location"].startswith("/account/login/")


def test_the_link_in_a_mail_asks_before_it_does_anything(here: Crew) -> None:
    """Programs that look through mails open every link."""
    path = off_path(here.two.alice.pk)
    assert "Switch the weekly summary off?" in browser().get(path).content.decode()
    assert wants_weekly(here.two.alice.pk)
    assert "The weekly summary is off" in browser().post(path, {"weekly": "off"}).content.decode()
    assert not wants_weekly(here.two.alice.pk) and wants_weekly(here.two.charlie.pk)
    browser().post(path, {"weekly": "on"})
    assert wants_weekly(here.two.alice.pk)


def test_the_button_of_a_mail_program_works_without_our_cookie(here: Crew) -> None:
    """RFC 8058."""
    answer = Client(enforce_csrf_checks=True).post(
        off_path(here.two.alice.pk), {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200 and not wants_weekly(here.two.alice.pk)


@pytest.mark.parametrize("token", ["x", "1.x", "", "²", "1" * 30 + ".a", "999999.a"])
def test_a_link_that_we_did_not_make_changes_nothing(here: Crew, token: str) -> None:
    assert browser().post(f"/mails/off/{token}/").status_code == 404
    own = off_path(here.two.alice.pk).split(".")[1]
    assert browser().post(f"/mails/off/{here.two.charlie.pk}.{own}").status_code == 404
    assert wants_weekly(here.two.charlie.pk)
