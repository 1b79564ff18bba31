"""The guided dialog: review, key, confirm."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import translation

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import User
from rollcall.connections import gallery
from rollcall.connections.models import Connection, Subscription
from rollcall.directory import queries as members
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK
from rollcall.sync.words.sentences import error_sentence
from tests import planted
from tests.accounts.people import two_companies
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


def test_h5_a_subdomain_that_is_none_says_so(hr: World) -> None:
    """H5"""
    answer = hr.alice.post(KEY, hr.typed(subdomain="evil.example/#"))
    assert "Check the address" in text(answer)
    assert nobody_changed(hr)


def test_an_empty_input_is_named(hr: World) -> None:
    assert "Fill in “API key”." in text(hr.alice.post(KEY, hr.typed(api_key=" ")))


def test_t10_a_sign_in_page_instead_of_an_answer_says_so(hr: World) -> None:
    """T10"""
    hr.control("faults", on={"id": "T10", "path": "/"})
    answer = hr.alice.post(KEY, hr.typed())
    assert "does not understand" in text(answer)
    assert nobody_changed(hr)


def test_t1_a_tool_that_is_down_says_that_there_is_nothing_to_do(hr: World) -> None:
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


def test_an_error_stands_at_its_input_too(hr: World) -> None:
    wrong_key = text(hr.alice.post(KEY, hr.typed(api_key=planted.TOKEN)))
    assert 'aria-describedby="key-api_key-error key-api_key-help" aria-invalid="true"' in wrong_key
    wrong_company = text(hr.alice.post(KEY, hr.typed(subdomain="nowhere")))
    assert 'id="key-subdomain-error"' in wrong_company and 'id="key-api_key-error"' not in wrong_company


def test_a_session_that_ends_while_typing_loses_no_choice_and_says_what_to_do(hr: World) -> None:
    """S11: after signing in again the dialog goes on where it was."""
    answer = Client().post(KEY, hr.typed(read=["manager_id"]))
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    assert back.startswith(KEY) and planted.TOKEN not in back
    page = text(hr.alice.get(back))
    assert "You were signed out meanwhile" in page
    assert 'name="read" value="manager_id"' in page and 'name="read" value="bank_account"' not in page


def test_back_to_the_confirm_after_connecting_shows_the_card(hr: World) -> None:
    client = hr.alice
    hr.connect(client)
    assert client.get(CONFIRM).headers["Location"] == HOME
    assert "Test the connection again" not in text(client.get(HOME))


def test_the_second_of_two_admins_reads_who_was_first(hr: World) -> None:
    first, second = hr.alice, hr.alice
    second.post(KEY, hr.typed())
    hr.connect(first)
    connected = hr.connection().connected_at
    answer = second.post(CONFIRM, follow=True)
    assert "has connected BambooHR meanwhile" in text(answer)
    assert hr.connection().connected_at == connected


def test_s8_an_entity_is_offered_the_connection_of_another_before_a_key(hr: World) -> None:
    hr.ready()
    spain = hr.second_entity("Alice's Spain")
    grant_role(spain, hr.two.alice, "owner")
    client = hr.alice
    client.post("/entity/", {"entity": spain.pk})
    page = text(client.get(REVIEW))
    assert page.index("Use the connection of") < page.index('name="reviewed"')


def test_nobody_changes_the_key_of_an_entity_they_do_not_manage(hr: World) -> None:
    """Product decision 6: the connection is shared, so new credentials would be theirs too."""
    hr.ready()
    before = hr.connection().connected_at
    spain = hr.second_entity("Alice's Spain")
    dora = User.objects.create_user("dora@acme.example", "x")
    grant_role(spain, dora, "admin")
    client = hr.browser(dora)
    assert client.get(REVIEW).headers["Location"] == HOME
    assert "you do not manage them" in text(client.post(KEY, hr.typed(), follow=True))
    assert hr.connection().connected_at == before


def test_s12_data_is_grouped_by_whether_it_is_needed(hr: World) -> None:
    page = text(hr.alice.get(REVIEW))
    places = [page.index(f'scope="rowgroup">{title}') for title in ("Needed", "Useful", "Sensitive")]
    assert places == sorted(places)
    assert page.index('id="read-bank_account"') > places[2]


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


def test_z1_another_companys_owner_connects_their_own_company_only(hr: World) -> None:
    """S8, Z1"""
    hr.connect()
    hr.connect(hr.charlie)
    with access.acting_for(hr.two.charlie_company.pk):
        assert Subscription.objects.get().entity_id == hr.two.charlie_entity.pk


def test_what_was_left_out_stays_left_out_on_every_way_back(hr: World) -> None:
    """S12: back from the confirm, back to the review, after a failed test."""
    client = hr.alice
    client.post(KEY, hr.typed(read=["manager_id"]))
    assert 'value="bank_account" checked' not in text(client.get(REVIEW))
    assert 'value="manager_id" checked' in text(client.get(REVIEW))
    assert 'name="read" value="bank_account"' not in text(client.get(KEY))
    failed = client.post(KEY, hr.typed(api_key=planted.TOKEN, read=["manager_id"]))
    assert 'name="read" value="bank_account"' not in text(failed)
    # another tool has a choice of its own
    assert 'value="bank_account" checked' in text(client.get(f"{HOME}personio/connect/"))


def test_a_choice_ends_with_the_dialog(hr: World) -> None:
    client = hr.alice
    client.post(KEY, hr.typed(read=["manager_id"]))
    client.post(CONFIRM)
    assert "connect_choice" not in client.session
    # from now on what is stored counts
    assert 'value="bank_account" checked' not in text(client.get(REVIEW))


def test_each_kind_of_data_says_what_is_lost_without_it(hr: World) -> None:
    """S12"""
    page = text(hr.alice.get(REVIEW))
    for one in gallery.TOOLS["bamboohr"].data:
        if one.optional and one.without:
            assert html.escape(one.without) in page
    assert page.count('data-label="Without it"') == sum(
        one.optional for one in gallery.TOOLS["bamboohr"].data
    )


Open = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def opened(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Alice's company beside one tool, by key and number of people."""

    @contextmanager
    def one(tool: str, people: int = 30) -> Iterator[World]:
        sim = server.start([tool], people=people, seed=1)
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", sim.url(tool))
        try:
            yield World(two=two_companies(), sim=sim)
        finally:
            sim.stop()

    return one


