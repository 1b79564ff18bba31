"""What holds for any address, any label and any packed body."""

import gzip
import ipaddress
import re
import tracemalloc
import zlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.http_client import BrokenBody, LabelRefused, classify_address, one_dns_label
from rollcall.http_client.body import Unpacker

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
GLOBAL_UNICAST = st.integers(0x2 << 124, (0x4 << 124) - 1)


@given(st.ip_addresses(v=4))
def test_h1_what_we_call_public_is_global_to_python(address: ipaddress.IPv4Address) -> None:
    """H1: we may be stricter, never laxer."""
    assert classify_address(str(address)) is not None or address.is_global


@given(GLOBAL_UNICAST.map(ipaddress.IPv6Address))
def test_h1_what_we_call_public_in_ipv6_is_global_to_python(address: ipaddress.IPv6Address) -> None:
    """H1."""
    assert classify_address(str(address)) is not None or address.is_global or address.sixtofour


@given(st.ip_addresses(v=4))
def test_h2_a_carried_address_is_judged_like_itself(address: ipaddress.IPv4Address) -> None:
    """H2."""
    inner = classify_address(str(address))
    number = int(address)
    for carrier in (
        (0xFFFF << 32) | number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80) | 1,
        (0x26064700 << 96) | (0x5EFE << 32) | number,
    ):
        assert classify_address(str(ipaddress.IPv6Address(carrier))) == inner


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"(https://)?[a-zA-Z0-9@:/#?.\\%-]{1,12}(\.hr\.example)?(/[a-z?#]*)?", fullmatch=True),
    )
)
def test_h5_an_accepted_label_makes_exactly_our_host(text: str) -> None:
    """H5."""
    try:
        label = one_dns_label(text, suffixes=["hr.example"])
    except LabelRefused:
        return
    assert LABEL.fullmatch(label)
    url = httpx.URL(f"https://{label}.hr.example/api")
    assert (url.host, url.path, url.userinfo) == (f"{label}.hr.example", "/api", b"")


@given(st.binary(), st.sampled_from(["gzip", "deflate"]), st.integers(1, 9), st.data())
def test_t3_a_packed_body_is_whole_or_refused(
    body: bytes, encoding: str, step: int, data: st.DataObject
) -> None:
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)

    def unpacked(raw: bytes) -> bytes:
        unpacker = Unpacker(encoding, room=10_000)
        for i in range(0, len(raw), step):
            unpacker.feed(raw[i : i + step])
        return unpacker.whole()

    assert unpacked(packed) == body
    cut = data.draw(st.integers(1, len(packed) - 1))
    for broken, code in ((packed[:cut], "cut"), (packed + b"\0", "bad_encoding")):
        with pytest.raises(BrokenBody, match=code):
            unpacked(broken)


def test_t8_memory_stays_flat_under_a_bomb() -> None:
    """T8: 200 MB in one part of 200 kB, with a cap of 1 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(BrokenBody, match="too_large"):
            Unpacker("gzip", room=1_000_000).feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
