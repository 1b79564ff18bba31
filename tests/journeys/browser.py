"""Debian's Chromium without a way out of this machine, and what every page must be: quiet, accessible, in place."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

PROGRAM: Final = "chromium-headless-shell"
WIDE: Final = 1280
NARROW: Final = 390
Theme = Literal["light", "dark"]
Look = tuple[Theme, int]
EVERY_LOOK: Final[tuple[Look, ...]] = (("light", WIDE), ("dark", WIDE), ("dark", NARROW), ("light", NARROW))
_WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
_RULES: Final = {"runOnly": {"type": "tag", "values": _WCAG}, "resultTypes": ["violations"]}
# A theme changes colours and nothing else: of a width that was looked at these rules are left.
_COLOURS: Final = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
_LOOK_AT: Final = "(rules) => axe.run(document, rules).then((found) => found.violations)"
HEAVIEST: Final = 120_000
"""Bytes of style sheets and scripts together that a page may need, unpacked."""
_WEIGHT: Final = """performance.getEntriesByType("resource")
    .filter((one) => /\\.(css|js)$/.test(new URL(one.name).pathname))
    .reduce((sum, one) => sum + one.decodedBodySize, 0)"""
_PATIENCE: Final = 20_000  # milliseconds
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # Every other name fails, so a page that asks another host shows it as an error.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
# Sent by Chromium for every answer of 400 and more; pages are asked for such answers on purpose.
_REFUSED: Final = "Failed to load resource: the server responded with a status of 4"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """One headless browser; CHROMIUM names another program than Debian's, the one made for having no screen."""
    program = os.environ.get("CHROMIUM") or shutil.which(PROGRAM) or f"/usr/bin/{PROGRAM}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A page in a profile of its own, under the real Content-Security-Policy, that notes what the console says."""

    def __init__(self, browser: Browser, origin: str, *, zone: str = "Europe/Paris") -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": WIDE, "height": 900},
            base_url=origin,
            locale="en",
            timezone_id=zone,
            reduced_motion="reduce",
            service_workers="block",
        )
        self.context.set_default_timeout(_PATIENCE)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"{self.page.url}: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.said.append(f"{self.page.url}: {message.text}")

    def show(self, look: Look) -> None:
        """Turn to a theme and a width."""
        theme, width = look
        self.page.emulate_media(color_scheme=theme)
        self.page.set_viewport_size({"width": width, "height": 900 if width == WIDE else 844})

    def faults(self, looks: Sequence[Look] = EVERY_LOOK) -> list[str]:
        """What is wrong with the page as it stands.

        axe's violations (WCAG 2.2 AA and best practice), overflow, too much to load, console messages.
        """
        found = []
        weight = self.page.evaluate(_WEIGHT)
        if weight > HEAVIEST:
            found.append(f"{self.page.url}: {weight} bytes of style sheets and scripts")
        # once for all looks: it is half a megabyte of script
        self.page.evaluate(Axe().axe_script)
        widths: set[int] = set()
        for look in looks:
            self.show(look)
            for one in self.page.evaluate(_LOOK_AT, _COLOURS if look[1] in widths else _RULES):
                places = [" ".join(map(str, node["target"])) for node in one["nodes"][:3]]
                found.append(f"{self.page.url} {look}: {one['id']}: {one['help']} at {places}")
            widths.add(look[1])
            beyond = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if beyond > 0:
                found.append(f"{self.page.url} {look}: scrolls sideways by {beyond} px")
        # axe leaves empty style attributes behind; htmx would copy them, which the policy forbids.
        self.page.evaluate(
            "document.querySelectorAll('[style=\"\"]').forEach(e => e.removeAttribute('style'))"
        )
        self.show(("light", WIDE))
        return found + self.said

    def tabs_until(self, selector: str, most: int) -> list[str]:
        """Press Tab from the top until the element has the focus; return what had it before, each once."""
        self.page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        passed: list[str] = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return passed
            passed.append(self.page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
        raise AssertionError(f"{most} presses of Tab did not reach {selector}: {passed[-3:]}")
