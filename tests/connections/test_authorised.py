"""A connection that somebody authorised at the tool: its tokens are renewed on the way, and kept."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.connections import authorising
from rollcall.connections.models import Connection, State
from rollcall.connections.source import Wanted
from rollcall.simulators.loopback import LOOPBACK
from rollcall.sync import actions
from tests.sync.flow import ALICE, Flow, forget_schedule, running

# four requests a second, and one for each person's account
DEEL = pytest.param("deel", marks=pytest.mark.thorough)


@pytest.fixture
def flow(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any, transactional_db: None
) -> Iterator[Flow]:
    tool = request.param
    with running(tool) as made:
        given = made.sim.credentials(tool)
        monkeypatch.setenv(f"ROLLCALL_BASE_URL_{tool.upper()}", made.sim.url(tool))
        monkeypatch.setenv(f"ROLLCALL_{tool.upper()}_CLIENT_ID", given["client_id"])
        monkeypatch.setenv(f"ROLLCALL_{tool.upper()}_CLIENT_SECRET", given["client_secret"])
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        forget_schedule()
        yield made


def authorise(flow: Flow) -> dict[str, str]:
    """What the browser and the person at the tool do: go there, agree, come back with a code."""
    url = authorising.authorize_url(flow.tool, "state-1")
    answer = LOOPBACK.get(url)
    assert answer.status_code in (302, 303)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["state-1"]
    return authorising.redeem(flow.tool, back["code"][0])


def connect(flow: Flow) -> dict[str, str]:
    credentials = authorise(flow)
    found = actions.try_credentials(flow.tool, credentials, Wanted())
    flow.get(
        lambda: actions.connect(
            flow.entity, flow.tool, credentials, wanted=Wanted(), access=found, actor=ALICE
        )
    )
    return credentials


def kept(flow: Flow) -> dict[str, str]:
    return flow.get(lambda: Connection.objects.get().get_credentials())  # type: ignore[no-any-return] # see get


@pytest.mark.parametrize("flow", [DEEL, "payfit"], indirect=True)
def test_everybody_is_read_with_what_the_authorisation_brought(flow: Flow) -> None:
    """S20, S21"""
    connect(flow)
    assert flow.run("first").error == ""
    assert flow.connection().employees > 20


@pytest.mark.parametrize("flow", [DEEL], indirect=True)
def test_a2_an_expired_token_is_renewed_and_the_new_pair_is_kept(flow: Flow) -> None:
    """A2: the refresh token works once, so the next run needs the one that came with the renewal."""
    first = connect(flow)
    assert flow.run("first").error == ""
    flow.fault("A2", path="/")
    assert flow.run().error == ""
    second = kept(flow)
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    flow.fault("A2", path="/")
    assert flow.run().error == ""
    assert kept(flow)["refresh_token"] != second["refresh_token"]


@pytest.mark.parametrize("flow", [DEEL], indirect=True)
def test_a1_a3_an_authorisation_that_was_taken_back_asks_for_a_new_one(flow: Flow) -> None:
    """A1, A3: nobody is changed; authorising again goes on where it stopped."""
    connect(flow)
    assert flow.run("first").error == ""
    flow.confirm()
    before = flow.people()
    flow.control("credentials", action="revoke")
    assert flow.run().error == "authorisation_ended"
    assert flow.connection().state == State.ERROR
    assert flow.people() == before
    flow.control("credentials", action="restore")
    connect(flow)
    assert flow.run().error == ""
    assert flow.people() == before
