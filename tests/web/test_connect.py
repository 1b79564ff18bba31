"""The guided dialog: review, key, confirm."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client

from rollcall.accounts import access
from rollcall.connections.models import Connection, Subscription
from rollcall.directory import queries as members
from tests import planted
from tests.web.hr import CONFIRM, HOME, KEY, REVIEW, World, text, world


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def nobody_changed(hr: World) -> bool:
    with access.acting_for(hr.two.alice_company.pk):
        counts = members.counts(hr.two.alice_entity.pk)
        return not Connection.objects.exists() and not any(counts.values())


def test_it_shows_each_kind_of_data_and_its_reason_before_any_key(hr: World) -> None:
    """S7, S11, S12"""
    page = text(hr.alice.get(REVIEW))
    assert "You need to be an administrator in BambooHR" in page
    assert "To set who approves for whom." in page
    assert 'value="bank_account" checked' in page
    assert 'value="first_name"' not in page  # what is needed can't be left out


def test_it_shows_the_tools_own_steps_beside_the_inputs(hr: World) -> None:
    """S13, S15, S17"""
    page = text(hr.alice.get(KEY))
    assert "API Keys" in page
    assert 'name="subdomain"' in page and 'name="api_key"' in page


def test_a_good_key_leads_to_what_was_seen_and_then_to_the_first_read(hr: World) -> None:
    """S14, S24, S25"""
    client = hr.alice
    assert client.post(KEY, hr.typed()).headers["Location"] == CONFIRM
    page = text(client.get(CONFIRM))
    assert "we can see 60 people" in page
    assert "acme.bamboohr.com" in page
    assert nobody_changed(hr)
    assert client.post(CONFIRM).headers["Location"] == HOME
    assert hr.connection().state == "connecting"
    card = text(client.get(HOME))
    assert "Connecting" in card and "This changes nobody." in card


def test_a_pasted_address_is_taken_for_its_subdomain(hr: World) -> None:
    client = hr.alice
    client.post(KEY, hr.typed(subdomain=" https://acme.bamboohr.com/home "))
    client.post(CONFIRM)
    assert hr.connection().address == "acme"


def test_a_second_press_on_connect_does_no_harm(hr: World) -> None:
    client = hr.alice
    hr.connect(client)
    first = hr.connection().connected_at
    assert client.post(CONFIRM).headers["Location"] == HOME
    assert hr.connection().connected_at == first


def test_a_wrong_key_says_so_and_stores_nothing(hr: World) -> None:
    """A3"""
    answer = hr.alice.post(KEY, hr.typed(api_key=planted.TOKEN))
    assert answer.status_code == 422
    assert "BambooHR does not accept these credentials." in text(answer)
    assert 'value="acme"' in text(answer)  # what is no secret stays typed
    assert planted.TOKEN not in text(answer)
    assert nobody_changed(hr)


def test_a_company_that_does_not_exist_says_so(hr: World) -> None:
    answer = hr.alice.post(KEY, hr.typed(subdomain="nowhere"))
    assert "knows no company at “nowhere”" in text(answer)
    assert nobody_changed(hr)


def test_a_subdomain_that_is_none_says_so(hr: World) -> None:
    """H5"""
    answer = hr.alice.post(KEY, hr.typed(subdomain="evil.example/#"))
    assert "Check the address" in text(answer)
    assert nobody_changed(hr)


def test_an_empty_input_is_named(hr: World) -> None:
    assert "Fill in “API key”." in text(hr.alice.post(KEY, hr.typed(api_key=" ")))


def test_a_sign_in_page_instead_of_an_answer_says_so(hr: World) -> None:
    """T10"""
    hr.control("faults", on={"id": "T10", "path": "/"})
    answer = hr.alice.post(KEY, hr.typed())
    assert "does not understand" in text(answer)
    assert nobody_changed(hr)


def test_a_tool_that_is_down_says_that_there_is_nothing_to_do(hr: World) -> None:
    """T1"""
    hr.sim.stop()
    answer = hr.alice.post(KEY, hr.typed())
    assert "cannot be reached at the moment" in text(answer)
    assert nobody_changed(hr)


def test_what_was_left_out_is_not_asked_for(hr: World) -> None:
    """S12"""
    client = hr.alice
    client.post(KEY, hr.typed(read=["manager_id"]))
    assert "Bank details" in text(client.get(CONFIRM))
    client.post(CONFIRM)
    wanted = hr.connection().wanted["leave_out"]
    assert {"bank_account", "country", "work_location"} <= set(wanted)
    assert not {"manager_id", "work_email", "status"} & set(wanted)


def test_the_session_keeps_no_key_that_anybody_could_read(hr: World) -> None:
    client = hr.alice
    client.post(KEY, hr.typed())
    kept = str(dict(client.session.items()))
    assert hr.sim.credentials("bamboohr")["api_key"] not in kept
    client.post(CONFIRM)
    assert "connect_pending" not in client.session


def test_a_confirm_without_a_test_goes_back_to_the_key(hr: World) -> None:
    assert hr.alice.post(CONFIRM).headers["Location"] == KEY
    assert nobody_changed(hr)


def test_a_company_on_essentials_is_told_what_it_needs(hr: World) -> None:
    """S5"""
    hr.plan("essentials")
    client = hr.alice
    assert client.get(REVIEW).headers["Location"] == HOME
    assert client.post(KEY, hr.typed()).headers["Location"] == HOME
    assert "Scale and Premium" in text(client.get(HOME))
    assert nobody_changed(hr)


def test_an_unknown_tool_is_not_found(hr: World) -> None:
    assert hr.alice.get("/settings/integrations/nosuchtool/connect/").status_code == 404


@pytest.mark.parametrize("address", [REVIEW, KEY, CONFIRM])
def test_only_admins_come_in(hr: World, address: str) -> None:
    """S6"""
    assert hr.bob.get(address).status_code == 403
    assert hr.bob.post(address).status_code in (403, 405)
    assert Client().get(address).status_code == 302


def test_another_companys_owner_connects_their_own_company_only(hr: World) -> None:
    """S8, Z1"""
    hr.connect()
    hr.connect(hr.charlie)
    with access.acting_for(hr.two.charlie_company.pk):
        assert Subscription.objects.get().entity_id == hr.two.charlie_entity.pk
