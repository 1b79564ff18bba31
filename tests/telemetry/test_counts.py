"""Counts of one process, memory of a while, and who hears of requests."""

import pytest

from rollcall.telemetry import counts, memory, traffic

COUNTED = "rollcall_tool_throttled"


@pytest.fixture(autouse=True)
def _afresh() -> None:
    counts.take()


def test_what_is_taken_is_counted_once_and_what_is_put_back_once_more() -> None:
    counts.add(COUNTED, tool="deel")
    counts.add(COUNTED, 2, tool="deel")
    taken = counts.take()
    assert taken == {(COUNTED, (("tool", "deel"),)): 3}
    assert counts.take() == {}
    counts.add(COUNTED, tool="deel")
    counts.put_back(taken)
    assert counts.take() == {(COUNTED, (("tool", "deel"),)): 4}


def test_a_value_on_the_edge_of_a_bucket_belongs_to_it() -> None:
    for seconds in (0.05, 0.0501, 1000):
        counts.observe("rollcall_tool_seconds", seconds, tool="deel")
    taken = {dict(labels)["le"]: total for (_name, labels), total in counts.take().items()}
    assert taken == {"0.05": 1, "0.1": 1, "+Inf": 1, "sum": pytest.approx(1000.1001)}


def test_memory_is_that_of_the_while_and_not_of_all_before() -> None:
    with memory.measured():
        large = bytearray(150_000_000)
        high = memory.peak()
        assert high > len(large)
        del large
    with memory.measured():
        low = memory.peak()
        assert low < high - 100_000_000
        with memory.measured():
            more = bytearray(150_000_000)
            assert memory.peak() > len(more)
            del more
        assert memory.peak() > low + 100_000_000, "one that begins inside another takes nothing from it"


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[float, ...]] = []

    def worked(self, seconds: float) -> None:
        self.said.append((seconds, 1))

    def answered(self, status: int, seconds: float, size: int) -> None:
        self.said.append((status, size))

    def waited(self, seconds: float) -> None:
        self.said.append((seconds,))


def test_everybody_who_listens_hears_of_a_request_until_their_block_ends() -> None:
    outer, inner = Heard(), Heard()
    with traffic.heard_by(outer):
        with traffic.heard_by(inner):
            traffic.answered(200, 0.1, 10)
        traffic.waited(3.0)
        traffic.worked(2.0)
    traffic.answered(200, 0.1, 10)
    assert (outer.said, inner.said) == ([(200, 10), (3.0,), (2.0, 1)], [(200, 10)])
