"""An owner sets the HR tool up and lives with it, in a real browser: once in English, once in French.

The tests of one language are one walk: each goes on where the one before has stopped. English is Acme France with
BambooHR, French is Acme UK with Personio. Every page visited is looked at by axe in both themes and widths, must not
scroll sideways, and must not make the console say anything (a breach of the Content-Security-Policy is said there).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polib
import pytest
from playwright.sync_api import Browser, expect

from rollcall.connections import gallery
from tests.journeys import steps
from tests.journeys.browser import EVERY_LOOK, NARROW, Look, Window
from tests.journeys.running import Demo

pytestmark = pytest.mark.journey

# Texts differ between languages, rules hardly do: French is looked at where its longer words have least room.
_LOOKS: Final[dict[str, tuple[Look, ...]]] = {"en": EVERY_LOOK, "fr": (("dark", NARROW),)}
_CATALOGUE: Final = Path(__file__).parents[2] / "src/rollcall/locale/fr/LC_MESSAGES/django.po"
_ADMIN_ACCESS: Final = {"en": "You need to be an administrator in", "fr": "administrateur"}


class Walk:
    """What one test of a walk hands to the next."""

    def __init__(self, window: Window, demo: Demo, language: str) -> None:
        self.window = window
        self.page = window.page
        self.demo = demo
        self.language = language
        self.tool = {"en": "bamboohr", "fr": "personio"}[language]
        self.entity = {"en": "Acme France", "fr": "Acme UK"}[language]
        self.titles: list[str] = []
        self.matching = 0
        self.joined = ""
        self.promised: dict[str, int] = {}

    def check(self) -> None:
        """Look at the page as it stands; remember its heading."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        self.titles.append(self.page.locator("h1").first.inner_text())
        assert self.window.faults(_LOOKS[self.language]) == []

    def people(self) -> list[dict[str, Any]]:
        """Everybody in the HR tool, as its company knows them."""
        found: Any = self.demo.control(self.tool, "people")["people"]
        return list(found)


@pytest.fixture(scope="module", params=["en", "fr"])
def walk(request: pytest.FixtureRequest, demo: Demo, chromium: Browser) -> Iterator[Walk]:
    window = Window(chromium, demo.origin)
    yield Walk(window, demo, request.param)
    window.context.close()


def test_s6_the_owner_signs_in_and_lands_on_the_members(walk: Walk) -> None:
    """S6: the owner may; the page shows who was here before any HR tool."""
    walk.page.goto("/")
    walk.page.locator(f'button[name=language][value="{walk.language}"]').click()
    walk.check()
    steps.sign_in(walk.window, walk.demo, walk.language)
    steps.look_at_entity(walk.page, walk.entity)
    assert steps.tabs(walk.page)["invited"] == 0
    assert walk.page.locator("tbody .chip").count() == 0
    steps.members(walk.page, "active", search="so")
    walk.check()


def test_s9_s10_s65_settings_integrations_is_a_gallery_with_connect_on_each_tool(walk: Walk) -> None:
    """S9, S10: and tools that are not there yet cannot be pressed (S65)."""
    steps.go_to(walk.page, steps.INTEGRATIONS)
    assert {link.get_attribute("href") for link in walk.page.locator("#gallery a.btn").all()} == {
        f"{steps.INTEGRATIONS}{tool}/connect/" for tool in gallery.TOOLS
    }
    assert walk.page.locator("#gallery .coming").count() >= 5
    walk.check()


