"""``python -m benchmarks.fleet.still ADDRESS``: answers any number of accounts as one simulated tool once did.

Ten thousand accounts that answer alike need one set of bytes. What was never asked is handed on to the simulator at
ADDRESS and kept; keys and moments in a question do not count. Prints its own address.
"""

import asyncio
import re
import sys
from typing import Final
from urllib.parse import urlsplit

from rollcall.simulators.loopback import LOOPBACK

_MOMENT: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d(?::|%3A)\d\d(?::|%3A)\d\d", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEPT: Final[dict[bytes, bytes]] = {}


class Still(asyncio.Protocol):
    """One kept-alive connection; questions come one after the other."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every question that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            if self._transport is not None:
                self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        asked = head.split(b"\r\n", 1)[0]
        key = _MOMENT.sub(b"", asked + body)
        known = _KEPT.get(key)
        if known is None:
            known = _KEPT[key] = self._ask(asked, head, body)
        return known

    def _ask(self, asked: bytes, head: bytes, body: bytes) -> bytes:
        method, path, _ = asked.decode().split(" ")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        headers["Host"], headers["Accept-Encoding"] = urlsplit(self._tool).netloc, "identity"
        found = LOOPBACK.request(method, self._tool + path, content=body, headers=headers, timeout=60)
        kind = found.headers.get("content-type", "application/json")
        lines = (
            f"HTTP/1.1 {found.status_code} Kept\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(found.content)}\r\n\r\n"
        )
        return lines.encode() + found.content


async def main(tool: str) -> None:
    """Serve on a free port until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Still(tool), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
