"""One try: a request goes out, a whole answer comes back, or an error of ours.

httpx makes the request and its headers, httpcore carries it. httpx.Client is left out on purpose: it keeps
cookies, logs whole URLs, and has hooks for redirects and proxies that nobody here may switch on.
"""

import functools
import logging
import ssl
from collections.abc import Collection, Sequence

import httpcore
import httpx

from rollcall.http_client.addresses import (
    Resolve,
    is_allowed,
    judged_addresses,
    origin_of,
    parse_url,
)
from rollcall.http_client.answer import Answer, Limits
from rollcall.http_client.body import Unpacker, has_length
from rollcall.http_client.errors import (
    AddressRefused,
    BrokenBody,
    HttpError,
    Unreachable,
    UnsendableRequest,
)
from rollcall.http_client.network import Clock, Deadline, PinnedBackend

IDLE_SECONDS = 15.0
REDIRECT_HOPS = 5
REDIRECTS = frozenset(range(300, 400)) - {304}
BODILESS = frozenset({204, 304})

for _name in ("httpx", "httpcore"):
    # below WARNING they write URLs, headers and keys
    logging.getLogger(_name).setLevel(logging.WARNING)


@functools.cache
def public_tls() -> ssl.SSLContext:
    """The public authorities, whatever the environment says. Kept, as reading them costs 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Exchange:
    """The connection to one origin, and what it has received so far. Used by one thread at a time."""

    def __init__(
        self,
        base_url: str,
        *,
        allow_hosts: Collection[str],
        limits: Limits,
        clock: Clock,
        resolve: Resolve,
        verify: ssl.SSLContext | None,
        follow: bool,
    ) -> None:
        if verify is not None and not (verify.check_hostname and verify.verify_mode == ssl.CERT_REQUIRED):
            raise ValueError("verify must check names and certificates")
        self._allow_hosts = frozenset(allow_hosts)
        self.base = parse_url(base_url, allow_hosts=self._allow_hosts)
        self.origin = origin_of(self.base)
        self._limits, self._resolve, self._follow = limits, resolve, follow
        self._received = 0
        self._deadline = Deadline(clock, "whole")
        self._backend = PinnedBackend(self._find, self._deadline, clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=public_tls() if verify is None else verify,
            max_connections=1,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=self._backend,
        )

    def close(self) -> None:
        """Close the connection; a later request would open a new one."""
        self._pool.close()

    def cut(self) -> None:
        """From another thread: whoever waits for the server finds the connection closed, and no time left."""
        self._deadline.end()
        self._backend.cut()

    def target(self, path_or_url: str) -> httpx.URL:
        """The URL meant: '' the base itself, a path under the base, or an absolute URL on its origin."""
        if not path_or_url:
            return self.base
        if "://" in path_or_url.partition("?")[0]:
            return self._same_origin(path_or_url)
        base_path = self.base.raw_path.decode("ascii").partition("?")[0].rstrip("/")
        glue = "" if path_or_url.startswith(("/", "?")) else "/"
        return self._same_origin(f"{self.origin}{base_path}{glue}{path_or_url}")

    def _same_origin(self, text: str) -> httpx.URL:
        url = parse_url(text, allow_hosts=self._allow_hosts)
        if origin_of(url) != self.origin:
            raise AddressRefused("other_origin", self.origin)
        return url

    def _find(self) -> Sequence[str]:
        # the pool is asked for no other origin than that of the base
        return judged_addresses(
            self.base, allowed=is_allowed(self.base, self._allow_hosts), resolve=self._resolve
        )

    def send(self, request: httpx.Request) -> Answer:
        """The answer, whole. Raises HttpError; any status is an answer, redirects apart."""
        self._deadline.start(self._limits.whole)
        try:
            for _hop in range(REDIRECT_HOPS + 1):
                answer = self._carry(request)
                if answer.status not in REDIRECTS:
                    return answer
                request = self._redirected(request, answer)
        except HttpError as error:
            raise error.placed(self.origin) from None
        raise AddressRefused("redirect", self.origin)

    def _redirected(self, request: httpx.Request, answer: Answer) -> httpx.Request:
        location = answer.headers.get("location")
        if not (self._follow and location and request.method in ("GET", "HEAD")):
            raise AddressRefused("redirect")
        try:
            url = self._same_origin(str(request.url.join(location)))
        except (httpx.InvalidURL, AddressRefused):
            raise AddressRefused("redirect") from None
        return httpx.Request(request.method, url, headers=request.headers)

    def _carry(self, request: httpx.Request) -> Answer:
        response = self._answer_head(request)
        try:
            headers = httpx.Headers(response.headers)
            if response.status in REDIRECTS:
                body = b""  # unread: what stands in there is of no use to us
            elif request.method == "HEAD" or response.status in BODILESS:
                body = response.read()  # nothing, but the connection can be used again after it
            else:
                body = self._body(response, headers)
        finally:
            response.close()
        return Answer(status=response.status, headers=headers, body=body, url=str(request.url))

    def _answer_head(self, request: httpx.Request) -> httpcore.Response:
        read = self._limits.read
        timeout = {"connect": self._limits.connect, "read": read, "write": read}
        carried = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.content,
            extensions={"timeout": timeout},
        )
        # nothing is chained: the text of these errors may quote what the server or the caller wrote
        try:
            return self._pool.handle_request(carried)
        except httpcore.LocalProtocolError:
            raise UnsendableRequest("bad_header") from None
        except httpcore.RemoteProtocolError as error:
            silent = str(error).startswith("Server disconnected")
            raise Unreachable("closed" if silent else "protocol") from None
        except httpcore.NetworkError:
            raise Unreachable("closed") from None

    def _body(self, response: httpcore.Response, headers: httpx.Headers) -> bytes:
        # Load balancers write their own error pages without a length; no page of people is among those.
        if not has_length(headers) and response.status < 400:
            raise BrokenBody("no_length")
        room = max(0, min(self._limits.response_bytes, self._limits.run_bytes - self._received))
        if int(headers.get("content-length", "0")) > room:
            raise BrokenBody("too_large")
        unpacker = Unpacker(headers.get("content-encoding", "").strip().lower(), room=room)
        try:
            for part in response.iter_stream():
                unpacker.feed(part)
        except (httpcore.RemoteProtocolError, httpcore.NetworkError):
            raise BrokenBody("cut") from None
        finally:
            self._received += unpacker.size
        return unpacker.whole()
