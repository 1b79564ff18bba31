"""What the journeys rely on: a page that is not as it must be is noticed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.journeys.browser import NARROW, Window

pytestmark = pytest.mark.journey
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-hashes'"
_PAGE = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    found = Window(chromium, "http://localhost")
    yield found
    found.context.close()


def _open(window: Window, inside: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(
            body=_PAGE.format(inside),
            headers={"Content-Type": "text/html", "Content-Security-Policy": _POLICY},
        )

    window.page.route("**/*", answer)
    window.page.goto("/")


def test_nothing_is_said_about_a_page_that_is_as_it_must_be(window: Window) -> None:
    _open(window, '<label for="a">Name</label> <input id="a">')
    assert window.faults() == []


def test_an_input_without_a_label_is_noticed(window: Window) -> None:
    _open(window, "<input>")
    assert any(": label:" in one for one in window.faults())


def test_a_page_that_scrolls_sideways_is_noticed(window: Window) -> None:
    _open(window, '<img alt="" width="700" height="10">')
    found = window.faults()
    assert found
    assert all(f"{NARROW}): scrolls sideways" in one for one in found)


def test_a_breach_of_the_content_security_policy_is_noticed(window: Window) -> None:
    _open(window, '<p style="color: red">Red</p>')
    assert any("Content Security Policy" in one for one in window.faults())


def test_the_browser_finds_no_other_host(window: Window) -> None:
    """Nothing leaves this machine, whatever a page asks for."""
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        window.page.goto("http://elsewhere.example/")


def test_a_button_the_keyboard_does_not_reach_is_noticed(window: Window) -> None:
    _open(window, '<a href="/">One</a> <button tabindex="-1" id="lost">Two</button>')
    with pytest.raises(AssertionError, match="did not reach #lost"):
        window.tabs_until("#lost", 5)


def test_a_page_that_is_too_heavy_is_noticed(window: Window) -> None:
    _open(window, "")
    window.page.route(
        "**/heavy.css", lambda route: route.fulfill(body="/**/" * 40_000, content_type="text/css")
    )
    window.page.add_style_tag(url="/heavy.css")
    assert any("bytes of style sheets and scripts" in one for one in window.faults())
