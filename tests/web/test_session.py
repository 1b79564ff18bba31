"""Landing, entities, languages, sign-in pages."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.access import FEW_GRANTS, grants_of
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Role, User
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    return crew()


def test_people_land_on_the_page_of_their_role(here: Crew) -> None:
    assert browser(here.two.alice).get("/").headers["Location"] == "/members/"
    assert browser(here.two.bob).get("/").headers["Location"] == "/me/"
    assert browser().get("/").headers["Location"].startswith("/account/login/")


def test_somebody_without_an_entity_is_told_so(here: Crew) -> None:
    alone = User.objects.create_user("alone@acme.example", "x")
    answer = browser(alone).get("/")
    assert answer.status_code == 403 and "not a member of any entity" in answer.content.decode()


def test_the_entity_switcher_offers_own_entities_and_refuses_others(here: Crew) -> None:
    """S8."""
    second = create_entity(here.two.alice_company, "Second entity")
    grant_role(second, here.two.alice, Role.ADMIN)
    alice = browser(here.two.alice)
    assert "Second entity" in alice.get("/members/").content.decode()
    alice.post("/entity/", {"entity": second.pk})
    assert "Maya" not in alice.get("/members/").content.decode()
    for foreign in (here.two.charlie_entity.pk, 999_999, "", "x"):
        assert alice.post("/entity/", {"entity": foreign}).status_code == 404
    third = create_entity(here.two.alice_company, "Not hers")
    assert alice.post("/entity/", {"entity": third.pk}).status_code == 404
    assert browser(here.two.bob).get("/me/").content.decode().count("Second entity") == 0


def test_of_many_entities_the_switcher_names_none_until_it_is_opened(here: Crew) -> None:
    """S8. Two hundred entities cost a page no more than twenty-one, and are found by name, here and elsewhere."""
    company, alice = here.two.alice_company, here.two.alice
    sizes, page = [], b""
    for number in range(200):
        grant_role(create_entity(company, f"Société {number:03}"), alice, Role.ADMIN)
        if number in (FEW_GRANTS, 199):
            with CaptureQueriesContext(database) as seen:
                page = browser(alice).get("/members/").content
            sizes.append((len(seen), len(page) // 100))
    assert sizes[0] == sizes[1]
    assert "Société 199".encode() not in page and b'hx-get="/entity/choose/"' in page
    client = browser(alice)
    first = client.get("/entity/choose/", headers={"HX-Request": "true"}).content.decode()
    assert (
        first.count('name="entity"') == FEW_GRANTS
        and "Search for the others" in first
        and "<html" not in first
    )
    found = client.get("/entity/choose/?q=SOCIETE 17").content.decode()
    assert found.count('name="entity"') == 12 and "12 entities" in found and "<html" in found
    assert "No entity of yours" in client.get("/entity/choose/?q=Charlie").content.decode()
    client.post("/entity/", {"entity": max(one.entity_id for one in grants_of(alice.pk))})
    for address in ("/members/", "/settings/tokens/new/", "/settings/entities/", "/settings/audit/"):
        assert "Société 199" in client.get(address, follow=True).content.decode(), address


def test_z1_the_names_of_entities_of_several_companies_stay_behind_their_walls(here: Crew) -> None:
    alice, charlie = here.two.alice, here.two.charlie_entity
    for number in range(FEW_GRANTS):
        grant_role(create_entity(here.two.alice_company, f"More {number}"), alice, Role.ADMIN)
    grant_role(charlie, alice, Role.ADMIN)
    client = browser(alice)
    found = client.get(f"/entity/choose/?q={charlie.name}").content.decode()
    assert found.count('name="entity"') == 1 and f'value="{charlie.pk}"' in found
    client.post("/entity/", {"entity": charlie.pk})
    assert "Maya" not in client.get("/members/").content.decode()
    assert "More 1" not in client.get("/settings/entities/").content.decode()


def test_the_language_is_kept_on_the_browser_and_on_the_person(here: Crew) -> None:
    alice = browser(here.two.alice)
    answer = alice.post("/language/", {"language": "fr", "next": "/members/?q=x"})
    assert answer.headers["Location"] == "/members/?q=x"
    assert '<html lang="fr">' in alice.get("/members/").content.decode()
    here.two.alice.refresh_from_db()
    assert here.two.alice.language == "fr"
    elsewhere = browser(here.two.alice)
    elsewhere.get("/")
    assert '<html lang="fr">' in elsewhere.get("/members/").content.decode()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_language_switch_leads_nowhere_else(here: Crew, address: str) -> None:
    assert browser().post("/language/", {"language": "en", "next": address}).headers["Location"] == "/"


def test_an_unknown_language_is_a_404(here: Crew) -> None:
    assert browser().post("/language/", {"language": "xx"}).status_code == 404


def test_signing_up_without_an_invitation_is_closed_and_says_what_to_do(here: Crew) -> None:
    page = browser().get("/account/signup/").content.decode()
    assert "Joining is by invitation" in page and 'name="password1"' not in page
    browser().post("/account/signup/", {"email": "x@x.example", "password1": "y", "password2": "y"})
    assert not User.objects.filter(email="x@x.example").exists()


def test_sign_in_offers_password_and_passkey_and_answers_wrong_ones_alike(here: Crew) -> None:
    client = browser()
    page = client.get("/account/login/").content.decode()
    assert 'id="passkey_login"' in page and 'type="password"' in page
    answers = [
        client.post("/account/login/", {"login": who, "password": "wrong"}).content.decode()
        for who in ("alice@rollcall.example", "nobody@rollcall.example")
    ]
    alerts = [answer[answer.index('role="alert"') :][:300] for answer in answers]
    assert alerts[0] == alerts[1]


@pytest.mark.parametrize(
    "address", ["/account/2fa/", "/account/password/change/", "/account/sessions/", "/account/logout/"]
)
def test_pages_of_the_account_stand_in_our_own_frame(here: Crew, address: str) -> None:
    page = browser(here.two.bob).get(address, follow=True).content.decode()
    assert 'id="main"' in page and "web/base.css" in page


@pytest.mark.parametrize(
    "address", ["/account/password/reset/", "/account/login/", "/account/signup/", "/nope/"]
)
def test_pages_before_sign_in_stand_in_our_own_frame(here: Crew, address: str) -> None:
    assert 'class="outside"' in browser().get(address).content.decode()


def test_no_page_holds_an_inline_script_or_style(here: Crew) -> None:
    alice = browser(here.two.alice)
    pages = [
        "/members/",
        f"/members/{here.manual.pk}/",
        "/members/invite/",
        "/me/",
        "/welcome/",
        "/account/2fa/",
    ]
    for address in [*pages, "/account/login/"]:
        page = (browser() if "login" in address else alice).get(address).content.decode()
        assert "style=" not in page and "<style" not in page and "onclick" not in page, address
        for script in page.split("<script")[1:]:
            assert "src=" in script.split(">")[0] or "application/json" in script.split(">")[0], address
