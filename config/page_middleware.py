"""Sessions, and what stands on them, for the admin's pages alone.

The API knows its callers by their Authorization header and never by a cookie. It need not pay for these, and a cookie
that a browser brings along opens nothing there.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware as Authentication
from django.contrib.messages.middleware import MessageMiddleware as Messages
from django.contrib.sessions.middleware import SessionMiddleware as Sessions
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

_PAGES = "/admin/"


class _OnPages(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        """As the middleware itself on a page; elsewhere as if it were not there."""
        return super().__call__(request) if request.path_info.startswith(_PAGES) else self.get_response(request)


class SessionMiddleware(_OnPages, Sessions):
    """Sessions."""


class AuthenticationMiddleware(_OnPages, Authentication):
    """request.user from the session."""


class MessageMiddleware(_OnPages, Messages):
    """Messages to whoever looks at a page."""
