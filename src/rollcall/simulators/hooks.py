"""Sending webhooks of simulated tools: in the background, to loopback only, in the order of the changes."""

import http.client
import queue
import threading
from urllib.parse import urlsplit

import msgspec

from rollcall.simulators.world import World

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Parcel(msgspec.Struct, kw_only=True):
    """One webhook on its way; `log` gets one line with the status (0: nobody answered)."""

    url: str
    body: bytes
    headers: dict[str, str]
    log: list[dict[str, object]]


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
            parcel.log.append({"status": _post(parcel)})


def _post(parcel: Parcel) -> int:
    parts = urlsplit(parcel.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=3)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target or "/", parcel.body, parcel.headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def accepts(world: World, url: str) -> bool:
    """Whether the tool takes that address: https, or with the option `allow_http_hooks` also http."""
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and world.options.get("allow_http_hooks") is True)
