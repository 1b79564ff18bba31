"""An owner brings people in from files, in a real browser: once in English, once in French.

Each walk has an installation of its own: one company has one connection to files.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import running, steps
from tests.journeys.browser import EVERY_LOOK, Window
from tests.journeys.running import Demo

pytestmark = pytest.mark.journey

_HEADER: Final = "Personnel no;First name;Last name;Work e-mail;Hired on;Last day;Status;Office;Line manager"
_PEOPLE: Final = tuple(
    f"00{n};Test{n};Person{n};test{n}@files.example;0{n}/02/2020;;active;Paris;{'' if n == 1 else '001'}"
    for n in range(1, 8)
)


class Walk:
    """One language's walk."""

    def __init__(self, window: Window, demo: Demo, language: str, folder: Path) -> None:
        self.window = window
        self.page = window.page
        self.demo = demo
        self.language = language
        self.entity = {"en": "Acme France", "fr": "Acme UK"}[language]
        self.folder = folder

    def check(self) -> None:
        """The page is in the right language, accessible, in place and quiet; in English wide and narrow."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        assert self.window.faults(EVERY_LOOK[::2] if self.language == "en" else EVERY_LOOK[2:3]) == []

    def choose(self, name: str, content: bytes) -> None:
        """Choose a file as a person does, and look at it."""
        file = self.folder / name
        file.write_bytes(content)
        self.page.locator("#csv-file").set_input_files(file)
        self.page.locator("main form[enctype] button.primary").click()

    def written(self, *rows: str) -> bytes:
        """A file of the company's own, the addresses of this walk's entity in it."""
        text = "\r\n".join([_HEADER, *rows, ""]).replace("@files", f"@{self.language}.files")
        return text.encode("utf-8-sig")


@pytest.fixture(scope="module", params=["en", "fr"])
def walk(
    request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    with running.installation(["bamboohr"], people=5) as place:
        window = Window(chromium, place.demo.origin)
        walk = Walk(window, place.demo, request.param, tmp_path_factory.mktemp("files"))
        steps.sign_in(window, place.demo, request.param)
        steps.look_at_entity(window.page, walk.entity)
        yield walk
        window.context.close()


def test_a_workbook_is_refused_in_a_sentence(walk: Walk) -> None:
    """F5: nothing is stored."""
    steps.go_to(walk.page, steps.INTEGRATIONS)
    steps.choose_tool(walk.page, "csv")
    walk.check()
    walk.choose("staff.csv", b"PK\x03\x04 not a text")
    expect(walk.page.locator("#csv-error")).to_contain_text("CSV")
    walk.check()


def test_an_upload_leads_to_a_preview_that_asks_for_the_order_of_days(walk: Walk) -> None:
    """F1, V4: all days of the file fit two orders, so nothing can be confirmed yet."""
    walk.choose("staff.csv", walk.written(*_PEOPLE, "008;Test8"))
    walk.page.wait_for_url("**/csv/files/*/")
    expect(walk.page.locator("button[name=op][value=confirm]")).to_have_count(0)
    expect(walk.page.locator("#csv-dates")).to_have_attribute("aria-invalid", "true")
    walk.check()
    walk.page.locator("#csv-dates").select_option("dmy")
    walk.page.locator("button[name=op][value=look]").click()
    expect(walk.page.locator("table.people tbody tr")).to_have_count(7)
    assert steps.number(walk.page.locator(".foot b.num")) == 7
    walk.check()


def test_what_was_set_aside_is_listed_by_its_line(walk: Walk) -> None:
    """F3"""
    row = walk.page.locator("section:has(td.num) tbody tr")
    expect(row).to_have_count(1)
    assert steps.number(row.locator("td.num")) == 9


def test_the_keyboard_alone_reaches_the_confirming_button(walk: Walk) -> None:
    """WCAG 2.1.1"""
    passed = walk.window.tabs_until("button[name=op][value=confirm]", 60)
    assert len([one for one in passed if 'name="column-' in one]) == 9


def test_a_confirm_connects_and_the_first_read_changes_nobody(walk: Walk) -> None:
    """S14, S24, S25"""
    walk.page.locator("button[name=op][value=confirm]").click()
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}")
    steps.wait_for_first_read(walk.page)
    expect(walk.page.locator("#tool-card")).to_contain_text("staff.csv")
    walk.check()
    steps.go_to(walk.page, steps.MEMBERS)
    assert steps.tabs(walk.page)["invited"] == 0


def test_the_people_of_the_file_become_members(walk: Walk) -> None:
    """S2, S39-S41: with their line manager from the file."""
    walk.page.goto(steps.CONFIGURE)
    steps.save_and_apply(walk.page)
    assert steps.groups(walk.page)["create"] == 7
    steps.confirm(walk.page)
    steps.members(walk.page, "invited", search="Test7")
    walk.page.locator("tbody a").first.click()
    expect(walk.page.locator("main")).to_contain_text(re.compile("Test1\\s+Person1"))


def test_a_newer_file_is_compared_and_read(walk: Walk) -> None:
    """F4: one more person, and a column more."""
    steps.go_to(walk.page, steps.INTEGRATIONS)
    walk.page.locator('#tool-card a[href$="/csv/connect/"]').click()
    walk.check()
    rows = [*_PEOPLE, "008;Test8;Person8;test8@files.example;08/02/2020;;active;Lyon;001"]
    walk.choose("staff.csv", walk.written(*rows).replace(b";Office", b";Place").replace(b"Place", b"Office"))
    walk.page.wait_for_url("**/csv/files/*/")
    walk.check()
    walk.page.locator("button[name=op][value=confirm]").click()
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}")
    expect(walk.page.locator('form[action$="/sync/"] button')).to_be_enabled(timeout=60_000)
    steps.members(walk.page, "invited", search="Test8")
    expect(walk.page.locator("tbody tr")).to_have_count(1)


def test_a_file_with_far_fewer_people_is_only_read_when_somebody_says_so(walk: Walk) -> None:
    """Fault catalogue, rule 10."""
    walk.page.goto(f"{steps.INTEGRATIONS}csv/connect/")
    walk.choose("staff.csv", walk.written(*_PEOPLE[:2]))
    walk.page.wait_for_url("**/csv/files/*/")
    expect(walk.page.locator("[name=anyway]")).to_be_visible()
    walk.check()
    walk.page.locator("button[name=op][value=confirm]").click()
    expect(walk.page.locator("[name=anyway]")).to_be_visible()


def test_disconnecting_leaves_the_members(walk: Walk) -> None:
    """S47, S48"""
    steps.go_to(walk.page, steps.INTEGRATIONS)
    steps.ask_to_disconnect(walk.page)
    steps.submit(walk.page)
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}")
    steps.go_to(walk.page, steps.MEMBERS)
    assert steps.tabs(walk.page)["invited"] == 8
