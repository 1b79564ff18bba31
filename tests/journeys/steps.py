"""What people do in the pages, step by step; found by addresses, names and roles, so the same in every language."""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import Window
from tests.journeys.running import Demo

INTEGRATIONS: Final = "/settings/integrations/"
CONFIGURE: Final = f"{INTEGRATIONS}configure/"
MEMBERS: Final = "/members/"
OFFICES: Final = ("Paris", "Lyon")
SECRET: Final = {"bamboohr": "api_key", "personio": "client_secret"}
MAIN: Final = "main form.foot button.primary, main .foot button.primary"
_LONG: Final = 60_000  # milliseconds; for a whole read or a whole plan on a busy machine


def number(place: Locator) -> int:
    """The first number in a text, whatever separates its thousands."""
    found = re.search(r"\d[\d\s.,\u202f]*", place.first.inner_text())
    assert found, "there is no number"
    return int(re.sub(r"\D", "", found[0]))


def sign_in(window: Window, demo: Demo, language: str) -> None:
    """Choose the language of the sign-in page and sign in as the owner."""
    page = window.page
    page.goto("/")
    page.locator(f'button[name=language][value="{language}"]').click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("[name=login]").fill(demo.email)
    page.locator("[name=password]").fill(demo.password)
    page.locator("main button.primary").click()
    page.wait_for_url(f"**{MEMBERS}")
    # Signing in keeps the language that was chosen.
    expect(page.locator("html")).to_have_attribute("lang", language)


def look_at_entity(page: Page, name: str) -> None:
    """Change to another of the owner's entities."""
    page.locator("details.switch summary").click()
    page.locator("details.switch button.item", has_text=name).click()
    expect(page.locator("details.switch summary")).to_contain_text(name)


def go_to(page: Page, address: str) -> None:
    """Use the navigation."""
    page.locator(f'nav a[href="{address}"]').click()
    page.wait_for_url(f"**{address}")


def choose_tool(page: Page, tool: str) -> None:
    """Press Connect on a tool of the gallery."""
    page.locator(f'#gallery a[href="{INTEGRATIONS}{tool}/connect/"]').click()


def submit(page: Page) -> None:
    """Press the page's main button."""
    page.locator(MAIN).click()


def give(page: Page, credentials: Mapping[str, str]) -> None:
    """Fill in credentials and test them."""
    for name, value in credentials.items():
        page.locator(f"#key-{name}").fill(value)
    submit(page)


def connect(page: Page, tool: str, credentials: Mapping[str, str]) -> None:
    """Through the whole dialog, until the first read is over."""
    choose_tool(page, tool)
    submit(page)
    give(page, credentials)
    page.wait_for_url("**/connect/confirm/")
    submit(page)
    page.wait_for_url(f"**{INTEGRATIONS}")
    wait_for_first_read(page)


def wait_for_first_read(page: Page) -> None:
    """Watch the card until it asks for an action, without reloading."""
    expect(page.locator(f'#tool-card a.primary[href="{CONFIGURE}"]')).to_be_visible(timeout=_LONG)


def choose_offices(page: Page, offices: Sequence[str]) -> None:
    """A custom filter on the work location, with line managers, as a person clicks it together."""
    page.locator("#scope-filter").check()
    page.locator("#c0-attribute").wait_for()
    settle(page)
    page.locator("#c0-attribute").select_option("work_location")
    page.locator("[name=c0-value]").first.wait_for()
    settle(page)
    for office in offices:
        page.locator(f'[name=c0-value][value="{office}"]').check()
    page.locator("[name=include_managers]").check()


def settle(page: Page) -> None:
    """Wait until htmx has wired what it put in: some 20 ms, no time for people, long for a robot."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def counted(page: Page) -> int:
    """The live number of matching employees, once it stands still."""
    number_of = page.locator("#matching b.num")
    before, until = "", time.monotonic() + 10
    while (now := number_of.inner_text()) != before and time.monotonic() < until:
        before = now
        page.wait_for_timeout(400)
    return number(number_of)


def save_and_apply(page: Page) -> None:
    """From the settings to their preview."""
    page.locator("button[name=op][value=save]").click()
    page.wait_for_url(re.compile(r"/plan/\d+/"))


def groups(page: Page) -> dict[str, int]:
    """The preview's groups with their numbers."""
    found = {}
    for link in page.locator("nav.groups a").all():
        kind = re.search(r"kind=(\w+)", link.get_attribute("href") or "")
        assert kind
        found[kind[1]] = number(link.locator("b"))
    return found


def open_group(page: Page, kind: str) -> None:
    """Show one group of the preview."""
    page.locator(f'nav.groups a[href^="?kind={kind}"]').click()
    page.wait_for_url(re.compile(rf"kind={kind}\b"))


def confirm(page: Page) -> None:
    """Confirm the preview that is shown, with a reason where one is asked for, and wait until it is done."""
    if page.locator("#override").count():
        page.locator("#override").fill("The first time; looked through.")
    page.locator("button[name=decision][value=approve]").click()
    expect(page.locator("main .note.ok")).to_be_visible(timeout=_LONG)


def sync_now(page: Page) -> None:
    """Press Sync now and wait until the connection rests."""
    go_to(page, INTEGRATIONS)
    page.locator('form[action$="/sync/"] button').click()
    button = page.locator('form[action$="/sync/"] button')
    expect(button).to_be_enabled(timeout=_LONG)


def ask_to_disconnect(page: Page) -> None:
    """Open the card's menu and choose Disconnect."""
    page.locator("#tool-more").click()
    page.locator('#tool-card a[href$="/disconnect/"]').click()


def tabs(page: Page) -> dict[str, int]:
    """The tabs of the members' page with their numbers."""
    found = {}
    for link in page.locator("main nav.tabs a").all():
        state = re.search(r"state=(\w+)", link.get_attribute("href") or "")
        assert state
        found[state[1]] = number(link.locator(".num"))
    return found


def members(page: Page, state: str, search: str = "", hr: str = "") -> None:
    """Open a tab of the members' page, and search in it."""
    page.goto(f"{MEMBERS}?state={state}&q={search}&hr={hr}")


def open_invitation(window: Window, wanted: Collection[str] | None = None) -> str:
    """Follow the link of a mail to one of these addresses, or to anybody, who has no account yet.

    Returns the address. In a demonstration the two HR tools know some of the same people, so one who joined one entity
    is asked to sign in for the other.
    """
    page = window.page
    tried: set[str] = set()
    until = time.monotonic() + _LONG / 1000
    while time.monotonic() < until:
        page.goto("/demo/mail/")
        mails = page.locator("article:has(a[href*='/join/'])").all()
        found = {mail.locator(".who span bdi").inner_text(): mail for mail in mails}
        new = [one for one in found if one not in tried and (wanted is None or one in wanted)]
        if not new:
            page.wait_for_timeout(500)
            continue
        tried.add(new[0])
        found[new[0]].locator("a[href*='/join/']").first.click()
        page.wait_for_url("**/join/**")
        if page.locator("[name=password]").count():
            return new[0]
    raise AssertionError("no invitation has arrived for somebody without an account")
