"""One driver client per thread, made anew after a fork: a client shared by two of them mixes up their answers."""

import os
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.connection import Connection
from django.conf import settings

CONNECT_TIMEOUT_SECONDS = 3
SOCKET_MARGIN_SECONDS = 5
"""How much longer the socket waits than the server may work, so that the server's own refusal arrives."""

PING_AFTER_SECONDS = 10
"""How long a connection that answered is taken for alive, by those who ask again when it is not."""

Server = Mapping[str, Any]

QUERY_MAX_BYTES = 16 * 1024 * 1024
"""Of a statement's text. The default is 256 KiB; one over a thousand columns with long names takes megabytes."""

_SESSION = {
    "server_side_params": True,
    "session_timezone": "UTC",
    "max_query_size": QUERY_MAX_BYTES,
    # Conditions on the sorting key before FINAL merges, not after: all copies of a row have the same key, so nothing
    # changes but that far less is merged. The server moves no other condition.
    "optimize_move_to_prewhere_if_final": 1,
    # An insert repeated under its token fills a materialized view that the first try did not come to, and no other:
    # without it (older servers' default) it would count twice there.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}


class _Connection(Connection):  # type: ignore[misc]  # the library has no types
    """The driver's, which asks the server for a sign of life before each query: half of a small one's way."""

    asks_again = False
    """Whether who uses it now asks once more when it turns out to be dead."""
    _used_at = float("-inf")

    def ping(self) -> bool | None:
        """Whether it is alive; asked only where that matters. The driver closes one that has failed."""
        now = time.monotonic()
        is_trusted = self.asks_again and now - self._used_at < PING_AFTER_SECONDS
        self._used_at = now
        return True if is_trusted else super().ping()


class _ThreadClient:
    """A client, with the process and the server it belongs to. Its socket closes when its thread ends."""

    def __init__(self, server: Server) -> None:
        self.pid = os.getpid()
        self.server = dict(server)
        self.client = _connect(server)
        weakref.finalize(self, _close, self.client, self.pid)

    def fits(self, server: Server) -> bool:
        """Whether this process may use it to talk to `server`."""
        return self.pid == os.getpid() and self.server == server


_held = threading.local()


def thread_client(timeout_seconds: float, *, reader: bool = False, asks_again: bool = False) -> Client:
    """This thread's client, or its one that can only read; the socket waits a little longer than `timeout_seconds`.

    `asks_again`: the caller does, when the connection has died.
    """
    name, server = ("reader", settings.CLICKHOUSE_READER) if reader else ("current", settings.CLICKHOUSE)
    current: _ThreadClient | None = getattr(_held, name, None)
    if current is None or not current.fits(server):
        current = _ThreadClient(server)
        setattr(_held, name, current)
    current.client.connection.asks_again = asks_again
    _wait_at_most(current.client, timeout_seconds)
    return current.client


@contextmanager
def own_client(timeout_seconds: float, *, database: str | None = None, reader: bool = False) -> Iterator[Client]:
    """A client for one purpose, closed at the end whatever state it is in."""
    server = dict(settings.CLICKHOUSE_READER if reader else settings.CLICKHOUSE)
    if database is not None:
        server["database"] = database
    client = _connect(server)
    _wait_at_most(client, timeout_seconds)
    try:
        yield client
    finally:
        client.disconnect()


def _connect(server: Server) -> Client:
    # Nothing is sent yet: the driver connects with the first query, and again when its ping goes unanswered.
    client = Client(server["host"], settings=dict(_SESSION))
    client.connection = _Connection(
        **server,
        client_name="tidewatch",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        sync_request_timeout=CONNECT_TIMEOUT_SECONDS,
        tcp_keepalive=True,
        settings_is_important=True,
    )
    return client


def _wait_at_most(client: Client, timeout_seconds: float) -> None:
    wait = timeout_seconds + SOCKET_MARGIN_SECONDS
    client.connection.send_receive_timeout = wait
    if client.connection.connected:
        client.connection.socket.settimeout(wait)


def _close(client: Client, pid: int) -> None:
    if pid == os.getpid():
        client.disconnect()
    elif client.connection.connected:
        # A forked child holds the same socket: shutting it down would cut the parent's conversation.
        client.connection.socket.close()
        client.connection.reset_state()
