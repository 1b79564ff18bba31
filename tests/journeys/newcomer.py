"""Somebody who is invited and joins, and what the owner does for them; they look hard at every page on the way."""

import base64
import contextlib
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys import steps
from tests.journeys.browser import Look, Window
from tests.journeys.running import Installation

FIRST: Final = "seven green lanterns at noon"
_LOOKS: Final[tuple[Look, ...]] = (("light", 1280), ("dark", 390))
_CODE_LIVES: Final = 30  # seconds
_MAIL: Final = 30  # seconds


class Person:
    """Somebody whom the owner invites, in a browser of their own, in one language."""

    def __init__(self, browser: Browser, place: Installation, language: str) -> None:
        self.window = Window(browser, place.demo.origin)
        self.page, self.place, self.language = self.window.page, place, language
        self.email = f"nora.{language}@rollcall.example"
        self.password = FIRST
        self.found: list[str] = []

    def look(self, name: str) -> None:
        """Judge the page as it stands; `name` says where on the way it is."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        self.found += [f"{name}: {fault}" for fault in self.window.faults(_LOOKS)]
        self.window.said.clear()

    def faults(self) -> list[str]:
        """Return what was found since the last question."""
        found, self.found = self.found, []
        return found

    def press(self, address: str = "") -> None:
        """Press the page's main button and arrive."""
        self.page.locator("main button.primary").click()
        if address:
            self.page.wait_for_url(address)

    def speak(self) -> None:
        """Choose the language at the foot of the sign-in page."""
        self.page.goto("/account/login/")
        self.page.locator(f'button[name=language][value="{self.language}"]').click()

    def sign_in(self, address: str = "**/me/") -> None:
        """With e-mail and password."""
        self.page.goto("/account/login/")
        self.page.locator("[name=login]").fill(self.email)
        self.page.locator("[name=password]").fill(self.password)
        self.press(address)

    def sign_out(self) -> None:
        """By the page that asks."""
        self.page.goto("/account/logout/")
        self.press("**/account/login/**")

    def link(self, part: str, email: str = "", mails: int = 1) -> Locator:
        """Wait until so many mails with a link of this kind are there, and return the newest one's link."""
        until = time.monotonic() + _MAIL
        while time.monotonic() < until:
            self.page.goto("/demo/mail/")
            theirs = self.page.locator("article").filter(has_text=email or self.email)
            found = theirs.filter(has=self.page.locator(f"a[href*='{part}']"))
            if found.count() >= mails:
                return found.first.locator(f"a[href*='{part}']").first
            self.page.wait_for_timeout(500)
        raise AssertionError(f"no mail with {part} has come")


def code(secret: str) -> str:
    """What an authenticator app shows now for this key (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // _CODE_LIVES)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@contextlib.contextmanager
def owner_of(person: Person, browser: Browser) -> Iterator[Page]:
    """The owner's own browser."""
    owner = Window(browser, person.place.demo.origin)
    steps.sign_in(owner, person.place.demo, person.language)
    yield owner.page
    owner.context.close()


def invite(page: Page, email: str) -> None:
    """The owner sends an invitation by hand."""
    page.goto("/members/invite/")
    for name, value in {"first_name": "Nora", "last_name": "Ek", "email": email}.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main form.form button.primary").click()
    expect(page.locator("#messages .note.ok")).to_be_visible()


def open_member(page: Page, email: str, state: str) -> None:
    """The owner opens the page of one member."""
    steps.members(page, state, search=email)
    page.locator("tbody a[href*='/members/']").first.click()
    page.wait_for_url("**/members/*/")


def join(person: Person) -> None:
    """From the mail to the page that says welcome; the used link afterwards."""
    page = person.page
    person.speak()
    person.look("sign in")
    link = person.link("/join/")
    link.click()
    page.wait_for_url("**/join/**")
    used = page.url
    person.look("join")
    page.locator("[name=password]").fill("12345")
    person.press()
    expect(page.locator(".errors")).to_be_visible()
    person.look("join, weak password")
    page.locator("[name=password]").fill(person.password)
    person.press("**/welcome/")
    person.look("welcome")
    person.sign_out()
    page.goto(used)
    expect(page.locator("main .halt a.primary")).to_have_attribute("href", "/account/login/")
    person.look("used invitation")
