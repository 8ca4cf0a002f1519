"""A request's body: a small one is there before a thread is taken, a large one is read as it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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
"""A client that sends nothing for so long, in the middle of a body, is given up."""


class Incoming:
    """One request's body, taken from `receive`."""

    def __init__(self, environ: Environ, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        length = environ.get("CONTENT_LENGTH", "")
        self._is_sized = "HTTP_TRANSFER_ENCODING" not in environ
        self._left = int(length) if length.isdecimal() else 0
        self._has_more = self._left > 0 or not self._is_sized

    @property
    def is_complete(self) -> bool:
        """Nothing of it is still to come."""
        return not self._has_more

    async def begin(self) -> BufferedIOBase:
        """What the application reads.

        Raises:
            UnreadablePostError: the client was gone, or stalled, before a small body was there.
        """
        if self._is_sized and self._left <= SMALL_BYTES:
            return BytesIO(await self.some(at_least=self._left) if self._left else b"")
        return BufferedReader(_Reader(self), PIECE_BYTES)

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
        """The same, for the thread that has the request."""
        return asyncio.run_coroutine_threadsafe(self.some(at_least=at_least), self._loop).result()

    async def _piece(self) -> bytes:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise UnreadablePostError("the client stopped sending") from None
        if message["type"] != "http.request":
            raise UnreadablePostError("the client went away")
        piece: bytes = message["body"]
        self._left -= len(piece)
        self._has_more = message["more_body"] and (self._left > 0 or not self._is_sized)
        return piece


class _Reader(RawIOBase):
    """A body that comes as it is read."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._begun = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase."""
        if not self._begun:
            self._begun = memoryview(self._incoming.some_from_thread(at_least=len(buffer)))
        size = min(len(buffer), len(self._begun))
        buffer[:size] = self._begun[:size]
        self._begun = self._begun[size:]
        return size
