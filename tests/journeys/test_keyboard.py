"""From sign-in to a confirmed preview with the keyboard alone: nothing is clicked, nothing is reached by a script."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import running, steps
from tests.journeys.browser import Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

TOOL: Final = "personio"
_FAR: Final = 150


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with running.installation([TOOL], people=40) as made:
        yield made


@pytest.fixture
def window(place: Installation, chromium: Browser) -> Iterator[Window]:
    found = Window(chromium, place.demo.origin)
    yield found
    found.context.close()


class Keys:
    """Hands on the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, selector: str) -> None:
        """Press Tab until the element has the focus, and can be seen to have it."""
        for _ in range(_FAR):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                ring = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                inside = self.page.evaluate(
                    "document.activeElement.closest('label, .opt') !== null"
                    " || document.activeElement.matches('input, select')"
                )
                assert ring != "none" or inside, f"{selector} has the focus and does not show it"
                return
        raise AssertionError(f"{_FAR} presses of Tab on {self.page.url} did not reach {selector}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Reach the element and press a key on it."""
        self.reach(selector)
        self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        """Reach the input and type."""
        self.reach(selector)
        self.page.keyboard.type(text)


def test_s11_s30_s39_s41_an_owner_signs_in_connects_chooses_and_confirms_by_keyboard(
    place: Installation, window: Window
) -> None:
    page, keys = window.page, Keys(window.page)
    page.goto("/")
    keys.write("[name=login]", place.demo.email)
    keys.write("[name=password]", place.demo.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{steps.MEMBERS}")
    keys.press(f'nav a[href="{steps.INTEGRATIONS}"]')
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    keys.press(f'#gallery a[href="{steps.INTEGRATIONS}{TOOL}/connect/"]')
    page.wait_for_url("**/connect/")
    keys.press(steps.MAIN)
    page.wait_for_url("**/connect/access/**")
    for name, value in place.demo.credentials[TOOL].items():
        keys.write(f"#key-{name}", value)
    keys.press(steps.MAIN)
    page.wait_for_url("**/connect/confirm/")
    keys.press(steps.MAIN)
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    steps.wait_for_first_read(page)
    keys.press(f'#tool-card a.primary[href="{steps.CONFIGURE}"]')
    page.wait_for_url(f"**{steps.CONFIGURE}")
    keys.reach("[name=scope]")
    page.keyboard.press("ArrowDown")  # from "All employees" to "Custom filter"
    page.locator("#c0-attribute").wait_for()
    steps.settle(page)
    keys.reach("#c0-attribute")
    words = page.locator("#c0-attribute option[value=work_location]").inner_text()
    office = f'[name=c0-value][value="{steps.OFFICES[0]}"]'
    # the values come with an answer of their own, which closes what was opened before it
    with page.expect_response(lambda answer: answer.url.endswith(steps.CONFIGURE)):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.locator(office).wait_for(state="attached")
    steps.settle(page)
    if not page.locator(office).is_visible():
        keys.press("#c0-drop > summary")
    keys.press(office, "Space")
    steps.counted(page)
    keys.press("button[name=op][value=save]")
    page.wait_for_url(re.compile(r"/plan/\d+/"))
    if page.locator("#override").count():
        keys.write("#override", "The first time; looked through.")
    keys.press("button[name=decision][value=approve]")
    expect(page.locator("main .note.ok")).to_be_visible(timeout=60_000)
    assert window.said == []
