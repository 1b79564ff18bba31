"""Why? in the browser: found in three clicks, answered in sentences, for admins alone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role
from rollcall.connections.models import Connection, Employee, Subscription
from rollcall.engine.roster import State
from tests.web.crew import Crew, browser, crew
from tests.web.hr import World, text, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(people=30) as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def filtered(hr: World) -> Any:
    """Alice's browser, with a filter by the place of most people applied."""
    client = hr.ready()
    place = row(hr).work_location
    made = hr.preview(
        client,
        scope="filter",
        **{"c0-attribute": "work_location", "c0-test": "one_of", "c0-value": place},
    )
    client.post(
        f"/settings/integrations/plan/{made.pk}/decide/", {"digest": made.digest, "decision": "approve"}
    )
    hr.apply(made)
    return client


def row(hr: World, **more: Any) -> Employee:
    with acting_for(hr.two.alice_company.pk):
        found = Employee.objects.filter(status="active", work_location__isnull=False, **more)
        return found.exclude(work_email=None).order_by("pk")[0]


def outsider(hr: World) -> Employee:
    inside = row(hr).work_location
    with acting_for(hr.two.alice_company.pk):
        return Employee.objects.filter(status="active").exclude(work_location=inside).order_by("pk")[0]


@pytest.mark.thorough
def test_s35_from_the_search_straight_to_why_somebody_was_not_invited(hr: World) -> None:
    """Decision 16: navigation, name, answer; also for people who were not invited."""
    client = filtered(hr)
    person = outsider(hr)
    answer = client.get("/why/", {"q": person.work_email})
    assert answer.headers["Location"] == f"/why/employee/{person.pk}/"
    page = text(client.get(answer.headers["Location"]))
    assert "Not invited" in page
    assert f"Work location is “{person.work_location}”. The filter asks for: {row(hr).work_location}." in page
    assert "The filter includes them, or you add them by name." in page and "Then they are invited." in page


def test_a_managed_member_is_told_what_would_end_it_and_what_happened(hr: World) -> None:
    """S57"""
    client = filtered(hr)
    page = text(client.get(f"/why/employee/{row(hr).pk}/"))
    assert "Managed by BambooHR, and up to date" in page
    assert "Meets every condition of the filter." in page
    assert "Linked to this member by their number in BambooHR" in page
    assert "What would end it" in page and "leavers are not archived automatically here" in page
    assert "Invitation sent." in page


def test_a_member_and_their_record_have_one_answer(hr: World) -> None:
    client = filtered(hr)
    with acting_for(hr.two.alice_company.pk):
        from_record = text(client.get(f"/why/employee/{row(hr).pk}/"))
    found = client.get("/why/", {"q": row(hr).work_email})
    assert found.status_code == 302
    assert "Managed by BambooHR" in from_record


def test_before_anything_is_confirmed_the_page_says_that_nobody_is_managed(hr: World) -> None:
    """S27"""
    client = hr.ready()
    page = text(client.get(f"/why/employee/{row(hr).pk}/"))
    assert "Nobody is managed until you confirm the settings." in page and "Will be invited" in page


def test_while_syncs_are_paused_the_page_says_so(hr: World) -> None:
    client = filtered(hr)
    with acting_for(hr.two.alice_company.pk):
        Connection.objects.update(state="paused")
    assert "Syncs are paused: nothing happens until somebody resumes them." in text(
        client.get(f"/why/employee/{row(hr).pk}/")
    )


