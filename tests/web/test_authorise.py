"""Connecting by signing in at the HR tool: out to it and back, with the stand-ins' own pages of consent."""

import html
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role
from rollcall.connections.models import Connection
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK
from rollcall.web.tools import authorise
from tests import planted
from tests.accounts.people import two_companies
from tests.web.hr import HOME, World, text

TOOLS = ("payfit", "deel")
NAMES = {"payfit": "PayFit", "deel": "Deel"}
ANSWER = f"{HOME}authorised/"
STRANGE = "That answer does not belong to anything you just asked for. Try again."


def address(tool: str, step: str) -> str:
    return f"{HOME}{tool}/connect/{step}"


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    sim = server.start(TOOLS, people=6, seed=1)  # Deel is asked five times a second at most
    settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
    for tool in TOOLS:
        app = sim.credentials(tool)
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", sim.url(tool))
        monkeypatch.setenv(f"ROLLCALL_{tool.upper()}_CLIENT_ID", app["client_id"])
        monkeypatch.setenv(f"ROLLCALL_{tool.upper()}_CLIENT_SECRET", app["client_secret"])
    try:
        yield World(two=two_companies(), sim=sim)
    finally:
        sim.stop()


def control(hr: World, tool: str, action: str, **body: object) -> None:
    answer = LOOPBACK.post(f"{hr.sim.control(tool)}/{action}", json=body, timeout=5)
    answer.raise_for_status()


def asked_for_tokens(hr: World, tool: str) -> bool:
    seen: list[dict[str, Any]] = LOOPBACK.get(f"{hr.sim.control(tool)}/requests", timeout=5).json()[
        "requests"
    ]
    return any(one["path"] in ("/token", "/oauth2/tokens") for one in seen)


def button(page: str) -> str:
    """Where the button of the page leads."""
    found = re.search(r'href="([^"]+/connect/authorise/[^"]*)"', page)
    assert found, "there is no button to sign in with"
    return html.unescape(found[1])


def consent(client: Client, tool: str, way: str = "") -> str:
    """Go out to the tool, agree there, and return the address it sends the browser back to."""
    out = client.get(way or address(tool, "authorise/"))
    assert out.status_code == 302
    answer = LOOPBACK.get(out.headers["Location"], timeout=5)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.path == ANSWER
    return f"{back.path}?{back.query}"


def nothing_connected(hr: World) -> bool:
    with access.acting_for(hr.two.alice_company.pk):
        return not Connection.objects.exists()


@pytest.mark.thorough
@pytest.mark.parametrize("tool", TOOLS)
def test_signing_in_at_the_tool_connects_without_a_key(hr: World, tool: str) -> None:
    """S14, S20 (Deel), S21 (PayFit), S24"""
    client = hr.alice
    page = text(client.get(address(tool, "access/")))
    assert f"Nothing to copy: sign in to {NAMES[tool]}" in page
    back = consent(client, tool, button(page))
    assert client.get(back).headers["Location"] == address(tool, "confirm/")
    seen = text(client.get(address(tool, "confirm/")))
    assert re.search(r"we can see \d+ people", seen)
    assert re.search(r"\d+ work there now, in \d+ countr", seen)
    assert nothing_connected(hr)
    assert client.post(address(tool, "confirm/")).headers["Location"] == HOME
    connection = hr.connection()
    assert (connection.tool, connection.state) == (tool, "connecting")
    with access.acting_for(connection.company_id):
        assert "access_token" in connection.get_credentials()
    hr.run()
    assert "Action required" in text(client.get(HOME))


def test_the_tool_is_told_the_app_the_scopes_and_where_to_send_the_browser(
    hr: World, settings: LazySettings
) -> None:
    out = hr.alice.get(address("payfit", "authorise/")).headers["Location"]
    assert out.startswith(hr.sim.url("payfit"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(out).query).items()}
    assert asked["client_id"] == hr.sim.credentials("payfit")["client_id"]
    assert asked["redirect_uri"] == settings.ROLLCALL_URL + ANSWER
    assert "collaborators:bank-info:read" in asked["scope"].split()
    assert len(asked["state"]) >= 32
    assert hr.sim.credentials("payfit")["client_secret"] not in out


def test_what_was_left_out_stays_left_out_over_there_and_back(hr: World) -> None:
    """S12"""
    client = hr.alice
    page = text(client.get(address("payfit", "access/"), {"reviewed": "1", "read": "manager_id"}))
    client.get(consent(client, "payfit", button(page)))
    assert "Bank details" in text(client.get(address("payfit", "confirm/")))
    client.post(address("payfit", "confirm/"))
    left_out = set(hr.connection().wanted["leave_out"])
    assert {"bank_account", "personal_email"} <= left_out
    assert "manager_id" not in left_out


@pytest.mark.thorough
@pytest.mark.parametrize("state", ["", "wrong", "é", "\x00"])
def test_an_answer_to_something_else_is_refused(hr: World, state: str) -> None:
    client = hr.alice
    code = parse_qs(urlsplit(consent(client, "payfit")).query)["code"][0]
    answer = client.get(ANSWER, {"code": code, "state": state}, follow=True)
    assert answer.redirect_chain == [(HOME, 302)]
    assert STRANGE in text(answer)
    assert not asked_for_tokens(hr, "payfit")
    assert nothing_connected(hr)


def test_an_answer_that_nobody_asked_for_is_refused(hr: World) -> None:
    assert STRANGE in text(hr.alice.get(ANSWER, {"code": "any", "state": ""}, follow=True))


def test_an_answer_counts_once(hr: World) -> None:
    client = hr.alice
    back = consent(client, "payfit")
    assert client.get(back).headers["Location"] == address("payfit", "confirm/")
    assert client.get(back).headers["Location"] == HOME
    assert STRANGE in text(client.get(HOME))


