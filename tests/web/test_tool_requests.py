"""Asking for an HR tool that isn't in the gallery (S64), and the pages about any other tool (S23, S66)."""

import pytest
from click.testing import CliRunner

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections import gallery
from rollcall.connections.models import ToolRequest
from rollcall.connections.tool_requests import asked_in, key_of
from rollcall.events.models import Event
from rollcall.project.requests_command import requests
from tests.accounts.people import Two, two_companies
from tests.web.crew import browser
from tests.web.hr import HOME, text

ASK = f"{HOME}request/"
WISH = {"name": "Silae", "website": "www.silae.fr", "people": "250", "note": "We use it for payroll."}

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> Two:
    return two_companies()


def test_s64_a_request_is_kept_and_shown_with_what_happens_next(two: Two) -> None:
    client = browser(two.alice)
    assert f'href="{ASK}"' in text(client.get(HOME))
    page = text(client.post(ASK, WISH, follow=True))
    assert "Noted: you asked for Silae." in page
    assert "Silae" in page and "Waits for an answer" in page and "What happens next" in page
    with acting_for(two.alice_company.pk):
        row = ToolRequest.objects.get()
        assert (row.entity_id, row.people, row.website) == (two.alice_entity.pk, 250, "https://www.silae.fr")
        assert row.note == "We use it for payroll." and row.user_id == two.alice.pk
        assert list(Event.objects.filter(kind="tool.requested").values_list("data", flat=True)) == [
            {"name": "Silae"}
        ]


def test_s64_another_admin_is_a_second_voice_and_a_repetition_is_none(two: Two) -> None:
    dora = User.objects.create_user("dora@acme.example", "x")
    grant_role(two.alice_entity, dora, Role.ADMIN)
    for _ in range(2):
        browser(two.alice).post(ASK, WISH)
    page = text(browser(dora).post(ASK, {"name": " SILAE "}, follow=True))
    assert "asked for by 2 people" in page
    with acting_for(two.alice_company.pk):
        assert [(one.name, one.voices, one.people) for one in asked_in(two.alice_company.pk)] == [
            ("Silae", 2, 250)
        ]
        assert Event.objects.filter(kind="tool.requested").count() == 2


def test_a_tool_of_the_gallery_is_pointed_at_instead(two: Two) -> None:
    page = text(browser(two.alice).post(ASK, {"name": "bamboo hr"}, follow=True))
    assert (
        "BambooHR can be connected already" in page
        and 'href="/settings/integrations/bamboohr/connect/"' in page
    )
    with acting_for(two.alice_company.pk):
        assert not ToolRequest.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " - ", "Write the name of the tool."),
        ("name", "x" * 81, "at most 80 letters"),
        ("website", "javascript:alert(1)", "Write an address such as www.tool.com"),
        ("people", "many", "Write a whole number, such as 250."),
    ],
)
def test_what_is_wrong_is_said_at_its_input_and_nothing_typed_is_lost(
    two: Two, field: str, value: str, said: str
) -> None:
    answer = browser(two.alice).post(ASK, {**WISH, field: value})
    assert answer.status_code == 422
    page = text(answer)
    assert said in page and 'aria-invalid="true"' in page and "We use it for payroll." in page


def test_names_are_shown_as_text(two: Two) -> None:
    name = "<b>Påie</b> \u202e🎈"
    page = text(browser(two.alice).post(ASK, {"name": name}, follow=True))
    assert "<b>Påie" not in page and "&lt;b&gt;Påie" in page


def test_the_name_that_was_searched_for_is_filled_in(two: Two) -> None:
    client = browser(two.alice)
    assert f'href="{ASK}?name=Silae"' in text(client.get(HOME, {"q": "Silae"}))
    assert 'value="Silae"' in text(client.get(ASK, {"name": "Silae"}))


def test_other_companies_see_nothing_of_it_and_members_may_not_ask(two: Two) -> None:
    """Z1, S6"""
    browser(two.alice).post(ASK, WISH)
    assert "Silae" not in text(browser(two.charlie).get(HOME))
    assert browser(two.bob).post(ASK, WISH).status_code == 403
    assert browser().get(ASK).status_code == 302


def test_s64_the_operator_reads_all_requests_and_the_admins_read_the_answer(two: Two) -> None:
    browser(two.alice).post(ASK, WISH)
    browser(two.charlie).post(ASK, {"name": "silae"})
    listed = CliRunner().invoke(requests, [])
    assert "Silae: open, voices: 2, companies: 2, up to 250 people" in listed.output
    assert "We use it for payroll." in listed.output
    said = CliRunner().invoke(requests, ["answer", "SILAE", "planned", "--text", "In spring."])
    assert "for 2 companies" in said.output
    for person in (two.alice, two.charlie):
        page = text(browser(person).get(HOME))
        assert "Planned" in page and "In spring." in page
    assert CliRunner().invoke(requests, ["answer", "Nothing", "done"]).exit_code == 1


def test_spellings_of_one_tool_have_one_key() -> None:
    assert key_of("Sage HR ") == key_of("sage-hr") and key_of("Eurécia") == "eurecia"
    assert key_of("…") == ""


def test_s66_every_tool_has_its_guide_in_the_list(two: Two) -> None:
    page = text(browser(two.bob).get(f"{HOME}guides/"))
    for tool in gallery.TOOLS.values():
        assert tool.name in page
        assert tool.kind == "file" or f'href="{HOME}{tool.key}/guide/"' in page
    assert f'href="{HOME}other/guide/"' in page


def test_s23_any_other_tool_has_a_page_of_use(two: Two) -> None:
    page = text(browser(two.alice).get(f"{HOME}other/guide/"))
    for address in (f"{HOME}csv/connect/", f"{HOME}scim/connect/", ASK):
        assert f'href="{address}"' in page
