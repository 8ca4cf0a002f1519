"""The ASGI application: takes a request in, gives it a thread, sends its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse

import structlog
from django.http import UnreadablePostError
from django.http.response import HttpResponseBase

from config.server.client import Client
from config.server.environ import Environ, Scope, environ_of
from config.server.incoming import Incoming, Receive
from config.server.threads import Threads
from storage_app.clickhouse.abandonment import on_behalf_of

Send = Callable[[dict[str, Any]], Awaitable[None]]
logger = structlog.get_logger(__name__)

SEND_STALL_SECONDS = 120
"""A client that takes nothing for so long, in the middle of an answer, is given up."""

INCOMPLETE = (
    b'{"type": "client_error", "errors": ['
    b'{"code": "incomplete", "detail": "The body ended before its end.", "attr": null}]}'
)
"""What config.errors says to it; here Django has not heard of the request."""
_INCOMPLETE_HEAD = {
    "type": "http.response.start",
    "status": 400,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(INCOMPLETE)).encode())],
}

Handler = Callable[[Environ, StartResponse], HttpResponseBase]
"""Django's WSGI handler."""


class Head:
    """`start_response`, which keeps what it is told as ASGI wants it."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        """As in PEP 3333."""
        # Django's cookies begin with a space, which HTTP/2 forbids.
        told = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        self.message = {"type": "http.response.start", "status": int(status[:3]), "headers": told}
        return _write


def _write(_: bytes) -> object:
    raise NotImplementedError("The body is what the handler returns.")


class Application:
    """Serves a WSGI handler from so many threads."""

    def __init__(self, handler: Handler, *, threads: int) -> None:
        self._handler = handler
        self._threads = Threads(threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Of a client that is gone before it has sent all nothing is heard any more."""
        environ = environ_of(scope)
        incoming = Incoming(environ, receive)
        try:
            environ["wsgi.input"] = await incoming.begin()
        except UnreadablePostError:
            await send(_INCOMPLETE_HEAD)
            return await send(_part(INCOMPLETE, more=False))
        client = Client(scope, incoming, receive)
        answer = _Answer(self._handler, environ, client, send, asyncio.get_running_loop())
        try:
            if (body := await self._threads.run(answer.make)) is not None:
                await incoming.drop()
                await send(answer.head.message)
                await send(_part(body, more=False))
        finally:
            client.leave()


class _Answer:
    """The thread's part of a request."""

    def __init__(
        self, handler: Handler, environ: Environ, client: Client, send: Send, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.head = Head()
        self._handler, self._environ, self._client, self._send, self._loop = handler, environ, client, send, loop

    def make(self) -> bytes | None:
        """The body; None where it was a stream, which has been sent."""
        with on_behalf_of(self._client.on_disconnect):
            return self._made()

    def _made(self) -> bytes | None:
        response = self._handler(self._environ, self.head)
        try:
            if not response.streaming:
                # Over HTTP/2 granian would send it for a HEAD too.
                return b"".join(response) if self._environ["REQUEST_METHOD"] != "HEAD" else b""
            self._stream(response)
            return None
        finally:
            response.close()

    def _stream(self, chunks: Iterable[Any]) -> None:
        self._client.watch()
        try:
            self._sent(self.head.message)
            for chunk in chunks if self._environ["REQUEST_METHOD"] != "HEAD" else ():
                if self._client.is_gone:
                    return
                self._sent(_part(chunk, more=True))
            self._sent(_part(b"", more=False))
        except Exception:
            if not self._client.is_gone:
                logger.exception("answer_broken_off", path=self._environ["PATH_INFO"])
                self._client.break_off()

    def _sent(self, message: dict[str, Any]) -> None:
        """Returns when there is room for more.

        Raises:
            TimeoutError: the client takes nothing.
        """
        asyncio.run_coroutine_threadsafe(_send_to(self._send, message), self._loop).result(SEND_STALL_SECONDS)


async def _send_to(send: Send, message: dict[str, Any]) -> None:
    # A coroutine, which another thread can hand to the loop; what granian's `send` gives is none.
    await send(message)


def _part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
