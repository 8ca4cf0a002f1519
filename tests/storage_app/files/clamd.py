"""A server that speaks clamd's INSTREAM."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Instream(socketserver.StreamRequestHandler):
    """Finds EICAR; takes at most `server.max_bytes`."""

    server: Any

    def handle(self) -> None:
        """One stream."""
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
            if len(content) > self.server.max_bytes:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.scanned.append(content)
        answer = b"Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"OK"
        self.wfile.write(self.server.says or b"stream: " + answer + b"\0")


@contextmanager
def clamd(address: Any, *, says: bytes = b"", max_bytes: int = 2**30) -> Iterator[Any]:
    """A server at (host, port) or at the path of a Unix socket."""
    unix = isinstance(address, str)
    kind: Any = socketserver.ThreadingUnixStreamServer if unix else socketserver.ThreadingTCPServer
    with kind(address, _Instream) as server:
        server.says, server.max_bytes, server.scanned = says, max_bytes, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
