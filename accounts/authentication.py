"""Who is calling: from the Authorization header to an account."""

from copy import copy
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from accounts.account_cache import accounts
from accounts.models import Role, User
from accounts.tokens import access_token_read

CHALLENGE = 'Bearer realm="api"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, for views outside DRF."""

    user_id: str
    role: Role
    kind: Literal["user"] = "user"


def authenticate(request: HttpRequest) -> Caller:
    """The caller of a plain Django view.

    Raises:
        NotAuthenticated: no credentials.
        AuthenticationFailed: bad ones.
    """
    user = _bearer(request)
    if user is None:
        raise NotAuthenticated
    return Caller(user_id=str(user.pk), role=Role(user.role))


class JWTAuthentication(BaseAuthentication):
    """The same for DRF's views: request.user is the account."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """None without credentials.

        Raises:
            AuthenticationFailed: bad ones.
        """
        user = _bearer(request)
        # A copy: a view may change its user, and the cached one is shared.
        return None if user is None else (copy(user), None)

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate of a 401."""
        return CHALLENGE


def _bearer(request: HttpRequest | Request) -> User | None:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    user = accounts.find_active(user_id=access_token_read(token.strip()))
    if user is None:
        raise AuthenticationFailed("The account is gone or deactivated.")
    return user
