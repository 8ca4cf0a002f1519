"""Real HTTP servers on loopback that behave well, or badly."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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


@contextmanager
def serving_tls(folder: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """A server with a certificate that nobody has signed; its port, and the names it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder, name))
    asked_for: list[str] = []
    context.sni_callback = lambda _, server_name, __: asked_for.append(server_name)

    def shake_hands(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked_for
        thread.join(5)


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return file


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
