"""HTTP/1.1 on a socket, no more than the simulators need: requests in, replies out, and replies gone wrong.

Written by hand because the faults need the raw socket (resets, cut bodies, trickles) and because a listing of
people one by one needs more requests a second than the standard handler gives.
"""

import contextlib
import socket
import socketserver
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from threading import Event
from typing import ClassVar
from urllib.parse import parse_qsl, unquote

import msgspec

_ONE_WRITE = 65_536  # up to here head and body go out together


class Request(msgspec.Struct, kw_only=True):
    """A request read whole: `path` unquoted, `query` in order, header names in lower case."""

    method: str
    path: str
    query: list[tuple[str, str]]
    query_text: str
    headers: dict[str, str]
    body: bytes

    def param(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def params(self, name: str) -> list[str]:
        """Every value of a query parameter, in order."""
        return [value for key, value in self.query if key == name]


class Reply(msgspec.Struct, kw_only=True):
    """An answer; `broken` names what the wire does to it (a mode of T2, T3, T4, or "bomb")."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    broken: str = ""
    seconds: float = 1.0
    megabytes: int = 200


def json_reply(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A reply with `value` as JSON."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status=status, body=msgspec.json.encode(value), headers=kind | (headers or {}))


class Server(socketserver.ThreadingTCPServer):
    """Listens on one address and answers with `answer`; a thread a connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Reply], stopping: Event) -> None:
        super().__init__(address, Handler)
        self.answer = answer
        self.stopping = stopping
        self.connections: set[socket.socket] = set()

    def close_connections(self) -> None:
        """End what readers keep open, so that a stopped server says no more."""
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(socketserver.StreamRequestHandler):
    """One connection: requests one after the other until the reader closes or a fault does."""

    disable_nagle_algorithm = True
    rbufsize = 65_536
    wbufsize = 0
    server: Server
    reasons: ClassVar[dict[int, str]] = {code.value: code.phrase for code in HTTPStatus}

    def handle(self) -> None:
        """Read, answer, repeat."""
        self.server.connections.add(self.connection)
        try:
            while (request := self._read()) is not None:
                reply = self.server.answer(request)
                if not self._send(request, reply) or request.headers.get("connection", "").lower() == "close":
                    return
        except (ConnectionError, TimeoutError):
            return
        finally:
            self.server.connections.discard(self.connection)

    def _read(self) -> Request | None:
        line = self.rfile.readline(65_536)
        if not line.strip():
            return None
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(65_536)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        path, _, query = target.partition("?")
        return Request(
            method=method,
            path=unquote(path),
            query=parse_qsl(query, keep_blank_values=True) if query else [],
            query_text=query,
            headers=headers,
            body=self._body(headers),
        )

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        length = int(headers.get("content-length") or 0)
        return self.rfile.read(length) if length else b""

    def _head(self, reply: Reply, framing: str) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {self.reasons.get(reply.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}", framing, "", ""]
        return "\r\n".join(line for line in lines[:-2] if line).encode("latin-1") + b"\r\n\r\n"

    def _send(self, request: Request, reply: Reply) -> bool:
        """Send it as told; False if the connection is to be closed."""
        if reply.broken == "late":
            self._wait(reply.seconds)
        elif reply.broken:
            self._send_broken(reply)
            return False
        bodiless = reply.status in (204, 304)
        head = self._head(reply, "" if bodiless else f"Content-Length: {len(reply.body)}")
        if bodiless or request.method == "HEAD":
            self.connection.sendall(head)
        elif len(reply.body) < _ONE_WRITE:
            self.connection.sendall(head + reply.body)
        else:
            self.connection.sendall(head)
            self.connection.sendall(reply.body)
        return True

    def _send_broken(self, reply: Reply) -> None:
        half = reply.body[: len(reply.body) // 2]
        whole = f"Content-Length: {len(reply.body)}"
        match reply.broken:
            case "before":
                self._reset()
            case "during":
                self.connection.sendall(self._head(reply, whole) + half)
                self._reset()
            case "after":
                self.connection.sendall(self._head(reply, whole) + reply.body)
                self._wait(0.1)  # a reset throws away what the reader has not taken yet
                self._reset()
            case "short":
                self.connection.sendall(self._head(reply, whole) + half)
            case "chunked":
                chunk = f"{len(half):x}\r\n".encode() + half + b"\r\n"
                self.connection.sendall(self._head(reply, "Transfer-Encoding: chunked") + chunk)
            case "gzip":
                packed = _gzip(reply.body)[:-12]
                reply.headers = {**reply.headers, "Content-Encoding": "gzip"}
                self.connection.sendall(self._head(reply, f"Content-Length: {len(packed)}") + packed)
            case "bomb":
                packed = bomb(reply.megabytes)
                reply.headers = {**reply.headers, "Content-Encoding": "gzip"}
                self.connection.sendall(self._head(reply, f"Content-Length: {len(packed)}") + packed)
            case "hang":
                self._wait(3_600)
            case _:
                self._trickle(self._head(reply, whole) + reply.body, reply.seconds)

    def _trickle(self, data: bytes, seconds: float) -> None:
        for byte in data:
            self.connection.sendall(bytes([byte]))
            if self._wait(seconds):
                return

    def _wait(self, seconds: float) -> bool:
        """Wait; True as soon as the reader has gone or the server stops."""
        self.connection.settimeout(0.25)
        left = seconds
        while left > 0 and not self.server.stopping.is_set():
            self.connection.settimeout(min(left, 0.25))
            left -= 0.25
            try:
                if not self.connection.recv(1):
                    return True
            except TimeoutError:
                continue
        self.connection.settimeout(None)
        return self.server.stopping.is_set()

    def _reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def bomb(megabytes: int) -> bytes:
    """A gzip stream that unpacks to so many MiB of blanks around an empty JSON list."""
    packer, blanks = zlib.compressobj(9, zlib.DEFLATED, 31), b" " * (1 << 20)
    return b"".join([packer.compress(b"["), *(packer.compress(blanks) for _ in range(megabytes))]) + (
        packer.compress(b"]") + packer.flush()
    )
