"""Certificates: made here, for names that exist nowhere, on the loopback interface."""

import datetime as dt
import socket
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollcall.http_client import HttpClient, Limits, TimedOut, Unreachable
from rollcall.http_client.exchange import public_tls
from rollcall.http_client.network import Deadline, PinnedStream

from .conftest import Bench
from .giving_up import given_up
from .misbehaving import Misbehaving, answer, plain

DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority of our own, and contexts for both ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.certificate = self._sign(
            self._name, self._key, x509.BasicConstraints(ca=True, path_length=None), ends=DAY
        )

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
        *,
        ends: dt.timedelta,
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - 9 * DAY).not_valid_after(now + ends)
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())

    def server(self, name: str, *, ends: dt.timedelta = DAY) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = self._sign(subject, key, names, ends=ends)
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def client(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return ssl.create_default_context(cadata=pem)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def reach(
    bench: Bench, server: Misbehaving, verify: ssl.SSLContext | None, limits: Limits | None = None
) -> HttpClient:
    return bench.client(
        f"https://hr.example:{server.port}",
        allow_hosts=[f"hr.example:{server.port}"],
        resolve=lambda host, port: ["127.0.0.1"],
        verify=verify,
        limits=limits or Limits(connect=2.0, read=2.0),
    )


def test_h3_the_name_is_judged_although_the_address_is_pinned(bench: Bench, authority: Authority) -> None:
    """H3: SNI, Host and the certificate carry the name, the socket the judged address."""
    context = authority.server("hr.example")
    names: list[str | None] = []
    context.sni_callback = lambda sock, name, ctx: names.append(name)
    server = bench.serve(answer(body=b"x" * 300_000), tls=context)
    client = reach(bench, server, authority.client())
    assert [len(client.get("/").body) for _ in range(3)] == [300_000] * 3
    assert (server.connections, names) == (1, ["hr.example"])
    assert f"Host: hr.example:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("case", ["wrong name", "expired", "unknown authority"])
def test_t1_a_bad_certificate_is_refused_at_once(bench: Bench, authority: Authority, case: str) -> None:
    """T1: not tried again, and nothing is sent."""
    name = "other.example" if case == "wrong name" else "hr.example"
    ends = -DAY if case == "expired" else DAY
    server = bench.serve(answer(), tls=authority.server(name, ends=ends))
    verify = None if case == "unknown authority" else authority.client()
    with pytest.raises(Unreachable) as caught:
        reach(bench, server, verify).get("/")
    assert caught.value.code == "certificate"
    assert (server.connections, server.requests, bench.waits) == (1, [], [])


def test_t1_the_environment_adds_no_authority(
    bench: Bench, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T1."""
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server = bench.serve(answer(), tls=authority.server("hr.example"))
    public_tls.cache_clear()
    try:
        with pytest.raises(Unreachable, match="certificate"):
            reach(bench, server, None).get("/")
    finally:
        public_tls.cache_clear()


def test_t1_a_server_without_tls_is_refused_and_never_spoken_to_plainly(
    bench: Bench, authority: Authority
) -> None:
    """T1."""
    with_plain = bench.serve(plain(b"HTTP/1.1 200 OK\r\n\r\n"))
    listener = bench.serve(plain(b""), tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    for server in (listener, with_plain):
        limits = Limits(connect=0.5, tries=1)
        with pytest.raises((Unreachable, TimedOut)) as caught:
            reach(bench, server, authority.client(), limits).get("/secret")
        assert caught.value.code in ("tls", "connect")
        assert not any(b"secret" in request for request in server.requests)


def test_t4_a_handshake_that_never_ends_meets_the_connect_limit(bench: Bench, authority: Authority) -> None:
    """T4."""
    server = bench.serve().deaf()
    for limits, code in (
        (Limits(connect=0.2, tries=1), "connect"),
        (Limits(whole=0.2, tries=1), "whole"),
    ):
        with pytest.raises(TimedOut) as caught:
            reach(bench, server, authority.client(), limits).get("/")
        assert caught.value.code == code


def test_t4_connecting_and_greeting_share_one_limit(authority: Authority) -> None:
    """T4: no time left after connecting is a time-out of the greeting, and the socket is let go."""
    whole, connect = Deadline(time.monotonic, "whole"), Deadline(time.monotonic, "connect")
    whole.start(60.0)
    near, far = socket.socketpair()
    with near, far:
        with pytest.raises(TimedOut, match="connect"):
            PinnedStream(near, whole, connect).start_tls(authority.client(), "hr.example", 10.0)
        assert near.fileno() == -1


@pytest.mark.parametrize("weak", ["names", "certificates"])
def test_a_context_that_does_not_verify_is_refused(weak: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    if weak == "certificates":
        context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verify"):
        HttpClient("https://hr.example", verify=context)


def test_c2_a_request_in_tls_that_nobody_wants_any_more_ends_at_once(
    bench: Bench, authority: Authority
) -> None:
    server = bench.serve(lambda sock: server.silent(sock), tls=authority.server("hr.example"))  # noqa: PLW0108 - not made yet when this is read
    client = reach(bench, server, authority.client(), Limits(read=20.0))
    with given_up(client, server):
        client.get("/people")
