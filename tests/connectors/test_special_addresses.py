"""Addresses that must never be spoken to, in every way of writing them: refused, and no connection is even begun.

The ranges are those of the IANA registries of special-purpose addresses that are not globally reachable; they stand
here once more, so that a range that somebody drops from the product is missed.
"""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from rollcall.connectors import errors
from rollcall.connectors.catalogue import connect
from rollcall.http_client import AddressRefused, HttpClient, check_url, classify_address

IPV4: Final = (
    *(
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/29",
    ),
    *(
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
    ),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
)
IPV6: Final = (
    *(
        "::/128",
        "::1/128",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/32",
        "2001:2::/48",
    ),
    *(
        "2001:10::/28",
        "2001:20::/28",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
    ),
    *("ff00::/8", "200::/7", "4000::/3", "e000::/4"),
)
PUBLIC: Final = "93.184.215.14"


def edges(network: str) -> Iterator[str]:
    """The first, the last and one in the middle."""
    whole = ipaddress.ip_network(network)
    size = whole.num_addresses
    yield from dict.fromkeys(str(whole[place]) for place in (0, min(1, size - 1), size // 2, size - 1))


SPECIAL: Final = tuple(one for network in (*IPV4, *IPV6) for one in edges(network))


def carried(address: str) -> Iterator[str]:
    """IPv6 addresses that carry this IPv4 address: mapped, translated, compatible, NAT64, 6to4, Teredo, ISATAP."""
    number = int(ipaddress.IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    yield f"::ffff:{address}"
    yield f"::ffff:0:{address}"
    yield f"::{address}"
    yield f"64:ff9b::{address}"
    yield f"64:ff9b:1::{address}"
    yield f"2002:{high:x}:{low:x}::1"
    yield f"2001:0:{high:x}:{low:x}:0:ffff:{0xFFFF ^ high:x}:{0xFFFF ^ low:x}"
    yield f"2606:4700::5efe:{address}"
    yield f"2606:4700::200:5efe:{address}"


def spelt(address: str) -> Iterator[str]:
    """Other ways to write an IPv4 address that some resolver understands."""
    parts = [int(one) for one in address.split(".")]
    number = int(ipaddress.IPv4Address(address))
    yield from (str(number), hex(number), f"0{number:o}", address + ".", f"{parts[0]}.{number & 0xFFFFFF}")
    yield ".".join(f"0{one:o}" for one in parts)
    yield ".".join(hex(one) for one in parts)
    yield f"{parts[0]}.{parts[1]}.{parts[2] * 256 + parts[3]}"
    yield address.replace(".", "\u3002")
    yield "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in address)


_watched: list[list[Any]] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _watched:
        _watched[-1].append(args[1])


sys.addaudithook(_watch)


@contextmanager
def no_connection() -> Iterator[None]:
    """Python itself tells of every connection that is begun: there must be none."""
    _watched.append([])
    try:
        yield
        assert _watched[-1] == []
    finally:
        _watched.pop()


def host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def refused(address: str) -> None:
    """As a person would type it for a tool with an address of its own: at save, and at connect."""
    url = f"https://{host(address)}/scim/v2"
    with pytest.raises(AddressRefused):
        check_url(url, resolve=lambda _host, _port: [address])
    with no_connection(), pytest.raises(errors.SourceError) as caught:  # noqa: SIM117 - what is refused is inside
        with connect("scim", {"base_url": url, "token": "planted"}) as connector:
            connector.test()
    assert caught.value.code in ("address", "unreachable") and "planted" not in caught.value.sentence()


@pytest.mark.parametrize("network", [*IPV4, *IPV6])
def test_h1_no_special_range_is_ever_connected_to(network: str) -> None:
    for address in edges(network):
        assert classify_address(address) is not None, address
        refused(address)


@pytest.mark.parametrize("network", [*IPV4])
def test_h2_an_inner_address_is_judged_whatever_carries_it(network: str) -> None:
    for inner in edges(network):
        for address in carried(inner):
            assert classify_address(address) is not None, address
            refused(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
def test_h1_h4_no_other_spelling_of_an_address_gets_through(address: str) -> None:
    """Without asking any resolver what it might make of it."""
    for written in spelt(address):
        with no_connection(), pytest.raises((AddressRefused, OSError)):
            check_url(f"https://{written}/", resolve=lambda _host, _port: [address])
        with no_connection(), pytest.raises(AddressRefused), HttpClient(f"https://{written}/") as client:
            client.get("/")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_h3_one_special_address_among_good_ones_refuses_them_all_at_every_look(place: int) -> None:
    """Good when it was saved, bad when it is connected to: nothing is begun, not even to the good ones."""
    for special in SPECIAL:
        answers = [PUBLIC, "2606:4700::1111"]
        answers.insert(place, special)

        def later(_host: str, _port: int, answers: list[str] = answers) -> list[str]:
            return answers

        check_url("https://hr.example/", resolve=lambda _host, _port: [PUBLIC])
        with (
            no_connection(),
            HttpClient("https://hr.example/", resolve=later) as client,
            pytest.raises(AddressRefused),
        ):
            client.get("/")


@pytest.mark.parametrize(
    "address",
    [
        *("file:///etc/passwd", "gopher://p.example/", "ftp://p.example/", "jar:https://p.example!/",
    "data:text/plain,x"),
        *("javascript:alert(1)", "//p.example/", "https:p.example", "https:///p.example" ),
        *(  "https://p.example:22/", "https://p.example:80/", "https://p.example:65536/"),
        *("https://p.example:443:443/", "https://a:b@p.example/", "https://p.example\\@evil.example/", "https://p.example\t/"),
        *("https://p.example%00.evil.example/", "https://p.example%2f@evil.example/", "https://p.example#@evil.example/"),
        *("https://p.example/%2e%2e/x",  "https://[::1%25lo]/",
    "https://[v1.x]/", "https://[]/"),
        *("https://p\u2024example/%2e", "https://\u200bp.example\x00/", "https://.p.example/",
    "https://p..example/", "http://p.example/"),
    ],
)  # fmt: skip
def test_h4_no_odd_address_leads_anywhere(address: str) -> None:
    with no_connection(), pytest.raises(errors.SourceError) as caught:  # noqa: SIM117 - what is refused is inside
        with connect("scim", {"base_url": address, "token": "planted"}) as connector:
            connector.test()
    assert caught.value.code in ("address", "credentials", "unreachable")
    assert "planted" not in caught.value.sentence()
