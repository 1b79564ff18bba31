"""One language's walk through every screen, with a camera."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.journeys.browser import EVERY_LOOK, WIDE, Window
from tests.journeys.running import Demo

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_DOCUMENTED: Final = {"preview link": "preview", "connected": "integrations", "members": "members"}
_TOOLS: Final = {"en": "bamboohr", "fr": "personio"}
_ENTITIES: Final = {"en": "Acme France", "fr": "Acme UK"}
_FOLD: Final = 3_000  # pixels; longer pages are cut here, the rest is more of the same


class Story:
    """Who looks (an owner, unless told), at what, in which language; numbers the pictures as they are made."""

    def __init__(
        self, window: Window, demo: Demo, language: str, folder: Path, *, docs: bool, made: int = 0
    ) -> None:
        self.window = window
        self.demo = demo
        self.language = language
        self.tool = _TOOLS[language]
        self.entity = _ENTITIES[language]
        self.folder = folder / language
        self.docs = docs
        self.made = made
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def page(self) -> Page:
        """The page that is looked at."""
        return self.window.page

    def visit(self, address: str, name: str) -> None:
        """Open a page and take it."""
        self.page.goto(address)
        self.shoot(name)

    def shoot(self, name: str) -> None:
        """Take the page as it stands in every look."""
        self.made += 1
        self.page.evaluate("window.scrollTo(0, 0)")
        for theme, width in EVERY_LOOK:
            self.window.show((theme, width))
            height = min(self.page.evaluate("document.documentElement.scrollHeight"), _FOLD)
            self.page.set_viewport_size({"width": width, "height": max(height, 844)})
            file = f"{self.made:03d}-{name.replace(' ', '-')}-{theme}-{width}.png"
            self.page.screenshot(path=self.folder / file)
        self.window.show(("light", WIDE))
        self.page.evaluate("window.scrollTo(0, 0)")
        if self.docs and name in _DOCUMENTED:
            IMAGES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=IMAGES / f"{_DOCUMENTED[name]}.png")

    @contextlib.contextmanager
    def held_still(self, piece: str) -> Iterator[None]:
        """Let the page ask for its progress in vain, so that every look shows the same moment."""
        self.page.route(piece, lambda _route: None)
        yield
        self.page.unroute(piece)
        self.page.reload()

    @contextlib.contextmanager
    def someone_else(self) -> Iterator[None]:
        """Go on in a fresh window in the same language, signed in as nobody; afterwards the owner is back."""
        owner = self.window
        browser = owner.context.browser
        assert browser is not None
        self.window = Window(browser, self.demo.origin)
        self.page.goto("/account/login/")
        self.page.locator(f'button[name=language][value="{self.language}"]').click()
        try:
            yield
        finally:
            self.window.context.close()
            self.window = owner
