"""The server that answers from memory, and the clock that looks at other processes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.comparing import floors
from benchmarks.measuring import ground
from benchmarks.measuring.ground import Tool
from benchmarks.measuring.timing import Broken, Clock
from rollcall.simulators.loopback import LOOPBACK

PEOPLE = 30

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Tool, Tool]]:
    with ground.simulator(PEOPLE) as simulator, ground.served(simulator) as tool:
        yield simulator, tool


def _asked(tool: Tool) -> dict[str, int]:
    found: dict[str, int] = LOOPBACK.get(f"{tool.url}/_served/asked").json()
    return found


def test_the_second_time_the_same_bytes_come_from_memory(servers: tuple[Tool, Tool]) -> None:
    simulator, tool = servers
    question = floors.question(tool)
    first = floors.read(tool, question)
    before = _asked(tool)
    assert floors.read(tool, question) == first == floors.read(simulator, question)
    after = _asked(tool)
    assert after == {"hits": before["hits"] + first.pages, "handed_on": before["handed_on"]}


def test_the_same_json_written_in_another_order_is_the_same_question(servers: tuple[Tool, Tool]) -> None:
    _simulator, tool = servers
    question = floors.question(tool)
    floors.read(tool, question)
    before = _asked(tool)["handed_on"]
    floors.read(tool, dict(reversed(question.items())))
    assert _asked(tool)["handed_on"] == before


def test_answers_from_memory_keep_status_and_headers(servers: tuple[Tool, Tool]) -> None:
    simulator, tool = servers
    path = "/api/v1/company_information"
    for asked, auth in (("?who=nobody", None), ("", (tool.credentials["api_key"], "x"))):
        plain = LOOPBACK.get(simulator.url + path + asked, auth=auth)
        LOOPBACK.get(tool.url + path + asked, auth=auth)
        kept = LOOPBACK.get(tool.url + path + asked, auth=auth)
        assert (kept.status_code, kept.content) == (plain.status_code, plain.content)
        told = {name: value for name, value in plain.headers.items() if name != "date"}
        assert dict(kept.headers) == told


def test_after_a_change_everything_is_asked_again(servers: tuple[Tool, Tool]) -> None:
    simulator, tool = servers
    question = floors.question(tool)
    assert floors.read(tool, question).people == PEOPLE
    LOOPBACK.post(f"{simulator.url}/_control/hire", json={"n": 2}).raise_for_status()
    assert floors.read(tool, question).people == PEOPLE
    LOOPBACK.post(f"{tool.url}/_served/again").raise_for_status()
    assert floors.read(tool, question).people == PEOPLE + 2


_CHILD = """
from benchmarks.measuring.steps import Steps
steps = Steps()
with steps.step("first"):
    kept = bytearray(80_000_000)
steps.tell({"task": steps.task["x"]})
del kept
print("not for the clock")
with steps.step("second"):
    total = sum(range(3_000_000))
if steps.task["fails"]:
    raise SystemExit("went wrong")
"""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    folder = tmp_path / "postgres" / "data"
    folder.mkdir(parents=True)
    # this process stands for the database server
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    return Clock(tmp_path, lambda _line: None)


def test_steps_of_another_process_are_measured_one_by_one(clock: Clock) -> None:
    begun: list[str] = []
    found = clock.child(
        "child",
        [sys.executable, "-c", _CHILD],
        {"x": 7, "fails": False},
        environment=dict(os.environ),
        before={"second": lambda: begun.append("second")},
    )
    assert list(found) == ["first", "second"] and begun == ["second"]
    assert found["first"].said == {"task": 7}
    assert found["first"].peak_mb > 80 > found["second"].peak_mb
    assert found["second"].cpu > 0.01 and found["second"].seconds > 0.01


def test_a_process_that_ends_badly_says_why(clock: Clock) -> None:
    with pytest.raises(Broken, match="went wrong"):
        clock.child(
            "child",
            [sys.executable, "-c", _CHILD],
            {"x": 7, "fails": True},
            environment=dict(os.environ),
        )
