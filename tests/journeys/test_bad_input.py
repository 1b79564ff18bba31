"""What no page asks for: twice, back, both at once, too late, without a network. Nothing is done twice."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys import running, steps
from tests.journeys.browser import Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

TOOL: Final = "bamboohr"


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with running.installation([TOOL], people=40) as made:
        yield made


@pytest.fixture(scope="module")
def window(place: Installation, chromium: Browser) -> Iterator[Window]:
    found = Window(chromium, place.demo.origin)
    steps.sign_in(found, place.demo, "en")
    yield found
    found.context.close()


@pytest.fixture(scope="module")
def second(place: Installation, chromium: Browser) -> Iterator[Window]:
    """The same owner at another desk: what two admins at once are to the server."""
    found = Window(chromium, place.demo.origin)
    steps.sign_in(found, place.demo, "en")
    yield found
    found.context.close()


def _forget_session(window: Window) -> None:
    window.context.clear_cookies(name=re.compile("session"))


def test_an_expired_session_in_the_middle_of_the_dialog_comes_back_to_it(
    place: Installation, window: Window
) -> None:
    page = window.page
    steps.go_to(page, steps.INTEGRATIONS)
    steps.choose_tool(page, TOOL)
    steps.submit(page)
    _forget_session(window)
    steps.give(page, place.demo.credentials[TOOL])
    page.locator("[name=login]").fill(place.demo.email)
    page.locator("[name=password]").fill(place.demo.password)
    page.locator("main button.primary").click()
    page.wait_for_url(f"**/{TOOL}/connect/**")
    # What was typed is gone with the session; the page is there to type it again, and nothing was stored.
    if not page.locator("#key-api_key").count():
        steps.submit(page)
    steps.give(page, place.demo.credentials[TOOL])
    page.wait_for_url("**/connect/confirm/")


def test_a_double_click_on_the_dialogs_last_step_makes_one_connection(window: Window) -> None:
    page = window.page
    page.locator(steps.MAIN).dblclick()
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    steps.wait_for_first_read(page)
    page.goto("/settings/audit/")
    expect(page.locator("main")).to_contain_text("BambooHR")
    page.goto("/runs/")
    assert page.locator('main a[href^="/runs/"]').count() == 1


def test_back_after_the_dialogs_last_step_says_what_is_connected(window: Window) -> None:
    page = window.page
    page.goto(f"{steps.INTEGRATIONS}{TOOL}/connect/confirm/")
    expect(page.locator("main")).to_contain_text("BambooHR")
    assert page.locator("h1").count() == 1
    steps.go_to(page, steps.INTEGRATIONS)
    expect(page.locator("#tool-card section")).to_have_count(1)


def _preview(page: Page) -> str:
    page.goto(steps.CONFIGURE)
    steps.save_and_apply(page)
    return page.url


def test_two_admins_at_once_decide_once_and_the_second_is_told_who_was_first(
    window: Window, second: Window
) -> None:
    address = _preview(window.page)
    second.page.goto(address)
    for one in (window, second):
        if one.page.locator("#override").count():
            one.page.locator("#override").fill("The first time; looked through.")
    window.page.locator("button[name=decision][value=approve]").dblclick()
    expect(window.page.locator("main .note.ok")).to_be_visible(timeout=60_000)
    second.page.locator("button[name=decision][value=approve]").click()
    expect(second.page.locator("#messages .note, main .note").first).to_be_visible()
    expect(second.page.locator("main")).to_contain_text("Sofia Almeida")
    assert second.page.locator("button[name=decision]").count() == 0


def test_back_after_confirm_shows_what_was_decided_and_offers_no_button(window: Window) -> None:
    page = window.page
    before = page.url
    page.goto(steps.MEMBERS)
    page.go_back()
    assert page.url.split("?")[0] == before.split("?")[0]
    assert page.locator("button[name=decision]").count() == 0
    expect(page.locator("main")).to_contain_text("Sofia Almeida")


def test_everybody_was_invited_once(place: Installation, window: Window) -> None:
    page = window.page
    page.goto("/demo/mail/")
    page.wait_for_timeout(1_000)
    page.reload()
    sent = page.locator("article:has(a[href*='/join/']) .who span bdi").all_inner_texts()
    assert len(sent) == len(set(sent)) > 10


def test_a_preview_that_another_has_replaced_leads_to_the_newer_one(window: Window, second: Window) -> None:
    old = _preview(second.page)
    new = _preview(window.page)
    assert old != new
    second.page.goto(old)
    assert second.page.locator("button[name=decision][value=approve]").count() == 0
    second.page.locator(
        f'main a[href="{new.split("localhost")[1].split("/", 1)[1].join(["/", ""])}"]'
    ).first.click()
    expect(second.page.locator("h1")).to_be_visible()


def test_a_lost_network_during_progress_is_said_and_goes_away(place: Installation, window: Window) -> None:
    page = window.page
    place.demo.control(TOOL, "faults", {"on": {"id": "T7", "mode": "seconds", "seconds": 9, "times": 1}})
    steps.go_to(page, steps.INTEGRATIONS)
    page.locator('form[action$="/sync/"] button').click()
    expect(page.locator("#tool-card progress")).to_be_visible()

    def lost(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/status/**", lost)
    expect(page.locator("#lost-connection, [data-lost]:not([hidden])").first).to_be_visible(timeout=20_000)
    page.unroute("**/status/**", lost)
    expect(page.locator('form[action$="/sync/"] button')).to_be_enabled(timeout=60_000)
    expect(page.locator("#lost-connection, [data-lost]:not([hidden])")).to_have_count(0)
    window.said.clear()  # a lost network is said on the console too