def test_a_list_of_changes_that_waits_is_named_with_its_link(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    answer = client.get(f"/why/employee/{row(hr).pk}/")
    assert "A list of changes waits for a decision" in text(answer)
    assert f"/settings/integrations/plan/{made.pk}/" in answer.content.decode()


def test_somebody_who_vanished_is_explained(hr: World) -> None:
    """Decision 2: absence is not evidence."""
    client = filtered(hr)
    with acting_for(hr.two.alice_company.pk):
        Employee.objects.update(absent_since="2026-01-01T10:00:00Z")
    page = text(client.get(f"/why/employee/{row(hr).pk}/"))
    assert "Left as they are" in page and "is missing from the list" in page.lower()
    assert "Not listed since 1 January 2026" in page


def test_the_page_has_a_small_number_of_queries(hr: World) -> None:
    client = filtered(hr)
    for person in (row(hr), outsider(hr)):
        with CaptureQueriesContext(database) as queries:
            assert client.get(f"/why/employee/{person.pk}/").status_code == 200
        # 14 of them sign the reader in and open the company's wall
        assert len(queries) <= 31


@pytest.fixture
def here() -> Crew:
    return crew()


def test_the_search_says_what_to_do_when_nobody_or_several_are_found(here: Crew) -> None:
    client = browser(here.two.alice)
    assert "Who is it about?" in text(client.get("/why/"))
    assert "Nobody found" in text(client.get("/why/?q=zzzz"))
    page = re.sub(r"<[^>]+>", "", text(client.get("/why/?q=example")))
    assert "6 people found" in page and "Maya Example" in page
    assert client.get("/why/?q=hanna").headers["Location"] == f"/why/member/{here.manual.pk}/"


def test_s60_a_member_by_hand_is_explained(here: Crew) -> None:
    page = text(browser(here.two.alice).get(f"/why/member/{here.manual.pk}/"))
    assert "A member by hand" in page and "nothing there decides about this member" in page


def test_without_an_hr_tool_the_pages_say_so(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        Subscription.objects.all().delete()
    client = browser(here.two.alice)
    assert "No HR tool is connected to this entity" in text(client.get("/why/"))
    page = text(client.get(f"/why/member/{here.manual.pk}/"))
    assert "This entity is not connected to an HR tool." in page


def test_s48_after_a_disconnect_members_are_said_to_stay(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        Connection.objects.update(state="disconnected")
    page = text(browser(here.two.alice).get(f"/why/member/{here.managed.pk}/"))
    assert "BambooHR was disconnected" in page and "Members stay as they are." in page


def test_only_admins_ask_why(here: Crew) -> None:
    """S6"""
    for address in ("/why/", f"/why/member/{here.manual.pk}/", "/between/", "/between/people.csv"):
        assert browser(here.two.bob).get(address).status_code == 403
        assert browser().get(address).status_code == 302
    grant_role(here.two.alice_entity, here.two.bob, Role.CONTROLLER)
    assert browser(here.two.bob).get("/why/").status_code == 403


def test_names_of_any_kind_break_nothing(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        here.manual.first_name, here.manual.last_name = "<b>" + "W" * 200, "شاهد 🙂"
        here.manual.state = State.ARCHIVED
        here.manual.save()
    page = browser(here.two.alice).get(f"/why/member/{here.manual.pk}/").content.decode()
    assert "&lt;b&gt;WWW" in page and "<b>WWW" not in page and "شاهد" in page


def test_unknown_people_are_a_404(here: Crew) -> None:
    client = browser(here.two.alice)
    for address in ("/why/employee/987654/", "/why/member/987654/", f"/why/member/{here.foreign.pk}/"):
        assert client.get(address).status_code == 404


def test_a_suspended_member_is_said_to_have_no_access(here: Crew) -> None:
    """Decision 11."""
    with acting_for(here.two.alice_company.pk):
        here.manual.suspended_at = timezone.now()
        here.manual.save(update_fields=["suspended_at"])
    page = text(browser(here.two.alice).get(f"/why/member/{here.manual.pk}/"))
    assert "Suspended by a person: no access, whatever the HR tool says." in page


def test_the_answer_names_the_other_entities_only_to_their_admins(hr: World) -> None:
    """Decision 6."""
    client = filtered(hr)
    other = hr.second_entity("Second Ltd")
    with acting_for(hr.two.alice_company.pk):
        Subscription.objects.create(
            company=hr.two.alice_company,
            entity=other,
            connection=Connection.objects.get(),
            settings={"scope": {"type": "everybody"}, "invite": {"type": "at_once"}},
        )
    address = f"/why/employee/{outsider(hr).pk}/"
    page = text(client.get(address))
    assert "Chosen for another entity, which you do not manage." in page and "Second Ltd" not in page
    grant_role(other, hr.two.alice, Role.ADMIN)
    assert "Chosen for another entity: Second Ltd." in text(client.get(address))
