"""What a request brings is read to its end: chunked bodies too, and also when nobody wanted it.

A connection that is kept open is unusable while an unread body lies on it: the client's next request would fail.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from config.errors import error_response

_CHUNK_BYTES = 64 * 1024
# They read their bodies themselves, as they come.
_STREAMED = {"/api/v1/events", "/api/v1/stats", "/stats", "/api/v1/files/upload"}


class RequestBodyMiddleware:
    """Outermost but for the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: WSGIRequest) -> HttpResponseBase:
        is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if is_chunked and request.path not in _STREAMED and not _take_chunked(request):
            response: HttpResponseBase = error_response(413, "too_large", "The body is too large.")
        else:
            response = self.get_response(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) <= settings.EVENTS_MAX_BYTES:
            _drain(request.META["wsgi.input"] if is_chunked else request)
        return response


def _take_chunked(request: WSGIRequest) -> bool:
    """Give Django the body, which it would take for empty without a Content-Length; False when it is too large."""
    body = request.META["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return False
    request._stream = BytesIO(body)  # where Django reads from
    request.META["CONTENT_LENGTH"] = str(len(body))
    return True


def _drain(stream: Any) -> None:
    """Read what is left, up to a limit: for more than that the connection may as well break."""
    left = settings.EVENTS_MAX_BYTES
    try:
        while left > 0 and (chunk := stream.read(_CHUNK_BYTES)):
            left -= len(chunk)
    except UnreadablePostError:
        return  # the client is gone
