"""The demonstration without a browser: the whole story over HTTP, counted."""

import json
import subprocess
from typing import Any

import pytest

from tests.journeys import running

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What `rollcall demo --headless --json` prints; it must end well."""
    with running.empty_home() as home:
        done = subprocess.run(
            running.demo_command("--headless", "--json", "--port", str(running.free_port())),
            env=running.clean_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _acts(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = [one for one in told["acts"] if one["act"] == name]
    assert found, f"no act is called {name}"
    return found


def test_every_act_did_what_it_should(told: dict[str, Any]) -> None:
    assert told["ok"] is True
    assert [one["wrong"] for one in told["acts"]] == [[] for _ in told["acts"]]


def test_the_first_read_changes_nobody(told: dict[str, Any]) -> None:
    """S25."""
    for one in _acts(told, "connect and first read"):
        assert (one["linked"], one["invited"], one["updated"], one["archived"]) == (0, 0, 0, 0)
        assert one["unchanged"] == 41  # the owner and forty people added by hand


def test_the_preview_links_who_is_here_and_invites_the_others(told: dict[str, Any]) -> None:
    """S40: twenty-five of the forty are in HR; confirming does just that (S41)."""
    (preview,) = _acts(told, "preview for Paris and Lyon")
    (confirmed,) = _acts(told, "confirm")
    assert preview["linked"] == 25
    assert preview["invited"] > 150
    assert preview["archived"] == 0
    for name in ("linked", "invited", "updated", "archived"):
        assert confirmed[name] == preview[name]


def test_changes_in_hr_arrive_and_a_second_sync_writes_nothing(told: dict[str, Any]) -> None:
    """S2, S3, S4: three are hired, three change, two leave."""
    (followed,) = _acts(told, "HR changes, sync")
    assert (followed["invited"], followed["updated"], followed["archived"], followed["held"]) == (3, 3, 2, 0)
    (quiet,) = _acts(told, "sync again")
    assert (quiet["invited"], quiet["updated"], quiet["archived"], quiet["member_rows"]) == (0, 0, 0, 0)


def test_connecting_again_links_everybody_and_invites_nobody(told: dict[str, Any]) -> None:
    """S48, S49."""
    (again,) = _acts(told, "preview after reconnecting")
    (before,) = _acts(told, "sync again")
    assert again["invited"] == 0
    assert again["linked"] >= before["unchanged"]
