"""Asks one server the same questions again and again from a number of connections; run in a process of its own.

Takes a ``Question`` as JSON on standard input and prints an ``Asked``. Plain HTTP/1.1 on connections that stay open,
with as little work for each answer as can be, since it shares the machine's cores with the server.
"""

import asyncio
import sys
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct


class Question(Struct, frozen=True, kw_only=True):
    """What to ask, and for how long."""

    port: int
    token: str
    # asked in turn
    paths: Sequence[str]
    connections: int
    seconds: float


class Asked(Struct, frozen=True, kw_only=True):
    """Seconds of each answer, all of them, the size of the largest, and what this process worked."""

    took: Sequence[float]
    seconds: float
    bytes: int
    cpu: float


async def ask(question: Question) -> Asked:
    """Ask until the time is over. Raises AssertionError when an answer is not 200."""
    begun, until = time.perf_counter(), time.perf_counter() + question.seconds
    found = await asyncio.gather(
        *(_one_connection(question, first, until) for first in range(question.connections))
    )
    took = [seconds for one, _size in found for seconds in one]
    return Asked(
        took=took,
        seconds=time.perf_counter() - begun,
        bytes=max(size for _one, size in found),
        cpu=time.process_time(),
    )


async def _one_connection(question: Question, first: int, until: float) -> tuple[list[float], int]:
    took: list[float] = []
    largest, number = 0, first
    reader, writer = await asyncio.open_connection("127.0.0.1", question.port)
    while time.perf_counter() < until:
        path = question.paths[number % len(question.paths)]
        number += 1
        before = time.perf_counter()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {question.token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(size)
        took.append(time.perf_counter() - before)
        largest = max(largest, size)
    writer.close()
    return took, largest


if __name__ == "__main__":
    done = asyncio.run(ask(msgspec.json.decode(sys.stdin.buffer.read(), type=Question)))
    sys.stdout.buffer.write(msgspec.json.encode(done))
