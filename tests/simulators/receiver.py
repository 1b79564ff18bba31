"""A receiver of webhooks on loopback that also answers challenges: a GET with `echo` gets that text back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit


class Receiver:
    """What came: for each request its method, body and headers (names in lower case).

    `status` is what it answers; with `echoes` off it answers a challenge with nothing.
    """

    def __init__(self, url: str) -> None:
        self.url, self.status, self.echoes = url, 200, True
        self.got: list[tuple[str, bytes, dict[str, str]]] = []

    def posts(self, wanted: int, seconds: float = 3) -> list[tuple[bytes, dict[str, str]]]:
        """The deliveries, as soon as there are that many; the test fails if they do not come."""
        for _ in range(int(seconds / 0.02)):
            found = [(body, headers) for method, body, headers in self.got if method == "POST"]
            if len(found) >= wanted:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{wanted} deliveries did not come: {self.got}")


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A running receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            echo = parse_qs(urlsplit(self.path).query).get("echo", [""])[0] if box.echoes else ""
            self.send_response(box.status)
            self.send_header("Content-Length", str(len(echo.encode())))
            self.end_headers()
            self.wfile.write(echo.encode())
            box.got.append((self.command, body, headers))

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Receiver(f"http://127.0.0.1:{server.server_port}/in")
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
