"""The gallery and the card of the connected tool."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.connections.models import Connection, Subscription
from rollcall.directory import queries as members
from tests.web.hr import CONFIGURE, DISCONNECT, HOME, KEY, World, text, world


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def test_the_gallery_offers_each_tool_and_says_which_are_coming(hr: World) -> None:
    """S9, S10, S65"""
    page = text(hr.alice.get(HOME))
    assert '/settings/integrations/bamboohr/connect/"' in page
    assert '/settings/integrations/personio/connect/"' in page
    assert "Gusto" in page and "/settings/integrations/gusto/connect/" not in page
    assert page.count("Coming") == 7


def test_the_gallery_can_be_searched(hr: World) -> None:
    page = text(hr.alice.get(HOME, {"q": "PERS"}))
    assert "Personio" in page and "Workday" not in page
    assert "No HR tool is called “zzz”" in text(hr.alice.get(HOME, {"q": "zzz"}))
    part = hr.alice.get(HOME, {"q": "pers", "part": "gallery"}, headers={"HX-Request": "true"})
    assert "Personio" in text(part) and "<html" not in text(part)


def test_after_the_first_read_the_card_asks_to_choose_employees(hr: World) -> None:
    """S26, S27, S28, S51"""
    client = hr.ready()
    page = text(client.get(HOME))
    assert "Action required" in page
    assert "60 employees were read from BambooHR. Nobody is managed yet." in page
    assert f'href="{CONFIGURE}"' in page
    assert "0 of" in page


def test_the_card_shows_progress_to_everybody_who_looks(hr: World) -> None:
    """S24, S42"""
    client = hr.alice
    hr.connect(client)
    with access.acting_for(hr.two.alice_company.pk):
        Connection.objects.update(progress={"read": 41})
    for browser in (client, hr.alice):
        card = text(browser.get(f"{HOME}status/"))
        assert "41 people read from BambooHR so far." in card
        assert 'hx-trigger="every 1s"' in card
    hr.run()
    assert "hx-trigger" not in text(client.get(f"{HOME}status/"))


def test_an_error_says_who_must_do_what_with_one_button(hr: World) -> None:
    """S52, S53, A3"""
    client = hr.ready()
    hr.control("faults", on={"id": "A3"})
    hr.run()
    page = text(client.get(HOME))
    assert "BambooHR does not accept these credentials." in page
    assert f'<a class="btn primary" id="tool-mend" href="{KEY}">' in page and "Give a new key" in page
    assert page.count("btn primary") == 1
    hr.control("faults", clear=True)


def test_an_outage_offers_no_button_since_there_is_nothing_to_do(hr: World) -> None:
    """T5"""
    client = hr.ready()
    hr.sim.stop()
    hr.run()
    page = text(client.get(HOME))
    assert "cannot be reached at the moment" in page
    assert "tool-mend" not in page


def test_pause_and_resume(hr: World) -> None:
    client = hr.ready()
    assert "Paused" in text(client.post(f"{HOME}pause/", follow=True))
    assert hr.connection().state == "paused"
    assert "not connected, or paused" in text(client.post(f"{HOME}sync/", follow=True))
    client.post(f"{HOME}resume/")
    assert hr.connection().run_wanted == "person"


def test_sync_now_pressed_twice_asks_for_one_run(
    hr: World, django_capture_on_commit_callbacks: Callable[[], AbstractContextManager[list[object]]]
) -> None:
    client = hr.ready()
    with django_capture_on_commit_callbacks() as jobs:
        client.post(f"{HOME}sync/")
        assert client.post(f"{HOME}sync/").status_code == 302
    assert len(jobs) == 1
    assert hr.connection().run_wanted == "person"


def test_s53_a_missing_permission_leads_to_the_list_of_permissions(hr: World) -> None:
    client = hr.ready()
    with access.acting_for(hr.two.alice_company.pk):
        Connection.objects.update(state="error", error="permission", error_params={"permission": "Name"})
    page = text(client.get(HOME))
    assert 'href="/settings/integrations/bamboohr/guide/#permissions"' in page
    assert 'id="permissions"' in text(client.get("/settings/integrations/bamboohr/guide/"))


def test_s42_the_progress_fetches_itself_and_the_whole_card_once_it_is_over(hr: World) -> None:
    client = hr.alice
    hr.connect(client)
    begun = client.get(f"{HOME}status/", {"was": "connecting.1"}, headers={"HX-Request": "true"})
    assert "was=connecting.1" in text(begun) and "HX-Retarget" not in begun.headers
    hr.run()
    over = client.get(f"{HOME}status/", {"was": "connecting.1"}, headers={"HX-Request": "true"})
    assert over.headers["HX-Retarget"] == "#tool-card" == over.headers["HX-Reselect"]
    assert 'data-say="BambooHR: Action required"' in text(over)


def test_s24_the_progress_is_said_aloud_now_and_then_and_works_without_a_script(hr: World) -> None:
    client = hr.alice
    hr.connect(client)
    with access.acting_for(hr.two.alice_company.pk):
        Connection.objects.update(progress={"read": 437, "total": 600})
    card = text(client.get(f"{HOME}status/"))
    assert 'data-say="400 people read"' in card and "437 people read from BambooHR so far." in card
    assert 'value="437" max="600"' in card
    assert "data-lost hidden" in card and "<noscript>" in card


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("connecting", "Connecting"),
        ("syncing", "Syncing"),
        ("action_required", "Action required"),
        ("error", "Error"),
        ("paused", "Paused"),
    ],
)
def test_s51_each_state_has_its_word_and_at_most_one_main_button(hr: World, state: str, word: str) -> None:
    """Product decision 12"""
    client = hr.ready()
    with access.acting_for(hr.two.alice_company.pk):
        error = "credentials" if state == "error" else ""
        Connection.objects.update(state=state, error=error)
    card = text(client.get(f"{HOME}status/"))
    assert f"</svg> {word}</span>" in card
    assert card.count("btn primary") <= 1


def test_a_due_sync_is_said_to_start_in_a_moment_and_never_lies_in_the_past(hr: World) -> None:
    client = hr.ready()
    with access.acting_for(hr.two.alice_company.pk):
        Connection.objects.update(next_run_at=timezone.now() - timedelta(minutes=3))
    assert "<dt>Next sync</dt><dd>in a moment</dd>" in text(client.get(HOME))


def test_everything_stops_with_two_clicks(hr: World) -> None:
    """The navigation leads to the card, the card has Pause outside of its menu."""
    client = hr.ready()
    page = text(client.get(HOME))
    assert page.count(f'<li><a href="{HOME}"') == 1
    assert page.index('id="tool-pause"') < page.index('id="tool-menu"') < page.index(f'href="{DISCONNECT}"')


def test_the_search_finds_a_name_without_its_accents(hr: World) -> None:
    page = text(hr.alice.get(HOME, {"q": "eurecia"}))
    assert "Eurécia" in page and "Personio" not in page


def test_s5_on_essentials_the_gallery_is_seen_and_says_who_changes_the_plan(hr: World) -> None:
    hr.plan("essentials")
    page = text(hr.alice.get(HOME))
    assert "Personio" in page and "/personio/connect/" not in page
    assert 'href="/settings/plan/"' in page


def test_s47_disconnecting_says_what_is_erased_with_the_number(hr: World) -> None:
    page = text(hr.ready().get(DISCONNECT))
    assert "The key for BambooHR and the copy of 60 employees are erased." in page
    assert "Delete the key in BambooHR too." in page


def test_the_page_asks_the_database_a_few_times_only(
    hr: World, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    client = hr.ready()
    client.get(HOME)
    with django_assert_max_num_queries(14):
        client.get(HOME)


def test_buttons_without_a_connection_say_so(hr: World) -> None:
    for button in ("sync", "pause", "resume"):
        assert "not connected" in text(hr.alice.post(f"{HOME}{button}/", follow=True))
    assert "No HR tool is connected." in text(hr.alice.get(DISCONNECT, follow=True))


def test_disconnecting_says_the_numbers_first_and_keeps_every_member(hr: World) -> None:
    """S47, S48"""
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    with access.acting_for(hr.two.alice_company.pk):
        before = members.counts(hr.two.alice_entity.pk)
    page = text(client.get(DISCONNECT))
    assert f"{before['managed']} members are no longer managed" in page
    assert hr.connection().state != "disconnected"
    assert "All members stay as they are." in text(client.post(DISCONNECT, follow=True))
    with access.acting_for(hr.two.alice_company.pk):
        after = members.counts(hr.two.alice_entity.pk)
    assert after == before | {"managed": 0}
    assert client.post(DISCONNECT).headers["Location"] == HOME  # twice does no harm


def test_connecting_again_recognises_everybody(hr: World) -> None:
    """S49"""
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    client.post(DISCONNECT)
    hr.connect(client)
    hr.run()
    again = hr.preview(client)
    assert again.counts["link"] == made.counts["create"] and again.counts["create"] == 0


def test_another_entity_can_use_the_same_connection(hr: World) -> None:
    """S8, product decision 6"""
    hr.ready()
    spain = hr.second_entity("Alice's Spain")
    grant_role(spain, hr.two.alice, "owner")
    client = hr.alice
    client.post("/entity/", {"entity": spain.pk})
    page = text(client.get(HOME))
    assert "Use the connection of Alice&#x27;s entity" in page
    assert client.post(f"{HOME}join/", {"connection": hr.connection().pk}).headers["Location"] == CONFIGURE
    with access.acting_for(hr.two.alice_company.pk):
        assert Subscription.objects.filter(entity=spain).exists()
    assert "Action required" in text(client.get(HOME))


def test_nobody_stops_the_connection_of_an_entity_they_do_not_manage(hr: World) -> None:
    client = hr.ready()
    spain = hr.second_entity("Alice's Spain")
    with access.acting_for(hr.two.alice_company.pk):
        Subscription.objects.create(
            entity=spain, company=hr.two.alice_company, connection=Connection.objects.get()
        )
    assert "you do not manage them" in text(client.post(DISCONNECT))
    assert "you do not manage them" in text(client.post(f"{HOME}pause/", follow=True))
    assert hr.connection().state == "action_required"


def test_a_connection_of_another_company_cannot_be_joined(hr: World) -> None:
    """Z1"""
    hr.ready()
    answer = hr.charlie.post(f"{HOME}join/", {"connection": hr.connection().pk}, follow=True)
    assert "not connected" in text(answer)
    assert "not connected" in text(hr.charlie.post(f"{HOME}join/", {"connection": "x"}, follow=True))
    assert "Alice" not in text(hr.charlie.get(HOME)).replace("Charlie", "")


@pytest.mark.parametrize("page", ["", "status/", "disconnect/"])
def test_only_admins_see_the_integrations(hr: World, page: str) -> None:
    """S6"""
    assert hr.bob.get(f"{HOME}{page}").status_code == 403
    assert Client().get(f"{HOME}{page}").status_code == 302


@pytest.mark.thorough
@pytest.mark.parametrize("button", ["sync", "pause", "resume", "join", "disconnect"])
def test_only_admins_press_buttons(hr: World, button: str) -> None:
    """S6"""
    hr.ready()
    before = hr.connection().state
    assert hr.bob.post(f"{HOME}{button}/").status_code == 403
    assert hr.charlie.post(f"{HOME}{button}/").status_code == 302
    assert hr.connection().state == before