def test_s7_s11_s12_connect_first_shows_what_will_be_read_and_why(walk: Walk) -> None:
    """S7, S11, S12: optional data can be left out; the keyboard alone goes on from here."""
    steps.choose_tool(walk.page, walk.tool)
    rows = walk.page.locator("tbody tr:not(.group)")
    assert rows.count() >= 7
    assert all(row.locator("td").nth(2).inner_text().strip() for row in rows.all())
    assert _ADMIN_ACCESS[walk.language] in walk.page.locator("main").inner_text()
    walk.check()
    passed = walk.window.tabs_until(steps.MAIN, 60)
    # Each box that can be unchecked is reached before the button that goes on.
    assert len([one for one in passed if 'name="read"' in one]) == rows.locator("[name=read]").count()
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/connect/access/**")


def test_s13_s15_the_tools_own_steps_stand_beside_its_own_fields(walk: Walk) -> None:
    """S13, S15, S16 (Personio), S17 (BambooHR)."""
    names = {one.get_attribute("name") for one in walk.page.locator("[id^=key-][name]").all()}
    assert names == set(walk.demo.credentials[walk.tool])
    assert walk.page.locator("ol.how li").count() >= 3
    walk.check()


def test_s13_a_wrong_key_is_told_in_a_sentence_and_nothing_is_stored(walk: Walk) -> None:
    """S13, A3: the secret is not sent back; the gallery still offers to connect."""
    secret = steps.SECRET[walk.tool]
    given = walk.demo.credentials[walk.tool]
    steps.give(walk.page, {**given, secret: "0" * len(given[secret])})
    expect(walk.page.locator("#connect-error")).to_contain_text(re.compile(r"\w+ \w+ \w+"))
    assert walk.page.locator(f"#key-{secret}").input_value() == ""
    walk.check()
    steps.go_to(walk.page, steps.INTEGRATIONS)
    assert walk.page.locator("#tool-card section").count() == 0


def test_s14_a_good_key_leads_to_a_page_that_says_what_was_seen(walk: Walk) -> None:
    """S14: the number of people is next to the button."""
    steps.choose_tool(walk.page, walk.tool)
    steps.submit(walk.page)
    steps.give(walk.page, walk.demo.credentials[walk.tool])
    walk.page.wait_for_url("**/connect/confirm/")
    assert walk.page.locator("main .note.ok").is_visible()
    walk.check()


def test_s24_the_first_read_shows_progress_that_survives_a_reload(walk: Walk) -> None:
    """S24: the HR tool asks us to wait a moment, so that there is time to look."""
    walk.demo.control(walk.tool, "faults", {"on": {"id": "T7", "mode": "seconds", "seconds": 5, "times": 1}})
    steps.submit(walk.page)
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}")
    expect(walk.page.locator("#tool-card progress")).to_be_visible()
    walk.page.reload()
    expect(walk.page.locator("#tool-card progress")).to_be_visible()
    walk.check()


def test_s25_s26_s27_s28_s51_then_the_card_asks_for_an_action_and_no_member_has_changed(walk: Walk) -> None:
    """S25, S26, S27, S28, S51: connected, and manages nobody until somebody chooses."""
    steps.wait_for_first_read(walk.page)
    walk.check()
    steps.go_to(walk.page, steps.MEMBERS)
    assert steps.tabs(walk.page)["invited"] == 0
    assert walk.page.locator("tbody .chip").count() == 0


def test_s29_s30_s31_s32_s33_s34_s38_d5_choosing_employees_counts_them_live(walk: Walk) -> None:
    """S29-S35, S44: values come from this customer's data; archiving is off by default (S38)."""
    steps.go_to(walk.page, steps.INTEGRATIONS)
    walk.page.locator(f'#tool-card a[href="{steps.CONFIGURE}"]').first.click()
    assert walk.page.locator("#configure .note.warn").is_visible()
    steps.choose_offices(walk.page, steps.OFFICES)
    assert not walk.page.locator("[name=archive_inactive]").is_checked()
    walk.matching = steps.counted(walk.page)
    beside = walk.page.locator("#c0-values li:has(input:checked) .num")
    assert walk.matching == sum(int(text) for text in beside.all_inner_texts())
    there = [
        one for one in walk.people() if one["work_location"] in steps.OFFICES and one["status"] != "inactive"
    ]
    assert walk.matching == len(there)
    walk.check()


