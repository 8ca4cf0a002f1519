"""Reads a multipart body as it comes: files go on to a receiver, nothing is kept in memory or on disk."""

from contextlib import ExitStack
from typing import Any, Protocol

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from storage_app.files.errors import FileTooLarge, UploadIncomplete

_ENVELOPE_MAX_BYTES = 10 * 1024 * 1024
"""Fields, headers and boundaries around the files."""
_TAIL_BYTES = 256
_DRAIN_BYTES = 1024 * 1024
# What browsers and HTTP libraries write for the characters a quoted name cannot hold.
_ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}


class Receiver(Protocol):
    """Takes the files of a body, one after the other."""

    def start(self, *, name: str) -> None:
        """A file begins."""

    def write(self, data: bytes) -> None:
        """More of it."""

    def end(self) -> None:
        """It is whole."""


class _Body:
    """What Django's parser reads from; knows the end of what was read."""

    def __init__(self, request: HttpRequest, *, max_bytes: int) -> None:
        # Django reads as many bytes as Content-Length says, which a chunked body does not have.
        is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        self._stream: Any = request.META["wsgi.input"] if is_chunked else request
        self._left = max_bytes
        self._max_bytes = max_bytes
        self.tail = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise FileTooLarge(settings.FILES_MAX_BYTES)
        self.tail = (self.tail + data)[-_TAIL_BYTES:]
        return data

    def drain(self) -> None:
        """Read the rest, within bounds: a client that is still sending does not listen to an answer."""
        left = self._max_bytes
        try:
            while left > 0 and (data := self._stream.read(_DRAIN_BYTES)):
                left -= len(data)
        except UnreadablePostError:
            return  # the client has gone


class _PassOn(FileUploadHandler):
    """Django's way to take over an upload."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self._receiver = receiver

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(field_name, file_name, *args, **kwargs)
        self._receiver.start(name=file_name)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """More of it; nothing is left for another handler."""
        self._receiver.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        """It is whole; Django gets no file object to keep."""
        self._receiver.end()


class _Parser(MultiPartParser):
    """Django's, with names as they came: what must not be in one is refused, not silently cut off."""

    def sanitize_file_name(self, file_name: str) -> str:
        """As it came."""
        for escaped, character in _ESCAPED.items():
            file_name = file_name.replace(escaped, character).replace(escaped.lower(), character)
        return file_name


def multipart_read(request: HttpRequest, receiver: Receiver) -> QueryDict:
    """Pass the files of a request's body on; gives its other fields.

    Raises:
        UnsupportedMediaType: another kind of body.
        FileTooLarge: by its announced length, or on the way.
        UploadIncomplete: the client went away.
        ParseError: not multipart as it should be.
    """
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType(request.content_type or "")
    max_bytes = settings.FILES_MAX_BYTES + _ENVELOPE_MAX_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes:
        raise FileTooLarge(settings.FILES_MAX_BYTES)
    body = _Body(request, max_bytes=max_bytes)
    with ExitStack() as on_failure:
        on_failure.callback(body.drain)
        try:
            fields = _parse(request, body, receiver)
        except UnreadablePostError as error:
            raise UploadIncomplete from error
        except MultiPartParserError as error:
            raise ParseError(f"Multipart form parse error - {error}") from error
        on_failure.pop_all()
    return fields


def _parse(request: HttpRequest, body: _Body, receiver: Receiver) -> QueryDict:
    # The parser takes a length of 0 for no body; any other it does not look at.
    meta = request.META | {"CONTENT_LENGTH": "1"}
    parser = _Parser(meta, body, [_PassOn(receiver)], request.encoding)  # type: ignore[arg-type]  # it only reads
    fields, _ = parser.parse()
    boundary = (request.content_params or {}).get("boundary", "")
    if f"--{boundary}--".encode() not in body.tail:
        raise UploadIncomplete
    return fields
