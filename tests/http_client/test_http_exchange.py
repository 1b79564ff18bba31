"""One try against a misbehaving server: what is whole, what is refused, and how long it may take."""

import contextlib
import gzip
import logging
import socket
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from rollcall.http_client import (
    AddressRefused,
    BrokenBody,
    HttpClient,
    HttpError,
    Limits,
    TimedOut,
    Unreachable,
    UnsendableRequest,
)

from .conftest import Bench
from .misbehaving import Script, answer, chunked, head, plain, reset, trickle

BODY = b'{"people": [1, 2, 3]}' * 50


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


GOOD: dict[str, Script] = {
    "with a length": answer(body=BODY),
    "chunked": chunked(BODY),
    "gzip": answer(body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"}),
    "x-gzip, chunked": chunked(gzip.compress(BODY), {"Content-Encoding": "X-GZIP"}),
    "deflate": answer(body=zlib.compress(BODY), headers={"Content-Encoding": "deflate"}),
    "deflate without header": answer(body=raw_deflate(BODY), headers={"Content-Encoding": "deflate"}),
    "identity": answer(body=BODY, headers={"Content-Encoding": "identity"}),
    "after 100 and 103": plain(
        head(100, {}) + head(103, {}) + head(200, {"Content-Length": str(len(BODY))}) + BODY
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_whole_body_is_returned_unpacked(bench: Bench, case: str) -> None:
    server, client = bench.both(GOOD[case])
    got = client.get("/people")
    assert (got.status, got.body, got.url) == (200, BODY, f"{server.url}/people")


def test_packed_bytes_may_come_one_by_one(bench: Bench) -> None:
    for packed, encoding in ((raw_deflate(BODY), "deflate"), (gzip.compress(BODY), "gzip")):
        pieces = b"".join(b"1\r\n" + packed[i : i + 1] + b"\r\n" for i in range(len(packed)))
        raw = head(200, {"Transfer-Encoding": "chunked", "Content-Encoding": encoding})
        _, client = bench.both(plain(raw + pieces + b"0\r\n\r\n"))
        assert client.get("/").body == BODY


GZ = gzip.compress(BODY)
PACKED = {"Content-Encoding": "gzip"}
BROKEN: dict[str, tuple[Script, str]] = {
    "T3 shorter than announced": (plain(head(200, {"Content-Length": "999"}) + b"abc"), "cut"),
    "T3 chunked without its end": (chunked(BODY, end=b""), "cut"),
    "T3 chunk header is nonsense": (chunked(BODY, end=b"zz\r\n"), "cut"),
    "T2 reset inside the body": (reset(head(200, {"Content-Length": "999"}) + b"abc"), "cut"),
    "neither length nor chunks": (plain(head(200, {}) + BODY), "no_length"),
    "HTTP/1.0 until close": (plain(b"HTTP/1.0 200 OK\r\n\r\n" + BODY), "no_length"),
    "gzip without its end": (answer(body=GZ[:-9], headers=PACKED), "cut"),
    "gzip without its checksum": (answer(body=GZ[:-1], headers=PACKED), "cut"),
    "gzip with a wrong checksum": (answer(body=GZ[:-8] + b"\0" * 8, headers=PACKED), "bad_encoding"),
    "a second gzip member": (answer(body=GZ + GZ, headers=PACKED), "bad_encoding"),
    "bytes after the gzip": (answer(body=GZ + b"x", headers=PACKED), "bad_encoding"),
    "not gzip at all": (answer(body=BODY, headers=PACKED), "bad_encoding"),
    "neither kind of deflate": (
        answer(body=b"\xff" * 40, headers={"Content-Encoding": "deflate"}),
        "bad_encoding",
    ),
    "deflate with a wrong checksum": (
        chunked(zlib.compress(BODY)[:-1] + b"\xff", {"Content-Encoding": "deflate"}),
        "bad_encoding",
    ),
    "deflate of one byte": (answer(body=b"x", headers={"Content-Encoding": "deflate"}), "cut"),
    "an encoding not offered": (answer(body=b"x", headers={"Content-Encoding": "br"}), "bad_encoding"),
    "two encodings": (answer(body=GZ, headers={"Content-Encoding": "gzip, gzip"}), "bad_encoding"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_t2_t3_a_body_that_is_not_whole_is_refused(bench: Bench, once: Limits, case: str) -> None:
    """T2, T3."""
    script, code = BROKEN[case]
    _, client = bench.both(script, limits=once)
    with pytest.raises(BrokenBody) as caught:
        client.get("/people")
    assert caught.value.code == code


def test_more_gzip_in_a_later_chunk_is_refused(bench: Bench) -> None:
    def script(sock: socket.socket) -> bool:
        raw = head(200, {"Content-Length": str(2 * len(GZ)), **PACKED})
        sock.sendall(raw + GZ)
        time.sleep(0.1)
        sock.sendall(GZ)
        return True

    _, client = bench.both(script)
    with pytest.raises(BrokenBody, match="bad_encoding"):
        client.get("/")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_needs_no_length(bench: Bench, status: int) -> None:
    _, client = bench.both(plain(head(status, {}), keep=True))
    assert (client.get("/").status, client.get("/").body) == (status, b"")


def test_head_needs_no_body(bench: Bench) -> None:
    server, client = bench.both(plain(head(200, {"Content-Length": "7", **PACKED}), keep=True))
    assert [client.request("HEAD", "/").body for _ in range(2)] == [b"", b""]
    assert server.connections == 1


def test_an_empty_packed_body_is_empty(bench: Bench) -> None:
    _, client = bench.both(answer(202, headers=PACKED))
    assert client.get("/").body == b""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_an_error_status_is_an_answer(bench: Bench, status: int) -> None:
    server, client = bench.both(answer(status, b"why"))
    assert (client.get("/").status, client.get("/").body) == (status, b"why")
    assert len(server.requests) == 2


def test_an_error_page_may_come_without_a_length(bench: Bench) -> None:
    _, client = bench.both(plain(b"HTTP/1.0 404 Not Found\r\n\r\nnothing here"))
    assert client.get("/").body == b"nothing here"


def test_t8_a_body_over_the_cap_is_refused(bench: Bench) -> None:
    """T8, announced or not."""
    limits = Limits(response_bytes=1000)
    for script in (answer(body=b"x" * 1001), chunked(b"x" * 1001)):
        server, client = bench.both(script, limits=limits)
        with pytest.raises(BrokenBody, match="too_large"):
            client.get("/")
        assert len(server.requests) == 1
    _, client = bench.both(answer(body=b"x" * 1000), limits=limits)
    assert len(client.get("/").body) == 1000


def test_t8_a_small_body_that_unpacks_hugely_is_refused(bench: Bench) -> None:
    """T8: 200 MB from 200 kB, stopped at the cap."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    _, client = bench.both(answer(body=bomb, headers=PACKED), limits=Limits(response_bytes=1_000_000))
    with pytest.raises(BrokenBody, match="too_large"):
        client.get("/")


def test_t8_input_that_unpacks_to_nothing_is_counted_too(bench: Bench) -> None:
    """T8: empty deflate blocks."""
    body = b"\x00\x00\x00\xff\xff" * 1000
    limits = Limits(response_bytes=1000)
    _, client = bench.both(chunked(body, {"Content-Encoding": "deflate"}), limits=limits)
    with pytest.raises(BrokenBody, match="too_large"):
        client.get("/")


def test_t8_a_run_may_not_receive_more_than_its_share(bench: Bench) -> None:
    """T8."""
    _, client = bench.both(chunked(b"x" * 400), limits=Limits(run_bytes=1000))
    assert [len(client.get("/").body) for _ in range(2)] == [400, 400]
    for _ in range(2):
        with pytest.raises(BrokenBody, match="too_large"):
            client.get("/")


def test_t4_silence_ends_at_the_read_limit(bench: Bench) -> None:
    """T4."""
    server = bench.serve(lambda sock: server.silent(sock))  # noqa: PLW0108 - not made yet when this is read
    client = bench.client(server.url, limits=Limits(read=0.1, tries=1))
    with pytest.raises(TimedOut) as caught:
        client.get("/people")
    assert caught.value.code == "read"


TRICKLES = {
    "in the status line": trickle(b"HTTP/1.1 200 O", b"K", 0.03),
    "in the headers": trickle(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n", 0.03),
    "in the body": trickle(head(200, {"Content-Length": "1000"}), b"x", 0.03),
    "in chunks": trickle(head(200, {"Transfer-Encoding": "chunked"}), b"1\r\nx\r\n", 0.03),
    "of interim answers": trickle(b"", head(100, {}), 0.03),
}


@pytest.mark.parametrize("case", TRICKLES)
def test_t4_a_trickle_cannot_outlive_the_whole_request(bench: Bench, case: str) -> None:
    """T4. Nor is it asked for again."""
    server, client = bench.both(TRICKLES[case], limits=Limits(read=1.0, whole=0.3))
    began = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        client.get("/people")
    assert caught.value.code == "whole"
    assert time.monotonic() - began < 1.0
    assert len(server.requests) == 1


def test_t4_a_server_that_does_not_read_cannot_hold_us(bench: Bench) -> None:
    """T4."""
    server = bench.serve().deaf()
    for limits, code in (
        (Limits(read=0.2, whole=5.0), "write"),
        (Limits(read=5.0, whole=0.2), "whole"),
    ):
        client = bench.client(server.url, limits=limits)
        with pytest.raises(TimedOut) as caught:
            client.post("/", content=b"x" * 30_000_000)
        assert caught.value.code == code


@contextlib.contextmanager
def full_backlog(host: str, port: int) -> Iterator[int]:
    """A port that takes no more connections and refuses none; its number."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server((host, port), backlog=0))
        address = full.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


def test_t4_a_full_backlog_ends_at_the_connect_limit(bench: Bench) -> None:
    """T4."""
    with full_backlog("127.0.0.1", 0) as port:
        client = bench.client(f"http://127.0.0.1:{port}", limits=Limits(connect=0.2, tries=1))
        with pytest.raises(TimedOut) as caught:
            client.get("/")
    assert caught.value.code == "connect"


def test_a_dead_address_leaves_time_for_the_next(bench: Bench) -> None:
    server = bench.serve(answer(body=b"here"))
    client = bench.client(
        f"http://hr.example:{server.port}",
        allow_hosts=["hr.example"],
        resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"],
        limits=Limits(connect=0.6, tries=1),
    )
    with full_backlog("127.0.0.2", server.port):
        assert client.get("/").body == b"here"


def test_t1_t4_a_slow_name_server_ends_at_the_connect_limit(bench: Bench) -> None:
    """T1, T4."""

    def resolve(host: str, port: int) -> list[str]:
        time.sleep(1.0)
        return ["127.0.0.1"]

    client = bench.client(
        "http://hr.example:9",
        allow_hosts=["hr.example"],
        resolve=resolve,
        limits=Limits(connect=0.1, tries=1),
    )
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        client.get("/")
    assert caught.value.code == "dns"
    assert time.monotonic() - began < 0.8


def test_no_time_left_is_a_time_out_before_anything_is_sent(bench: Bench) -> None:
    server = bench.serve(answer())
    for limits, code in ((Limits(connect=0.0, tries=1), "connect"), (Limits(whole=0.0, tries=1), "whole")):
        with pytest.raises(TimedOut) as caught:
            bench.client(server.url, limits=limits).get("/")
        assert caught.value.code == code
    assert server.requests == []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


def test_t1_a_closed_port_is_refused_and_the_next_address_tried(bench: Bench, once: Limits) -> None:
    """T1."""
    client = bench.client(f"http://127.0.0.1:{free_port()}", limits=once)
    with pytest.raises(Unreachable) as caught:
        client.get("/")
    assert caught.value.code == "refused"
    server = bench.serve(answer(body=b"here"))
    two = bench.client(
        f"http://hr.example:{server.port}",
        allow_hosts=["hr.example"],
        resolve=lambda host, port: ["127.0.0.77", "127.0.0.1"],
        limits=once,
    )
    assert two.get("/").body == b"here"


def test_t1_a_name_without_address_is_unreachable(bench: Bench, once: Limits) -> None:
    """T1."""

    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror("hr.example is not known")

    client = bench.client("https://hr.example", resolve=resolve, limits=once)
    with pytest.raises(Unreachable) as caught:
        client.get("/")
    assert (caught.value.code, str(caught.value)) == ("dns", "dns: https://hr.example")


def test_h3_addresses_are_judged_at_every_connection(bench: Bench) -> None:
    """H3: public when saved, private when connecting."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["169.254.169.254"]

    client = bench.client("https://hr.example", resolve=resolve)
    for _ in range(2):
        with pytest.raises(AddressRefused) as caught:
            client.get("/")
        assert caught.value.code == "metadata"
    assert asked == ["hr.example", "hr.example"]


def test_h3_it_connects_to_the_judged_address_and_keeps_the_name(bench: Bench) -> None:
    """H3: the name is asked for once a connection, and the Host header is still the name."""
    answers = iter([["127.0.0.1"], ["8.8.8.8"]])
    server = bench.serve(answer())
    client = bench.client(
        f"http://hr.example:{server.port}",
        allow_hosts=["hr.example"],
        resolve=lambda host, port: next(answers),
    )
    client.get("/people")
    client.get("/people")
    assert server.connections == 1
    assert f"\r\nhost: hr.example:{server.port}\r\n".encode() in server.requests[0].lower()


SILENT: dict[str, tuple[Script, str]] = {
    "closes": (plain(b""), "closed"),
    "resets": (reset(), "closed"),
    "closes inside the headers": (plain(b"HTTP/1.1 200 OK\r\nX: "), "closed"),
    "speaks no HTTP": (plain(b"220 mail.example ESMTP\r\n\r\n"), "protocol"),
    "sends endless headers": (plain(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000), "protocol"),
    "switches protocols": (plain(head(101, {"Upgrade": "x"})), "protocol"),
    "says two lengths": (
        plain(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "protocol",
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_t2_h7_no_usable_answer_is_unreachable(bench: Bench, once: Limits, case: str) -> None:
    """T2, H7: with our words only."""
    script, code = SILENT[case]
    server, client = bench.both(script, limits=once)
    with pytest.raises(Unreachable) as caught:
        client.get("/people?token=secret")
    assert str(caught.value) == f"{code}: {server.url}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_early_refusal_of_a_long_upload_is_still_heard(bench: Bench) -> None:
    def refuse(sock: socket.socket) -> bool:
        sock.recv(1)
        sock.sendall(head(413, {"Content-Length": "0", "Connection": "close"}))
        time.sleep(0.1)
        return reset()(sock)

    server = bench.serve(at_once=refuse)
    assert bench.client(server.url).post("/", content=b"x" * 30_000_000).status == 413


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300])
def test_t13_a_redirect_is_refused(bench: Bench, status: int) -> None:
    """T13."""
    server, client = bench.both(answer(status, headers={"Location": "/elsewhere"}))
    with pytest.raises(AddressRefused) as caught:
        client.get("/")
    assert caught.value.code == "redirect"
    assert len(server.requests) == 1


def test_t13_a_redirect_on_the_same_origin_is_followed_if_wanted(bench: Bench) -> None:
    """T13."""
    server, client = bench.both(
        answer(302, headers={"Location": "b?page=2"}),
        answer(body=b"there"),
        allow_redirects_same_origin=True,
        auth=("alice", "word"),
    )
    got = client.get("/a/x")
    assert (got.body, got.url) == (b"there", f"{server.url}/a/b?page=2")
    assert all(b"Authorization: Basic YWxpY2U6d29yZA==" in request for request in server.requests)


@pytest.mark.parametrize(
    "location",
    [
        "https://other.example/",
        "//other.example/",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1:{port}/",
        "/a/%2e%2e/b",
        "http://[",
        "",
    ],
)
def test_t13_a_redirect_elsewhere_is_refused_even_then(bench: Bench, location: str) -> None:
    """T13."""
    server = bench.serve(lambda sock: redirect(sock))  # noqa: PLW0108 - defined below, it needs the address

    def redirect(sock: socket.socket) -> bool:
        return answer(302, headers={"Location": location.format(port=server.port)})(sock)

    client = bench.client(server.url, allow_redirects_same_origin=True)
    with pytest.raises(AddressRefused) as caught:
        client.get("/")
    assert caught.value.code == "redirect"
    assert len(server.requests) == 1


def test_t13_a_loop_of_redirects_ends(bench: Bench) -> None:
    """T13."""
    server, client = bench.both(answer(302, headers={"Location": "/again"}), allow_redirects_same_origin=True)
    with pytest.raises(AddressRefused) as caught:
        client.get("/")
    assert caught.value.code == "redirect"
    assert len(server.requests) == 6


def test_t13_a_redirected_post_is_refused_even_then(bench: Bench) -> None:
    server, client = bench.both(
        answer(307, headers={"Location": "/b"}), answer(), allow_redirects_same_origin=True
    )
    with pytest.raises(AddressRefused):
        client.post("/a", json={"x": 1}, safe_to_repeat=True)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("base", "given", "sent"),
    [
        ("", "/people", "/people"),
        ("", "people", "/people"),
        ("/api/v1", "people", "/api/v1/people"),
        ("/api/v1/", "/people?page=2", "/api/v1/people?page=2"),
        ("/hook?key=1", "", "/hook?key=1"),
        ("/hook?key=1", "?other=2", "/hook?other=2"),
        ("/api", "/q?next=https://x.example/", "/api/q?next=https://x.example/"),
        ("/api", "{origin}/other?cursor=%2F", "/other?cursor=%2F"),
        ("/api", "/m\u00fcller 1", "/api/m%C3%BCller%201"),
    ],
)
def test_a_path_is_put_under_the_base(bench: Bench, base: str, given: str, sent: str) -> None:
    server = bench.serve(answer())
    bench.client(server.url + base).get(given.format(origin=server.url))
    assert server.requests[0].startswith(f"GET {sent} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("https://other.example/", "other_origin"),
        ("http://127.0.0.1:1/", "other_origin"),
        ("https://127.0.0.1:{port}/", "other_origin"),
        ("http://x@127.0.0.1:{port}/", "userinfo"),
        ("/../admin", "dots"),
        ("/%2e%2e/admin", "dots"),
        ("..", "dots"),
        ("/a\\b", "characters"),
        ("/a\r\nX: y", "characters"),
    ],
)
def test_t13_h4_a_link_off_the_origin_or_out_of_form_is_refused(bench: Bench, given: str, code: str) -> None:
    """T13, H4."""
    server, client = bench.both(answer())
    with pytest.raises(AddressRefused) as caught:
        client.get(given.format(port=server.port))
    assert caught.value.code == code
    assert server.requests == []


def test_what_is_sent(bench: Bench) -> None:
    server, client = bench.both(answer(), headers={"X-Tenant": "acme", "Accept": "application/json"})
    client.get("/a?x=1", params={"y": "2 3"}, headers={"X-Tenant": "b", "Host": "evil.example"})
    client.get("/b", params=[("id", 1), ("id", 2)], headers={"Accept-Encoding": "br"})
    client.post("/c", json={"name": "\u00e9"}, headers={"X-Sign": "s"})
    client.post("/d", data={"grant": "x y"})
    client.post("/e", content="text")
    client.request("DELETE", "/f")
    lines = [request.split(b"\r\n")[0].split(b" ")[1] for request in server.requests]
    assert lines == [b"/a?x=1&y=2+3", b"/b?id=1&id=2", b"/c", b"/d", b"/e", b"/f"]
    assert b"evil" not in server.requests[0]
    assert b"X-Tenant: b\r\n" in server.requests[0]
    assert b"Accept: application/json\r\n" in server.requests[0]
    assert b"Accept-Encoding: gzip, deflate\r\n" in server.requests[1]
    assert b"Content-Type: application/json\r\n" in server.requests[2]
    assert server.requests[2].endswith('\r\n\r\n{"name":"\u00e9"}'.encode())
    assert server.requests[3].endswith(b"\r\n\r\ngrant=x+y")
    assert server.requests[4].endswith(b"\r\n\r\ntext")


@pytest.mark.parametrize("token", ["secret\r\nX: y", "secret\n", "s\u00e9cret", "secret\x00"])
def test_a_token_that_is_no_header_is_refused_unseen(bench: Bench, token: str) -> None:
    server, client = bench.both(answer())
    with pytest.raises(UnsendableRequest) as caught:
        client.get("/", headers={"Authorization": token})
    assert "cret" not in str(caught.value)
    assert server.requests == []
    assert client.get("/").status == 200


def test_cookies_are_not_kept(bench: Bench) -> None:
    server, client = bench.both(answer(headers={"Set-Cookie": "a=b; Path=/"}))
    client.get("/")
    client.get("/")
    assert b"cookie" not in server.requests[1].lower()


def test_the_environment_does_not_choose_a_proxy_or_a_password(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    _, client = bench.both(answer(body=b"direct"))
    assert client.get("/").body == b"direct"


def test_headers_are_found_in_any_case(bench: Bench) -> None:
    _, client = bench.both(answer(headers={"X-Total": "3"}))
    assert client.get("/").headers["x-TOTAL"] == "3"


def test_z5_nothing_personal_is_logged_or_shown(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, client = bench.both(answer(body=b"Alice"), headers={"X-Key": "secret"})
    got = client.get("/people?key=secret")
    assert repr(got) == "Answer(status=200, 5 bytes)"
    assert caplog.records == []
    assert {logging.getLogger(name).level for name in ("httpx", "httpcore")} == {logging.WARNING}


def test_a_closed_idle_connection_is_replaced(bench: Bench, once: Limits) -> None:
    server, client = bench.both(plain(head(200, {"Content-Length": "0"})), answer(body=b"again"), limits=once)
    client.get("/")
    time.sleep(0.1)
    assert client.get("/").body == b"again"
    assert server.connections == 2


def test_a_broken_body_costs_its_connection_only(bench: Bench, once: Limits) -> None:
    _, client = bench.both(answer(body=GZ + b"x", headers=PACKED), answer(body=b"ok"), limits=once)
    with pytest.raises(HttpError):
        client.get("/")
    assert client.get("/").body == b"ok"


def test_a_client_closes_its_connection(bench: Bench) -> None:
    server = bench.serve(answer())
    factory: Callable[..., HttpClient] = HttpClient
    with factory(server.url, allow_hosts=[f"127.0.0.1:{server.port}"]) as client:
        client.get("/")
        client.close()
        assert client.get("/").status == 200
    assert server.connections == 2
