"""A small server that does to a client what servers do on bad days.

It is given a list of scripts. Each request takes the next one, the last serves for the rest. A script is
called with the socket once the request has been read; it says whether the connection stays open.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket], bool]


def plain(raw: bytes, *, keep: bool = False) -> Script:
    """Send these bytes, then close or keep the connection."""

    def script(sock: socket.socket) -> bool:
        sock.sendall(raw)
        return keep

    return script


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Script:
    """A proper answer with its length."""
    return plain(head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body, keep=True)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status} Something", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def chunked(body: bytes, headers: Mapping[str, str] | None = None, *, end: bytes = b"0\r\n\r\n") -> Script:
    """An answer in one chunk; without `end` it is cut."""
    raw = head(200, {"Transfer-Encoding": "chunked", **(headers or {})})
    return plain(raw + f"{len(body):x}\r\n".encode() + body + b"\r\n" + end, keep=bool(end))


def reset(raw: bytes = b"") -> Script:
    """Send these bytes, then a TCP reset."""

    def script(sock: socket.socket) -> bool:
        sock.sendall(raw)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return script


def trickle(start: bytes, drop: bytes, pause: float) -> Script:
    """Send the start, then a drop now and then until the client has had enough."""

    def script(sock: socket.socket) -> bool:
        sock.sendall(start)
        wait = threading.Event()
        for _ in range(200):
            wait.wait(pause)
            sock.sendall(drop)
        return False

    return script


class Misbehaving:
    """The server. `requests` are the heads and bodies received, `connections` how many were opened.

    `at_once` is called for each connection instead of reading a request.
    """

    def __init__(
        self, *scripts: Script, tls: ssl.SSLContext | None = None, at_once: Script | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._scripts = list(scripts)
        self._tls = tls
        self._at_once = at_once
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    @property
    def url(self) -> str:
        """Its base URL by number."""
        return f"http://127.0.0.1:{self.port}"

    def deaf(self) -> Self:
        """Neither read nor answer."""
        self._at_once = self.silent
        return self

    def silent(self, sock: socket.socket) -> bool:
        """A script that never answers."""
        self._stop.wait(20)
        return False

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                sock, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._at_once is not None:
                self._at_once(sock)
                return
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            while self._read_request(sock):
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                if not script(sock):
                    return
        except OSError:
            return  # the client has gone, which is what many tests are about
        finally:
            sock.close()

    def _read_request(self, sock: socket.socket) -> bool:
        seen = b""
        while b"\r\n\r\n" not in seen:
            part = sock.recv(65536)
            if not part:
                return False
            seen += part
        top, _, body = seen.partition(b"\r\n\r\n")
        length = 0
        for line in top.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            body += sock.recv(65536)
        self.requests.append(top + b"\r\n\r\n" + body)
        return True
