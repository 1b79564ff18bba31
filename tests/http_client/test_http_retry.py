"""When a request is sent again, and how long is waited before. The clock is a list."""

import email.utils
import random
import time

import httpx
import pytest

from rollcall.http_client import (
    Answer,
    BrokenBody,
    HttpError,
    Limits,
    Throttled,
    TimedOut,
    Unreachable,
    open_client,
    retry_after,
)

from .conftest import Bench
from .misbehaving import Script, answer, head, plain, reset

NOW = 1_800_000_000.0


def date(offset: float) -> str:
    return email.utils.formatdate(NOW + offset, usegmt=True)


def limited(after: str | None = None, status: int = 429) -> Script:
    headers = {"Date": date(0)}
    return answer(status, headers=headers if after is None else {**headers, "Retry-After": after})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 598])
def test_t5_t6_a_passing_failure_is_tried_again(bench: Bench, status: int) -> None:
    """T5, T6."""
    server, client = bench.both(answer(status), answer(status), answer(body=b"ok"))
    assert client.get("/").body == b"ok"
    assert (len(server.requests), len(bench.waits)) == (3, 2)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_t5_a_lasting_failure_is_returned_after_the_tries(bench: Bench, status: int) -> None:
    """T5."""
    server, client = bench.both(answer(status, b"still"))
    assert (client.get("/").status, len(server.requests), len(bench.waits)) == (status, 5, 4)


def test_which_statuses_pass_is_for_the_caller_to_say(bench: Bench) -> None:
    server, client = bench.both(answer(409), answer(500), retry_statuses={409})
    assert (client.get("/").status, len(server.requests)) == (500, 2)


