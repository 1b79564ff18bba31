"""A worker that is asked to stop ends within 30 s at a safe point, and one whose database goes away lives on."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running
from tests.crash.ground import Ground, Place, ground, tool
from tests.crash.soak import restart_server

pytestmark = [pytest.mark.journey, pytest.mark.thorough]

LARGE = 3_000
ONE_STATE = "SELECT state, error FROM sync_run ORDER BY id DESC LIMIT 1"


@pytest.fixture(scope="module")
def here() -> Iterator[Ground]:
    with ground() as made:
        yield made


@pytest.fixture
def large() -> Iterator[Running]:
    with tool(LARGE) as running:
        yield running


def until(true: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.02)


def fault(stand_in: Running, **body: object) -> None:
    answer = LOOPBACK.post(f"{stand_in.control('bamboohr')}/faults", json=body)
    assert answer.status_code == 200, answer.text


def test_c2_c5_inv4_a_worker_that_waits_for_an_answer_ends_in_time_and_the_next_one_reads(
    here: Ground,
) -> None:
    """The tool says nothing: no safe point comes, so the run is handed over and the process ends all the same."""
    with tool() as stand_in:
        here.copy("rollcall", "hangs")
        place = Place(here, "hangs", stand_in.url("bamboohr"))
        place.call("connect", credentials=stand_in.credentials("bamboohr"))
        fault(stand_in, on={"id": "T4", "mode": "hang", "path": "/", "seconds": 100})
        worker = place.work()
        until(lambda: place.rows("SELECT 1 FROM sync_run"))
        started = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - started < 30
        assert place.rows(ONE_STATE) == [("postponed", "interrupted")]
        assert place.rows("SELECT run_wanted, lease FROM connections_connection") == [("first", None)]
        fault(stand_in, clear=True)
        second = place.work()
        place.later()
        place.settle()
        assert place.rows(ONE_STATE) == [("succeeded", "")]
        assert second.stop() == 0


def test_c2_t9_inv5_inv7_a_long_read_and_a_long_apply_stop_between_pages_and_chunks(
    here: Ground, large: Running
) -> None:
    here.copy("rollcall", "large")
    place = Place(here, "large", large.url("bamboohr"))
    place.call("connect", credentials=large.credentials("bamboohr"))
    worker = place.work()
    place.settle(each=60)
    assert worker.stop() == 0
    place.call("confirm")
    worker = place.work()
    until(lambda: place.rows("SELECT 1 FROM sync_line WHERE state = 'done' LIMIT 1"))
    started = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - started < 30
    ((done, wanted),) = place.rows(
        "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'wanted') FROM sync_line"
    )
    assert done and wanted, "it stopped between two chunks"
    assert place.rows("SELECT state, tries FROM sync_plan") == [("applying", 0)]
    place.rows("UPDATE notify_mail SET state = 'sent' WHERE state = 'waiting' RETURNING id")
    second = place.work()
    until(lambda: place.rows("SELECT 1 FROM sync_plan WHERE state = 'applied'"))
    ((members, events),) = place.rows(
        "SELECT (SELECT count(*) FROM directory_member),"
        " (SELECT count(*) FROM events_event WHERE kind = 'member.invited')"
    )
    assert members == events == done + wanted
    os.kill(second.pid, signal.SIGKILL)


def test_c3_inv17_a_worker_outlives_a_restart_of_the_database_in_the_middle_of_a_run() -> None:
    with ground(safe=True) as made, tool() as stand_in:
        place = Place(made, "rollcall", stand_in.url("bamboohr"))
        place.call("connect", credentials=stand_in.credentials("bamboohr"))
        fault(stand_in, on={"id": "T4", "mode": "hang", "path": "/", "seconds": 2, "times": 1})
        worker = place.work(jobs=4)
        until(lambda: place.rows("SELECT 1 FROM sync_run"))
        for mode in ("immediate", "fast"):
            restart_server(made, mode)
            place.settle(each=5)
            place.call("sync_now")
        place.settle(each=5)
        assert not worker.ended.is_set()
        assert place.rows(ONE_STATE) == [("succeeded", "")]
        assert worker.stop() == 0


def test_c1_inv17_after_kill_9_the_clock_alone_brings_the_run_back_within_a_minute(here: Ground) -> None:
    """No poke, no person: the second worker is another machine's, which was there all the time."""
    with tool() as stand_in:
        here.copy("rollcall", "minute")
        place = Place(here, "minute", stand_in.url("bamboohr"))
        place.call("connect", credentials=stand_in.credentials("bamboohr"))
        fault(stand_in, on={"id": "T4", "mode": "hang", "path": "/", "seconds": 20, "times": 1})
        first = place.work()
        until(lambda: place.rows("SELECT 1 FROM sync_run"))
        other = place.work(jobs=4, clock=True)
        until(
            lambda: place.rows(
                "SELECT 1 FROM procrastinate_jobs WHERE task_name LIKE '%tick' AND status = 'succeeded'"
            )
        )
        os.kill(first.pid, signal.SIGKILL)
        killed = time.monotonic()
        until(lambda: place.rows(ONE_STATE) == [("succeeded", "")], 90)
        took = time.monotonic() - killed
        Path(here.home / "took").write_text(f"{took:.1f}")
        assert took < 45, f"{took:.0f} s"
        assert other.stop() == 0
