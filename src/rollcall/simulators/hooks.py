"""Sending webhooks of simulated tools: in the background, to loopback only, in the order of the changes."""

import http.client
import queue
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from rollcall.simulators.world import World

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Parcel(msgspec.Struct, kw_only=True):
    """One webhook on its way; `log` gets one line with the status (0: nobody answered).

    `done` hears the status and the body of the answer, in the sender's thread.
    """

    url: str
    body: bytes
    headers: dict[str, str]
    log: list[dict[str, object]]
    method: str = "POST"
    done: Callable[[int, bytes], None] | None = None


class Sender:
    """Delivers parcels one after the other. Nothing is sent again: readers must live with lost webhooks."""

    def __init__(self) -> None:
        self._parcels: queue.SimpleQueue[Parcel] = queue.SimpleQueue()
        self._started = False

    def send(self, parcel: Parcel) -> None:
        """Queue a parcel; anything but loopback is logged as unsent."""
        if urlsplit(parcel.url).hostname not in _LOOPBACK:
            parcel.log.append({"status": 0, "detail": "not a loopback address"})
            return
        if not self._started:
            self._started = True
            threading.Thread(target=self._work, daemon=True).start()
        self._parcels.put(parcel)

    def _work(self) -> None:
        while True:
            parcel = self._parcels.get()
            status, body = _sent(parcel)
            parcel.log.append({"status": status})
            if parcel.done:
                parcel.done(status, body)


def _sent(parcel: Parcel) -> tuple[int, bytes]:
    parts = urlsplit(parcel.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=3)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(parcel.method, target or "/", parcel.body, parcel.headers)
        answer = connection.getresponse()
        return answer.status, answer.read(65_536)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def accepts(world: World, url: str) -> bool:
    """Whether the tool takes that address: https, or with the option `allow_http_hooks` also http."""
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and world.options.get("allow_http_hooks") is True)


def accepts_here(world: World, url: str) -> bool:
    """As `accepts`, and http to loopback without any option (no tool would)."""
    parts = urlsplit(url)
    return accepts(world, url) or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