def test_an_answer_after_a_quarter_of_an_hour_is_too_late(hr: World) -> None:
    client = hr.alice
    back = consent(client, "payfit")
    session = client.session
    asked = session[authorise.ASKED]
    session[authorise.ASKED] = {**asked, "at": time.time() - authorise.ANSWER_WITHIN - 1}
    session.save()
    assert STRANGE in text(client.get(back, follow=True))
    assert not asked_for_tokens(hr, "payfit")


def test_an_answer_for_another_entity_is_refused(hr: World) -> None:
    """S8: whoever changes the entity meanwhile must not connect the wrong one."""
    other = hr.second_entity("Second")
    with access.acting_for(hr.two.alice_company.pk):
        grant_role(other, hr.two.alice, Role.OWNER)
    client = hr.alice
    client.post("/entity/", {"entity": hr.two.alice_entity.pk})
    back = consent(client, "payfit")
    client.post("/entity/", {"entity": other.pk})
    assert STRANGE in text(client.get(back, follow=True))
    assert nothing_connected(hr)


def test_z1_another_persons_answer_is_refused(hr: World) -> None:
    """Z1: somebody else's authorisation must not be slipped in."""
    back = consent(hr.alice, "payfit")
    charlie = hr.charlie
    consent(charlie, "payfit")
    assert STRANGE in text(charlie.get(back, follow=True))
    assert not asked_for_tokens(hr, "payfit")


def test_a_refusal_at_the_tool_is_told_and_keeps_what_was_left_out(hr: World) -> None:
    control(hr, "payfit", "options", consent="denied")
    client = hr.alice
    page = text(client.get(address("payfit", "access/"), {"reviewed": "1", "read": "manager_id"}))
    back = consent(client, "payfit", button(page))
    assert "error=access_denied" in back
    answer = client.get(back, follow=True)
    assert answer.redirect_chain == [(address("payfit", "access/"), 302)]
    assert "PayFit was not authorised, so nothing was connected." in text(answer)
    assert nothing_connected(hr)
    control(hr, "payfit", "options", consent="given")
    client.get(consent(client, "payfit", button(text(answer))))
    client.post(address("payfit", "confirm/"))
    left_out = set(hr.connection().wanted["leave_out"])
    assert "bank_account" in left_out
    assert "manager_id" not in left_out


def test_a_code_that_was_used_says_to_authorise_again(hr: World) -> None:
    client = hr.alice
    used = parse_qs(urlsplit(consent(client, "payfit")).query)
    client.get(ANSWER, {name: values[0] for name, values in used.items()})
    fresh = parse_qs(urlsplit(consent(client, "payfit")).query)
    answer = client.get(ANSWER, {"code": used["code"][0], "state": fresh["state"][0]}, follow=True)
    assert answer.redirect_chain == [(address("payfit", "access/"), 302)]
    said = "PayFit no longer lets Rollcall in. Sign in to PayFit and authorise Rollcall again."
    assert said in text(answer)


@pytest.mark.parametrize("tool", TOOLS)
def test_an_app_the_tool_does_not_know_is_the_operators_affair(
    hr: World, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ROLLCALL_{tool.upper()}_CLIENT_SECRET", planted.PASSWORD)
    client = hr.alice
    page = text(client.get(consent(client, tool), follow=True))
    assert "Tell whoever runs Rollcall." in page
    assert planted.PASSWORD not in page


def test_without_an_app_there_is_a_key_and_no_button(hr: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROLLCALL_PAYFIT_CLIENT_ID")
    client = hr.alice
    page = text(client.get(address("payfit", "access/")))
    assert "/connect/authorise/" not in page
    assert "Signing in to PayFit is not set up in this installation, so connect with a key." in page
    assert 'name="api_key"' in page and "<details" not in page.split('id="main"')[1]
    assert client.get(address("payfit", "authorise/")).headers["Location"] == address("payfit", "access/")


@pytest.mark.parametrize(("tool", "field"), [("payfit", "api_key"), ("deel", "api_token")])
def test_a_key_does_as_well(hr: World, tool: str, field: str) -> None:
    client = hr.alice
    page = text(client.get(address(tool, "access/")))
    assert "Use a key instead" in page and f'name="{field}"' in page
    typed = {"reviewed": "1", field: hr.sim.credentials(tool)[field]}
    assert client.post(address(tool, "access/"), typed).headers["Location"] == address(tool, "confirm/")
    client.post(address(tool, "confirm/"))
    with access.acting_for(hr.two.alice_company.pk):
        assert set(hr.connection().get_credentials()) == {field}


def test_the_session_keeps_no_token_that_anybody_could_read(hr: World) -> None:
    client = hr.alice
    client.get(consent(client, "payfit"))
    kept = str(dict(client.session.items()))
    tokens = list(hr.sim.world("payfit").tokens)
    assert tokens
    assert not any(token in kept for token in tokens)


def test_a_tool_without_such_a_way_goes_to_its_key(hr: World) -> None:
    answer = hr.alice.get(address("bamboohr", "authorise/"))
    assert answer.headers["Location"] == address("bamboohr", "access/")
    assert hr.alice.get(address("nosuchtool", "authorise/")).status_code == 404


def test_a_company_on_essentials_is_not_sent_out(hr: World) -> None:
    """S5"""
    hr.plan("essentials")
    assert hr.alice.get(address("payfit", "authorise/")).headers["Location"] == HOME


@pytest.mark.parametrize("way", [address("payfit", "authorise/"), ANSWER])
def test_only_admins_come_in(hr: World, way: str) -> None:
    """S6"""
    assert hr.bob.get(way).status_code == 403
    assert Client().get(way).status_code == 302
    assert hr.alice.post(way).status_code == 405
