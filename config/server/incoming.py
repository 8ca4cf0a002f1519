"""A request's body: a small one is there before a thread is taken, a large one is read as it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from io import BufferedIOBase, BufferedReader, BytesIO, RawIOBase
from typing import Any

from django.http import UnreadablePostError

from config.server.environ import Environ

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

SMALL_BYTES = 256 * 1024
"""Of a body that is taken in before the request gets a thread, so that a slow client holds up nobody."""
PIECE_BYTES = 256 * 1024
STALL_SECONDS = 60
"""A client that sends nothing for so long is given up; and one for whose next piece a thread waits so long."""
UNWANTED_BYTES = 10 * 1024 * 1024
UNWANTED_SECONDS = 10


class Incoming:
    """One request's body, taken from `receive`."""

    def __init__(self, environ: Environ, receive: Receive) -> None:
        self._environ = environ
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        length = environ.get("CONTENT_LENGTH", "")
        # HTTP/2 needs neither of these headers for a body.
        self._is_sized = "HTTP_TRANSFER_ENCODING" not in environ and (bool(length) or not _is_http2(environ))
        self._left = int(length) if length.isdecimal() else 0
        self._has_more = self._left > 0 or not self._is_sized

    @property
    def is_complete(self) -> bool:
        """Nothing of it is still to come."""
        return not self._has_more

    async def begin(self) -> BufferedIOBase:
        """What the application reads. The environment says how long it is, or that it is chunked.

        Raises:
            UnreadablePostError: the client was gone, or stalled, before a small body was there.
        """
        if self._is_sized and self._left > SMALL_BYTES:
            return BufferedReader(_Reader(self), PIECE_BYTES)
        begun = await self.some(at_least=self._left if self._is_sized else SMALL_BYTES + 1)
        if self._has_more:
            self._environ["HTTP_TRANSFER_ENCODING"] = "chunked"
            return BufferedReader(_Reader(self, begun), PIECE_BYTES)
        if not self._is_sized:
            self._environ.pop("HTTP_TRANSFER_ENCODING", None)
            self._environ["CONTENT_LENGTH"] = str(len(begun))
        return BytesIO(begun)

    async def some(self, *, at_least: int) -> bytes:
        """So many bytes, or fewer at the end.

        Raises:
            UnreadablePostError: as begin.
        """
        pieces: list[bytes] = []
        size = 0
        while self._has_more and size < at_least:
            piece = await self._piece()
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def some_from_thread(self, *, at_least: int) -> bytes:
        """The same, soon, for the thread that has the request."""
        return asyncio.run_coroutine_threadsafe(self._soon(at_least), self._loop).result()

    async def drop(self) -> None:
        """Take what nobody wanted, within bounds: while it lies on the connection that takes no other request."""
        if not self._has_more:
            return
        with suppress(UnreadablePostError, TimeoutError):
            async with asyncio.timeout(UNWANTED_SECONDS):
                await self.some(at_least=UNWANTED_BYTES if self._left <= UNWANTED_BYTES else 0)

    async def _soon(self, at_least: int) -> bytes:
        # Else a byte a minute would keep a thread for ever.
        try:
            async with asyncio.timeout(STALL_SECONDS):
                return await self.some(at_least=at_least)
        except TimeoutError:
            raise self._given_up() from None

    async def _piece(self) -> bytes:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise self._given_up() from None
        if message["type"] != "http.request":
            raise UnreadablePostError("the client went away")
        piece: bytes = message["body"]
        self._left -= len(piece)
        self._has_more = message["more_body"] and (self._left > 0 or not self._is_sized)
        return piece

    def _given_up(self) -> UnreadablePostError:
        self._receive = _gone  # nobody waits for the rest a second time
        return UnreadablePostError("the client stopped sending")


class _Reader(RawIOBase):
    """A body that comes as it is read."""

    def __init__(self, incoming: Incoming, begun: bytes = b"") -> None:
        self._incoming = incoming
        self._begun = memoryview(begun)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase."""
        if not self._begun:
            self._begun = memoryview(self._incoming.some_from_thread(at_least=min(len(buffer), PIECE_BYTES)))
        size = min(len(buffer), len(self._begun))
        buffer[:size] = self._begun[:size]
        self._begun = self._begun[size:]
        return size


def _is_http2(environ: Environ) -> bool:
    return str(environ["SERVER_PROTOCOL"]).startswith("HTTP/2")


async def _gone() -> Message:
    return {"type": "http.disconnect"}
