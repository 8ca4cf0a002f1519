"""A TCP proxy that can fail the way networks and servers fail."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class TcpProxy:
    """Stands before a server on a loopback port of its own; one pair of threads a connection."""

    def __init__(self, host: str, port: int) -> None:
        self.accepted_count = 0
        self._upstream = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._cut_at: bytes | None = None
        self._hold_at: bytes | None = None
        self._refuse_at: bytes | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self.refuse()
        for thread in self._threads:
            thread.join()

    @property
    def open_count(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._pairs)

    def cut(self) -> None:
        """Close every connection, as a restart of the server does."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            for end in pair:
                _shut(end)

    def refuse(self) -> None:
        """Close every connection and take no new one, as a server that is down."""
        _shut(self._listener)
        self._listener.close()
        self.cut()

    def cut_at(self, text: bytes) -> None:
        """Close the next connection whose client sends `text`, once, before the server sees it."""
        self._cut_at = text

    def refuse_at(self, text: bytes) -> None:
        """Go down, as `refuse`, when a client sends `text`."""
        self._refuse_at = text

    def hold_at(self, text: bytes) -> None:
        """Swallow what a client sends from `text` on: the server never answers."""
        self._hold_at = text

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            self.accepted_count += 1
            with self._lock:
                self._pairs.append((client, server))
            self._start(self._carry, client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        with suppress(OSError):  # the other end may go first
            while (data := client.recv(65536)) and not self._is_cut(data):
                if self._refuse_at is not None and self._refuse_at in data:
                    self.refuse()
                if self._hold_at is None or self._hold_at not in data:
                    server.sendall(data)
        _shut(client)
        _shut(server)
        back.join()
        client.close()
        server.close()
        with self._lock:
            self._pairs.remove((client, server))

    def _is_cut(self, data: bytes) -> bool:
        if self._cut_at is None or self._cut_at not in data:
            return False
        self._cut_at = None
        return True


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # the other end may go first
        while data := source.recv(65536):
            target.sendall(data)
    _shut(target)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it may be shut already
        end.shutdown(socket.SHUT_RDWR)
