"""What the first walk leaves out: plan, guides, requests, exceptions, managers, leavers, errors, a second entity.

Once in English, once in French; the tests of one language are one walk through a small company.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import running, steps
from tests.journeys.browser import Look, Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

TOOL: Final = "bamboohr"
ARTICLE: Final = ("Personio", "HiBob", "Workday", "BambooHR", "PayFit", "Lucca", "Deel")
_LOOKS: Final[tuple[Look, ...]] = (("light", 1280), ("dark", 390))
_PLACE: Final = steps.OFFICES[0]


class Walk:
    """What one test of a walk hands to the next."""

    def __init__(self, window: Window, place: Installation, language: str) -> None:
        self.window, self.page, self.place, self.language = window, window.page, place, language

    def look(self) -> None:
        """The page is accessible, in its place, quiet and in the right language."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        assert self.window.faults(_LOOKS) == []

    def people(self) -> list[dict[str, Any]]:
        """Everybody who works there and can be invited, as the HR tool knows them; shared addresses left out."""
        found: Any = self.place.demo.control(TOOL, "people")["people"]
        addresses = [one["work_email"] for one in found]
        return [
            one
            for one in found
            if one["status"] == "active" and one["work_email"] and addresses.count(one["work_email"]) == 1
        ]

    def save_and_confirm(self) -> dict[str, int]:
        """From the settings to their confirmed preview; return its groups."""
        steps.save_and_apply(self.page)
        found = steps.groups(self.page)
        steps.confirm(self.page)
        return found

    def rows(self, search: str, state: str = "invited") -> Any:
        """Return the rows of a search in Members."""
        steps.members(self.page, state, search=search)
        return self.page.locator("main tbody tr")


@pytest.fixture(scope="module", params=["en", "fr"])
def walk(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Walk]:
    with running.installation([TOOL], people=60) as place:
        window = Window(chromium, place.demo.origin)
        made = Walk(window, place, request.param)
        steps.sign_in(window, place.demo, request.param)
        yield made
        window.context.close()


def test_s5_without_the_plan_the_gallery_says_what_is_needed_and_connects_nothing(walk: Walk) -> None:
    walk.place.command("plan", "1", "essentials")
    steps.go_to(walk.page, steps.INTEGRATIONS)
    assert walk.page.locator("#gallery li").count() > 8
    assert walk.page.locator('#gallery a[href$="/connect/"]').count() == 0
    expect(walk.page.locator("main")).to_contain_text("Scale")
    walk.look()
    walk.page.locator('main a[href="/settings/plan/"]').first.click()
    expect(walk.page.locator("main")).to_contain_text("Essentials")
    walk.look()
    walk.place.command("plan", "1", "scale")
    steps.go_to(walk.page, steps.INTEGRATIONS)
    assert walk.page.locator('#gallery a[href$="/connect/"]').count() > 8


def test_s1_s10_s65_every_tool_of_the_article_is_offered_and_more_are_announced(walk: Walk) -> None:
    names = walk.page.locator("#gallery li:not(.coming) b").all_inner_texts()
    assert set(ARTICLE) <= set(names)
    assert len(names) > len(ARTICLE)
    assert walk.page.locator("#gallery li.coming .chip").count() >= 5
    walk.page.locator("#gallery-q").fill("lucc")
    expect(walk.page.locator("#gallery li b")).to_have_text(["Lucca"])


def test_s23_s66_every_tool_has_a_guide_and_so_has_any_other(walk: Walk) -> None:
    walk.page.goto(f"{steps.INTEGRATIONS}guides/")
    tools = walk.page.locator("main ul.grid li")
    assert set(ARTICLE) <= set(tools.locator("b").all_inner_texts())
    assert tools.locator("a").count() == tools.count()
    tools.last.locator("a").click()
    expect(walk.page.locator("main")).to_contain_text("CSV")
    walk.look()


