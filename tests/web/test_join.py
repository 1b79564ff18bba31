"""Joining by the link of an invitation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.models import Grant, User
from rollcall.directory.models import Invitation, Member
from tests import planted
from tests.web.crew import PASSWORD, Crew, browser, crew, invited, link, now_is, path_of, person, send

pytestmark = pytest.mark.django_db

NAMES = {"first_name": "Nora", "last_name": "Ek", "password": PASSWORD}


@pytest.fixture
def here() -> Crew:
    return crew()


def test_an_invitation_becomes_an_active_member_who_is_signed_in(here: Crew) -> None:
    """S62, S63."""
    member, path = invited(here.two.alice_entity)
    client = browser()
    page = client.get(path).content.decode()
    assert member.email in page and "Alice&#x27;s entity" in page
    assert client.post(path, NAMES).headers["Location"] == "/welcome/"
    assert "Welcome, <bdi>Nora</bdi>" in client.get("/welcome/").content.decode()
    joined = now_is(member)
    assert joined.user is not None
    assert (joined.state, joined.last_name, joined.user.full_name) == ("active", "Ek", "Nora Ek")
    assert client.get("/me/").status_code == 200 and client.get("/members/").status_code == 403


def test_they_can_sign_in_with_their_password_afterwards(here: Crew) -> None:
    member, path = invited(here.two.alice_entity)
    browser().post(path, NAMES)
    client = browser()
    client.post("/account/login/", {"login": member.email.upper(), "password": PASSWORD})
    assert client.get("/", follow=True).redirect_chain[-1] == ("/me/", 302)


def test_a_name_from_the_hr_tool_is_shown_and_not_asked(here: Crew) -> None:
    """S55."""
    member, path = invited(here.two.alice_entity)
    with acting_for(member.company_id):
        link(member, here.connection)
    page = browser().get(path).content.decode()
    assert 'name="first_name"' not in page and "Nora Example" in page
    browser().post(path, NAMES)
    assert (now_is(member).state, now_is(member).last_name) == ("active", "Example")


@pytest.mark.parametrize("password", ["short", "password1234", "noranoranora"])
def test_a_weak_password_is_refused_and_nobody_joins(here: Crew, password: str) -> None:
    member, path = invited(here.two.alice_entity)
    with acting_for(member.company_id):
        Member.objects.filter(pk=member.pk).update(email="noranoranora@acme.example")
    answer = browser().post(path, NAMES | {"password": password})
    assert answer.status_code == 422 and f'value="{password}"' not in answer.content.decode()
    assert now_is(member).state == "invited" and not User.objects.filter(email__startswith="nora").exists()


def test_z8_a_used_link_says_so_and_a_second_click_of_its_owner_just_goes_on(here: Crew) -> None:
    _, path = invited(here.two.alice_entity)
    client = browser()
    client.post(path, NAMES)
    assert client.post(path, NAMES).headers["Location"] == "/welcome/"
    answer = browser().get(path)
    assert answer.status_code == 410 and "You have joined already" in answer.content.decode()
    assert browser().post(path, NAMES).status_code == 410


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has expired"),
        ({"cancelled_at": timezone.now()}, "replaced or taken back"),
    ],
)
def test_a_link_that_no_longer_works_says_what_to_do(here: Crew, fate: dict[str, object], words: str) -> None:
    member, path = invited(here.two.alice_entity)
    with acting_for(member.company_id):
        Invitation.objects.filter(member=member).update(**fate)
    for answer in (browser().get(path), browser().post(path, NAMES)):
        assert answer.status_code == 410 and words in answer.content.decode()
    assert now_is(member).state == "invited"


def test_an_archived_person_can_no_longer_join(here: Crew) -> None:
    member, path = invited(here.two.alice_entity)
    with acting_for(member.company_id):
        Member.objects.filter(pk=member.pk).update(state="archived")
    answer = browser().post(path, NAMES)
    assert answer.status_code == 410 and "no longer open" in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "1.x", "1.", "999999.abc", "1" * 40 + ".a", "%00", "²"])
def test_a_wrong_token_is_a_kind_404(here: Crew, token: str) -> None:
    answer = browser().get(f"/join/{token}/")
    assert answer.status_code == 404 and "link is not complete" in answer.content.decode()


def test_z8_a_signature_of_another_invitation_opens_nothing(here: Crew) -> None:
    (_, one), (_, two) = invited(here.two.alice_entity), invited(here.two.alice_entity, "Otto")
    mixed = f"{one.split('.')[0]}.{two.split('.')[1]}"
    assert browser().get(mixed).status_code == 404


def test_somebody_with_an_account_signs_in_first_and_then_accepts(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        member = person(here.two.alice_entity, "Charlie", state="invited", user=here.two.charlie)
        Member.objects.filter(pk=member.pk).update(user=None)
        path = path_of(send(member))
    stranger = browser()
    page = stranger.get(path).content.decode()
    assert "already has an account" in page and 'name="password"' not in page
    stranger.post(path, NAMES)
    assert now_is(member).state == "invited"
    charlie = browser(here.two.charlie)
    assert "Accept the invitation" in charlie.get(path).content.decode()
    charlie.post(path)
    assert (now_is(member).state, now_is(member).user) == ("active", here.two.charlie)
    with acting_for(here.two.charlie_company.pk):
        assert Grant.objects.get(user=here.two.charlie, entity=here.two.charlie_entity).role == "owner"
    assert "Alice&#x27;s entity" in charlie.get("/welcome/").content.decode()


def test_somebody_signed_in_as_another_person_cannot_take_the_invitation(here: Crew) -> None:
    member, path = invited(here.two.alice_entity)
    bob = browser(here.two.bob)
    assert "Sign out first" in bob.get(path).content.decode()
    bob.post(path, NAMES)
    assert now_is(member).state == "invited" and now_is(member).user is None


def test_z5_neither_the_token_nor_the_password_reaches_a_log(
    here: Crew, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Z5."""
    _, path = invited(here.two.alice_entity)
    browser().get(f"/join/1.{planted.TOKEN}/")
    browser().post(path, NAMES | {"password": planted.PASSWORD})
    browser().get(path)
    told = "".join([*capsys.readouterr(), caplog.text])
    for secret in (planted.TOKEN, planted.PASSWORD, path.split(".")[1].strip("/")):
        assert secret not in told
