"""The figures of the relay can be taken: every event is written, handed on once, and mailed to nobody."""

import os
import subprocess
import sys

import msgspec
import pytest

from benchmarks.relay.floors import AT_ONCE
from benchmarks.relay.report import STEPS, Relayed, lines
from rollcall.events import tasks

EVENTS = 2_500

# What it measures is tested in its own room; that the command works is looked at in the soak.
pytestmark = [pytest.mark.journey, pytest.mark.soak]


@pytest.fixture(scope="module")
def found() -> Relayed:
    command = [sys.executable, "-m", "benchmarks.relay", "--events", str(EVENTS), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=Relayed)


def test_every_event_that_is_written_is_handed_on_and_asks_for_no_mail(found: Relayed) -> None:
    said = found.spent["hand_on"].said
    assert (found.events, said["given"], said["left"], said["mails"]) == (EVENTS, EVENTS, 0, 0)


def test_the_floors_move_as_many_rows_in_as_many_pieces(found: Relayed) -> None:
    assert found.spent["floor.write"].said["events_outbox"] == EVENTS
    assert found.spent["floor.hand_on"].said == {"given": EVENTS}
    assert AT_ONCE == tasks.BATCH


def test_neither_writing_nor_handing_on_sends_a_statement_per_event(found: Relayed) -> None:
    for name in STEPS:
        assert 0 < found.spent[name].said["statements"] < 100
        assert all(found.spent[one].seconds > 0 for one in (name, f"floor.{name}"))
    text = "\n".join(lines(found))
    assert all(said in text for said in STEPS.values())
