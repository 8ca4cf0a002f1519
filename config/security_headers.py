"""What browsers are told on every answer, beyond Django's own security middleware."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# An answer of the API is no page: whoever makes a browser show one gets nothing to run.
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; style-src 'self' 'unsafe-inline'; "
)
# Swagger UI and Redoc bring scripts inside the page, and a worker.
_DOCUMENT_PAGE = f"{_PAGE}script-src 'self' 'unsafe-inline'; worker-src 'self' blob:"
# Alpine.js, which the admin's pages are made with, evaluates its attributes.
_ADMIN_PAGE = f"{_PAGE}script-src 'self' 'unsafe-inline' 'unsafe-eval'"
_OTHER_PAGE = f"{_PAGE}script-src 'self'"

_PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
_PRIVATE = ("/api/", "/auth/", "/admin/")


class SecurityHeadersMiddleware:
    """Content-Security-Policy by kind of page, Permissions-Policy, and no copies of what is private."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path, response))
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path.startswith(_PRIVATE):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _policy(path: str, response: HttpResponseBase) -> str:
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return _NO_PAGE
    if path.startswith("/admin/"):
        return _ADMIN_PAGE
    return _DOCUMENT_PAGE if path in {"/docs", "/redoc"} else _OTHER_PAGE
