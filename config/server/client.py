"""Whoever waits for an answer: noticed when they go away, and told when an answer breaks off."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from config.server.environ import Scope
from config.server.incoming import Incoming, Receive

Address = tuple[str, int]


class Client:
    """The client of one request. Made in the loop, used from the request's thread."""

    def __init__(self, scope: Scope, incoming: Incoming, receive: Receive) -> None:
        self.is_gone = False
        self._scope = scope
        self._incoming = incoming
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self._callbacks: list[Callable[[], None]] = []

    def on_disconnect(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in a thread of its own, if the client goes away while its request is under way."""
        self._loop.call_soon_threadsafe(self._watch_with, callback)

    def watch(self) -> None:
        """Keep `is_gone` true to life from now on."""
        self.on_disconnect(lambda: None)

    def leave(self) -> None:
        """The request is over. In the loop."""
        if self._watch is not None:
            self._watch.cancel()

    def break_off(self) -> None:
        """Cut the connection, so that what was sent cannot pass for a whole answer.

        A server's end of a chunked body is the same after the last chunk and after a failure.
        """
        client, server = self._scope["client"], self._scope["server"]
        if not client or not server:
            return  # a Unix socket: there is no telling which
        for connection in _connections():
            with connection, suppress(OSError):
                if _is_between(connection, (client[0], int(client[1])), int(server[1])):
                    connection.shutdown(socket.SHUT_RDWR)

    def _watch_with(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        if self._watch is None and self._incoming.is_complete:
            self._watch = self._loop.create_task(self._wait_until_gone())
        elif self.is_gone:
            self._loop.run_in_executor(None, callback)

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the body's end
        self.is_gone = True
        for callback in self._callbacks:
            self._loop.run_in_executor(None, callback)


def _connections() -> Iterator[socket.socket]:
    """Duplicates of this process's sockets, each to be closed."""
    for entry in Path("/dev/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            if entry.is_socket():
                yield socket.socket(fileno=os.dup(int(entry.name)))


def _is_between(connection: socket.socket, client: Address, server_port: int) -> bool:
    if connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    host, port = connection.getpeername()[:2]
    is_here = connection.getsockname()[1] == server_port
    return is_here and port == client[1] and _same_host(host, client[0])


def _same_host(first: str, second: str) -> bool:
    return _plain(first) == _plain(second)


def _plain(host: str) -> str:
    """IPv4 in IPv6's clothes is IPv4."""
    address = ip_address(host.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)
