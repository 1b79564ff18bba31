"""The figures of reads from a tool that answers late can be taken: the same read, sooner with a page ahead."""

import os
import subprocess
import sys

import msgspec
import pytest

from benchmarks.late.report import Late, lines

# What it measures is tested in its own room; that the command works is looked at in the soak.
pytestmark = [pytest.mark.journey, pytest.mark.soak]


@pytest.fixture(scope="module")
def found() -> list[Late]:
    command = [sys.executable, "-m", "benchmarks.late", "--people", "6000", "--late", "0.3"]
    done = subprocess.run(
        [*command, "--times", "1", "--json"], capture_output=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=list[Late])


def test_t9_a_page_ahead_is_on_its_way_while_one_is_worked_on(found: list[Late]) -> None:
    """Each of six pages needs some 40 ms of work, which is done while the next one is awaited."""
    one_by_one, ahead = found
    assert (one_by_one.people, one_by_one.pages) == (ahead.people, ahead.pages) == (6_000, 6)
    assert (one_by_one.ahead, ahead.ahead) == (False, True)
    assert one_by_one.seconds > 6 * 0.3, "the tool was late"
    # waiting and database beside each other: no more work than one after the other
    assert ahead.own < one_by_one.own * 1.5 + 0.1
    assert len(lines(found)) == 3
