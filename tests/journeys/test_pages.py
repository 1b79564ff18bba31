"""Every page there is, with people whose names are strange: accessible, in place, quiet, in every theme and width.

The addresses come from the router: a new page is looked at, or stands below with the reason why not.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from rollcall.web.urls import urlpatterns
from tests.journeys import running, steps
from tests.journeys.browser import EVERY_LOOK, NARROW, Look, Window
from tests.journeys.running import Installation

pytestmark = pytest.mark.journey

TOOL: Final = "bamboohr"
OTHER: Final = "lucca"
STRANGE: Final[Mapping[str, tuple[str, str]]] = {
    "emoji": ("Zoë 👩🏽‍🚀🎉", "Nováková-Łukasz"),
    "right to left": ("שרה‎", "العربيّة"),
    "long": ("Wolfeschlegelstein" * 11, "O’Brien"),
    "markup": ("<b>Bold</b><script>alert(1)</script>", "&amp; {{ 7 }} %s"),
    "spaces": ("Nguyễn  Thị\u00a0Minh", "\u202eDrow"),
}
NOT_LOOKED_AT: Final[Mapping[str, str]] = {
    "switch_entity": "takes a POST",
    "switch_language": "takes a POST",
    "sync_now": "takes a POST",
    "pause": "takes a POST",
    "resume": "takes a POST",
    "join_connection": "takes a POST",
    "ask_members": "takes a POST",
    "do_members": "takes a POST",
    "plan_decide": "takes a POST",
    "plan_undo": "takes a POST",
    "configure_count": "takes a POST, a piece of a page",
    "configure_against": "takes a POST, a piece of a page",
    "configure_people": "a piece of a page",
    "integrations_status": "a piece of a page",
    "plan_progress": "a piece of a page",
    "drill_progress": "a piece of a page",
    "decide_who": "takes a POST",
    "plan_csv": "a file",
    "between_csv": "a file",
    "audit_csv": "a file",
    "check_audit": "takes a POST",
    "confirm_bank": "takes a POST",
    "dispute_bank": "takes a POST",
    "resend_invitation": "takes a POST",
    "allow_again": "needs somebody who was erased; in tests/web",
    "webhook": "for HR tools",
    "metrics": "for programs that watch the installation",
    "metrics_json": "for programs that watch the installation",
    "home": "leads on",
    "welcome": "in the walk of who joins",
    "join": "in the walk of who joins",
    "mails_off": "in tests/web, by its signed address",
    "connect_confirm": "in the walk of the dialog",
    "authorise": "leads to the HR tool",
    "authorised": "leads on",
    "csv_again": "in the walk of files",
    "csv_file": "in the walk of files",
    "demo_mail_preview": "a mail, under its own policy",
}
"""Names of the router, each with the reason why this walk has no page of it."""

# Texts differ between languages, rules hardly do: French is looked at where its longer words have least room.
_LOOKS: Final[dict[str, tuple[Look, ...]]] = {"en": EVERY_LOOK, "fr": (("dark", NARROW),)}


class Walk:
    """One language's owner of a company that is connected, and the ids of its rows."""

    def __init__(self, window: Window, place: Installation, language: str) -> None:
        self.window, self.page, self.place, self.language = window, window.page, place, language
        self.ids: dict[str, str] = {}

    def people(self) -> list[dict[str, Any]]:
        """Everybody in the HR tool."""
        found: Any = self.place.demo.control(TOOL, "people")["people"]
        return list(found)

    def prepare(self) -> None:
        """Rename people, connect, apply to all, and note an id of each kind."""
        steps.sign_in(self.window, self.place.demo, self.language)
        there = [one for one in self.people() if one["status"] == "active" and one["work_email"]]
        for one, (first, last) in zip(there, STRANGE.values(), strict=False):
            names = {"first_name": first, "last_name": last}
            self.place.demo.control(TOOL, "rename", {"id": one["id"], **names})
        page = self.page
        steps.go_to(page, steps.INTEGRATIONS)
        steps.connect(page, TOOL, self.place.demo.credentials[TOOL])
        page.goto(steps.CONFIGURE)
        steps.save_and_apply(page)
        steps.confirm(page)
        self.ids["plan_id"] = _found(r"/plan/(\d+)/", page.url)
        for name, address, inside in (
            ("member_id", f"{steps.MEMBERS}?state=invited", r"/members/(\d+)/"),
            ("run_id", "/runs/", r"/runs/(\d+)/"),
            ("entity", "/settings/entities/", r"/entities/(\d+)/"),
        ):
            page.goto(address)
            self.ids[name] = _found(inside, page.locator("main").inner_html())
        page.goto("/settings/tokens/new/")
        page.locator("main [name=name]").fill("Ledger")
        page.locator("main [name=scopes][value=read]").check()
        page.locator("main button.primary").click()
        page.goto("/settings/tokens/")
        self.ids["token_id"] = _found(r"/tokens/(\d+)/", page.locator("main").inner_html())
        page.goto(f"/why/?q={there[-1]['work_email']}")
        self.ids["row_id"] = _found(r"/why/employee/(\d+)/", page.url)

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield name and address of every page of the router that is to be looked at."""
        for one in urlpatterns:
            name = str(one.name)
            if name in NOT_LOOKED_AT:
                continue
            address = "/" + re.sub(r"<int:(\w+)>", lambda found: self.ids[found[1]], str(one.pattern))
            yield name, address.replace("<slug:tool>", OTHER)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"{pattern} is not in {text[:2_000]}"
    return found[1]


@pytest.fixture(scope="module", params=["en", "fr"])
def walk(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Walk]:
    with running.installation([TOOL, OTHER], people=30) as place:
        window = Window(chromium, place.demo.origin)
        made = Walk(window, place, request.param)
        made.prepare()
        yield made
        window.context.close()


def test_every_page_of_the_router_is_accessible_and_in_place(walk: Walk) -> None:
    found = []
    for name, address in walk.addresses():
        answer = walk.page.goto(address)
        assert answer is not None
        if answer.status != 200:
            found.append(f"{name} {address}: {answer.status}")
            continue
        expect(walk.page.locator("html")).to_have_attribute("lang", walk.language)
        if walk.page.locator("h1").count() != 1:
            found.append(f"{name}: {walk.page.locator('h1').count()} first headings")
        found += walk.window.faults(_LOOKS[walk.language])
        walk.window.said.clear()
    assert found == []


def test_pages_of_sign_in_and_error_are_accessible_and_in_place(walk: Walk) -> None:
    for address in ("/account/2fa/", "/account/password/change/", "/nowhere/"):
        walk.page.goto(address)
        assert walk.window.faults(_LOOKS[walk.language]) == []


def test_a_strange_name_is_shown_as_it_is_written(walk: Walk) -> None:
    shown = ""
    for state in ("invited", "active"):
        walk.page.goto(f"{steps.MEMBERS}?state={state}")
        shown += walk.page.locator("main").inner_text()
    for first, last in STRANGE.values():
        for part in (first, last):
            assert " ".join(part.split()) in " ".join(shown.split())
    assert walk.window.said == []


def test_no_name_of_the_router_is_left_out_without_being_there() -> None:
    assert NOT_LOOKED_AT.keys() <= {str(one.name) for one in urlpatterns}
