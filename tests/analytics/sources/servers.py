"""Real HTTP servers on loopback that behave well, or badly."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, str], None]


@dataclass
class LocalServer:
    """One that answers each path by a function, and remembers what it was sent."""

    port: int
    requests: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    def url(self, path: str = "/data.csv", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def body(data: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """A well-formed answer; headers with _ for -."""

    def answer(connection: socket.socket, request: str) -> None:
        sent = {"Content-Length": str(len(data))} | {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value)
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + data)

    return answer


def redirect(location: str) -> Answer:
    return body(b"", "302 Found", Location=location)


def endless(block: bytes) -> Answer:
    """A body without an end and without a length."""

    def answer(connection: socket.socket, request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(block)

    return answer


def stalls(data: bytes) -> Answer:
    """Some bytes, and then nothing until the other side hangs up."""

    def answer(connection: socket.socket, request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + data)
        connection.recv(1)

    return answer


def drips(every_seconds: float) -> Answer:
    """A header that never ends, a byte at a time."""

    def answer(connection: socket.socket, request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            time.sleep(every_seconds)
            connection.sendall(b"a")

    return answer


@contextmanager
def serving() -> Iterator[LocalServer]:
    """A server, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = LocalServer(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _accept(listener: socket.socket, server: LocalServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # shut down
            return
        threading.Thread(target=_answer, args=(connection, server), daemon=True).start()


def _answer(connection: socket.socket, server: LocalServer) -> None:
    with connection:
        try:
            request = b""
            while b"\r\n\r\n" not in request and (block := connection.recv(65536)):
                request += block
            text = request.decode("latin-1")
            server.requests.append(text)
            path = text.split(" ")[1].split("?")[0] if " " in text else ""
            server.answers.get(path, body(b"", "404 Not Found"))(connection, text)
        except OSError:  # the other side has hung up
            return
