"""Who is calling: from the Authorization header to an account, signed in or by one of its API keys."""

from copy import copy
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from accounts.account_cache import accounts
from accounts.authorization_header import credentials
from accounts.caller_bucket import known_keys
from accounts.models import ApiKey, Role, Scope, User
from accounts.selectors import api_key_find_usable, totp_is_missing
from accounts.services.api_keys import api_key_note_use
from accounts.tokens import AccessClaims, access_token_read

CHALLENGE = 'Bearer realm="api"'


class TotpMissing(PermissionDenied):
    """An admin, where ADMIN_REQUIRES_TOTP is set."""

    default_code = "totp_missing"
    default_detail = "Admins need a second factor here. Set one up: POST /api/v1/auth/totp."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, for views outside DRF. `user_id` of a key is its owner's.

    A key with a `device_id` is that device's, and opens nothing but its readings.
    """

    user_id: str
    role: Role
    kind: Literal["user", "api_key"] = "user"
    scopes: frozenset[str] = frozenset()
    device_id: UUID | None = None

    @property
    def may_send_events(self) -> bool:
        """Whether they may send events at all."""
        return self.may_send_readings and self.device_id is None

    @property
    def may_send_readings(self) -> bool:
        """Whether they may send readings at all."""
        return self.kind == "user" or Scope.INGEST in self.scopes

    @property
    def may_send_for_anybody(self) -> bool:
        """Whether they may send other people's events."""
        return self.may_send_events and self.role != Role.STUDENT


def authenticate(request: HttpRequest) -> Caller:
    """The caller of a plain Django view.

    Raises:
        NotAuthenticated: no credentials.
        AuthenticationFailed: bad ones.
        TotpMissing
    """
    if signed_in := _bearer(request):
        user, _ = signed_in
        return Caller(user_id=str(user.pk), role=Role(user.role))
    if api_key := _api_key(request):
        return Caller(
            user_id=str(api_key.owner_id),
            role=Role.TEACHER,
            kind="api_key",
            scopes=frozenset(api_key.scopes),
            device_id=api_key.device_id,
        )
    raise NotAuthenticated


class JWTAuthentication(BaseAuthentication):
    """The same for DRF's views: request.user is the account, request.auth the token's claims."""

    def authenticate(self, request: Request) -> tuple[User, AccessClaims] | None:
        """None without credentials.

        Raises:
            AuthenticationFailed: bad ones.
        """
        signed_in = _bearer(request)
        if signed_in is None:
            return None
        user, claims = signed_in
        # A copy: a view may change its user, and the cached one is shared.
        return copy(user), claims

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate of a 401."""
        return CHALLENGE


class ApiKeyAuthentication(BaseAuthentication):
    """The same for keys: request.auth is the key, request.user its owner, who acts as a teacher and never as an admin.

    A key with `read` opens reading, and only where the view's permission says so: what nobody thought of is closed.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """None without a key.

        Raises:
            AuthenticationFailed: an unknown, revoked or expired one.
            PermissionDenied: no key opens this, or not this one.
        """
        api_key = _api_key(request)
        if api_key is None:
            return None
        view = (request.parser_context or {}).get("view")
        if Scope.READ not in api_key.scopes or not opens_to_read_keys(view, request.method):
            raise PermissionDenied("This API key does not open this.")
        api_key.owner.role = Role.TEACHER
        return api_key.owner, api_key

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate of a 401."""
        return CHALLENGE


def opens_to_read_keys(view: object, method: str | None) -> bool:
    """Whether a key with the scope `read` opens this method of the view."""
    permissions = getattr(view, "permission_classes", ())
    return any(method in getattr(permission, "opens_to_read_keys", ()) for permission in permissions)


def _bearer(request: HttpRequest | Request) -> tuple[User, AccessClaims] | None:
    token = credentials(request, "bearer")
    if token is None:
        return None
    claims = access_token_read(token)
    user = accounts.find(claims.user_id)
    if user is None:
        raise AuthenticationFailed("The account is gone or deactivated.")
    if totp_is_missing(user=user) and not _opens_without_totp(request):
        raise TotpMissing
    return user, claims


def _opens_without_totp(request: HttpRequest | Request) -> bool:
    """What an admin needs to get a second factor; what nobody thought of is closed."""
    view = (request.parser_context or {}).get("view") if isinstance(request, Request) else None
    return getattr(view, "open_without_totp", False)


def _api_key(request: HttpRequest | Request) -> ApiKey | None:
    text = credentials(request, "api-key")
    if text is None:
        return None
    api_key = api_key_find_usable(text=text)
    if api_key is None:
        raise AuthenticationFailed("The API key is not valid, or not any more.")
    known_keys.add(api_key.key_hash)
    api_key_note_use(api_key=api_key)
    return api_key
