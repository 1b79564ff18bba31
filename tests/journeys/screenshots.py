"""Pictures of every screen, in both languages, themes and widths, for review and for the documentation.

`screenshots <folder>` makes them all; `--docs` also renews the three pictures of docs/images. What can't be shown is
said at the end. Both languages walk side by side, each with a browser, an HR tool and an entity of its own.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click
from playwright.sync_api import Error

from tests.journeys import scenes_company, scenes_outside, scenes_tool
from tests.journeys.browser import Window, chromium
from tests.journeys.camera import Story
from tests.journeys.running import Demo, started

LANGUAGES: Final = ("en", "fr")
_SCENES: Final = (
    scenes_outside.signing_in,
    scenes_tool.gallery,
    scenes_tool.files,
    scenes_tool.dialog,
    scenes_tool.settings,
    scenes_tool.preview,
    scenes_company.members,
    scenes_company.member,
    scenes_company.why,
    scenes_outside.joining,
    scenes_tool.runs,
    scenes_tool.held,
    scenes_tool.failed,
    scenes_company.entities,
    scenes_company.company,
    scenes_tool.leave,
    scenes_outside.mails,
    scenes_outside.errors,
)
"""In the order of a story: each begins where those before it have led."""


def tell(demo: Demo, folder: Path, language: str, *, docs: bool) -> list[str]:
    """Walk through every screen once, in a browser of its own; return what could not be shown."""
    lost: list[str] = []
    with chromium() as browser:
        story = Story(Window(browser, demo.origin), demo, language, folder, docs=docs)
        for scene in _SCENES:
            try:
                scene(story)
            except (Error, AssertionError) as error:
                lost.append(f"{language}, {scene.__name__}, at {story.page.url}: {error}")
        click.echo(f"{language}: {story.made} screens")
    return lost


def last(demo: Demo, folder: Path) -> None:
    """Show the plan without HR integrations, which both languages share, so when they have finished."""
    with chromium() as browser:
        for language in LANGUAGES:
            scenes_company.essentials(
                Story(Window(browser, demo.origin), demo, language, folder, docs=False, made=900)
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures; exit code 1 if some are missing."""
    parser = argparse.ArgumentParser(description="Pictures of every screen.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true", help="also renew docs/images")
    asked = parser.parse_args(arguments)
    begun = time.monotonic()
    with started() as demo, ThreadPoolExecutor() as walkers:
        walks = [
            walkers.submit(tell, demo, asked.folder, language, docs=asked.docs and language == "en")
            for language in LANGUAGES
        ]
        lost = [one for walk in walks for one in walk.result()]
        last(demo, asked.folder)
    click.echo("\n".join([f"{time.monotonic() - begun:.0f} s, {asked.folder}", *lost]))
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
