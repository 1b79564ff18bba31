"""H1 to H5: which URLs and addresses are spoken to. Nothing here opens a connection."""

import socket

import pytest

from rollcall.http_client import (
    AddressRefused,
    HttpClient,
    LabelRefused,
    check_url,
    classify_address,
    one_dns_label,
    system_resolve,
)

PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
REFUSED = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.1.2.3": "private",
    "100.64.0.1": "shared",
    "100.127.255.255": "shared",
    "100.100.100.200": "metadata",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "metadata",
    "169.254.1.1": "link_local",
    "169.254.169.254": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "documentation",
    "192.88.99.1": "reserved",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "reserved",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:0:10.0.0.1": "private",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "metadata",
    "64:ff9b:1::808:808": "local_nat64",
    "100::1": "reserved",
    "2001::1": "teredo",
    "2001:2::1": "benchmarking",
    "2001:10::1": "reserved",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "loopback",
    "2002:a9fe:a9fe::1": "metadata",
    "2606:4700::5efe:10.0.0.1": "private",
    "3fff::1": "documentation",
    "5f00::1": "reserved",
    "fc00::1": "unique_local",
    "fd00:ec2::254": "metadata",
    "fd12::1": "unique_local",
    "fe80::1": "link_local",
    "fe80::1%eth0": "zone",
    "fec0::1": "site_local",
    "ff02::1": "multicast",
    "0177.0.0.1": "malformed",
    "2130706433": "malformed",
    "": "malformed",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert classify_address(address) is None


@pytest.mark.parametrize(("address", "reason"), REFUSED.items())
def test_h1_h2_an_address_is_refused_with_its_reason(address: str, reason: str) -> None:
    """H1, H2."""
    assert classify_address(address) == reason


def test_6to4_around_a_public_address_is_public() -> None:
    assert classify_address("2002:808:808::1") is None


BAD_URLS = {
    "http://hr.example/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://hr.example/": "scheme",
    "hr.example": "scheme",
    "": "scheme",
    "https://": "host",
    "https://user:secret@hr.example/": "userinfo",
    "https://user@hr.example/": "userinfo",
    "https://good.example@hr.example/": "userinfo",
    "https://hr.example:444/": "port",
    "https://hr.example:22/": "port",
    "https://hr.example:99999/": "port",
    "https://hr.example:x/": "malformed",
    "https://hr.example\\@other.example/": "characters",
    "https://hr.example/\r\nX: y": "characters",
    "https://hr.example/\x00": "characters",
    "https://hr.example/a\x85b": "characters",
    "https://hr%2eexample/": "dots",
    "https://hr.example/%2E%2e/x": "dots",
    "https://hr.example/../x": "dots",
    "https://hr.example/x/..": "dots",
    "https://hr.example/./x": "dots",
    "https://hr.example/#part": "fragment",
    "https://hr.example./": "host",
    "https://hr example/": "host",
    "https://hr%41.example/": "host",
    "https://-hr.example/": "host",
    "https://2130706433/": "host",
    "https://0x7f000001/": "host",
    "https://0x7f.1/": "host",
    "https://127.1/": "host",
    "https://0177.0.0.1/": "malformed",
    "https://[::1/": "malformed",
    "https://[fe80::1%25eth0]/": "zone",
    "https://\uff48r.example/": "malformed",
    f"https://{'a.' * 130}example/": "host",
}


@pytest.mark.parametrize(("url", "code"), BAD_URLS.items())
def test_h4_a_url_of_bad_form_is_refused(url: str, code: str) -> None:
    """H4."""
    with pytest.raises(AddressRefused) as caught:
        check_url(url, resolve=lambda host, port: ["8.8.8.8"])
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://hr.example",
        "https://HR.Example:443/a/b?next=../c",
        "https://hr.example:8443/v1.2/people?x=%2e%2e",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://m\u00fcller.example/",
    ],
)
def test_a_proper_url_passes(url: str) -> None:
    check_url(url, resolve=lambda host, port: ["8.8.8.8", "2606:4700::1111"])


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]:8443/"])
def test_h1_an_address_in_the_url_is_judged_without_asking_anybody(url: str) -> None:
    """H1."""

    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(AddressRefused):
        check_url(url, resolve=resolve)


@pytest.mark.parametrize("bad", ["127.0.0.1", "169.254.169.254", "::ffff:192.168.0.1", "fe80::1%eth0"])
def test_h3_one_bad_address_among_good_ones_refuses_the_host(bad: str) -> None:
    """H3."""
    with pytest.raises(AddressRefused):
        check_url("https://hr.example/", resolve=lambda host, port: ["8.8.8.8", bad])


