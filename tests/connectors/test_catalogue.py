"""The list of tools, and opening a connection to one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rollcall.connectors.base import Access, Connector, Delta
from rollcall.connectors.catalogue import ANNOUNCED, TOOLS, connect, redeem
from rollcall.connectors.errors import Unreachable, WrongAddress, WrongCredentials
from rollcall.connectors.webhooks import Call, NotGenuine
from rollcall.engine.snapshot import DELIVERABLE, Employee
from rollcall.http_client import HttpClient
from tests.connectors.loopback import opened

BAMBOO = {"subdomain": "acme", "api_key": "k"}


class Bare(Connector):
    """As little as a connector can be."""

    tool = TOOLS["bamboohr"].tool

    def test(self) -> Any:
        return Access()

    def pages(self) -> Any:
        return iter(())

    def changes(self, since: Any) -> Any:
        return Delta(records=(), deleted=(), next_since=since)

    def employee(self, record: Any) -> Any:
        return Employee(id=record.decode())


def test_a_connector_that_says_nothing_misses_nothing() -> None:
    with HttpClient("https://acme.bamboohr.com") as http:
        assert Bare({}, http).unreadable() == frozenset()
        assert Bare({}, http).who() == Access()


@pytest.mark.parametrize("key", TOOLS)
def test_every_declaration_draws_a_whole_dialog(key: Any) -> None:
    """S12, S15-S17, S65: data with its permission, credentials, steps."""
    tool = TOOLS[key].tool
    assert tool.key == key
    assert tool.steps
    assert tool.credentials or tool.oauth or tool.kind == "file"
    named = [name for each in tool.data for name in each.fields]
    assert len(named) == len(set(named))
    assert set(named) <= set(DELIVERABLE)
    assert all(each.permission and each.why and each.label for each in tool.data)
    assert {name for each in tool.data if not each.optional for name in each.fields} >= {
        "work_email",
        "status",
    }


def test_the_gallery_announces_the_tools_of_the_article() -> None:
    """S1, S10."""
    names = {each.name for each in ANNOUNCED} | {kind.tool.name for kind in TOOLS.values()}
    assert names >= {"Personio", "HiBob", "Workday", "BambooHR", "PayFit", "Lucca", "Deel"}


@pytest.mark.parametrize("text", ["acme", " ACME ", "acme.bamboohr.com", "https://acme.bamboohr.com/home"])
def test_a_subdomain_is_understood_as_pasted(text: Any) -> None:
    """S17."""
    with connect("bamboohr", {**BAMBOO, "subdomain": text}) as connector:
        assert connector.credentials["subdomain"] == "acme"


@pytest.mark.parametrize(
    "text", ["", "a/b", "acme#", "user@acme", "acme?x", "a b", "acme.evil.example", "127.0.0.1"]
)
def test_h5_a_subdomain_never_chooses_another_host(text: Any) -> None:
    """H5."""
    with pytest.raises(WrongAddress) as caught, connect("bamboohr", {**BAMBOO, "subdomain": text}):
        pass
    assert caught.value.params["address"] == text


def test_a_missing_credential_is_named_and_nothing_is_sent() -> None:
    with (
        pytest.raises(WrongCredentials) as caught,
        connect("bamboohr", {"subdomain": "acme", "api_key": " "}),
    ):
        pass
    assert caught.value.detail == "no api_key"


def test_a_tool_that_is_not_there_is_a_lookup_error() -> None:
    with pytest.raises(LookupError), connect("abacus", {}):
        pass


def test_h1_h4_another_origin_must_be_allowed() -> None:
    """H1, H4: plain http to loopback only if the operator says so."""
    with pytest.raises(WrongAddress), connect("bamboohr", BAMBOO, environ_base_url="http://127.0.0.1:9"):
        pass


def test_a_stand_in_server_is_told_which_company_was_asked_for(scripted: Any) -> None:
    server = scripted(lambda asked: (200, {"id": "1"} if "employees/0" in asked.path else {"legalName": "A"}))
    with (
        pytest.raises(Exception, match="another shape"),
        opened("bamboohr", server.url, BAMBOO, headers={"X-Trace": "t"}) as connector,
    ):
        connector.test()
    assert server.asked[0].headers["X-Simulated-Host"] == "acme.bamboohr.com"
    assert server.asked[0].headers["X-Trace"] == "t"


def test_c2_a_connector_that_is_given_up_asks_nothing_more() -> None:
    with opened("bamboohr", "http://127.0.0.1:1", BAMBOO) as connector:
        connector.give_up()
        with pytest.raises(Unreachable) as error:
            connector.test()
        assert "given_up" in error.value.detail


def test_t1_nothing_is_said_when_nobody_answers() -> None:
    """T1: the port is closed."""
    with opened("bamboohr", "http://127.0.0.1:1", BAMBOO) as connector, pytest.raises(Unreachable):
        connector.test()


def test_no_code_is_redeemed_at_a_tool_without_authorisation() -> None:
    with pytest.raises(LookupError):
        redeem("bamboohr", "code", app={})


def test_a_tool_without_webhooks_registers_none() -> None:
    with opened("humaans", "http://127.0.0.1:9", {"api_token": "t"}) as connector:
        with pytest.raises(NotImplementedError):
            connector.register("https://rollcall.example/hooks/t/", "s")
        with pytest.raises(NotImplementedError):
            connector.unregister("1")
        with pytest.raises(NotGenuine):
            connector.hear("s", Call(method="POST", headers={}, query={}, body=b""), datetime.now(UTC))
