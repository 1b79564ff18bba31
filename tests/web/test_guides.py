"""The guide of each HR tool, drawn from its declaration."""

import html

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from rollcall.connections import gallery
from rollcall.web.tools.guides import guide_of
from tests.accounts.people import Two, two_companies
from tests.web.hr import HOME, text

TOOLS = [key for key, tool in gallery.TOOLS.items() if tool.kind == "api"]


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


def browser(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type] # a User
    return client


def page(two: Two, tool: str, language: str = "en") -> str:
    client = browser(two.alice)
    client.post("/language/", {"language": language, "next": "/"})
    answer = client.get(f"{HOME}{tool}/guide/")
    assert answer.status_code == 200
    return html.unescape(text(answer))


def folded(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("tool", TOOLS)
def test_a_guide_has_every_step_permission_and_note(two: Two, tool: str) -> None:
    """S15, S66"""
    declared, shown = gallery.TOOLS[tool], page(two, tool)
    for words in (*declared.steps, *declared.notes, *declared.webhook_steps):
        assert folded(words) in shown
    for one in declared.data:
        assert one.label in shown and one.permission in shown and one.without in shown
    for field in declared.credentials:
        assert f"<dt>{field.label}</dt>" in shown
        assert field.help in shown


@pytest.mark.parametrize("tool", TOOLS)
def test_a_guide_is_in_the_readers_language(two: Two, tool: str) -> None:
    shown = page(two, tool, "fr")
    assert '<html lang="fr"' in shown
    with translation.override("fr"):
        guide = guide_of(gallery.TOOLS[tool])
        assert folded(gettext("Permissions, and what is lost without each")) in shown
    for words in (*guide.steps, *guide.changes, *guide.errors):
        assert folded(words) in shown


@pytest.mark.parametrize("tool", TOOLS)
def test_a_guide_tells_how_changes_arrive_and_each_limit_once(tool: str) -> None:
    declared, guide = gallery.TOOLS[tool], guide_of(gallery.TOOLS[tool])
    assert ("once a day it reads everybody" in guide.changes[0]) == declared.delta
    assert any("at once" in text for text in guide.changes[1:]) == (declared.webhooks == "registered")
    assert len(set(guide.changes)) == len(guide.changes)


def test_only_where_somebody_can_sign_in_an_authorisation_can_end(two: Two) -> None:
    assert "no longer lets Rollcall in" in page(two, "payfit")
    assert "no longer lets Rollcall in" not in page(two, "workday")


def test_files_and_unknown_tools_have_no_guide(two: Two) -> None:
    client = browser(two.alice)
    assert client.get(f"{HOME}csv/guide/").status_code == 404
    assert client.get(f"{HOME}nosuchtool/guide/").status_code == 404


def test_every_member_may_read_a_guide_and_nobody_else(two: Two) -> None:
    assert browser(two.bob).get(f"{HOME}personio/guide/").status_code == 200
    assert Client().get(f"{HOME}personio/guide/").status_code == 302