def test_s64_a_missing_tool_can_be_asked_for_and_the_page_says_what_happens_next(walk: Walk) -> None:
    steps.go_to(walk.page, steps.INTEGRATIONS)
    walk.page.locator(f'#asked a[href="{steps.INTEGRATIONS}request/"]').click()
    walk.look()
    walk.page.locator("main form.form [name=name]").fill("Eurécia Pro")
    walk.page.locator("main form.form button.primary").click()
    walk.page.wait_for_url(f"**{steps.INTEGRATIONS}**")
    asked = walk.page.locator("#asked")
    expect(asked).to_contain_text("Eurécia Pro")
    expect(asked.locator(".chip")).to_be_visible()
    asked.locator("summary").click()
    expect(asked.locator("details")).to_have_attribute("open", "")
    assert "Eurécia Pro" in walk.place.command("requests")


def test_s35_s36_s46_a_filter_without_managers_a_person_added_by_name_and_leavers_archived(
    walk: Walk,
) -> None:
    page = walk.page
    steps.go_to(page, steps.INTEGRATIONS)
    steps.connect(page, TOOL, walk.place.demo.credentials[TOOL])
    page.goto(steps.CONFIGURE)
    steps.choose_offices(page, [_PLACE])
    page.locator("[name=include_managers]").uncheck()
    added = next(one for one in walk.people() if one["work_location"] != _PLACE)
    page.locator("#who").fill(added["work_email"])
    page.locator('#found button[value^="add:"]').first.click()
    page.locator("#x0-reason").fill("Leads the office from abroad")
    page.locator("[name=archive_inactive]").check()
    walk.look()
    steps.save_and_apply(page)
    page.locator("#line-q").fill(added["work_email"])
    page.locator("#line-q").press("Enter")
    expect(page.locator("ul.changes > li")).to_have_count(1)
    expect(page.locator("ul.changes .why")).to_contain_text("Leads the office from abroad")
    steps.confirm(page)
    expect(walk.rows(added["work_email"])).to_have_count(1)
    steps.members(page, "invited")
    managers = page.locator("main tbody td:nth-child(5)").all_inner_texts()
    assert len(managers) > 5
    assert not any(text.strip() for text in managers)


def test_s44_s45_with_managers_they_come_along_and_everybody_gets_theirs(walk: Walk) -> None:
    page = walk.page
    inside = [one for one in walk.people() if one["work_location"] == _PLACE]
    bosses = {one["manager_id"] for one in inside}
    outside = [one for one in walk.people() if one["id"] in bosses and one["work_location"] != _PLACE]
    assert outside
    page.goto(steps.CONFIGURE)
    page.locator("[name=include_managers]").check()
    promised = walk.save_and_confirm()
    assert promised["create"] >= 1
    expect(walk.rows(outside[0]["work_email"])).to_have_count(1)
    managed = next(one for one in inside if one["manager_id"] == outside[0]["id"])
    expect(walk.rows(managed["work_email"]).first).to_contain_text(outside[0]["last_name"])


def test_s4_s37_whoever_leaves_in_hr_is_archived_once_that_is_on(walk: Walk) -> None:
    leads = {one["manager_id"] for one in walk.people()}
    leaver = next(one for one in walk.people() if one["work_location"] == _PLACE and one["id"] not in leads)
    walk.place.demo.control(TOOL, "terminate", {"ids": [leaver["id"]]})
    steps.sync_now(walk.page)
    expect(walk.rows(leaver["work_email"], "archived")).to_have_count(1)
    walk.look()


def test_s6_whoever_is_no_admin_finds_no_settings_and_is_told_who_can_help(
    walk: Walk, chromium: Browser
) -> None:
    theirs = Window(chromium, walk.place.demo.origin)
    steps.open_invitation(theirs)
    theirs.page.locator("[name=password]").fill("seven green lanterns at noon")
    theirs.page.locator("main button.primary").click()
    theirs.page.wait_for_url("**/welcome/")
    assert theirs.page.locator(f'nav a[href="{steps.INTEGRATIONS}"]').count() == 0
    answer = theirs.page.goto(steps.INTEGRATIONS)
    assert answer is not None
    assert answer.status == 403
    expect(theirs.page.locator("main")).to_contain_text("Sofia Almeida")
    assert theirs.faults(_LOOKS) == []
    theirs.context.close()