def control(hr: World, tool: str, action: str, **body: object) -> None:
    LOOPBACK.post(f"{hr.sim.control(tool)}/{action}", json=body, timeout=5).raise_for_status()


def access_page(tool: str) -> str:
    return f"{HOME}{tool}/connect/access/"


def confirm_page(tool: str) -> str:
    return f"{HOME}{tool}/connect/confirm/"


def given(hr: World, tool: str, *names: str, **changes: str) -> dict[str, str | list[str]]:
    """The named credentials of the stand-in, everything optional read."""
    held = hr.sim.credentials(tool)
    read = [one.fields[0] for one in gallery.TOOLS[tool].data if one.optional]
    return {"reviewed": "1", "read": read, **{name: held[name] for name in names}, **changes}


LUCCA = access_page("lucca")


@pytest.mark.parametrize(
    "ways",
    [
        ("api_key",),
        # the new API takes more requests than Lucca permits at once, so that this one waits
        pytest.param(("client_id", "client_secret"), marks=pytest.mark.thorough),
    ],
)
def test_lucca_is_connected_by_either_of_its_keys(opened: Open, ways: tuple[str, ...]) -> None:
    """S22: the address in any form that people copy."""
    with opened("lucca") as hr:
        client = hr.alice
        typed = given(hr, "lucca", *ways, address=" https://acme.ilucca.net/timmi-absences ")
        assert client.post(LUCCA, typed).headers["Location"] == confirm_page("lucca")
        page = text(client.get(confirm_page("lucca")))
        assert "we can see 30 people" in page
        assert "acme.ilucca.net" in page
        client.post(confirm_page("lucca"))
        with access.acting_for(hr.two.alice_company.pk):
            assert set(hr.connection().get_credentials()) == {"address", *ways}


def test_the_other_way_is_folded_away_until_somebody_begins_it(opened: Open) -> None:
    """S22: an input is named only if its way was begun, and what is no secret stays typed."""
    with opened("lucca") as hr:
        client = hr.alice
        page = text(client.get(LUCCA))
        assert '<details class="more"><summary>Connect in another way (Client ID, Client secret)' in page
        begun = client.post(LUCCA, given(hr, "lucca", "address", "client_id"))
        assert begun.status_code == 422
        page = text(begun)
        assert "Fill in “Client secret”." in page
        assert '<details class="more" open>' in page
        assert f'value="{hr.sim.credentials("lucca")["client_id"]}"' in page
        assert "Fill in “API key”." in text(client.post(LUCCA, given(hr, "lucca", "address")))


