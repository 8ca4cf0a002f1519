"""A request's way through the ASGI application; the web server is played by queues."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from hypothesis import given
from hypothesis import strategies as st

from config.errors import BodyIncomplete, error_response, translate
from config.server import application, incoming
from storage_app.clickhouse import abandonment
from storage_app.clickhouse.errors import QueryCancelled
from tests.config.server.test_environ import SCOPE

GONE = {"type": "http.disconnect"}
Handle = Callable[[dict[str, Any]], HttpResponseBase]


class Server:
    """What the client sends comes out of `receive`; the rest of `scripted` after the handler set `go_on`."""

    def __init__(self, *scripted: dict[str, Any]) -> None:
        self.scripted = list(scripted)
        self.sent: list[dict[str, Any]] = []
        self.go_on = threading.Event()

    async def receive(self) -> dict[str, Any]:
        message = self.scripted.pop(0) if self.scripted else GONE
        if message == GONE:
            await asyncio.to_thread(self.go_on.wait, 30)
        return message

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def serve(self, handle: Handle, **scope: Any) -> list[dict[str, Any]]:
        """The messages that answer a request."""

        def handler(environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
            response = handle(environ)
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return response

        serving = application.Application(handler, threads=2)

        async def one_request() -> None:
            await asyncio.wait_for(serving(SCOPE | scope, self.receive, self.send), 30)
            self.go_on.set()

        asyncio.run(one_request())
        return self.sent

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def sized(size: int) -> dict[str, Any]:
    return {"method": "POST", "headers": [(b"content-length", str(size).encode())]}


CHUNKED = {"method": "POST", "headers": [(b"transfer-encoding", b"chunked")]}


def echo(environ: dict[str, Any]) -> HttpResponse:
    return HttpResponse(environ["wsgi.input"].read(), content_type="x/y")


def test_it_works() -> None:
    start, body = Server().serve(lambda _: HttpResponse("hello", status=201, headers={"X-A": "1"}))
    assert (start["type"], start["status"]) == ("http.response.start", 201)
    assert (b"x-a", b"1") in start["headers"]
    assert body == {"type": "http.response.body", "body": b"hello", "more_body": False}


@given(pieces=st.lists(st.binary(max_size=300), max_size=20), small=st.integers(0, 2000), chunked=st.booleans())
def test_bodies_arrive_whole(pieces: list[bytes], small: int, chunked: bool) -> None:
    whole = b"".join(pieces)
    server = Server(*(part(piece, more=True) for piece in pieces), part(b"", more=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incoming, "SMALL_BYTES", small)
        server.serve(echo, **(CHUNKED if chunked else sized(len(whole))))
    assert server.body == whole


@pytest.mark.parametrize("scope", [sized(600_000), CHUNKED])
def test_a_large_body_is_read_as_it_comes(scope: dict[str, Any]) -> None:
    server = Server(*(part(b"x" * 100_000, more=True) for _ in range(6)), part(b"", more=False))
    unread: list[int] = []

    def handle(environ: dict[str, Any]) -> HttpResponse:
        for _ in range(2):
            environ["wsgi.input"].read(100_000)
            unread.append(len(server.scripted))
        return HttpResponse()

    server.serve(handle, **scope)
    assert unread[0] > 1


def test_a_client_that_left_in_a_small_body_is_not_heard() -> None:
    handled: list[Any] = []
    server = Server(part(b"{", more=True))
    server.go_on.set()

    def handle(environ: dict[str, Any]) -> HttpResponse:
        handled.append(environ)
        return HttpResponse()

    [start, _] = server.serve(handle, **sized(10))
    assert (start["status"], handled) == (400, [])


def test_an_incomplete_body_has_the_answer_that_django_would_give() -> None:
    server = Server(part(b"{", more=True))
    server.go_on.set()
    server.serve(echo, **sized(10))
    translated = translate(UnreadablePostError())
    assert isinstance(translated, BodyIncomplete)
    assert server.body == error_response(400, translated.default_code, str(translated.detail)).content


def test_a_client_that_stops_sending_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "STALL_SECONDS", 0.05)
    server = Server(part(b"{", more=True))
    [start, _] = server.serve(echo, **sized(10))
    assert start["status"] == 400


def test_a_client_that_sends_a_large_body_by_the_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "STALL_SECONDS", 0.2)
    server, reasons = Server(), []

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return part(b"x", more=True)

    def handle(environ: dict[str, Any]) -> HttpResponse:
        for _ in range(2):  # the second time nobody waits
            with pytest.raises(UnreadablePostError) as error:
                environ["wsgi.input"].read()
            reasons.append(str(error.value))
        return HttpResponse()

    monkeypatch.setattr(server, "receive", drip)
    server.serve(handle, **sized(600_000))
    assert reasons == ["the client stopped sending", "the client went away"]


def test_what_nobody_wanted_is_taken_without_a_thread() -> None:
    server = Server(*(part(b"x" * 100_000, more=True) for _ in range(6)), part(b"", more=False))
    server.serve(lambda _: HttpResponse(str(len(server.scripted))), **sized(600_000))
    assert (server.body, len(server.scripted)) == (b"7", 1)


def test_who_sends_what_nobody_wanted_slowly_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "UNWANTED_SECONDS", 0.05)
    server = Server()
    server.serve(lambda _: HttpResponse("refused"), **sized(600_000))
    assert server.body == b"refused"


@pytest.mark.parametrize("scope", [CHUNKED, {"method": "POST", "http_version": "2"}])
def test_a_small_body_without_a_length_gets_one(scope: dict[str, Any]) -> None:
    server, told = Server(part(b"one", more=True), part(b"two", more=True), part(b"", more=False)), []

    def handle(environ: dict[str, Any]) -> HttpResponse:
        told.append((environ["CONTENT_LENGTH"], environ.get("HTTP_TRANSFER_ENCODING")))
        return echo(environ)

    server.serve(handle, **scope)
    assert (server.body, told) == (b"onetwo", [("6", None)])


def test_a_large_body_over_http_2_is_told_as_chunked() -> None:
    server = Server(*(part(b"x" * 100_000, more=True) for _ in range(6)), part(b"", more=False))

    def handle(environ: dict[str, Any]) -> HttpResponse:
        assert environ["HTTP_TRANSFER_ENCODING"] == "chunked"
        return echo(environ)

    server.serve(handle, method="POST", http_version="2")
    assert server.body == b"x" * 600_000


def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "SEND_STALL_SECONDS", 0.05)
    server, closed = Server(), threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield b"more"
        finally:
            closed.set()

    async def stalled(message: dict[str, Any]) -> None:
        if "body" in message:
            await asyncio.to_thread(server.go_on.wait, 30)

    monkeypatch.setattr(server, "send", stalled)
    server.serve(lambda _: StreamingHttpResponse(chunks()), client=None)
    assert closed.is_set()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_is_for_those_who_asked_for_it(method: str) -> None:
    server = Server()
    start, _ = server.serve(lambda _: HttpResponse("hello", headers={"Content-Length": "5"}), method=method)
    assert (b"content-length", b"5") in start["headers"]
    assert server.body == (b"hello" if method == "GET" else b"")


def test_no_header_begins_with_a_space() -> None:
    def handle(_: dict[str, Any]) -> HttpResponse:
        return HttpResponse(headers={"Set-Cookie": " a=1"})  # as Django's handler has it

    start, _ = Server().serve(handle)
    assert (b"set-cookie", b"a=1") in start["headers"]


def test_a_client_that_leaves_in_a_large_body_is_no_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SMALL_BYTES", 5)
    server = Server(part(b"x" * 10, more=True))
    server.go_on.set()

    def handle(environ: dict[str, Any]) -> HttpResponse:
        with pytest.raises(UnreadablePostError):
            environ["wsgi.input"].read()
        return HttpResponse("refused")

    server.serve(handle, **CHUNKED)
    assert server.body == b"refused"


def test_a_stream_is_sent_as_it_comes() -> None:
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            yield b"one"
            assert server.body == b"one"
            yield b"two"
        finally:
            closed.set()

    server = Server()
    server.serve(lambda _: StreamingHttpResponse(chunks()))
    assert [message.get("body") for message in server.sent] == [None, b"one", b"two", b""]
    assert closed.is_set()


def test_a_stream_ends_with_its_client() -> None:
    server, closed = Server(), threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield b"more"
                server.go_on.set()
        finally:
            closed.set()

    server.serve(lambda _: StreamingHttpResponse(chunks()))
    assert closed.is_set()
    assert server.sent[-1] == {"type": "http.response.body", "body": b"more", "more_body": True}


def test_a_stream_that_nobody_reads_is_not_begun() -> None:
    server = Server()
    server.serve(lambda _: StreamingHttpResponse(iter([b"one"])), method="HEAD")
    assert [message.get("body") for message in server.sent] == [None, b""]


def test_a_broken_stream_has_no_end() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"one"
        raise RuntimeError("broken")

    server = Server()
    # Without an address there is no connection to cut; tests/stack/test_leaving.py has one.
    server.serve(lambda _: StreamingHttpResponse(chunks()), client=None)
    assert server.sent[-1] == {"type": "http.response.body", "body": b"one", "more_body": True}


def test_what_is_read_for_a_client_that_goes_is_stopped() -> None:
    server, stopped = Server(part(b"", more=False)), threading.Event()

    def cancel(query_id: str) -> bool:
        assert query_id == "slow"
        stopped.set()
        return True

    def handle(_: dict[str, Any]) -> HttpResponse:
        with abandonment.stopped_with_requester("slow", cancel):
            server.go_on.set()
            assert stopped.wait(10)
        with pytest.raises(QueryCancelled), abandonment.stopped_with_requester("next", cancel):
            pass  # is not begun
        return HttpResponse()

    server.serve(handle)
    assert stopped.is_set()


def test_nothing_is_stopped_for_a_client_that_stays() -> None:
    def handle(_: dict[str, Any]) -> HttpResponse:
        with abandonment.stopped_with_requester("quick", lambda _: pytest.fail("stopped")):
            return HttpResponse(str(abandonment.is_gone()))

    server = Server()
    server.serve(handle)
    assert server.body == b"False"
