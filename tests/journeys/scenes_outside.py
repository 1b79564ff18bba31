"""Pictures of what people see who are not inside yet, or not any more: signing in, joining, errors, mails."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Final

from playwright.sync_api import Page

from tests.journeys import steps
from tests.journeys.camera import Story

_FIRST: Final = "seven green lanterns at noon"
_SECOND: Final = "nine quiet harbours in May"
_GUESSES: Final = 6
_TOO_MANY_FIELDS: Final = """() => {
    const form = document.querySelector("main form");
    for (let n = 0; n < 1100; n++) form.append(Object.assign(document.createElement("input"), {name: "n" + n}));
    form.noValidate = true;
    form.submit();
}"""


def signing_in(story: Story) -> None:
    """Before anybody has said who they are."""
    page = story.page
    page.goto("/")
    page.locator(f'button[name=language][value="{story.language}"]').click()
    story.shoot("sign in")
    _sign_in(page, f"nobody.{story.language}@acme.example", "wrong")
    story.shoot("sign in wrong")
    story.visit("/account/signup/", "sign up closed")
    story.visit("/account/password/reset/", "password forgotten")
    story.visit("/account/password/reset/key/1-abc-0/", "password link spent")
    story.visit("/join/not-a-link/", "join broken link")
    steps.sign_in(story.window, story.demo, story.language)
    steps.look_at_entity(page, story.entity)


def joining(story: Story) -> None:
    """A member from the invitation to their details, a new password, a second factor, and a page not for them."""
    addresses = _invited(story)
    with story.someone_else():
        page = story.page
        story.visit("/demo/mail/", "mail")
        theirs = steps.open_invitation(story.window, addresses)
        link = page.url
        story.shoot("join")
        page.locator("[name=password]").fill("12345")
        page.locator("main button.primary").click()
        story.shoot("join weak password")
        page.locator("[name=password]").fill(_FIRST)
        page.locator("main button.primary").click()
        page.wait_for_url("**/welcome/")
        story.shoot("welcome")
        story.visit("/me/", "my details")
        story.visit("/me/mails/", "my mails member")
        story.visit(steps.INTEGRATIONS, "not for your role")
        _second_factor(story)
        _sign_out(page)
        story.visit(link, "join spent link")
        _forgotten(story, theirs)
        page.goto("/account/login/")
        _sign_in(page, theirs, _SECOND)
        page.wait_for_url("**/2fa/authenticate/**")
        story.shoot("second step")


def errors(story: Story) -> None:
    """Pages for what should not happen; the one for a fault of our own (500) nobody can bring about."""
    with story.someone_else():
        page = story.page
        story.visit("/nowhere/", "not found")
        page.goto("/account/login/")
        story.window.context.clear_cookies()
        _sign_in(page, "nobody@acme.example", "wrong")
        story.shoot("page open too long")
        page.goto("/account/login/")
        page.evaluate(_TOO_MANY_FIELDS)
        page.wait_for_load_state()
        story.shoot("not understood")
        for _ in range(_GUESSES):
            page.goto("/account/password/reset/")
            page.locator("[name=email]").fill(f"guess.{story.language}@acme.example")
            page.locator("main button.primary").click()
            page.wait_for_load_state()
        story.shoot("too many tries")


def mails(story: Story) -> None:
    """Every mail, and the parts of the design."""
    page = story.page
    page.goto("/demo/mails/")
    links = page.locator(f'.mail-kinds a[lang="{story.language}"]').all()
    addresses = [str(one.get_attribute("href")) for one in links]
    for number, address in enumerate(addresses, 1):
        story.visit(f"/demo/mails/{address}", f"mail kind {number}")
    if story.language == "en":
        story.visit("/demo/parts/", "parts")


def _invited(story: Story) -> list[str]:
    """Return addresses of this entity's invited people, not those whom the other language's walk may choose."""
    steps.members(story.page, "invited", hr="managed")
    shown = story.page.locator("tbody .who span bdi").all_inner_texts()
    return [one for one in shown if (sum(one.encode()) % 2 == 0) is (story.language == "en")]


def _sign_in(page: Page, email: str, password: str) -> None:
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("main button.primary").click()
    page.wait_for_load_state()


def _sign_out(page: Page) -> None:
    page.goto("/account/logout/")
    page.locator('main form[action$="/logout/"] button').click()
    page.wait_for_load_state()


def _second_factor(story: Story) -> None:
    page = story.page
    story.visit("/account/2fa/", "second factor")
    page.goto("/account/2fa/totp/activate/")
    if "reauthenticate" in page.url:
        story.shoot("is it still you")
        page.locator("[name=password]").fill(_FIRST)
        page.locator("main button.primary").click()
        page.wait_for_url("**/totp/activate/**")
    story.shoot("set up the app")
    page.locator("[name=code]").fill(_digits(page.locator("#authenticator_secret").input_value()))
    page.locator("main form.form button.primary").click()
    page.wait_for_load_state()
    story.visit("/account/2fa/", "second factor on")
    story.visit("/account/2fa/recovery-codes/", "recovery codes")
    story.visit("/account/2fa/recovery-codes/generate/", "new recovery codes")
    story.visit("/account/2fa/webauthn/", "passkeys")


def _forgotten(story: Story, theirs: str) -> None:
    page = story.page
    page.goto("/account/password/reset/")
    page.locator("[name=email]").fill(theirs)
    page.locator("main button.primary").click()
    page.wait_for_load_state()
    story.shoot("password link sent")
    page.goto("/demo/mail/")
    page.locator("article a[href*='/password/reset/key/']").first.click()
    page.locator("[type=password]").first.wait_for()
    story.shoot("choose a new password")
    for box in page.locator("[type=password]").all():
        box.fill(_SECOND)
    page.locator("main button.primary").click()
    page.wait_for_load_state()
    story.shoot("password changed")


def _digits(secret: str) -> str:
    """What an authenticator app shows now for this secret (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    found = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = found[-1] & 15
    return f"{(struct.unpack('>I', found[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
