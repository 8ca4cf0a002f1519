"""The virus scanner: clamd over its socket (the INSTREAM command), when CLAMAV_HOST is set."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from django.conf import settings

from storage_app.files.errors import FileTooLarge, ScannerUnavailable

TIMEOUT_SECONDS = 60
_SLICE_BYTES = 1024 * 1024
_CLEAN, _FOUND, _TOO_LARGE = "OK", " FOUND", "size limit exceeded"


class Scan:
    """One file on its way through the scanner; does nothing where no scanner is set."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._size = 0
        if settings.CLAMAV_HOST:
            with _translated():
                self._socket = _connect()
                self._socket.sendall(b"zINSTREAM\0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """More of the file.

        Raises:
            ScannerUnavailable, FileTooLarge
        """
        if self._socket is None:
            return
        for start in range(0, len(data), _SLICE_BYTES):
            part = data[start : start + _SLICE_BYTES]
            self._size += len(part)
            self._send(self._socket, len(part).to_bytes(4, "big") + part)

    def finish(self) -> str:
        """The name of what was found; empty: nothing.

        Raises:
            ScannerUnavailable, FileTooLarge
        """
        if self._socket is None:
            return ""
        self._send(self._socket, bytes(4))
        return self._verdict(self._socket)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()

    def _send(self, scanner: socket.socket, data: bytes) -> None:
        try:
            scanner.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            # It hangs up on a file that is too large for it, and says so first.
            self._verdict(scanner)
            raise ScannerUnavailable("clamd hung up") from None
        except OSError as error:
            raise ScannerUnavailable(str(error)) from error

    def _verdict(self, scanner: socket.socket) -> str:
        with _translated():
            answer = b""
            while not answer.endswith(b"\0") and (data := scanner.recv(4096)):
                answer += data
        said = answer.rstrip(b"\0").decode(errors="replace").removeprefix("stream: ")
        if said == _CLEAN:
            return ""
        if said.endswith(_FOUND):
            return said.removesuffix(_FOUND)
        if _TOO_LARGE in said:
            raise FileTooLarge(self._size)
        raise ScannerUnavailable(f"clamd answered {said!r}")


def _connect() -> socket.socket:
    if not settings.CLAMAV_HOST.startswith("/"):
        return socket.create_connection((settings.CLAMAV_HOST, settings.CLAMAV_PORT), timeout=TIMEOUT_SECONDS)
    local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    local.settimeout(TIMEOUT_SECONDS)
    try:
        local.connect(settings.CLAMAV_HOST)
    except OSError:
        local.close()
        raise
    return local


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScannerUnavailable(str(error)) from error