FAILURES = {
    "T2 closed": plain(b""),
    "T2 reset": reset(),
    "T2 no HTTP": plain(b"hello\r\n\r\n"),
    "T3 cut": plain(head(200, {"Content-Length": "9"}) + b"x"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_t2_a_broken_connection_is_tried_again(bench: Bench, case: str) -> None:
    server, client = bench.both(FAILURES[case], answer(body=b"whole"))
    assert client.get("/").body == b"whole"
    assert len(server.requests) == 2


@pytest.mark.parametrize("case", FAILURES)
def test_a_connection_broken_for_good_is_an_error_after_the_tries(bench: Bench, case: str) -> None:
    server, client = bench.both(FAILURES[case])
    with pytest.raises((Unreachable, BrokenBody)):
        client.get("/")
    assert len(server.requests) == 5


def test_t4_silence_is_tried_again(bench: Bench) -> None:
    """T4."""
    server = bench.serve(lambda sock: server.silent(sock))  # noqa: PLW0108 - not made yet when this is read
    with pytest.raises(TimedOut):
        bench.client(server.url, limits=Limits(read=0.1, tries=3)).get("/")
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "script",
    [
        answer(body=b"x", headers={"Content-Encoding": "br"}),
        plain(head(200, {}) + b"x"),
        answer(302, headers={"Location": "/x"}),
    ],
)
def test_what_cannot_pass_is_not_tried_again(bench: Bench, script: Script) -> None:
    server, client = bench.both(script)
    with pytest.raises(HttpError):
        client.get("/")
    assert (len(server.requests), bench.waits) == (1, [])


def test_t1_a_refused_connection_is_tried_again(bench: Bench) -> None:
    """T1."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        raise OSError

    with pytest.raises(Unreachable):
        bench.client("https://hr.example", resolve=resolve).get("/")
    assert len(asked) == 5


@pytest.mark.parametrize("script", [plain(b""), answer(500), answer(503), limited()])
def test_an_unsafe_request_is_sent_once(bench: Bench, script: Script) -> None:
    server, client = bench.both(script)
    for method, safe in (("POST", None), ("PATCH", None), ("DELETE", False), ("GET", False)):
        server.requests.clear()
        try:
            said = str(client.request(method, "/", json={}, safe_to_repeat=safe).status)
        except Unreachable as error:
            said = error.code
        assert said in {"429", "500", "503", "closed"}
        assert len(server.requests) == 1
    assert bench.waits == []


def test_an_unsafe_request_is_sent_again_if_the_caller_knows_better(bench: Bench) -> None:
    server, client = bench.both(plain(b""), answer(500), answer(201))
    assert client.post("/", data={"a": "b"}, safe_to_repeat=True).status == 201
    assert [request.endswith(b"a=b") for request in server.requests] == [True, True, True]


@pytest.mark.parametrize("status", [429, 503])
def test_t7_an_unsafe_request_turned_away_is_sent_again_when_told(bench: Bench, status: int) -> None:
    """T7."""
    _, client = bench.both(limited("3", status), answer(201))
    assert client.post("/", json={"a": 1}).status == 201
    assert bench.waits == [3.0]


def test_an_unsafe_request_that_failed_is_not_sent_again_when_told(bench: Bench) -> None:
    _, client = bench.both(limited("3", 500), answer(201))
    assert client.post("/", json={}).status == 500


def test_t6_waits_grow_and_are_spread(bench: Bench) -> None:
    """T6."""
    _, client = bench.both(answer(500), rng=random.Random(1), limits=Limits(tries=9))
    client.get("/")
    rng = random.Random(1)
    assert bench.waits == [rng.uniform(0, min(60, 2**n)) for n in range(8)]


@pytest.mark.parametrize(
    ("after", "wait"), [("7", 7.0), (" 7 ", 7.0), ("1.5", 1.5), (date(90), 90.0), (date(0.9e3), 900.0)]
)
def test_t7_retry_after_is_honoured(bench: Bench, after: str, wait: float) -> None:
    """T7."""
    told: list[float] = []
    _, client = bench.both(limited(after), answer(), on_wait=told.append)
    assert client.get("/").status == 200
    assert bench.waits == told == [wait]


NONSENSE = ("0", "-5", "soon", "", "1e3", "9" * 40, "NaN", date(-5), date(0), "Wed, 99 Foo 2026", "\u0661")


@pytest.mark.parametrize("after", NONSENSE)
def test_t7_a_past_or_senseless_retry_after_is_none(after: str) -> None:
    """T7."""
    headers = httpx.Headers([(b"Retry-After", after.encode()), (b"Date", date(0).encode())])
    assert retry_after(Answer(status=429, headers=headers, body=b"", url="")) is None


def test_t7_a_senseless_retry_after_means_our_own_wait(bench: Bench) -> None:
    """T7."""
    _, client = bench.both(limited("soon"), limited("0"), answer())
    assert client.get("/").status == 200
    assert len(bench.waits) == 2
    assert all(0 <= wait <= 2 for wait in bench.waits)


def test_a_date_is_compared_with_our_clock_if_the_server_does_not_say_its_own() -> None:
    headers = httpx.Headers({"Retry-After": email.utils.formatdate(time.time() + 100, usegmt=True)})
    wait = retry_after(Answer(status=503, headers=headers, body=b"", url=""))
    assert wait is not None
    assert 90 < wait <= 101


@pytest.mark.parametrize("after", ["901", "31536000", date(31_536_000)])
@pytest.mark.parametrize("status", [429, 503])
def test_t7_a_wait_beyond_the_budget_is_said_at_once(bench: Bench, after: str, status: int) -> None:
    """T7."""
    server, client = bench.both(limited(after, status))
    with pytest.raises(Throttled) as caught:
        client.get("/people?key=secret")
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 900
    assert str(caught.value) == f"throttled: {server.url}"
    assert (len(server.requests), bench.waits) == (1, [])


def test_t7_the_budget_holds_for_the_whole_life_of_a_client(bench: Bench) -> None:
    """T7."""
    _, client = bench.both(*[limited("400"), answer()] * 2, limited("101"))
    client.get("/")
    client.get("/")
    with pytest.raises(Throttled):
        client.get("/")
    assert bench.waits == [400.0, 400.0]


def test_t5_t6_a_spent_budget_ends_retries(bench: Bench) -> None:
    """T5, T6: our own waits are cut to what is left, then it is over."""
    for script, error in ((limited(), Throttled), (plain(b""), Unreachable)):
        bench.waits.clear()
        server, client = bench.both(script, limits=Limits(waiting=0.5, tries=50))
        with pytest.raises(error):
            client.get("/")
        assert sum(bench.waits) == pytest.approx(0.5)
        assert len(server.requests) < 50


def test_t5_a_spent_budget_returns_the_failure(bench: Bench) -> None:
    """T5."""
    server, client = bench.both(answer(503), limits=Limits(waiting=0.0))
    assert (client.get("/").status, len(server.requests)) == (503, 1)


def test_the_source_may_have_its_own_way_to_name_a_wait(bench: Bench) -> None:
    def wait_for(got: Answer) -> float | None:
        return float(got.headers["x-wait"])

    _, client = bench.both(
        answer(429, headers={"X-Wait": "12"}),
        answer(429, headers={"X-Wait": "-1"}),
        answer(),
        wait_for=wait_for,
    )
    assert client.get("/").status == 200
    assert bench.waits[0] == 12.0
    assert 0 <= bench.waits[1] <= 2


def test_each_try_has_the_whole_time(bench: Bench) -> None:
    ticks = [0.0]
    server = bench.serve(answer(500), answer(500), answer(body=b"ok"))

    def sleep(seconds: float) -> None:
        ticks[0] += 1000.0

    with open_client(
        server.url, allow_hosts=["127.0.0.1"], clock=lambda: ticks[0], sleep=sleep, rng=random.Random(3)
    ) as client:
        assert client.get("/").body == b"ok"
