"""Data from outside: what may be reached, how much is taken, who reads it, and the keys of kept secrets."""

import ipaddress
from typing import NamedTuple

from config.settings.core import ENVIRONMENT
from config.settings.environment import choice, env, integer, refuse

_GIBIBYTE = 1024**3
_MINIMUM_KEY_BYTES = 32


class AllowedHost(NamedTuple):
    """Something inside the network that sources may reach: a name or a network, on one port or on each."""

    host: str
    port: int | None


def _allowed_host(text: str) -> AllowedHost:
    try:
        return AllowedHost(str(ipaddress.ip_network(text, strict=False)), None)
    except ValueError:
        pass
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, ""
    host = host.strip("[]").lower().rstrip(".")
    if not host or (colon and port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)):
        raise refuse("SOURCES_ALLOWED_HOSTS", f"must list hosts, host:port or networks (10.0.0.0/8), not {text!r}")
    try:
        host = str(ipaddress.ip_network(host))
    except ValueError:
        if any(each in host for each in "/@[] "):
            raise refuse("SOURCES_ALLOWED_HOSTS", f"must list hosts, host:port or networks, not {text!r}") from None
    return AllowedHost(host, int(port) if port else None)


def _secret_keys() -> list[str]:
    keys: list[str] = [key.strip() for key in env.list("SOURCES_SECRET_KEYS", default=[]) if key.strip()]
    if ENVIRONMENT == "production" and any(len(key.encode()) < _MINIMUM_KEY_BYTES for key in keys):
        raise refuse("SOURCES_SECRET_KEYS", f"must hold keys of at least {_MINIMUM_KEY_BYTES} bytes")
    return keys


SOURCES_SECRET_KEYS = _secret_keys()
SOURCES_ALLOWED_HOSTS = [
    _allowed_host(text.strip()) for text in env.list("SOURCES_ALLOWED_HOSTS", default=[]) if text.strip()
]
SOURCES_MAX_BYTES = integer("SOURCES_MAX_BYTES", 5 * _GIBIBYTE, low=1, high=1024 * _GIBIBYTE)
SOURCES_MAX_ROWS = integer("SOURCES_MAX_ROWS", 200_000_000, low=1, high=2**40)
SOURCES_TRANSFER_SECONDS = integer("SOURCES_TRANSFER_SECONDS", 1800, low=1, high=86400)
SOURCES_STALL_SECONDS = integer("SOURCES_STALL_SECONDS", 30, low=1, high=3600)
SOURCES_REFUSED_PERCENT = integer("SOURCES_REFUSED_PERCENT", 10, low=0, high=100)
SOURCES_REFUSED_KEPT = integer("SOURCES_REFUSED_KEPT", 1000, low=0, high=100_000)
SOURCES_RUN_DAYS = integer("SOURCES_RUN_DAYS", 90, low=1, high=3660)
SOURCES_TABLES_READ_BY = choice("SOURCES_TABLES_READ_BY", "teachers", ("owner", "teachers", "everybody"))
