"""The sockets below httpcore: connect to a judged address only, and never outlive the whole deadline.

httpcore asks for a host by name here and speaks TLS for that same name afterwards, so pinning the address
leaves Host, SNI and the certificate's name untouched. Its own time limits hold for one read or write; a
server that sends a byte now and then would pass each of them, so every wait is also cut to what is left of
the whole request.
"""

import contextlib
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from rollcall.http_client.errors import HttpError, TimedOut, Unreachable

Clock = Callable[[], float]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Deadline:
    """The moment by which something must be over; `code` is what TimedOut then says."""

    def __init__(self, clock: Clock, code: str) -> None:
        self._clock = clock
        self._code = code
        self._ends = clock()
        self._over = False

    def start(self, seconds: float) -> None:
        """Begin again, with this long to go."""
        self._ends = self._clock() + seconds

    def end(self) -> None:
        """Let nothing be left from now on, whatever begins again; from any thread."""
        self._over = True

    def cut(self, seconds: float | None) -> float:
        """The time limit for one step. Raises TimedOut once nothing is left."""
        left = self._ends - self._clock()
        if left <= 0 or self._over:
            raise TimedOut(self._code)
        return left if seconds is None else min(seconds, left)

    def passed(self, code: str) -> TimedOut:
        """The error for a step that ran into its limit."""
        return TimedOut(self._code if self._ends <= self._clock() else code)


class PinnedStream(httpcore.NetworkStream):
    """One connection, bare or in TLS."""

    def __init__(self, sock: socket.socket, deadline: Deadline, connected_by: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._connected_by = connected_by
        self._in_tls: PinnedStream | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to max_bytes; b'' at the end."""
        self._sock.settimeout(self._deadline.cut(timeout))
        try:
            return self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.passed("read") from None
        except OSError:
            raise httpcore.ReadError("reset") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        left = memoryview(buffer)
        while left:
            self._sock.settimeout(self._deadline.cut(timeout))
            try:
                left = left[self._sock.send(left) :]
            except TimeoutError:
                raise self._deadline.passed("write") from None
            except OSError:
                # httpcore then still looks for an answer: servers may refuse early and close
                raise httpcore.WriteError("reset") from None

    def close(self) -> None:
        """Let go of the socket."""
        self._sock.close()

    def cut(self) -> None:
        """End it from another thread, without a word: whoever reads or writes finds it closed."""
        if self._in_tls is not None:
            self._in_tls.cut()
        with contextlib.suppress(OSError):
            # not as TLS would, which forgets that there was any
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection in TLS, the certificate judged for the name. Raises Unreachable, TimedOut."""
        try:
            wrapped = self._wrapped(ssl_context, server_hostname, timeout)
        except HttpError:
            self.close()
            raise
        self._in_tls = PinnedStream(wrapped, self._deadline, self._connected_by)
        return self._in_tls

    def _wrapped(self, context: ssl.SSLContext, name: str | None, timeout: float | None) -> ssl.SSLSocket:
        self._sock.settimeout(self._deadline.cut(self._connected_by.cut(timeout)))
        try:
            return context.wrap_socket(self._sock, server_hostname=name)
        except ssl.SSLCertVerificationError:
            raise Unreachable("certificate") from None
        except TimeoutError:
            raise self._deadline.passed("connect") from None
        except OSError:
            raise Unreachable("tls") from None

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether an idle connection was closed, and the TLS object."""
        if info == "is_readable":
            # poll, as select fails beyond 1024 open files
            poll = select.poll()
            poll.register(self._sock, select.POLLIN)
            return bool(poll.poll(0))
        if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket):
            return self._sock
        return None


class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections to the addresses `find` has judged, trying one after the other.

    `find` returns them as text, and raises AddressRefused, or OSError for a name without address.
    """

    def __init__(self, find: Callable[[], Sequence[str]], deadline: Deadline, clock: Clock) -> None:
        self._find = find
        self._deadline = deadline
        self._clock = clock
        self._latest: PinnedStream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the judged addresses. Raises AddressRefused, Unreachable, TimedOut."""
        connected_by = Deadline(self._clock, "connect")
        connected_by.start(self._deadline.cut(timeout))
        addresses = self._addresses(connected_by)
        error: Exception = Unreachable("refused")
        for tried, address in enumerate(addresses):
            # a share each, so that a dead IPv6 route leaves time for IPv4
            share = connected_by.cut(None) / (len(addresses) - tried)
            try:
                sock = socket.create_connection((address, port), share)
            except TimeoutError:
                error = self._deadline.passed("connect")
            except OSError:
                error = Unreachable("refused")
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._latest = PinnedStream(sock, self._deadline, connected_by)
                return self._latest
        raise error

    def cut(self) -> None:
        """See ``PinnedStream.cut``."""
        if self._latest is not None:
            self._latest.cut()

    def _addresses(self, connected_by: Deadline) -> Sequence[str]:
        """Resolve in a thread of its own: getaddrinfo knows no time limit but the system's."""
        answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError | HttpError] = queue.SimpleQueue()

        def find() -> None:
            try:
                answers.put(self._find())
            except (OSError, UnicodeError, HttpError) as error:
                answers.put(error)

        threading.Thread(target=find, daemon=True).start()
        try:
            found = answers.get(timeout=connected_by.cut(None))
        except queue.Empty:
            raise Unreachable("dns") from None
        if isinstance(found, HttpError):
            raise found
        if isinstance(found, (OSError, UnicodeError)):
            raise Unreachable("dns")
        return found