def test_s52_s53_an_error_is_said_on_the_card_with_one_button_that_leads_to_the_mend(walk: Walk) -> None:
    page = walk.page
    walk.place.demo.control(TOOL, "faults", {"on": {"id": "A3"}})
    steps.sync_now(page)
    expect(page.locator("#tool-card .chip.bad")).to_be_visible()
    assert page.locator("#tool-card a.primary, #tool-card button.primary").count() == 1
    walk.look()
    walk.place.demo.control(TOOL, "faults", {"off": "A3"})
    page.locator("#tool-mend").click()
    if not page.locator("#key-api_key").count():
        steps.submit(page)
    steps.give(page, walk.place.demo.credentials[TOOL])
    page.wait_for_url("**/connect/confirm/")
    steps.submit(page)
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    expect(page.locator("#tool-card .chip.ok")).to_be_visible(timeout=60_000)


def test_a_reader_elsewhere_sees_their_own_time_behind_the_entitys(walk: Walk, chromium: Browser) -> None:
    there = Window(chromium, walk.place.demo.origin, zone="America/Montevideo")
    steps.sign_in(there, walk.place.demo, walk.language)
    steps.go_to(there.page, steps.INTEGRATIONS)
    words = {"en": "where you are", "fr": "chez vous"}[walk.language]
    expect(there.page.locator("#tool-card dl time.small").first).to_contain_text(words)
    there.context.close()
    steps.go_to(walk.page, steps.INTEGRATIONS)
    expect(walk.page.locator("#tool-card dl time.small").first).not_to_contain_text(words)


def test_d12_syncs_are_paused_and_resumed(walk: Walk) -> None:
    page = walk.page
    steps.go_to(page, steps.INTEGRATIONS)
    page.locator("#tool-pause").click()
    expect(page.locator("#tool-resume")).to_be_visible()
    walk.look()
    page.locator("#tool-resume").click()
    expect(page.locator("#tool-card .chip.ok")).to_be_visible(timeout=60_000)


def test_s8_s43_another_entity_uses_the_connection_with_settings_of_its_own(walk: Walk) -> None:
    page = walk.page
    steps.look_at_entity(page, "Acme UK")
    steps.go_to(page, steps.INTEGRATIONS)
    walk.look()
    page.locator('form[action$="/join/"] button').click()
    page.goto(steps.CONFIGURE)
    page.locator("#scope-everybody").check()
    promised = walk.save_and_confirm()
    assert promised["create"] > 20
    steps.members(page, "invited")
    managers = page.locator("main tbody td:nth-child(5)").all_inner_texts()
    assert sum(bool(text.strip()) for text in managers) > len(managers) / 2


def test_d6_between_entities_shows_who_is_in_several(walk: Walk) -> None:
    page = walk.page
    steps.go_to(page, "/between/")
    page.locator('main nav.tabs a[href*="several"]').click()
    expect(page.locator("main tbody tr").first).to_contain_text("Acme France")
    expect(page.locator("main tbody tr").first).to_contain_text("Acme UK")


def test_d15_a_run_is_undone_after_a_preview_and_syncs_pause(walk: Walk) -> None:
    page = walk.page
    steps.members(page, "invited")
    before = steps.tabs(page)
    steps.go_to(page, "/runs/")
    page.locator('main a[href*="/plan/"]').first.click()
    page.locator('form[action$="/undo/"] button').click()
    page.wait_for_url(re.compile(r"/plan/\d+/$"))
    assert steps.groups(page)["archive"] > 20
    walk.look()
    steps.confirm(page)
    steps.members(page, "archived")
    assert steps.tabs(page)["archived"] >= before["archived"] + 20
    steps.go_to(page, steps.INTEGRATIONS)
    expect(page.locator("#tool-resume")).to_be_visible()


def test_d11_somebody_is_suspended_at_once_and_let_in_again(walk: Walk) -> None:
    page = walk.page
    steps.look_at_entity(page, "Acme France")
    steps.members(page, "invited")
    page.locator("main tbody a").first.click()
    page.locator('a[href$="/suspend/"]').click()
    walk.look()
    page.locator("main form [name=reason]").fill("Phone stolen")
    page.locator("main form button.danger").click()
    expect(page.locator("main .chip.bad").first).to_be_visible()
    page.locator('a[href$="/lift/"]').first.click()
    page.locator("main form button.primary").click()
    expect(page.locator('a[href$="/suspend/"]')).to_be_visible()