def test_s37_s39_s40_s45_d4_save_and_apply_shows_a_preview_that_names_people_and_says_why(walk: Walk) -> None:
    """S39, S40: before, after and reason; nobody is archived while that is off (S37)."""
    steps.save_and_apply(walk.page)
    walk.promised = steps.groups(walk.page)
    assert walk.promised["create"] > 0
    assert walk.promised["archive"] == 0
    # S45: line managers from elsewhere come along.
    assert walk.promised["create"] + walk.promised["link"] > walk.matching - walk.promised.get("skip", 0)
    if walk.promised["link"]:
        steps.open_group(walk.page, "link")
    else:
        steps.open_group(walk.page, "create")
    rows = walk.page.locator("ul.changes > li")
    rows.first.locator("summary").click()
    expect(rows.first.locator(".unfolded")).to_be_visible()
    assert rows.first.locator(".unfolded").inner_text().strip()
    assert all(text.strip() for text in rows.locator(".why").all_inner_texts())
    name = rows.first.locator("bdi").first.inner_text()
    assert any(name == f"{one['first_name']} {one['last_name']}" for one in walk.people())
    walk.page.locator("#line-q").fill(name)
    walk.page.locator("#line-q").press("Enter")
    expect(rows).to_have_count(1)
    walk.check()
    if not walk.page.locator("#override").count():
        assert walk.window.tabs_until(f"{steps.MAIN}[value=approve]", 80)


def test_s41_s42_s61_confirming_does_what_was_promised_and_says_connected(walk: Walk) -> None:
    """S41, S42, S61, S62: as many invited as the preview said."""
    steps.confirm(walk.page)
    # Fifty lines that are alike cost axe seven seconds a look; the group without any says the rest.
    steps.open_group(walk.page, "archive")
    walk.check()
    steps.go_to(walk.page, steps.INTEGRATIONS)
    expect(walk.page.locator("#tool-card .chip.ok")).to_be_visible()
    walk.check()
    steps.go_to(walk.page, steps.MEMBERS)
    assert steps.tabs(walk.page)["invited"] == walk.promised["create"]


def test_s54_s57_s58_s60_the_members_page_says_who_is_managed(walk: Walk) -> None:
    """S54, S57, S58, S60, S61: a notice, the column HR status, and empty for people added by hand."""
    expect(walk.page.locator("main .bar p.muted")).to_be_visible()
    steps.members(walk.page, "active")
    everybody = walk.page.locator("tbody tr").count()
    managed = walk.page.locator("tbody .chip.ok").count()
    assert managed == walk.promised["link"]
    assert everybody > managed
    steps.members(walk.page, "invited", hr="managed")
    assert walk.page.locator("tbody .chip.ok").count() == walk.page.locator("tbody tr").count() > 0
    # The navigation stays where it is while a long list scrolls.
    walk.page.evaluate("window.scrollTo(0, 600)")
    assert walk.page.evaluate("document.querySelector('#side').getBoundingClientRect().top") == 0
    steps.members(walk.page, "invited", search="an", hr="managed")
    walk.check()


def test_s55_s56_a_managed_member_cannot_be_edited_and_the_page_says_why(walk: Walk) -> None:
    """S55, S56: fields from the HR tool are disabled, each with its reason."""
    walk.page.locator("tbody a").first.click()
    for name in ("first_name", "last_name", "email", "job_title"):
        field = walk.page.locator(f"main [name={name}]")
        expect(field).to_be_disabled()
        reason = walk.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert reason.inner_text().strip()
    assert walk.page.locator("main .note.ok").is_visible()
    walk.check()


def test_s62_s63_an_invited_person_signs_up_from_the_mail_and_becomes_active(
    walk: Walk, chromium: Browser
) -> None:
    """S62, S63: in a browser of their own."""
    steps.members(walk.page, "active")
    before = steps.tabs(walk.page)
    theirs = Window(chromium, walk.demo.origin)
    email = steps.open_invitation(theirs, {one["work_email"] for one in walk.people()})
    found = theirs.faults(_LOOKS[walk.language])
    theirs.page.locator("[name=password]").fill("seven green lanterns at noon")
    theirs.page.locator("main button.primary").click()
    theirs.page.wait_for_url("**/welcome/")
    found += theirs.faults(_LOOKS[walk.language])
    theirs.context.close()
    assert found == []
    steps.members(walk.page, "active", search=email)
    walk.joined = email
    expect(walk.page.locator("tbody tr")).to_have_count(1)
    after = steps.tabs(walk.page)
    assert (after["active"], after["invited"]) == (before["active"] + 1, before["invited"] - 1)


