"""A chunked body is made one that Django can read.

What nobody wanted of a body is taken by config.server, when the request's thread is free again.
"""

from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from config.errors import error_response, incomplete_response

# They read their bodies themselves, as they come.
_STREAMED = {"/api/v1/events", "/api/v1/stats", "/stats", "/api/v1/files/upload"}


class RequestBodyMiddleware:
    """Outermost but for the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: WSGIRequest) -> HttpResponseBase:
        is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if not is_chunked or request.path in _STREAMED:
            return self.get_response(request)
        try:
            fits = _take_chunked(request)
        except UnreadablePostError:
            return incomplete_response()
        return self.get_response(request) if fits else error_response(413, "too_large", "The body is too large.")


def _take_chunked(request: WSGIRequest) -> bool:
    """Give Django the body, which it would take for empty without a Content-Length; False when it is too large."""
    body = request.META["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return False
    request._stream = BytesIO(body)  # where Django reads from
    request.META["CONTENT_LENGTH"] = str(len(body))
    return True
