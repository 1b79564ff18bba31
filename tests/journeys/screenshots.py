"""Pictures of every screen, in both languages, themes and widths, for review and for the documentation.

`screenshots <folder>` makes them all; `--docs` also renews the three pictures of docs/images.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.journeys import steps
from tests.journeys.browser import EVERY_LOOK, WIDE, Window, chromium
from tests.journeys.running import Demo, started

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_DOCUMENTED: Final = {"preview link": "preview", "connected": "integrations", "members": "members"}
_TOOLS: Final = {"en": "bamboohr", "fr": "personio"}
_ENTITIES: Final = {"en": "Acme France", "fr": "Acme UK"}
_FOLD: Final = 3_000  # pixels; longer pages are cut here, the rest is more of the same


class Camera:
    """Numbers the pictures of one language in the order they are made."""

    def __init__(self, window: Window, folder: Path, language: str, *, docs: bool) -> None:
        self.window = window
        self.folder = folder / language
        self.docs = docs
        self.made = 0
        self.folder.mkdir(parents=True, exist_ok=True)

    def shoot(self, name: str) -> None:
        """Take the page as it stands in every look."""
        self.made += 1
        page = self.window.page
        page.evaluate("window.scrollTo(0, 0)")
        for theme, width in EVERY_LOOK:
            self.window.show((theme, width))
            height = min(page.evaluate("document.documentElement.scrollHeight"), _FOLD)
            page.set_viewport_size({"width": width, "height": max(height, 844)})
            file = f"{self.made:02d}-{name.replace(' ', '-')}-{theme}-{width}.png"
            page.screenshot(path=self.folder / file)
        self.window.show(("light", WIDE))
        page.evaluate("window.scrollTo(0, 0)")
        if self.docs and name in _DOCUMENTED:
            IMAGES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=IMAGES / f"{_DOCUMENTED[name]}.png")


def tell(camera: Camera, demo: Demo, language: str) -> None:
    """Walk through every screen once."""
    _connect(camera, demo, language)
    _preview(camera)
    _live(camera, demo, language)
    _leave(camera)


def _connect(camera: Camera, demo: Demo, language: str) -> None:
    page, tool = camera.window.page, _TOOLS[language]
    page.goto("/")
    page.locator(f'button[name=language][value="{language}"]').click()
    camera.shoot("sign in")
    steps.sign_in(camera.window, demo, language)
    steps.look_at_entity(page, _ENTITIES[language])
    camera.shoot("members before")
    steps.go_to(page, steps.INTEGRATIONS)
    camera.shoot("gallery")
    steps.choose_tool(page, tool)
    camera.shoot("connect data")
    steps.submit(page)
    camera.shoot("connect access")
    wrong = {name: "0" * len(value) for name, value in demo.credentials[tool].items()}
    steps.give(page, {**wrong, "subdomain": demo.credentials[tool]["subdomain"]})
    page.locator("#connect-error").wait_for()
    camera.shoot("connect wrong key")
    steps.give(page, demo.credentials[tool])
    page.wait_for_url("**/connect/confirm/")
    camera.shoot("connect confirm")
    demo.control(tool, "faults", {"on": {"id": "T7", "mode": "seconds", "seconds": 6, "times": 1}})
    steps.submit(page)
    camera.shoot("connecting")
    steps.wait_for_first_read(page)
    camera.shoot("action required")


def _preview(camera: Camera) -> None:
    page = camera.window.page
    page.locator(f'#tool-card a.primary[href="{steps.CONFIGURE}"]').click()
    camera.shoot("configure everybody")
    steps.choose_offices(page, steps.OFFICES)
    steps.counted(page)
    camera.shoot("configure filter")
    steps.save_and_apply(page)
    for kind, many in steps.groups(page).items():
        if many:
            steps.open_group(page, kind)
            camera.shoot(f"preview {kind}")
    steps.confirm(page)
    camera.shoot("applied")


def _live(camera: Camera, demo: Demo, language: str) -> None:
    page = camera.window.page
    steps.go_to(page, steps.INTEGRATIONS)
    camera.shoot("connected")
    steps.go_to(page, steps.MEMBERS)
    camera.shoot("members")
    steps.members(page, "invited")
    camera.shoot("members invited")
    page.locator("tbody a").first.click()
    camera.shoot("member")
    steps.members(page, "archived")
    camera.shoot("members archived")
    page.goto("/members/invite/")
    camera.shoot("invite by hand")
    page.goto("/me/")
    camera.shoot("my details")
    page.goto("/account/2fa/")
    camera.shoot("second factor")
    demo.control(_TOOLS[language], "hire", {"n": 3, "work_location": "Paris"})
    steps.sync_now(page)
    steps.go_to(page, "/runs/")
    camera.shoot("runs")
    page.locator('main a[href^="/runs/"]').first.click()
    camera.shoot("run")
    _join(camera, page.context.browser, demo)


def _join(camera: Camera, browser: Browser | None, demo: Demo) -> None:
    assert browser is not None
    owner, theirs = camera.window, Window(browser, demo.origin)
    theirs.context.add_cookies(
        [one for one in owner.context.cookies() if "session" not in str(one.get("name"))]  # type: ignore[misc]
    )
    camera.window = theirs
    theirs.page.goto("/demo/mail/")
    camera.shoot("mail")
    steps.open_invitation(theirs, None)
    camera.shoot("join")
    theirs.page.locator("[name=password]").fill("seven green lanterns at noon")
    theirs.page.locator("main button.primary").click()
    theirs.page.wait_for_url("**/welcome/")
    camera.shoot("welcome")
    theirs.page.goto("/nowhere/")
    camera.shoot("not found")
    theirs.context.close()
    camera.window = owner


def _leave(camera: Camera) -> None:
    page = camera.window.page
    steps.go_to(page, steps.INTEGRATIONS)
    page.locator('#tool-card a[href$="/disconnect/"]').click()
    camera.shoot("disconnect")
    steps.submit(page)
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    camera.shoot("disconnected")
    steps.members(page, "invited", hr="released")
    camera.shoot("members released")
    page.locator("tbody a").first.click()
    camera.shoot("member released")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description="Pictures of every screen.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true", help="also renew docs/images")
    asked = parser.parse_args(arguments)
    with started() as demo, chromium() as browser:
        for language in ("en", "fr"):
            window = Window(browser, demo.origin)
            tell(Camera(window, asked.folder, language, docs=asked.docs and language == "en"), demo, language)
            window.context.close()


if __name__ == "__main__":
    main()
