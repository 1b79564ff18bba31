"""Every HR tool of the article is connected in a real browser, from the gallery to its card, in English and French.

All stand-ins are small companies in this process, and one installation serves all walks. Each walk ends by
disconnecting: an entity has one HR tool at a time.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import running, steps
from tests.journeys.browser import NARROW, Look, Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

PEOPLE: Final = 10
# The walk through the article looks at these pages in every theme and width; here it is each tool's own texts.
LOOKS: Final[tuple[Look, ...]] = (("light", NARROW),)
TYPED: Final[Mapping[str, tuple[str, ...]]] = {
    "bamboohr": ("subdomain", "api_key"),
    "deel": ("api_token",),
    "hibob": ("service_user_id", "service_user_token"),
    "lucca": ("address", "api_key"),
    "personio": ("subdomain", "client_id", "client_secret"),
    "workday": ("rest_endpoint", "username", "password"),
}
"""What an admin copies into the dialog. At PayFit nothing is copied."""

SIGNING_IN: Final = "payfit"
TOOLS: Final = (*TYPED, SIGNING_IN)
SHOWN: Final[Mapping[str, str]] = {
    "hibob": "People’s data > Basic info: view",
    "workday": "Person Data: Work Contact Information, Person Data: Work Email (Get)",
}
"""Exact permissions that the article wants in the dialog (S18, S19)."""


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with running.installation(TOOLS, people=PEOPLE, signing_in=(SIGNING_IN,)) as made:
        yield made


@pytest.fixture(scope="module")
def windows(place: Installation, chromium: Browser) -> Iterator[dict[str, Window]]:
    """A browser of the owner's for each language, made when it is first asked for."""
    found: dict[str, Window] = {}
    yield found
    for one in found.values():
        one.context.close()


class Walk:
    """One tool's way through the dialog, in one language."""

    def __init__(self, place: Installation, window: Window, language: str, tool: str) -> None:
        self.place, self.window, self.page = place, window, window.page
        self.language, self.tool = language, tool

    def look(self) -> None:
        """The page is in the right language, accessible, in its place and quiet, wide and narrow."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        assert self.window.faults(LOOKS) == []

    def to_access(self) -> None:
        """From the gallery over the data that will be read to the tool's own steps (S10-S13, S15)."""
        steps.go_to(self.page, steps.INTEGRATIONS)
        steps.choose_tool(self.page, self.tool)
        assert self.page.locator("tbody tr").count() >= 7
        self.look()
        steps.submit(self.page)
        self.page.wait_for_url("**/connect/access/**")
        assert self.page.locator("ol.how li").count() >= 3
        self.look()

    def type(self) -> None:
        """Fill in what this tool asks for, and test it."""
        held = self.place.hr.credentials(self.tool)
        steps.give(self.page, {name: held[name] for name in TYPED[self.tool]})

    def to_card(self) -> None:
        """From the page that says what was seen to the card after the first read (S14, S24-S28)."""
        self.page.wait_for_url("**/connect/confirm/")
        expect(self.page.locator("main .note.ok")).to_be_visible()
        self.look()
        steps.submit(self.page)
        self.page.wait_for_url(f"**{steps.INTEGRATIONS}")
        steps.wait_for_first_read(self.page)
        expect(self.page.locator("#tool-card .chip.warn")).to_be_visible()
        assert steps.number(self.page.locator("#tool-card .note.warn b")) > PEOPLE / 2
        self.look()

    def leave(self) -> None:
        """Disconnect, so that another tool can be connected."""
        steps.ask_to_disconnect(self.page)
        steps.submit(self.page)
        self.page.wait_for_url(f"**{steps.INTEGRATIONS}")
        expect(self.page.locator("#tool-card section")).to_have_count(0)


@pytest.fixture
def walk(
    request: pytest.FixtureRequest, place: Installation, windows: dict[str, Window], chromium: Browser
) -> Walk:
    language, tool = request.param
    if language not in windows:
        windows[language] = Window(chromium, place.demo.origin)
        steps.sign_in(windows[language], place.demo, language)
    return Walk(place, windows[language], language, tool)


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "personio"), id="S16-personio-en"),
        pytest.param(("en", "bamboohr"), id="S17-bamboohr-en"),
        pytest.param(("en", "hibob"), id="S18-hibob-en"),
        pytest.param(("en", "workday"), id="S19-workday-en"),
        pytest.param(("en", "deel"), id="S20-deel-en"),
        pytest.param(("en", "lucca"), id="S22-lucca-en"),
        pytest.param(("fr", "hibob"), id="S18-hibob-fr"),
    ],
    indirect=True,
)
def test_an_admin_connects_the_tool_with_what_its_steps_told_them_to_copy(walk: Walk) -> None:
    walk.to_access()
    inputs = {one.get_attribute("name") for one in walk.page.locator("[id^=key-][name]").all()}
    assert set(TYPED[walk.tool]) <= inputs
    if walk.language == "en" and walk.tool in SHOWN:
        expect(walk.page.locator("main")).to_contain_text(SHOWN[walk.tool])
    walk.type()
    walk.to_card()
    walk.leave()


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", SIGNING_IN), id="S21-payfit-en"),
        pytest.param(("fr", SIGNING_IN), id="S21-payfit-fr"),
    ],
    indirect=True,
)
def test_an_admin_connects_the_tool_by_signing_in_there_and_copies_nothing(walk: Walk) -> None:
    """Out to PayFit and back, with a real redirect between two origins."""
    walk.to_access()
    expect(walk.page.locator("#key-api_key")).to_be_hidden()
    walk.page.locator(f'main a.primary[href^="{steps.INTEGRATIONS}{SIGNING_IN}/connect/authorise/"]').click()
    walk.to_card()
    seen = [one["path"] for one in walk.place.demo.control(SIGNING_IN, "requests")["requests"]]  # type: ignore[attr-defined] # JSON
    assert "/authorize" in seen
    assert "/token" in seen
    walk.leave()
