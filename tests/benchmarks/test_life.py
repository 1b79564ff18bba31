"""Ordinary life at a small size: it is lived through the real pipeline, and nobody is archived by mistake."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import msgspec
import pytest

from benchmarks.life.report import Hold, Life, beyond, lines

DAYS = 5

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    sizes = ["--people", "5", "--people", "50"]
    command = [
        sys.executable,
        "-m",
        "benchmarks.life",
        *sizes,
        "--days",
        str(DAYS),
        "--seeds",
        "1",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=list[Life])


def test_ordinary_days_archive_nobody_by_mistake_and_ask_nobody_for_nothing(lives: list[Life]) -> None:
    assert [one.people for one in lives] == [5, 50]
    for one in lives:
        assert one.runs == 3 * DAYS + 1 and one.managed > one.people // 2
        assert (one.wrong, one.late, one.failed, one.false_holds) == (0, 0, [], 0)


def test_the_report_names_what_is_not_as_it_should_be(lives: list[Life]) -> None:
    """A hold of what the catalogue always asks for is none too many."""
    hold = Hold(
        at=datetime(2026, 9, 1, tzinfo=UTC), limits=["banks"], told=["x"], acting=4, by_the_book=False
    )
    booked = msgspec.structs.replace(hold, by_the_book=True)
    life = lives[0]
    assert beyond(msgspec.structs.replace(life, holds=[hold, booked, booked])) == []
    bad = msgspec.structs.replace(life, holds=[hold, hold], wrong=1, late=1, failed=["x"])
    assert beyond(bad) == ["wrong archives", "late leavers", "failed runs", "false holds"]
    text = "\n".join(lines([bad]))
    assert "Tue 01 Sep 00:00 false, 4 changes: banks" in text and "failed: x" in text