def test_s2_s3_changes_in_hr_arrive_with_sync_now(walk: Walk) -> None:
    """S2, S3, S4 with S37: hired people are invited, a new name arrives, and nobody is archived: that is off."""
    before = steps.tabs(walk.page)
    inside = [one for one in walk.people() if one["work_location"] == "Paris" and one["status"] == "active"]
    # Whoever shares an address was not invited, and whoever has joined is not under Invited any more.
    emails = [walk.joined, *(one["work_email"] for one in walk.people())]
    plain = [one for one in inside if one["work_email"] and emails.count(one["work_email"]) == 1]
    renamed, leaver = plain[-1], plain[-2]
    manager = renamed["manager_id"]
    walk.demo.control(walk.tool, "hire", {"n": 3, "work_location": "Paris", "manager_id": manager})
    walk.demo.control(walk.tool, "rename", {"id": renamed["id"], "last_name": "Newname"})
    walk.demo.control(walk.tool, "terminate", {"ids": [leaver["id"]]})
    steps.sync_now(walk.page)
    steps.members(walk.page, "invited")
    after = steps.tabs(walk.page)
    assert after["invited"] == before["invited"] + 3
    assert after["archived"] == before["archived"] == 0
    steps.members(walk.page, "invited", search="Newname")
    expect(walk.page.locator("tbody tr")).to_have_count(1)


def test_runs_tell_what_each_read_saw_and_did(walk: Walk) -> None:
    """S53, 3.16: the history of runs and one of them."""
    steps.go_to(walk.page, "/runs/")
    walk.check()
    walk.page.locator('main a[href^="/runs/"]').first.click()
    walk.check()


def test_s47_s48_s59_d14_disconnecting_says_first_what_happens_and_leaves_everybody_in_place(
    walk: Walk,
) -> None:
    """S47, S48: then managed members show orange, with the reason (S59, 3.14)."""
    steps.go_to(walk.page, steps.MEMBERS)
    before = steps.tabs(walk.page)
    steps.go_to(walk.page, steps.INTEGRATIONS)
    steps.ask_to_disconnect(walk.page)
    assert walk.page.locator("main ul.plain-list li").count() >= 5
    promised = steps.number(walk.page.locator("form.foot b.num"))
    walk.check()
    steps.submit(walk.page)
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}")
    assert walk.page.locator("#tool-card section").count() == 0
    walk.check()
    steps.members(walk.page, "invited", hr="released")
    assert steps.tabs(walk.page) == before
    assert promised >= walk.promised["create"]
    rows = walk.page.locator("tbody tr")
    assert walk.page.locator("tbody .chip.warn").count() == rows.count() > 0
    walk.page.locator("main [name=q]").fill("ro")
    walk.page.locator("main [name=q]").press("Enter")
    walk.page.wait_for_url("**q=ro**")
    walk.check()
    rows.first.locator("a").click()
    expect(walk.page.locator("main [name=first_name]")).to_be_editable()
    walk.check()


def test_s49_d1_connecting_again_recognises_everybody_and_creates_nobody(walk: Walk) -> None:
    """S49: the same steps once more; the settings are kept."""
    steps.members(walk.page, "active")
    before = steps.tabs(walk.page)
    steps.go_to(walk.page, steps.INTEGRATIONS)
    steps.connect(walk.page, walk.tool, walk.demo.credentials[walk.tool])
    walk.page.locator(f'#tool-card a.primary[href="{steps.CONFIGURE}"]').click()
    assert walk.page.locator("#scope-filter").is_checked()
    steps.save_and_apply(walk.page)
    found = steps.groups(walk.page)
    assert found["create"] == 0
    assert found["link"] >= walk.promised["create"]
    steps.open_group(walk.page, "create")
    walk.check()
    steps.open_group(walk.page, "link")
    steps.confirm(walk.page)
    steps.members(walk.page, "active")
    assert steps.tabs(walk.page) == before


def test_every_page_has_a_heading_in_the_language_that_was_chosen(walk: Walk) -> None:
    """No heading of a French page is the English text of one."""
    assert len(walk.titles) > 15
    translated = {one.msgid for one in polib.pofile(str(_CATALOGUE)) if one.msgstr not in ("", one.msgid)}
    if walk.language == "fr":
        assert translated & set(walk.titles) == set()
    else:
        assert len(translated & set(walk.titles)) > 3
