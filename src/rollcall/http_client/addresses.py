"""Which URLs and addresses we agree to speak to. Pure, but for the `resolve` that is handed in.

There is one URL parser, httpx.URL. What it found is what is judged, resolved, pinned and sent.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence

import httpx

from rollcall.http_client.errors import AddressRefused, LabelRefused

# host and port in, every address of the host out (as text); OSError if there is none
Resolve = Callable[[str, int], Sequence[str]]

HTTPS_PORTS = frozenset({443, 8443})

# What the operator may open by naming a host; metadata, multicast and the rest stay shut.
OPENED_BY_ALLOWING = frozenset({"loopback", "private", "shared", "unique_local"})

# Cloud metadata and host agents (documented by AWS, Azure, Alibaba, Oracle, Google). Azure's is a public
# address, the others fall in ranges that are refused anyway but that an allowed host would open.
METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
        ),
    )
)

# IANA special-purpose registries (documented, RFC 6890 and its updates).
IPV4_RANGES = tuple(
    (ipaddress.IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link_local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
IPV6_RANGES = tuple(
    (ipaddress.IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("64:ff9b:1::/48", "local_nat64"),
        ("2001::/32", "teredo"),
        ("2001:2::/48", "benchmarking"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "unique_local"),
        ("fe80::/10", "link_local"),
        ("fec0::/10", "site_local"),
        ("ff00::/8", "multicast"),
    )
)
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

# Prefixes whose addresses carry an IPv4 address, and how many bits stand to its right.
CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
ISATAP = frozenset({0x00005EFE, 0x02005EFE})

_BAD_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_DOT_SEGMENT = re.compile(r"(?:^|/)\.\.?(?:/|$)|%2e", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PASTED_PATH = re.compile(r"/[a-z0-9._~/-]*")


def system_resolve(host: str, port: int) -> Sequence[str]:
    """All addresses the system knows for the host, in its order of preference. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def classify_address(ip: str) -> str | None:
    """None for a public address, else why it is refused. Text that is no address is `malformed`."""
    if "%" in ip:
        return "zone"
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "malformed"
    if address in METADATA:
        return "metadata"
    if isinstance(address, ipaddress.IPv4Address):
        return next((reason for network, reason in IPV4_RANGES if address in network), None)
    return _classify_v6(address)


def _classify_v6(address: ipaddress.IPv6Address) -> str | None:
    number = int(address)
    for network, bits in CARRIERS:
        if address in network:
            return classify_address(str(ipaddress.IPv4Address((number >> bits) & 0xFFFFFFFF)))
    for network, reason in IPV6_RANGES:
        if address in network:
            return reason
    if address not in GLOBAL_UNICAST:
        return "reserved"
    if (number >> 32) & 0xFFFFFFFF in ISATAP:
        return classify_address(str(ipaddress.IPv4Address(number & 0xFFFFFFFF)))
    return None


def port_of(url: httpx.URL) -> int:
    """The port the URL means."""
    return url.port or (443 if url.scheme == "https" else 80)


def origin_of(url: httpx.URL) -> str:
    """scheme://host[:port], for messages and comparison; no path, no query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def is_allowed(url: httpx.URL, allow_hosts: Collection[str]) -> bool:
    """Whether the operator listed this host, alone (any port) or as host:port; IPv6 in brackets."""
    host = url.raw_host.decode("ascii")
    shown = f"[{host}]" if ":" in host else host
    listed = {entry.strip().lower() for entry in allow_hosts}
    return not listed.isdisjoint((host, shown, f"{shown}:{port_of(url)}"))


def parse_url(text: str, *, allow_hosts: Collection[str] = ()) -> httpx.URL:
    """The URL, if its form is allowed; nothing is resolved. Raises AddressRefused."""
    if _BAD_CHARACTERS.search(text):
        raise AddressRefused("characters")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise AddressRefused("malformed") from None
    # httpx resolves dot segments silently, so the text has to be asked
    if _DOT_SEGMENT.search(re.split(r"[?#]", text, maxsplit=1)[0].partition("://")[2]):
        raise AddressRefused("dots")
    _check_parts(url, allowed=is_allowed(url, allow_hosts))
    return url


def _check_parts(url: httpx.URL, *, allowed: bool) -> None:
    if url.scheme != "https" and not (allowed and url.scheme == "http"):
        raise AddressRefused("scheme")
    if url.userinfo:
        raise AddressRefused("userinfo")
    if url.fragment:
        raise AddressRefused("fragment")
    _check_host(url.raw_host.decode("ascii"))
    if port_of(url) not in HTTPS_PORTS and not allowed:
        raise AddressRefused("port", origin_of(url))


def _check_host(host: str) -> None:
    if ":" in host or _is_ipv4(host):
        return
    # 2130706433, 0x7f.1 and 0177.0.0.1 are loopback to some resolvers
    if not _HOST.fullmatch(host) or len(host) > 253 or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise AddressRefused("host")


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def judged_addresses(url: httpx.URL, *, allowed: bool, resolve: Resolve) -> Sequence[str]:
    """Every address of the host, all of them judged: one bad answer refuses the set.

    Raises AddressRefused, or OSError if the name has no address.
    """
    host = url.raw_host.decode("ascii")
    found = [host] if ":" in host or _is_ipv4(host) else resolve(host, port_of(url))
    if not found:
        raise OSError("no address")
    for address in found:
        reason = classify_address(address)
        if reason is not None and not (allowed and reason in OPENED_BY_ALLOWING):
            raise AddressRefused(reason, origin_of(url))
    return found


def check_url(url: str, *, allow_hosts: Collection[str] = (), resolve: Resolve = system_resolve) -> None:
    """Refuse at save what would be refused at connect: the form, and every address of the host.

    Asks the DNS. Raises AddressRefused; a name without address is `unresolved`.
    """
    parsed = parse_url(url, allow_hosts=allow_hosts)
    try:
        judged_addresses(parsed, allowed=is_allowed(parsed, allow_hosts), resolve=resolve)
    except (OSError, UnicodeError):
        raise AddressRefused("unresolved", origin_of(parsed)) from None


def one_dns_label(text: str, *, suffixes: Sequence[str]) -> str:
    """The company's own label: 'acme' from 'acme', 'acme.<suffix>' or 'https://acme.<suffix>/path'.

    Surrounding white space and case do not matter; ports, users, queries, fragments and other domains
    are refused. Raises LabelRefused, a ValueError with a code.
    """
    folded = text.strip()
    if not folded:
        raise LabelRefused("empty")
    if not folded.isascii():
        # before lower(), which turns a few letters from elsewhere into ASCII ones
        raise LabelRefused("not_a_label")
    folded = folded.lower()
    pasted = folded.startswith("https://")
    if pasted:
        folded, _slash, path = folded.removeprefix("https://").partition("/")
        if not _PASTED_PATH.fullmatch(f"/{path}"):
            raise LabelRefused("not_a_label")
    return _without_suffix(folded, suffixes, required=pasted)


def _without_suffix(host: str, suffixes: Sequence[str], *, required: bool) -> str:
    label = host
    endings = sorted(("." + suffix.lower().lstrip(".") for suffix in suffixes), key=len, reverse=True)
    for ending in endings:
        if host.endswith(ending):
            label = host.removesuffix(ending)
            break
    else:
        if required or re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", host):
            raise LabelRefused("other_domain")
    if not _LABEL.fullmatch(label):
        raise LabelRefused("not_a_label")
    if len(label) > 63:
        raise LabelRefused("too_long")
    return label
