"""A client for the misbehaving server, with a clock of its own for waiting."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from rollcall.http_client import HttpClient, Limits

from .misbehaving import Misbehaving, Script

SHORT = Limits(connect=2.0, read=2.0, whole=5.0)


class Bench:
    """Starts servers and clients, and notes the waits instead of waiting."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.waits: list[float] = []

    def serve(self, *scripts: Script, **options: Any) -> Misbehaving:
        return self._stack.enter_context(Misbehaving(*scripts, **options))

    def client(self, base_url: str, **options: Any) -> HttpClient:
        options = {
            "allow_hosts": ["127.0.0.1"],
            "limits": SHORT,
            "sleep": self.waits.append,
            "rng": random.Random(7),
            **options,
        }
        return self._stack.enter_context(HttpClient(base_url, **options))

    def both(self, *scripts: Script, **options: Any) -> tuple[Misbehaving, HttpClient]:
        server = self.serve(*scripts)
        return server, self.client(server.url, **options)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with contextlib.ExitStack() as stack:
        yield Bench(stack)


@pytest.fixture
def once() -> Limits:
    """Limits for a single try."""
    return Limits(connect=2.0, read=2.0, whole=5.0, tries=1)
