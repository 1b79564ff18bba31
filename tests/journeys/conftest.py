"""One demonstration and one browser for all journeys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import browser, running


@pytest.fixture(scope="session")
def demo() -> Iterator[running.Demo]:
    """The demonstration's processes."""
    with running.started() as demo:
        yield demo


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser's process."""
    with browser.chromium() as found:
        yield found
