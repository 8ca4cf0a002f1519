"""Which addresses a source may connect to."""

import ipaddress
import socket
from typing import Any

import pytest

from analytics.sources.addresses import addresses_allowed, is_public
from analytics.sources.errors import AddressRefused, SourceFailed
from config.settings.sources import AllowedHost

INSIDE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",  # noqa: S104
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2001:0:7f00:1::", "2001:db8::1", "100::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "2001:4860:4860::8888", "172.32.0.1"]


@pytest.mark.parametrize("text", INSIDE)
def test_inside(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_outside(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their addresses; no name server is at hand that would give these."""
    known: dict[str, list[str]] = {}

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port)) for address in known[host]]

    monkeypatch.setattr("analytics.sources.addresses.socket.getaddrinfo", getaddrinfo)
    return known


def test_only_the_allowed_addresses_of_a_name_are_given(names: dict[str, list[str]]) -> None:
    names["mixed.example"] = ["10.0.0.1", "93.184.216.34", "::1"]
    assert addresses_allowed("mixed.example", 443) == ["93.184.216.34"]


def test_a_name_that_leads_inside_is_refused(names: dict[str, list[str]]) -> None:
    names["inside.example"] = ["169.254.169.254", "fe80::1%eth0"]
    with pytest.raises(AddressRefused):
        addresses_allowed("inside.example", 80)
    with pytest.raises(SourceFailed, match="no such host"):
        addresses_allowed("nowhere.example", 80)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "is_allowed"),
    [
        (("db.example", None), "DB.example.", 5432, True),
        (("db.example", 5432), "db.example", 5432, True),
        (("db.example", 5432), "db.example", 80, False),
        (("db.example", None), "other.example", 80, False),
        (("10.0.0.0/8", None), "other.example", 80, True),
        (("10.0.0.1/32", 80), "other.example", 80, True),
        (("10.0.0.2/32", None), "other.example", 80, False),
        (("::/0", None), "other.example", 80, False),
    ],
)
def test_what_is_listed_is_allowed(
    names: dict[str, list[str]], settings: Any, allowed: Any, host: str, port: int, is_allowed: bool
) -> None:
    settings.SOURCES_ALLOWED_HOSTS = [AllowedHost(*allowed)]
    names[host] = ["10.0.0.1"]
    if is_allowed:
        assert addresses_allowed(host, port) == ["10.0.0.1"]
    else:
        with pytest.raises(AddressRefused):
            addresses_allowed(host, port)
