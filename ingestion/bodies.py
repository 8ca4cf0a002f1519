"""Reading a request's body, bounded before and after inflation."""

import zlib
from typing import Any

from django.http import HttpRequest

_CHUNK_BYTES = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """More than the limit, as sent or inflated."""


class BodyUnreadable(Exception):
    """Says to be compressed and is not, or ends too early."""


class UnsupportedEncoding(Exception):
    """A Content-Encoding other than gzip."""


def read_body(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The body's bytes, inflated.

    Raises:
        BodyTooLarge, BodyUnreadable, UnsupportedEncoding
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise UnsupportedEncoding(encoding)
    if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes:
        raise BodyTooLarge
    body = _read(_stream(request), max_bytes)
    return _inflate(body, max_bytes) if encoding == "gzip" else body


def _stream(request: HttpRequest) -> Any:
    # Django reads as many bytes as Content-Length says, which a chunked body does not have.
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return request.META["wsgi.input"]
    return request


def _read(stream: Any, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _inflate(body: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        inflated = inflater.decompress(body, max_bytes + 1)
    except zlib.error:
        raise BodyUnreadable from None
    if len(inflated) > max_bytes:
        raise BodyTooLarge
    if not inflater.eof or inflater.unused_data:
        raise BodyUnreadable
    return inflated
