"""The figures of the API's lists can be taken: the database is filled, the server answers, every list is asked for."""

import os
import subprocess
import sys

import msgspec
import pytest

from benchmarks.load.lists import Loaded

# What it measures is tested in its own room; that the command works is looked at in the soak.
pytestmark = [pytest.mark.journey, pytest.mark.soak]


def test_every_list_of_the_api_is_asked_for_and_answers() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        "--people",
        "300",
        "--entities",
        "5",
        "--seconds",
        "1",
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    found = msgspec.json.decode(done.stdout, type=list[Loaded])
    assert [one.name for one in found] == [
        "members",
        "members, searched",
        "employees",
        "runs",
        "events",
        "one member",
    ]
    assert all(one.requests and one.bytes and one.p99 >= one.median > 0 for one in found)
