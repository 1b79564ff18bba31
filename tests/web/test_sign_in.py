"""Signing in, a new password, the second factor: whole ways, in the browser's steps, and their errors."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from rollcall.accounts.access import acting_for
from rollcall.accounts.adapter import SESSION_SIGNED_IN
from rollcall.accounts.models import Grant, User
from rollcall.directory.models import Member
from tests.web.crew import PASSWORD, Crew, browser, crew, invited

pytestmark = pytest.mark.django_db

OLD = "a good long password"
ALICE = "alice@rollcall.example"


@pytest.fixture
def here() -> Crew:
    return crew()


def sign_in(client: Client, email: str = ALICE, password: str = OLD) -> Any:
    return client.post("/account/login/", {"login": email, "password": password})


def page(answer: Any) -> str:
    return str(answer.content.decode())


def the_mail() -> EmailMultiAlternatives:
    (found,) = mail.outbox
    assert isinstance(found, EmailMultiAlternatives)
    return found


def code_for(secret: str) -> str:
    """What the app on the phone shows now."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


@pytest.mark.parametrize(("language", "words"), [("en", "do not match"), ("fr", "ne correspondent pas")])
@pytest.mark.parametrize("email", [ALICE, "nobody@rollcall.example"])
def test_a_wrong_password_says_what_to_check_and_not_who_has_an_account(
    here: Crew, email: str, language: str, words: str
) -> None:
    client = browser()
    client.cookies["django_language"] = language
    assert words in page(sign_in(client, email, "wrong"))


