"""Signing in as people do it: joining, a second factor, a forgotten password, a passkey; every page accessible."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import running, steps
from tests.journeys.newcomer import FIRST, Person, code, invite, join, open_member, owner_of
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

_SECOND: Final = "nine quiet harbours in May"
_KEY: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with running.installation(["bamboohr"], people=10) as made:
        yield made


@pytest.fixture(scope="module", params=["en", "fr"])
def person(request: pytest.FixtureRequest, place: Installation, chromium: Browser) -> Iterator[Person]:
    made = Person(chromium, place, request.param)
    with owner_of(made, chromium) as owner:
        invite(owner, made.email)
    join(made)
    yield made
    made.window.context.close()


def test_s63_an_invited_person_joins_by_the_mail_and_is_told_what_is_next(person: Person) -> None:
    person.sign_in()
    person.look("my details")
    assert person.faults() == []


def test_a_second_factor_is_set_up_at_once_and_asked_for_at_the_next_sign_in(person: Person) -> None:
    page = person.page
    person.sign_out()
    person.sign_in()
    page.goto("/account/2fa/")
    person.look("second factor off")
    page.locator("a[href$='/totp/activate/']").click()
    page.wait_for_url("**/totp/activate/")  # and not the page that asks for the password once more
    page.locator("[name=code]").fill("000000")
    person.press()
    expect(page.locator(".errors")).to_be_visible()
    person.look("set up, wrong code")
    secret = page.locator("#authenticator_secret").input_value()
    used = code(secret)
    page.locator("[name=code]").fill(used)
    person.press("**/recovery-codes/")
    expect(page.locator("#recovery_codes")).to_have_value(re.compile(r"^\w{8}(\n\w{8}){9}$"))
    person.look("recovery codes")
    page.goto("/account/2fa/recovery-codes/generate/")
    person.look("new recovery codes")
    page.goto("/account/2fa/")
    person.look("second factor on")
    person.sign_out()

    person.sign_in("**/2fa/authenticate/**")
    person.look("second step")
    page.locator("[name=code]").fill("000000")
    person.press()
    expect(page.locator(".errors")).to_be_visible()
    person.look("second step, wrong code")
    while (now := code(secret)) == used:  # each code works once
        page.wait_for_timeout(500)
    page.locator("[name=code]").fill(now)
    person.press("**/me/")
    page.goto("/account/2fa/totp/deactivate/")
    person.look("switch the app off")
    page.locator("main button.danger").click()
    page.wait_for_url("**/account/2fa/")
    assert person.faults() == []


def test_a_forgotten_password_is_set_anew_by_the_mail(person: Person) -> None:
    page = person.page
    person.sign_out()
    page.locator("main a[href*='/password/reset/']").click()
    person.look("forgotten")
    page.locator("[name=email]").fill(person.email)
    person.press("**/password/reset/done/")
    person.look("mail is on its way")
    link = person.link("/password/reset/key/")
    address = link.get_attribute("href")
    assert address
    link.click()
    page.locator("[name=password1]").wait_for()
    for name, value in {"password1": _SECOND, "password2": FIRST}.items():
        page.locator(f"[name={name}]").fill(value)
    person.press()
    expect(page.locator(".errors")).to_be_visible()
    person.look("two different passwords")
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill(_SECOND)
    person.press("**/key/done/")
    person.look("changed")
    page.goto(address)
    person.look("link used")
    person.sign_in("**/account/login/")
    expect(page.locator(".note.bad")).to_be_visible()
    person.look("wrong password")
    person.password = _SECOND
    person.sign_in()
    page.goto("/account/password/change/")
    person.look("change the password")
    page.goto("/account/sessions/")
    person.look("devices")
    page.goto("/me/mails/")
    person.look("my mails")
    assert person.faults() == []


def test_a_passkey_signs_in_without_a_password_until_it_is_removed(person: Person) -> None:
    page = person.page
    person.sign_out()
    person.sign_in()
    page.goto("/account/2fa/webauthn/")
    person.look("no keys")
    page.locator("main .bar a.primary").click()
    page.wait_for_url("**/webauthn/add/")
    browser = person.window.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    key = browser.send("WebAuthn.addVirtualAuthenticator", {"options": _KEY})["authenticatorId"]
    person.look("add a key")
    page.locator("[name=name]").fill("Nora’s <b>phone</b>")
    person.press("**/recovery-codes/")
    page.goto("/account/2fa/webauthn/")
    expect(page.locator("tbody th bdi")).to_have_text("Nora’s <b>phone</b>")
    person.look("keys")
    page.locator("tbody a[href$='/edit/']").click()
    person.look("rename a key")
    page.locator("[name=name]").fill("Laptop")
    person.press("**/webauthn/")
    person.sign_out()

    page.locator("#passkey_login").click()
    page.wait_for_url("**/me/")
    page.goto("/account/2fa/webauthn/")
    page.locator("tbody a[href$='/remove/']").click()
    person.look("remove a key")
    page.locator("main button.danger").click()
    page.wait_for_url("**/webauthn/")
    expect(page.locator("tbody")).to_have_count(0)
    person.sign_out()
    page.locator("#passkey_login").click()
    expect(page.locator("#messages .note.bad")).to_be_visible()
    person.look("a key that was removed")
    browser.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": _KEY})
    page.locator("#passkey_login").click()
    expect(page.locator("[data-passkey=NotAllowedError]")).to_be_visible()
    person.look("no key that fits")
    assert person.faults() == []


def test_an_invitation_that_no_longer_works_says_why_and_whom_to_ask(
    person: Person, chromium: Browser
) -> None:
    """Product decision 11 too: a suspended person is told so before they type anything."""
    page, email = person.page, f"olga.{person.language}@rollcall.example"
    person.sign_out()
    with owner_of(person, chromium) as owner:
        invite(owner, email)
        replaced = person.link("/join/", email).get_attribute("href")
        open_member(owner, email, "invited")
        owner.locator("main form[action$='/resend/'] button").last.click()
        newest = person.link("/join/", email, mails=2).get_attribute("href")
        assert replaced and newest and replaced != newest
        page.goto(replaced)
        person.look("replaced invitation")
        owner.locator("main a[href$='/suspend/']").first.click()
        owner.locator("main button.danger.primary").click()
        expect(owner.locator("main a[href$='/lift/']").first).to_be_visible()
        page.goto(newest)
        expect(page.locator("main input:not([type=hidden])")).to_have_count(0)
        person.look("suspended")
    page.goto(f"{newest[:-5]}/")
    person.look("broken link")
    assert person.faults() == []


def test_somebody_with_an_account_accepts_with_it_and_learns_when_no_entity_is_left(
    person: Person, chromium: Browser
) -> None:
    page = person.page
    person.sign_out()
    with owner_of(person, chromium) as owner:
        here = owner.locator("details.switch summary b").inner_text()
        other = owner.locator("details.switch button.item:not([aria-current])").first
        there = other.locator("bdi").first.text_content()
        assert there
        steps.look_at_entity(owner, there)
        invite(owner, person.email)
        link = person.link("/join/", mails=2).get_attribute("href")
        assert link
        page.goto(link)
        person.look("sign in first")
        page.locator("main a.primary").click()
        page.locator("[name=login]").fill(person.email)
        page.locator("[name=password]").fill(person.password)
        person.press("**/join/**")
        person.look("accept")
        person.press("**/welcome/")
        for entity in (here, there):
            steps.look_at_entity(owner, entity)
            open_member(owner, person.email, "active")
            address = owner.url
            owner.goto(f"{address}archive/")
            owner.locator("main button.danger.primary").click()
            owner.wait_for_url(address)
    person.sign_in("**/")
    expect(page.locator("main .halt")).to_be_visible()
    person.look("no entity left")
    assert person.faults() == []
