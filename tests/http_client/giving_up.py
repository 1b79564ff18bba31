"""A client that is given up by another thread while the server keeps it waiting."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from rollcall.http_client import HttpClient, HttpError

from .misbehaving import Misbehaving


@contextmanager
def given_up(client: HttpClient, server: Misbehaving) -> Iterator[None]:
    """Give up once the server has the request; the block must end soon with an error, and ask no second time."""

    def soon() -> None:
        end = time.monotonic() + 10
        while not server.requests and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        client.give_up()

    other = Thread(target=soon)
    other.start()
    began = time.monotonic()
    with pytest.raises(HttpError):
        yield
    assert time.monotonic() - began < 8
    other.join()
    assert len(server.requests) == 1
    with pytest.raises(HttpError, match="given_up"):
        client.get("/people")
    assert len(server.requests) == 1
