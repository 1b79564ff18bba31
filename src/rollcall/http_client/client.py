"""The client: one per run and origin, used by one thread at a time. Tries again while that can help."""

import base64
import random
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Event
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from rollcall.http_client.addresses import Resolve, system_resolve
from rollcall.http_client.answer import Answer, Limits
from rollcall.http_client.body import ACCEPT_ENCODING
from rollcall.http_client.errors import HttpError, Throttled, Unreachable, UnsendableRequest, may_pass
from rollcall.http_client.exchange import Exchange
from rollcall.http_client.network import Clock
from rollcall.http_client.retry import backoff, retry_after
from rollcall.telemetry import traffic
from rollcall.telemetry.spans import span

RETRY_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 598})
SAFE_METHODS = frozenset({"GET", "HEAD"})
# With a wait named, these two say that nothing was done (RFC 9110 15.6.4, RFC 6585 4).
TURNED_AWAY = frozenset({429, 503})
DEFAULT_LIMITS = Limits()

Params = Mapping[str, Any] | Sequence[tuple[str, Any]]


class HttpClient:
    """Requests to one origin, bounded in time, size, tries and waiting.

    A relative path is appended to the path of `base_url`; '' is `base_url` itself; an absolute URL must be
    on its origin. An answer of any status is returned once retries are over; only redirects are refused,
    unless `allow_redirects_same_origin`. Raises HttpError. `verify` replaces the public authorities and
    must itself verify names. `on_wait` hears of each wait before it begins, in seconds. `before` is called with
    the path before each try, and may sleep; that time is no part of the budget for waiting. `over` says, once it
    is set, that nobody wants an answer any more; see `give_up`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        allow_hosts: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        sleep: Callable[[float], object] | None = None,
        clock: Clock = time.monotonic,
        resolve: Resolve = system_resolve,
        rng: random.Random | None = None,
        retry_statuses: Collection[int] = RETRY_STATUSES,
        wait_for: Callable[[Answer], float | None] = retry_after,
        on_wait: Callable[[float], None] | None = None,
        before: Callable[[str], None] | None = None,
        allow_redirects_same_origin: bool = False,
        verify: ssl.SSLContext | None = None,
        over: Event | None = None,
    ) -> None:
        self._exchange = Exchange(
            base_url,
            allow_hosts=allow_hosts,
            limits=limits,
            clock=clock,
            resolve=resolve,
            verify=verify,
            follow=allow_redirects_same_origin,
        )
        self._headers = {**_basic(auth), **(headers or {})}
        self._limits = limits
        self._over = Event() if over is None else over
        self._sleep = self._over.wait if sleep is None else sleep
        self._rng = random.Random() if rng is None else rng  # noqa: S311 - spreads waits, keeps no secret
        self._retry_statuses = frozenset(retry_statuses)
        self._wait_for = wait_for
        self._on_wait = on_wait
        self._before = before
        self._waited = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()

    def give_up(self) -> None:
        """End what is under way, from any thread: it raises Unreachable, soon and from now on."""
        self._over.set()
        self._exchange.cut()

    def get(
        self, path_or_url: str, *, params: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """GET; see `request`."""
        return self.request("GET", path_or_url, params=params, headers=headers)

    def post(
        self,
        path_or_url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe_to_repeat: bool = False,
    ) -> Answer:
        """POST a JSON value, text or bytes, or a form; see `request`."""
        return self.request(
            "POST",
            path_or_url,
            params=params,
            json=json,
            content=content,
            data=data,
            headers=headers,
            safe_to_repeat=safe_to_repeat,
        )

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe_to_repeat: bool | None = None,
    ) -> Answer:
        """Send, and send again while that can help. `params` are added to a query the URL has already.

        GET and HEAD may be repeated; others only if the caller says so, or if a 429 or 503 names a wait.
        """
        url = self._exchange.target(path_or_url)
        if params:
            given = params if isinstance(params, Mapping) else list(params)
            url = url.copy_merge_params(httpx.QueryParams(given))
        if json is not None:
            content = msgspec.json.encode(json)
            headers = {"Content-Type": "application/json", **(headers or {})}
        # a dict, as httpx looks for one
        form = None if data is None else dict(data)
        request = httpx.Request(
            method, url, headers=self._all_headers(url, headers), content=content, data=form
        )
        safe = request.method in SAFE_METHODS if safe_to_repeat is None else safe_to_repeat
        return self._persist(request, safe=safe)

    def _all_headers(self, url: httpx.URL, headers: Mapping[str, str] | None) -> httpx.Headers:
        try:
            merged = httpx.Headers({"Accept": "*/*", "User-Agent": "Rollcall"})
            merged.update(self._headers)
            merged.update(headers)
        except UnicodeEncodeError:
            # unchained, as that error holds the whole value
            raise UnsendableRequest("bad_header", self._exchange.origin) from None
        # what we can unpack and whom we speak to is not for callers to say
        merged["Accept-Encoding"] = ACCEPT_ENCODING
        merged["Host"] = url.netloc.decode("ascii")
        return merged

    def _persist(self, request: httpx.Request, *, safe: bool) -> Answer:
        attempt = 1
        while True:
            last = attempt >= self._limits.tries
            if self._before is not None:
                self._before(request.url.path)
            if self._over.is_set():
                raise Unreachable("given_up", self._exchange.origin)
            try:
                answer = self._send(request)
            except HttpError as error:
                if last or not safe or not may_pass(error) or not self._wait(None, attempt):
                    raise
            else:
                if last:
                    self._hand_on_wait(answer)
                    return answer
                if not self._should_repeat(answer, attempt, safe=safe):
                    return answer
            attempt += 1

    def _send(self, request: httpx.Request) -> Answer:
        """One try, told to whoever listens: never with its address, which may hold a key."""
        began, status, size = time.perf_counter(), traffic.NO_ANSWER, 0
        with span("request", method=request.method) as step:
            try:
                answer = self._exchange.send(request)
                status, size = answer.status, len(answer.body)
                return answer
            finally:
                traffic.answered(status, time.perf_counter() - began, size)
                step.set(status=status, bytes=size)

    def _should_repeat(self, answer: Answer, attempt: int, *, safe: bool) -> bool:
        """Whether to send again, the wait already done. Raises Throttled if the budget forbids the wait."""
        if answer.status not in self._retry_statuses:
            return False
        asked = self._wait_for(answer)
        turned_away = asked is not None and answer.status in TURNED_AWAY
        if not safe and not turned_away:
            return False
        if self._wait(asked, attempt):
            return True
        if turned_away or answer.status == 429:
            raise Throttled("throttled", self._exchange.origin, retry_after=asked)
        return False

    def _hand_on_wait(self, answer: Answer) -> None:
        """Raise Throttled where the last try names a wait: the caller must not come back before (T7)."""
        if answer.status in TURNED_AWAY and answer.status in self._retry_statuses:
            asked = self._wait_for(answer)
            if asked is not None:
                raise Throttled("throttled", self._exchange.origin, retry_after=asked)

    def _wait(self, asked: float | None, attempt: int) -> bool:
        """Wait as asked, or as we see fit. False, and no wait, if the budget does not reach."""
        left = self._limits.waiting - self._waited
        seconds = asked if asked is not None and asked > 0 else min(backoff(attempt, self._rng), left)
        if left <= 0 or seconds > left:
            return False
        self._waited += seconds
        if self._on_wait is not None:
            self._on_wait(seconds)
        traffic.waited(seconds)
        self._sleep(seconds)
        return True


# The factory by its other name, for callers that read better with a verb.
open_client = HttpClient


def _basic(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    pair = base64.b64encode(":".join(auth).encode()).decode("ascii")
    return {"Authorization": f"Basic {pair}"}