WRONG: Mapping[str, tuple[str, tuple[str, ...], dict[str, str], str, str]] = {
    # tool, credentials as they are, credentials that are wrong, code, the remedy's beginning
    "workday address": (
        "workday",
        ("username", "password"),
        {"rest_endpoint": "https://acme.workday.com/home"},
        "address",
        "Open the report “View API Clients” in Workday",
    ),
    "lucca address": (
        "lucca",
        ("api_key",),
        {"address": "https://lucca.example"},
        "address",
        "Open Lucca and copy its address",
    ),
    "workday password": (
        "workday",
        ("rest_endpoint", "username"),
        {"password": planted.PASSWORD},
        "credentials",
        "In Workday, check that the Integration System User's password",
    ),
    "deel personal token": ("deel", ("api_token",), {}, "wrong_kind", "This token shows one person only."),
}


@pytest.mark.thorough
@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_error_says_what_is_wrong_and_how_to_mend_it(opened: Open, case: str, language: str) -> None:
    """S13, S19, S20, S22: sentence and remedy, in the reader's language."""
    tool, right, wrong, code, remedy = WRONG[case]
    with opened(tool) as hr:
        if code == "wrong_kind":
            control(hr, tool, "options", token_type="personal")
        client = hr.alice
        client.post("/language/", {"language": language, "next": "/"})
        answer = client.post(access_page(tool), given(hr, tool, *right, **wrong))
        assert answer.status_code == 422
        page = html.unescape(text(answer))
        found = re.search(r'role="alert".*?<b>(.*?)</b>', page)
        assert found
        assert gallery.TOOLS[tool].name in found[1]
        if language == "en":
            assert remedy in found[1]
        else:
            with translation.override("en"):
                english = error_sentence(code, {"tool": tool, "address": wrong.get("address", "")})
            assert english.split(" ")[0:4] != found[1].split(" ")[0:4]
            assert remedy not in found[1]
        assert planted.PASSWORD not in page
        assert nobody_changed(hr)


@pytest.mark.thorough
def test_the_confirm_says_how_many_are_there_who_works_and_where(opened: Open) -> None:
    """S14"""
    with opened("hibob", people=412) as hr:
        client = hr.alice
        typed = given(hr, "hibob", "service_user_id", "service_user_token")
        assert client.post(access_page("hibob"), typed).headers["Location"] == confirm_page("hibob")
        page = text(client.get(confirm_page("hibob")))
        assert "The connection works: we can see 412 people." in page
        world_now = hr.sim.world("hibob")
        working = sum(
            world_now.status(one) not in ("inactive", "upcoming") for one in world_now.people.values()
        )
        assert f"{working} work there now, in" in page


def test_what_the_key_may_not_read_is_named_with_the_permission_that_brings_it(opened: Open) -> None:
    """S14, S18: and one may go on without."""
    with opened("payfit") as hr:
        scopes = ["collaborators:read", "collaborators:contracts:read", "contracts:read"]
        control(hr, "payfit", "permissions", scopes=scopes)
        client = hr.alice
        client.post(access_page("payfit"), given(hr, "payfit", "api_key"))
        page = text(client.get(confirm_page("payfit")))
        assert "Not readable with this key" in page
        assert "Bank details (IBAN and BIC): needs “collaborators:bank-info:read”" in page
        assert "collaborators:management:read" in page
        assert client.post(confirm_page("payfit")).headers["Location"] == HOME
        hr.run()
        card = text(client.get(HOME))
        assert "Not readable in the HR tool, so left as they are:" in card
        assert f'href="{HOME}payfit/guide/"' in card


def test_a_slow_tool_says_for_how_many_minutes_it_will_be_read(opened: Open) -> None:
    """S24, S42: Lucca permits 50 requests a minute, so nobody is looked at while somebody waits for the test."""
    with opened("lucca", people=5_000) as hr:
        client = hr.alice
        typed = given(hr, "lucca", "address", "client_id", "client_secret")
        assert client.post(LUCCA, typed).headers["Location"] == confirm_page("lucca")
        page = text(client.get(confirm_page("lucca")))
        assert "we can see 5000 people" in page
        assert "work there now" not in page
        found = re.search(r"Reading everybody takes about (\d+) minutes, because Lucca limits", page)
        assert found
        assert 2 <= int(found[1]) <= 4
        assert "Next: a first read. It changes nobody" in page


def test_a_permission_is_listed_once_with_all_that_it_brings(opened: Open) -> None:
    """S18"""
    with opened("payfit") as hr:
        page = text(hr.alice.get(access_page("payfit")))
        shown = page.split('<ul class="permissions">')[1].split("</ul>")[0]
        assert shown.count("<b>collaborators:read</b>") == 1
        assert "Name and employee number · Work e-mail · Company and its country (optional)" in shown
        without = text(hr.alice.get(access_page("payfit"), {"reviewed": "1"}))
        assert "bank-info" not in without.split('<ul class="permissions">')[1].split("</ul>")[0]
