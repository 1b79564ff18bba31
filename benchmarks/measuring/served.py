"""``python -m benchmarks.measuring.served ADDRESS``: answers from memory what the server there answered before.

So the readers compared ask the same bytes of a server that costs next to nothing. What was never asked is handed on,
and its answer is kept. ``POST /_served/again`` asks everything again, after the company has changed; ``GET
/_served/asked`` tells how many requests were answered from memory and how many were handed on.
"""

import asyncio
import http.client
import json
import sys
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_OWN: Final = "/_served/"
_NOT_KEPT: Final = frozenset({"content-length", "date", "transfer-encoding", "connection"})


class Asked(Struct, frozen=True, kw_only=True):
    """A request; two that ask the same are equal, however the JSON of their bodies is written."""

    method: str
    target: str
    body: bytes


class Kept(Struct):
    """The answers in memory, by what was asked, and the headers to ask again with."""

    upstream: str
    answers: dict[Asked, bytes] = {}
    headers: dict[str, str] = {}
    hits: int = 0
    handed_on: int = 0

    def answer(self, asked: Asked, headers: dict[str, str]) -> bytes:
        """Return the whole answer, head and body."""
        if asked.target.startswith(_OWN):
            return self._own(asked.target.removeprefix(_OWN))
        known = self.answers.get(asked)
        if known is not None:
            self.hits += 1
            return known
        self.handed_on += 1
        answer = self._ask(asked, headers)
        if "/_control/" not in asked.target:
            self.headers = headers
            self.answers[asked] = answer
        return answer

    def _own(self, action: str) -> bytes:
        if action == "again":
            # What asks for changes since a moment is never asked again.
            lasting = [
                one for one in self.answers if b"lastChanged" not in one.body and "since" not in one.target
            ]
            self.answers = {one: self._ask(one, self.headers) for one in lasting}
        return _answer(200, [], json.dumps({"hits": self.hits, "handed_on": self.handed_on}).encode())

    def _ask(self, asked: Asked, headers: dict[str, str]) -> bytes:
        sent = {name: value for name, value in headers.items() if name not in {"host", "content-length"}}
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=120)
        connection.request(asked.method, asked.target, asked.body, sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return _answer(answer.status, answer.getheaders(), body)


def _answer(status: int, headers: list[tuple[str, str]], body: bytes) -> bytes:
    kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _NOT_KEPT]
    head = [
        f"HTTP/1.1 {status} {http.client.responses[status]}",
        *kept,
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode("latin-1") + body


class Talk(asyncio.Protocol):
    """One connection: requests one after the other, each with a length."""

    def __init__(self, kept: Kept) -> None:
        """``kept`` is shared by all connections."""
        self._kept = kept
        self._came = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is whole."""
        self._came += data
        head, found, rest = bytes(self._came).partition(b"\r\n\r\n")
        if not found or self._transport is None:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(rest) < int(headers.get("content-length", 0)):
            return
        method, target, _version = first.split(" ")
        self._came.clear()
        asked = Asked(method=method, target=target, body=_same(rest))
        self._transport.write(self._kept.answer(asked, headers))


def _same(body: bytes) -> bytes:
    return json.dumps(json.loads(body), sort_keys=True).encode() if body else b""


async def serve(upstream: str) -> None:
    """Listen on a free port of loopback and say which."""
    kept = Kept(upstream)
    server = await asyncio.get_running_loop().create_server(lambda: Talk(kept), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