def test_a_name_without_an_address_is_refused_at_save() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    def empty(host: str, port: int) -> list[str]:
        return []

    for resolve in (unknown, empty):
        with pytest.raises(AddressRefused) as caught:
            check_url("https://hr.example/", resolve=resolve)
        assert caught.value.code == "unresolved"


@pytest.mark.parametrize("entry", ["hr.example", "HR.example:8080", " hr.example "])
@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fd12::1", "100.64.0.1"])
def test_a_listed_host_may_be_private_and_plain(entry: str, address: str) -> None:
    check_url("http://hr.example:8080/", allow_hosts=[entry], resolve=lambda host, port: [address, "8.8.8.8"])


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "224.0.0.1", "0.0.0.0", "fe80::1"])
def test_h1_listing_a_host_does_not_open_metadata_and_the_like(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_url("https://hr.example/", allow_hosts=["hr.example"], resolve=lambda host, port: [address])


@pytest.mark.parametrize("entry", ["hr.example:8081", "r.example", "x.hr.example", "example", ""])
def test_a_listed_host_opens_no_other(entry: str) -> None:
    with pytest.raises(AddressRefused):
        check_url("http://hr.example:8080/", allow_hosts=[entry], resolve=lambda host, port: ["127.0.0.1"])


def test_a_listed_host_still_speaks_http_only() -> None:
    with pytest.raises(AddressRefused):
        check_url("gopher://hr.example/", allow_hosts=["hr.example"], resolve=lambda host, port: ["8.8.8.8"])


def test_an_ipv6_host_can_be_listed_with_its_port() -> None:
    check_url("http://[::1]:8080/", allow_hosts=["[::1]:8080"])


def test_the_system_knows_its_own_loopback_address() -> None:
    assert system_resolve("127.0.0.1", 443) == ["127.0.0.1"]


def test_a_client_is_refused_for_a_bad_base_url() -> None:
    with pytest.raises(AddressRefused):
        HttpClient("http://hr.example")


@pytest.mark.parametrize(
    "text",
    [
        "acme",
        "  ACME\n",
        "acme.bamboohr.example",
        "https://acme.bamboohr.example",
        "HTTPS://Acme.BambooHR.example/home/index.php",
        "acme.eu.bamboohr.example",
    ],
)
def test_h5_a_company_label_is_found(text: str) -> None:
    """H5."""
    assert one_dns_label(text, suffixes=["bamboohr.example", ".eu.bamboohr.example"]) == "acme"


@pytest.mark.parametrize("text", ["a", "7", "a-1", "x" * 63])
def test_a_label_may_look_like_this(text: str) -> None:
    assert one_dns_label(text, suffixes=["bamboohr.example"]) == text


BAD_LABELS = {
    "": "empty",
    "  ": "empty",
    "x" * 64: "too_long",
    "-acme": "not_a_label",
    "acme-": "not_a_label",
    "ac me": "not_a_label",
    "ac\nme": "not_a_label",
    "ac_me": "not_a_label",
    "acme/": "not_a_label",
    "acme#": "not_a_label",
    "acme?x": "not_a_label",
    "acme@": "not_a_label",
    "user@acme.bamboohr.example": "not_a_label",
    "acme.bamboohr.example/home": "not_a_label",
    "acme.bamboohr.example:443": "not_a_label",
    "acme\\.bamboohr.example": "not_a_label",
    ".bamboohr.example": "not_a_label",
    "a.b.bamboohr.example": "not_a_label",
    "acme.evil.example": "other_domain",
    "bamboohr.example.evil.example": "other_domain",
    "xbamboohr.example": "other_domain",
    "evil.example/.bamboohr.example": "not_a_label",
    "evil.example#.bamboohr.example": "not_a_label",
    "https://acme": "other_domain",
    "https://evil.example/acme.bamboohr.example": "other_domain",
    "https://evil.example\\.bamboohr.example": "not_a_label",
    "https://user:pw@acme.bamboohr.example/": "not_a_label",
    "https://acme.bamboohr.example:8443/": "other_domain",
    "https://acme.bamboohr.example/?x=1": "not_a_label",
    "https://acme.bamboohr.example/#x": "not_a_label",
    "http://acme.bamboohr.example/": "not_a_label",
    "\u212aelvin": "not_a_label",
    "m\u00fcller": "not_a_label",
    "%61cme": "not_a_label",
}


@pytest.mark.parametrize(("text", "code"), BAD_LABELS.items())
def test_h5_anything_else_is_no_company_label(text: str, code: str) -> None:
    """H5."""
    with pytest.raises(LabelRefused) as caught:
        one_dns_label(text, suffixes=["bamboohr.example"])
    assert caught.value.code == code
    assert isinstance(caught.value, ValueError)
