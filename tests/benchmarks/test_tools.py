"""The benchmark of HR tools at a small size: it reads everybody, and its counts are those of the tool."""

import os
import subprocess
import sys
from typing import TypeVar

import msgspec
import pytest

from benchmarks.tools.needed import LEAST, Needed
from benchmarks.tools.reading import Line
from benchmarks.tools.ways import WAYS, place
from rollcall.connectors.catalogue import TOOLS

T = TypeVar("T")

PEOPLE = 120

pytestmark = pytest.mark.journey


def measured(kind: type[T], *more: str) -> T:
    command = [sys.executable, "-m", "benchmarks.tools", "--people", str(PEOPLE), "--json", *more]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=kind)


@pytest.mark.parametrize("key", ["bamboohr", "lucca-legacy"])
def test_everybody_is_read_in_as_many_requests_as_the_floor_sends_again(key: str) -> None:
    found = measured(Line, "--tool", key, "--small", "50")
    assert found.people == PEOPLE
    assert found.times > 1
    assert min(*found.seconds, *found.cpu, found.peak) > 0


@pytest.mark.parametrize("key", ["personio-v2", "scim"])
def test_no_read_takes_fewer_requests_than_the_least(key: str) -> None:
    found = measured(Needed, "--tool", key, "--requests")
    assert found.least <= found.full
    assert found.records == 10
    assert found.least_changed is not None
    assert found.changed is not None
    assert found.least_changed <= found.changed


def test_every_tool_with_an_interface_is_measured_and_says_its_least() -> None:
    assert {way.tool for way in WAYS.values()} == {
        key for key, kind in TOOLS.items() if kind.tool.kind == "api"
    }
    assert LEAST.keys() == WAYS.keys()
    for key, way in WAYS.items():
        assert (LEAST[key].changed is not None) <= way.kind.tool.delta, key


def test_ids_in_paths_are_not_told_apart() -> None:
    assert place("GET /v2/persons/123/employments") == "GET /v2/persons/*/employments"
    assert place("GET /gp/workers/91001/banks") == "GET /gp/workers/*/banks"
    assert place("GET /lucca-api/departments") == "GET /lucca-api/departments"
