"""Signed tokens: making them, and reading them back. API keys: making them, and what is kept of them."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import User

ACCESS_TOKEN_REFUSED = "The access token is not valid, or not any more."  # noqa: S105  # a sentence, no secret
REFRESH_TOKEN_REFUSED = "The refresh token is not valid, or not any more."  # noqa: S105  # a sentence, no secret
VERIFIED_TOKENS = 10_000
"""How many access tokens a process remembers to have verified."""


class RotatingTokenBackend(TokenBackend):
    """Signs with the present key, and reads also what an earlier one signed."""

    def __init__(self, algorithm: str, key: str, earlier_keys: tuple[str, ...]) -> None:
        super().__init__(algorithm, key)
        self._readers = [TokenBackend(algorithm, one) for one in (key, *earlier_keys)]

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The claims.

        Raises:
            TokenBackendError: no key of ours fits, or it is expired.
        """
        for reader in self._readers:
            try:
                claims: dict[str, Any] = reader.decode(token, verify)
            except TokenBackendExpiredToken:
                raise  # signed by this key, and too old
            except TokenBackendError:
                continue
            return claims
        raise TokenBackendError("No key fits.")


@cache
def _backend(algorithm: str, key: str, earlier_keys: tuple[str, ...]) -> RotatingTokenBackend:
    return RotatingTokenBackend(algorithm, key, earlier_keys)


class _Rotating:
    def get_token_backend(self) -> RotatingTokenBackend:
        """Asked by the library's classes wherever they sign or read."""
        present = settings.SIMPLE_JWT
        return _backend(present["ALGORITHM"], present["SIGNING_KEY"], settings.JWT_PREVIOUS_SECRET_KEYS)


class AccessToken(_Rotating, tokens.AccessToken):
    """An access token."""


class RefreshToken(_Rotating, tokens.RefreshToken):  # type: ignore[misc]  # the library has no types
    """A refresh token."""


Kind = TypeVar("Kind", AccessToken, RefreshToken)


@dataclass(frozen=True, slots=True)
class SignedRefreshToken:
    """A new refresh token and what there is to remember of it."""

    text: str
    jti: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says: whose it is, and which signing in it comes from."""

    user_id: str
    family: UUID | None


def access_token_sign(*, user: User, family: UUID | None = None) -> str:
    """A new access token: the claims are user_id, role, family (of refresh tokens), jti, iat and exp."""
    token = AccessToken.for_user(user)
    token["role"] = user.role
    if family is not None:
        token["family"] = family.hex
    return str(token)


def refresh_token_sign(*, user: User) -> SignedRefreshToken:
    """A new refresh token; it is worth nothing until it is stored."""
    token = RefreshToken.for_user(user)
    return SignedRefreshToken(text=str(token), jti=UUID(token["jti"]), expires_at=datetime_from_epoch(token["exp"]))


def access_token_read(text: str) -> AccessClaims:
    """The claims of a valid access token.

    Raises:
        AuthenticationFailed: not ours, changed, expired, or of another kind.
    """
    claims, expires_at = _access_token_verify(
        text, settings.SIMPLE_JWT["SIGNING_KEY"], settings.JWT_PREVIOUS_SECRET_KEYS
    )
    if time.time() >= expires_at:
        raise AuthenticationFailed(ACCESS_TOKEN_REFUSED)
    return claims


@lru_cache(maxsize=VERIFIED_TOKENS)
def _access_token_verify(text: str, *_keys: object) -> tuple[AccessClaims, float]:
    """The claims and when they end. A signature that was good stays good under the same keys: checked once."""
    token = _token(AccessToken, text, refusal=ACCESS_TOKEN_REFUSED)
    if "user_id" not in token:
        raise AuthenticationFailed(ACCESS_TOKEN_REFUSED)
    family = token.get("family")
    claims = AccessClaims(user_id=str(token["user_id"]), family=UUID(family) if family else None)
    return claims, float(token["exp"])


def refresh_token_read(text: str) -> UUID:
    """The id of a valid refresh token, which says nothing yet about its being spent or revoked.

    Raises:
        AuthenticationFailed: not ours, changed, expired, or of another kind.
    """
    token = _token(RefreshToken, text, refusal=REFRESH_TOKEN_REFUSED)
    try:
        return UUID(str(token["jti"]))
    except (KeyError, ValueError):
        raise AuthenticationFailed(REFRESH_TOKEN_REFUSED) from None


def api_key_make() -> tuple[str, str]:
    """A new API key, and how it begins: enough to know it again, too little to use it."""
    prefix = f"tw_{secrets.token_hex(4)}"
    return f"{prefix}_{secrets.token_urlsafe(32)}", prefix


def api_key_hash(text: str) -> str:
    """What is kept of a key. It has 256 bits of chance, so that a quick hash is as good as a slow one."""
    return hashlib.sha256(text.encode()).hexdigest()


def _token(kind: type[Kind], text: str, *, refusal: str) -> Kind:
    try:
        return kind(text)  # type: ignore[arg-type]  # the library says Token where it takes text
    except TokenError:
        raise AuthenticationFailed(refusal) from None