def test_whoever_guesses_has_to_wait_and_learns_how_to_go_on(here: Crew) -> None:
    client = browser()
    for _ in range(5):
        sign_in(client, password="wrong")
    answer = page(sign_in(client))
    assert "Wait five minutes, or set a new password" in answer
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_anew_by_mail(here: Crew, settings: Any) -> None:
    settings.ROLLCALL_URL = "https://rollcall.example"
    client = browser()
    assert "/account/password/reset/" in page(client.get("/account/login/"))
    sent = client.post("/account/password/reset/", {"email": ALICE}, follow=True)
    assert "Check your mailbox" in page(sent)
    built = the_mail()
    found = re.search(r"https://rollcall\.example(/account/password/reset/key/\S+)", str(built.body))
    assert found is not None and found[0] in str(built.alternatives[0][0])
    form = client.get(found[1], follow=True)
    assert "Choose a new password" in page(form)
    refused = client.post(form.redirect_chain[-1][0], {"password1": "short", "password2": "short"})
    assert "at least 10" in page(refused)
    done = client.post(
        form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}, follow=True
    )
    assert "Your password is changed" in page(done)
    assert sign_in(browser()).status_code == 200, "the old one is refused"
    assert sign_in(browser(), password=PASSWORD).headers["Location"] == "/"
    spent = browser().get(found[1], follow=True)
    assert "This link no longer works" in page(spent) and "Send me a new link" in page(spent)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No mail could be sent"), ("fr", "Aucun e-mail n’a pu être envoyé")]
)
@pytest.mark.parametrize("email", [ALICE, "nobody@rollcall.example"])
def test_a_mail_server_that_is_down_is_said_plainly_whoever_asks(
    here: Crew, settings: Any, email: str, language: str, words: str
) -> None:
    """Port 1 of this machine is closed."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client = browser()
    client.cookies["django_language"] = language
    answer = client.post("/account/password/reset/", {"email": email}, follow=True)
    assert answer.status_code == 503 and words in page(answer)
    assert "/account/password/reset/" in page(answer), "the way to try again"


def test_an_unknown_address_gets_the_same_page_and_a_mail_that_says_so(here: Crew) -> None:
    answer = browser().post("/account/password/reset/", {"email": "who@rollcall.example"}, follow=True)
    assert "Check your mailbox" in page(answer)
    assert "no Rollcall account with this address" in the_mail().body
    assert "/signup/" not in the_mail().body


def test_the_mail_for_a_new_password_is_in_the_language_of_its_reader(here: Crew) -> None:
    User.objects.filter(email=ALICE).update(language="fr")
    browser().post("/account/password/reset/", {"email": ALICE})
    assert the_mail().subject == "Définir un nouveau mot de passe pour Rollcall"
    assert 'lang="fr"' in str(the_mail().alternatives[0][0])


@pytest.mark.thorough
def test_a_second_factor_from_setting_up_to_signing_in_with_a_recovery_code(here: Crew) -> None:
    client = browser()
    sign_in(client)
    start = page(client.get("/account/2fa/totp/activate/"))
    found = re.search(r'id="authenticator_secret" value="(\w+)"', start)
    assert found is not None and "data:image/svg+xml" in start
    wrong = client.post("/account/2fa/totp/activate/", {"code": "000000"})
    assert "That code is not right" in page(wrong)
    again = re.search(r'id="authenticator_secret" value="(\w+)"', page(wrong))
    assert again is not None
    client.post("/account/2fa/totp/activate/", {"code": code_for(again[1])})
    codes = re.findall(
        r"^(?:.*>)?([0-9a-f]{8})\b", page(client.get("/account/2fa/recovery-codes/")), re.MULTILINE
    )
    assert len(codes) == 10 and "Recovery codes" in page(client.get("/account/2fa/"))
    other = browser()
    assert sign_in(other).headers["Location"].startswith("/account/2fa/authenticate/")
    assert other.get("/members/").status_code == 302, "the password alone opens nothing"
    asked = page(other.get("/account/2fa/authenticate/"))
    assert "Second step" in asked and "recovery code works too" in asked
    assert "That code is not right" in page(other.post("/account/2fa/authenticate/", {"code": "123456"}))
    assert other.post("/account/2fa/authenticate/", {"code": codes[0]}).headers["Location"] == "/"
    assert other.get("/members/").status_code == 200
    third = browser()
    sign_in(third)
    assert "not right" in page(third.post("/account/2fa/authenticate/", {"code": codes[0]})), "used up"


def signed_in_ago(client: Client, seconds: float) -> None:
    """Move the sign-in of this session into the past."""
    session = client.session
    session[SESSION_SIGNED_IN] = time.time() - seconds
    session.save()


SENSITIVE = ("/account/2fa/totp/activate/", "/account/2fa/webauthn/add/")


@pytest.mark.parametrize("address", SENSITIVE)
def test_whoever_has_just_signed_in_is_not_asked_again(here: Crew, address: str) -> None:
    client = browser()
    sign_in(client)
    assert client.get(address).status_code == 200
    signed_in_ago(client, 290)
    assert client.get(address).status_code == 200
    signed_in_ago(client, 310)
    assert "Is it still you?" in page(client.get(address, follow=True))


def test_whoever_has_just_joined_is_not_asked_again(here: Crew) -> None:
    _, path = invited(here.two.alice_entity)
    client = browser()
    client.post(path, {"first_name": "Nora", "last_name": "Ek", "password": PASSWORD})
    assert client.get(SENSITIVE[0]).status_code == 200


def test_the_password_alone_counts_for_nothing_while_the_code_is_missing(here: Crew) -> None:
    first = browser()
    sign_in(first)
    secret = re.search(r'id="authenticator_secret" value="(\w+)"', page(first.get(SENSITIVE[0])))
    assert secret is not None
    first.post(SENSITIVE[0], {"code": code_for(secret[1])})
    half = browser()
    sign_in(half)
    assert SESSION_SIGNED_IN not in half.session
    assert half.get("/account/2fa/").headers["Location"].startswith("/account/login/")


def test_changes_of_the_sign_in_ask_for_the_password_once_more(here: Crew) -> None:
    client = browser()
    sign_in(client)
    signed_in_ago(client, 310)
    asked = client.get("/account/2fa/totp/activate/", follow=True)
    assert "Is it still you?" in page(asked)
    address = asked.redirect_chain[-1][0]
    assert "That is not your password" in page(client.post(address, {"password": "wrong"}))
    assert client.post(address, {"password": OLD}).headers["Location"] == "/account/2fa/totp/activate/"


def test_a_changed_password_signs_other_devices_out(here: Crew) -> None:
    here_now, elsewhere = browser(), browser()
    sign_in(here_now)
    sign_in(elsewhere)
    wrong = here_now.post(
        "/account/password/change/", {"oldpassword": "wrong", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert "not your current password" in page(wrong)
    here_now.post(
        "/account/password/change/", {"oldpassword": OLD, "password1": PASSWORD, "password2": PASSWORD}
    )
    assert here_now.get("/me/").status_code == 200 and elsewhere.get("/me/").status_code == 302


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5) Version/18.0 Safari/605.1", "Safari on macOS"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("<b>curl</b>", "Unknown program"),
    ],
)
def test_a_device_is_named_as_people_call_it(here: Crew, agent: str, words: str) -> None:
    client = Client(headers={"user-agent": agent})
    sign_in(client)
    answer = page(client.get("/account/sessions/"))
    assert words in answer and "This device" in answer and agent not in answer


def test_other_devices_are_signed_out_by_one_button(here: Crew) -> None:
    here_now, elsewhere = browser(), browser()
    sign_in(here_now)
    assert "other device" not in page(here_now.get("/account/sessions/")).partition("<main")[2]
    sign_in(elsewhere)
    elsewhere.get("/me/")
    assert "Sign out 1 other device" in page(here_now.get("/account/sessions/"))
    done = here_now.post("/account/sessions/", follow=True)
    assert "Your other devices are signed out" in page(done)
    assert here_now.get("/me/").status_code == 200 and elsewhere.get("/me/").status_code == 302


def test_somebody_whose_last_entity_is_gone_is_told_so(here: Crew) -> None:
    client = browser()
    with acting_for(here.two.alice_company.pk):
        Grant.objects.filter(user=here.two.alice).delete()
    sign_in(client)
    answer = client.get("/")
    assert answer.status_code == 403 and "not a member of any entity" in page(answer)


def test_nobody_joins_by_signing_up(here: Crew) -> None:
    """S63"""
    assert "Joining is by invitation" in page(browser().get("/account/signup/"))


@pytest.mark.parametrize(("language", "words"), [("en", "suspended it"), ("fr", "suspen")])
def test_a_suspended_invitation_says_so_at_once(here: Crew, language: str, words: str) -> None:
    """Product decision 11: the brake holds, and the person learns whom to ask."""
    member, path = invited(here.two.alice_entity)
    with acting_for(member.company_id):
        Member.objects.filter(pk=member.pk).update(suspended_at=member.created_at)
    client = browser()
    client.cookies["django_language"] = language
    for answer in (client.get(path), client.post(path, {"password": PASSWORD})):
        assert answer.status_code == 410 and words in page(answer)
    assert not User.objects.filter(email=member.email).exists()


SIGNED_OUT = (
    "login",
    "password/reset",
    "password/reset/done",
    "password/reset/key/x-y",
    "signup",
    "inactive",
)
SIGNED_IN = (
    "2fa",
    "2fa/totp/activate",
    "2fa/webauthn",
    "2fa/webauthn/add",
    "password/change",
    "sessions",
    "logout",
    "reauthenticate",
)


@pytest.mark.thorough
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_of_the_sign_in_is_ours_with_one_heading(here: Crew, language: str) -> None:
    inside = browser()
    sign_in(inside)
    for client, names in ((browser(), SIGNED_OUT), (inside, SIGNED_IN)):
        client.cookies["django_language"] = language
        for name in names:
            answer = client.get(f"/account/{name}/", follow=True)
            text = page(answer)
            assert answer.status_code == 200 and text.count("<h1") == 1, name
            assert f'lang="{language}"' in text and "web/tokens.css" in text and "style=" not in text, name
