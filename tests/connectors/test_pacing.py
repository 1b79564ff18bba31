"""Staying inside a tool's limits: on any schedule, in any window."""

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.connectors.base import RateLimit
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.deel.connector import Deel
from rollcall.connectors.pacing import InProcess, burst_of, interval_of, pace, seconds_for

LIMITS = [
    RateLimit(requests=5, seconds=1.0),
    RateLimit(requests=1, seconds=1.0),
    RateLimit(requests=10, seconds=60.0),
    RateLimit(requests=100, seconds=60.0),
    RateLimit(requests=1000, seconds=3600.0),
]
PUBLISHED = [limit for kind in TOOLS.values() for limit in kind.tool.limits]


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def most_in_any_window(sent: Sequence[float], seconds: float) -> int:
    """Return the most requests in a half-open window of any alignment: one that begins with a request is enough."""
    moments = sorted(sent)
    return max(sum(begin <= each < begin + seconds for each in moments) for begin in moments)


@pytest.mark.parametrize("limit", LIMITS + PUBLISHED, ids=str)
@given(gaps=st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=150), idle=st.floats(0, 5000))
def test_no_window_holds_more_than_what_is_published(
    limit: RateLimit, gaps: list[float], idle: float
) -> None:
    """T6: whoever asks when, at once or after a rest; gaps are in intervals between two requests."""
    clock = Time()
    limiter = InProcess(clock)
    sent = []
    for number, gap in enumerate(gaps * 2):
        clock.now += idle if number == len(gaps) else gap * interval_of(limit)
        sent.append(clock.now + limiter.reserve("k", interval_of(limit), burst_of(limit)))
    assert most_in_any_window(sent, limit.seconds) <= limit.requests


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 0.4)), min_size=20, max_size=120))
def test_several_workers_share_one_limit(moves: list[tuple[int, float]]) -> None:
    """Each sleeps on its own; together they stay below."""
    limit = RateLimit(requests=5, seconds=1.0)
    clock = Time()
    limiter = InProcess(clock)
    workers = [0.0] * 4
    sent = []
    for who, pause in moves:
        # a worker acts when its own sleep and pause are over; nobody goes back in time
        clock.now = max(clock.now, workers[who] + pause)
        workers[who] = clock.now + limiter.reserve("k", interval_of(limit), burst_of(limit))
        sent.append(workers[who])
    assert most_in_any_window(sent, limit.seconds) <= limit.requests


def test_what_may_be_sent_is_used() -> None:
    """Four fifths of it: a schedule that only waits would pass the tests above."""
    for limit in LIMITS[2:]:
        clock = Time()
        limiter = InProcess(clock)
        count = limit.requests * 3
        for _ in range(count):
            seconds = limiter.reserve("k", interval_of(limit), burst_of(limit))
            if seconds:
                clock.sleep(seconds)
        taken = clock.now - 1000.0
        assert taken <= count / limit.requests * limit.seconds / 0.8
        assert taken == pytest.approx(seconds_for(limit, count))


def test_a_fifth_may_come_at_once_and_of_small_limits_one_only() -> None:
    assert burst_of(RateLimit(requests=5, seconds=1)) == 0
    limit = RateLimit(requests=100, seconds=60)
    limiter = InProcess(Time())
    waits = [limiter.reserve("k", interval_of(limit), burst_of(limit)) for _ in range(30)]
    at_once = sum(wait == 0 for wait in waits)
    assert 19 <= at_once <= 20
    assert waits == sorted(waits)
    assert seconds_for(limit, 1) == seconds_for(limit, at_once) == 0.0
    assert seconds_for(limit, at_once + 1) == pytest.approx(interval_of(limit))


def test_keys_do_not_wait_for_each_other() -> None:
    limiter = InProcess(Time())
    assert [limiter.reserve(key, 10, 0) for key in "aab"] == [0, 10, 0]


def test_places_are_given_once_over_all_threads() -> None:
    limiter = InProcess(lambda: 0.0)
    given_out: list[float] = []

    def work() -> None:
        given_out.extend(limiter.reserve("k", 1.0, 0.0) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(given_out) == [float(number) for number in range(800)]


class Noted:
    """A limiter that notes keys and always has one second to wait."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.keys: list[str] = []
        self.seconds = seconds

    def reserve(self, key: str, interval: float, burst: float) -> float:
        assert interval > burst >= 0
        self.keys.append(key)
        return self.seconds


def test_only_the_paths_of_a_limit_wait_for_it() -> None:
    noted, slept = Noted(), list[float]()
    wait = pace(Deel, {"api_token": "planted"}, noted, slept.append)
    wait("/rest/v2/people")
    wait("/oauth2/tokens")
    assert slept == [1.0]


def test_nobody_sleeps_where_nothing_is_to_wait_for() -> None:
    noted, slept = Noted(0.0), list[float]()
    pace(Deel, {"api_token": "planted"}, noted, slept.append)("/rest/v2/people")
    assert (len(noted.keys), slept) == (1, [])


def test_a_key_is_one_for_an_account_and_tells_no_credential() -> None:
    """Z5: it stands in a table."""
    noted = Noted()
    for token in ("planted", "planted", "other"):
        pace(Deel, {"api_token": token}, noted, lambda _: None)("/rest/v2/people")
    first, again, other = noted.keys
    assert first == again != other
    assert "planted" not in first
    assert len(first) == 64
