"""The list of members: who may see it, HR status, notices, search, pages."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Role
from rollcall.directory.listing import PAGE
from tests.web.crew import Crew, browser, crew, events_of, invited, link, now_is, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def all_of_them() -> Crew:
    return crew()


def _row(page: str, name: str) -> str:
    return next(row for row in page.split("<tr>") if name in row)


def test_alice_sees_the_members_bob_does_not_and_a_stranger_signs_in_first(all_of_them: Crew) -> None:
    assert "Maya" in browser(all_of_them.two.alice).get("/members/").content.decode()
    assert browser(all_of_them.two.bob).get("/members/").status_code == 403
    charlies = browser(all_of_them.two.charlie).get("/members/").content.decode()
    assert "Foreign" in charlies and "Maya" not in charlies
    assert browser().get("/members/").headers["Location"].startswith("/account/login/")


def test_a_controller_sees_the_list_and_no_button_that_changes_it(all_of_them: Crew) -> None:
    grant_role(all_of_them.two.alice_entity, all_of_them.two.bob, Role.CONTROLLER)
    page = browser(all_of_them.two.bob).get("/members/").content.decode()
    assert "Maya" in page and "/members/invite/" not in page


def test_the_column_hr_status_tells_managed_no_longer_managed_and_by_hand_apart(all_of_them: Crew) -> None:
    """S57-S60: green check; orange warning with the reason under it; empty."""
    page = browser(all_of_them.two.alice).get("/members/").content.decode()
    managed, released, manual = (_row(page, name) for name in ("Maya", "Rune", "Hanna"))
    assert 'class="chip ok"' in managed and "Managed" in managed
    assert 'class="chip warn"' in released and "No longer managed" in released and "Lille" in released
    assert "chip" not in manual


def test_a_notice_says_how_many_the_tool_manages(all_of_them: Crew) -> None:
    """S54."""
    with acting_for(all_of_them.two.alice_company.pk):
        link(person(all_of_them.two.alice_entity, "Second"), all_of_them.connection)
    page = browser(all_of_them.two.alice).get("/members/").content.decode()
    text = re.sub(r"<[^>]+>", "", page)
    assert "2 of 6 are managed by BambooHR. Their details change there, not here." in text


def test_the_tabs_hold_invited_active_and_archived_with_their_numbers(all_of_them: Crew) -> None:
    """S61-S63."""
    invited(all_of_them.two.alice_entity, "Nora")
    client = browser(all_of_them.two.alice)
    pages = {
        s: client.get(f"/members/?state={s}").content.decode() for s in ("active", "invited", "archived")
    }
    assert {s for s, page in pages.items() if "Nora" in page} == {"invited"}
    assert {s for s, page in pages.items() if "Gone" in page} == {"archived"}
    assert {s for s, page in pages.items() if "Maya" in page} == {"active"}
    numbers = re.findall(r'(Active|Invited|Archived) <span class="num muted">(\d+)<', pages["active"])
    assert numbers == [("Active", "5"), ("Invited", "1"), ("Archived", "1")]


def test_search_and_hr_status_narrow_the_list(all_of_them: Crew) -> None:
    client = browser(all_of_them.two.alice)
    found = client.get("/members/?q=may").content.decode()
    assert "Maya" in found and "Hanna" not in found
    released = client.get("/members/?hr=released").content.decode()
    assert "Rune" in released and "Maya" not in released
    assert "Nobody matches" in client.get("/members/?q=may&hr=manual").content.decode()


def test_next_page_shows_everybody_once(all_of_them: Crew) -> None:
    entity = all_of_them.two.alice_entity
    with acting_for(entity.company_id):
        for number in range(PAGE + 10):
            person(entity, f"P{number:03}", last_name="Same" if number % 2 else f"L{number:03}")
    client, address, seen = browser(all_of_them.two.alice), "/members/?q=example", []
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'href="/members/(\d+)/"', page)
        more = re.search(r'href="(\?[^"]*after=\d+)"', page)
        address = f"/members/{more[1].replace('&amp;', '&')}" if more else ""
    assert len(seen) == len(set(seen)) == PAGE + 15


def test_the_number_of_queries_does_not_grow_with_the_list(all_of_them: Crew) -> None:
    entity, client = all_of_them.two.alice_entity, browser(all_of_them.two.alice)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/members/").status_code == 200
        counts.append(len(queries))
        with acting_for(entity.company_id):
            for number in range(30):
                link(person(entity, f"P{number}"), all_of_them.connection)
    assert counts[0] == counts[1] <= 25


def test_a_company_without_members_is_told_what_to_do(all_of_them: Crew) -> None:
    empty = create_entity(all_of_them.two.alice_company, "Empty")
    grant_role(empty, all_of_them.two.alice, Role.ADMIN)
    client = browser(all_of_them.two.alice)
    client.post("/entity/", {"entity": empty.pk})
    page = client.get("/members/").content.decode()
    assert "No active members yet" in page and "/settings/integrations/" in page


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE",
        "مريم",
        "{{ 7|add:1 }}",
        "\u202egnihton",
        "É" * 200,
        "💥",
    ],
)
def test_e3_e5_strange_names_break_no_page(all_of_them: Crew, name: str) -> None:
    """E3, E5: shown as they are, escaped, and kept apart from the text around them."""
    with acting_for(all_of_them.two.alice_company.pk):
        member = person(all_of_them.two.alice_entity, name)
    client = browser(all_of_them.two.alice)
    for address in ("/members/", f"/members/{member.pk}/", f"/members/{member.pk}/archive/"):
        page = client.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
    escaped = name.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")
    assert f"<bdi>{escaped}" in client.get("/members/").content.decode()


@pytest.mark.parametrize(
    "asked",
    ["?q=%00", "?after=99999999999999999999", "?after=x", "?state=nonsense", "?hr=x", "?q=" + "a" * 5000],
)
def test_a_damaged_address_is_no_error(all_of_them: Crew, asked: str) -> None:
    assert browser(all_of_them.two.alice).get(f"/members/{asked}").status_code == 200


def _choose(client: Any, action: str, ids: list[int], *, do: bool = False, **more: str) -> str:
    form = {"action": action, "member": [str(one) for one in ids], **more}
    answer = client.post(f"/members/chosen/{'do/' if do else ''}", form, follow=True)
    return str(answer.content.decode())


def test_chosen_members_are_named_with_what_will_happen_before_anything_does(all_of_them: Crew) -> None:
    client = browser(all_of_them.two.alice)
    chosen = [all_of_them.managed.pk, all_of_them.alice.pk, all_of_them.archived.pk, all_of_them.foreign.pk]
    page = _choose(client, "suspend", chosen)
    assert "Suspend 1 member?" in page and "Maya" in page and "2 stay as they are" in page
    assert "This is you." in page and "archived already" in page and "Foreign" not in page
    assert now_is(all_of_them.managed).suspended_at is None


def test_a_bulk_action_is_done_once_and_says_what_it_did(all_of_them: Crew) -> None:
    client, ids = browser(all_of_them.two.alice), [all_of_them.managed.pk, all_of_them.manual.pk]
    assert "2 members suspended." in _choose(client, "suspend", ids, do=True, reason="audit")
    assert now_is(all_of_them.manual).suspended_why == "audit"
    again = _choose(client, "suspend", ids, do=True)
    assert "2 members were left as they were." in again and "members suspended." not in again
    assert events_of(all_of_them.manual) == ["member.suspended"]
    listed = client.get("/members/?suspended=1").content.decode()
    assert "Maya" in listed and "Rune" not in listed and 'class="chip bad"' in listed
    assert "2 suspensions lifted." in _choose(client, "lift", ids, do=True)


def test_more_than_twenty_names_are_counted_and_more_than_a_page_is_not_taken(all_of_them: Crew) -> None:
    entity = all_of_them.two.alice_entity
    with acting_for(entity.company_id):
        ids = [person(entity, f"P{number:03}").pk for number in range(PAGE + 10)]
    page = _choose(browser(all_of_them.two.alice), "archive", ids)
    assert f"Archive {PAGE} members?" in page and f"and {PAGE - 20} more" in page


def test_only_owners_and_admins_act_on_chosen_members(all_of_them: Crew) -> None:
    """S6."""
    grant_role(all_of_them.two.alice_entity, all_of_them.two.bob, Role.CONTROLLER)
    form = {"action": "archive", "member": str(all_of_them.manual.pk)}
    for path in ("/members/chosen/", "/members/chosen/do/"):
        assert browser(all_of_them.two.bob).post(path, form).status_code == 403
        browser(all_of_them.two.charlie).post(path, form)
        assert browser().post(path, form).headers["Location"].startswith("/account/login/")
        assert browser(all_of_them.two.alice).get(path).status_code == 405
    assert now_is(all_of_them.manual).state == "active"
    assert "pick" not in browser(all_of_them.two.bob).get("/members/").content.decode()


def test_choosing_nobody_or_an_unknown_action_changes_nothing(all_of_them: Crew) -> None:
    client = browser(all_of_them.two.alice)
    assert "Choose members in the list first." in _choose(client, "archive", [])
    assert client.post("/members/chosen/", {"action": "delete", "member": "1"}).status_code == 404
    page = _choose(client, "bring_back", [all_of_them.manual.pk])
    assert "possible for any of the members" in page


def test_a_page_of_fifty_stays_light(all_of_them: Crew) -> None:
    entity = all_of_them.two.alice_entity
    with acting_for(entity.company_id):
        for number in range(PAGE):
            link(person(entity, f"Firstname{number}", last_name="Quite-Usual"), all_of_them.connection)
    page = browser(all_of_them.two.alice).get("/members/").content
    assert len(page) < 60_000


def test_the_list_goes_back_to_the_page_before(all_of_them: Crew) -> None:
    entity, client = all_of_them.two.alice_entity, browser(all_of_them.two.alice)
    with acting_for(entity.company_id):
        for number in range(PAGE):
            person(entity, f"P{number:03}")
    first = client.get("/members/").content.decode()
    after = re.search(r'href="\?([^"]*after=\d+)"', first)
    assert after and "before=" not in first
    second = client.get(f"/members/?{after[1]}").content.decode()
    before = re.search(r'href="\?([^"]*before=\d+)"', second)
    assert before
    back = client.get(f"/members/?{before[1]}").content.decode()
    rows = r'href="/members/(\d+)/"'
    assert re.findall(rows, back) == re.findall(rows, first)


def test_the_meaning_of_the_hr_status_is_explained_on_the_page(all_of_them: Crew) -> None:
    """S57-S60: by a button that keyboards and fingers reach."""
    page = browser(all_of_them.two.alice).get("/members/").content.decode()
    assert 'popovertarget="hr-help"' in page and "The HR tool decides the details" in page
