"""An inbox for webhooks on loopback."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


class Inbox:
    """What came in: body and headers (names in lower case); `status` is what it answers, `extra` its headers."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.status = 200
        self.extra: dict[str, str] = {}
        self.url = ""

    def first(self, number: int = 1) -> tuple[bytes, dict[str, str]]:
        """The delivery of that number (from 1), waited for ten seconds."""
        for _ in range(500):
            if len(self.got) >= number:
                break
            time.sleep(0.02)
        return self.got[number - 1]


class _Reader(BaseHTTPRequestHandler):
    inbox: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.inbox.status)
        for name, value in self.inbox.extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.inbox.got.append((body, {name.lower(): value for name, value in self.headers.items()}))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """An inbox that listens."""
    inbox = Inbox()
    server = HTTPServer(("127.0.0.1", 0), type("Reader", (_Reader,), {"inbox": inbox}))
    inbox.url = f"http://127.0.0.1:{server.server_port}/in"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield inbox
    server.shutdown()
    server.server_close()
