"""A client whose answers nobody wants any more: what it waits for ends at once."""

from threading import Event

import pytest

from rollcall.http_client import HttpError, Limits

from .conftest import Bench
from .giving_up import given_up
from .misbehaving import answer, trickle


def test_c2_a_request_without_answer_ends_at_once(bench: Bench) -> None:
    server = bench.serve(lambda sock: server.silent(sock))  # noqa: PLW0108 - not made yet when this is read
    client = bench.client(server.url, limits=Limits(read=20.0))
    with given_up(client, server):
        client.get("/people")


def test_c2_an_answer_that_trickles_ends_at_once(bench: Bench) -> None:
    server, client = bench.both(trickle(b"HTTP/1.1 200 O", b"K", 0.05), limits=Limits(read=20.0, whole=60.0))
    with given_up(client, server):
        client.get("/people")


def test_c2_t7_a_wait_that_the_tool_asked_for_ends_at_once(bench: Bench) -> None:
    server, client = bench.both(answer(429, headers={"Retry-After": "600"}), sleep=None)
    with given_up(client, server):
        client.get("/people")


def test_what_waits_elsewhere_for_the_same_event_asks_no_more(bench: Bench) -> None:
    """The wait for a place in the tool's schedule ends before the request: it is not sent then."""
    server, over = bench.serve(answer()), Event()
    client = bench.client(server.url, over=over, before=lambda path: over.set())
    with pytest.raises(HttpError, match="given_up"):
        client.get("/people")
    assert server.requests == []


def test_a_client_that_has_not_asked_yet_asks_no_more(bench: Bench) -> None:
    server, client = bench.both(answer())
    client.give_up()
    with pytest.raises(HttpError, match="given_up"):
        client.get("/people")
    assert server.requests == []
