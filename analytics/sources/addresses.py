"""Which addresses a source may connect to: the public ones, and what SOURCES_ALLOWED_HOSTS lists."""

import ipaddress
import socket
from collections.abc import Iterator

from django.conf import settings

from analytics.sources.errors import AddressRefused, SourceFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Not global in any sense that concerns us, though the registry calls some of them so.
_CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # set aside for protocols
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a cloud's metadata, at a public address
        "100.64.0.0/10",  # shared by carriers, and another cloud's metadata
        "fec0::/10",  # site-local, once
    )
]
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def addresses_allowed(host: str, port: int) -> list[str]:
    """The addresses of `host` that may be connected to; look-up and check are one, so connect to these and no others.

    Raises:
        AddressRefused: there are addresses, and none is allowed.
        SourceFailed: there is none.
    """
    found = _look_up(host, port)
    allowed = [each for each in found if is_public(each) or _is_listed(host, each, port)]
    if not allowed:
        raise AddressRefused("The address leads into the network; SOURCES_ALLOWED_HOSTS does not list it.")
    return [str(each) for each in allowed]


def is_public(address: Address) -> bool:
    """Whether everybody can reach it, and so no secret of our network is behind it."""
    if any(address.version == network.version and address in network for network in _CLOSED):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address.is_global and not address.is_multicast and all(map(is_public, _inner(address)))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceFailed("There is no such host.", code="unreachable") from None
    # An address of IPv6 may name an interface after a %.
    texts = dict.fromkeys(str(place[0]).partition("%")[0] for *_, place in found)
    return [ipaddress.ip_address(text) for text in texts]


def _is_listed(host: str, address: Address, port: int) -> bool:
    name = host.strip("[]").lower().rstrip(".")
    return any(
        (allowed.port is None or allowed.port == port) and (allowed.host == name or _is_within(address, allowed.host))
        for allowed in settings.SOURCES_ALLOWED_HOSTS
    )


def _is_within(address: Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network)  # False where one is IPv4 and the other IPv6
    except ValueError:  # a host's name
        return False
