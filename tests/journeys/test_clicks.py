"""How many clicks the three commonest tasks take from sign-in, counted in a real browser."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import running, steps
from tests.journeys.browser import Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

TOOL: Final = "bamboohr"
_COUNT: Final = """
    addEventListener("pointerdown", (event) => event.isTrusted && window.countClick(), true);
    // Playwright chooses in a native list without opening it; a hand presses twice.
    addEventListener("change", (event) => event.target.matches("select") && (countClick(), countClick()), true);
"""


class Hand:
    """An owner's window that counts presses of the pointer."""

    def __init__(self, window: Window) -> None:
        self.window, self.page, self.clicks = window, window.page, 0
        window.context.expose_function("countClick", self._press)
        window.context.add_init_script(_COUNT)

    def _press(self) -> None:
        self.clicks += 1

    def count(self) -> int:
        """Return the clicks since the last question."""
        self.page.wait_for_timeout(100)  # the page tells about a click after it
        found, self.clicks = self.clicks, 0
        return found


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with running.installation([TOOL], people=40) as made:
        yield made


@pytest.fixture(scope="module")
def hand(place: Installation, chromium: Browser) -> Iterator[Hand]:
    window = Window(chromium, place.demo.origin)
    made = Hand(window)
    steps.sign_in(window, place.demo, "en")
    made.count()
    yield made
    window.context.close()


def test_a_filtered_sync_is_connected_and_applied_in_fourteen_clicks(place: Installation, hand: Hand) -> None:
    page = hand.page
    steps.go_to(page, steps.INTEGRATIONS)
    steps.connect(page, TOOL, place.demo.credentials[TOOL])
    page.locator(f'#tool-card a.primary[href="{steps.CONFIGURE}"]').click()
    steps.choose_offices(page, steps.OFFICES[:1])
    steps.save_and_apply(page)
    steps.confirm(page)
    assert 8 <= hand.count() <= 14


def test_d16_why_somebody_was_not_invited_is_found_in_three_clicks(place: Installation, hand: Hand) -> None:
    people = place.demo.control(TOOL, "people")["people"]
    elsewhere = next(
        one
        for one in people  # type: ignore[attr-defined] # JSON
        if one["work_location"] != steps.OFFICES[0] and one["status"] == "active" and one["work_email"]
    )
    page = hand.page
    page.goto(steps.MEMBERS)
    hand.count()
    steps.go_to(page, "/why/")
    page.locator("main [name=q]").fill(elsewhere["work_email"])
    page.locator("main [name=q]").press("Enter")
    page.wait_for_url("**/why/employee/**")
    expect(page.locator("main")).to_contain_text(elsewhere["work_location"])
    assert 1 <= hand.count() <= 3


def test_d12_everything_is_stopped_in_two_clicks(hand: Hand) -> None:
    page = hand.page
    page.goto(steps.MEMBERS)
    hand.count()
    steps.go_to(page, steps.INTEGRATIONS)
    page.locator('form[action$="/pause/"] button').click()
    expect(page.locator('form[action$="/resume/"] button')).to_be_visible()
    assert 1 <= hand.count() <= 2
