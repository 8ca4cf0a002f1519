"""TCP connections to addresses that were checked, with an end to all patience.

A name is looked up once, here, and the connection goes to the very address that was checked: whoever answers
differently the second time gains nothing. Redirects come through here too, because each is a connection. The name
stays what TLS and the Host header see.
"""

from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from analytics.sources.addresses import addresses_allowed
from analytics.sources.origins.limits import Limits


class _TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end by the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits

    def _patience(self, timeout: float | None) -> float:
        return min(timeout or self._limits.stall_seconds, self._limits.left_seconds())

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        return self._stream.read(max_bytes, self._patience(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        self._stream.write(buffer, self._patience(timeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """From here on encrypted."""
        secured = self._stream.start_tls(ssl_context, server_hostname, self._patience(timeout))
        return _TimedStream(secured, self._limits)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a connection."""
        return self._stream.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to allowed addresses only."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """To the first address that answers."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses_allowed(host, port):
            patience = min(timeout or self._limits.stall_seconds, self._limits.left_seconds())
            try:
                stream = self._plain.connect_tcp(address, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._limits)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never."""
        raise httpcore.ConnectError("no Unix sockets")


class CheckedTransport(httpx.HTTPTransport):
    """httpx over checked connections. No proxy of the environment stands between."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=_CheckedBackend(limits)
        )
