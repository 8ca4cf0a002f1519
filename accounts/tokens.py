"""Signed tokens: making them, and reading them back. API keys: making them, and what is kept of them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import User

REFRESH_TOKEN_REFUSED = "The refresh token is not valid, or not any more."  # noqa: S105  # a sentence, no secret


@dataclass(frozen=True, slots=True)
class SignedRefreshToken:
    """A new refresh token and what there is to remember of it."""

    text: str
    jti: UUID
    expires_at: datetime


def access_token_sign(*, user: User) -> str:
    """A new access token: the claims are user_id, role, jti, iat and exp."""
    token = AccessToken.for_user(user)
    token["role"] = user.role
    return str(token)


def refresh_token_sign(*, user: User) -> SignedRefreshToken:
    """A new refresh token; it is worth nothing until it is stored."""
    token = RefreshToken.for_user(user)
    return SignedRefreshToken(text=str(token), jti=UUID(token["jti"]), expires_at=datetime_from_epoch(token["exp"]))


def access_token_read(text: str) -> str:
    """The user's id in a valid access token.

    Raises:
        AuthenticationFailed: not ours, changed, expired, or of another kind.
    """
    return _claim(AccessToken, text, "user_id", refusal="The access token is not valid, or not any more.")


def refresh_token_read(text: str) -> UUID:
    """The id of a valid refresh token, which says nothing yet about its being spent or revoked.

    Raises:
        AuthenticationFailed: not ours, changed, expired, or of another kind.
    """
    jti = _claim(RefreshToken, text, "jti", refusal=REFRESH_TOKEN_REFUSED)
    try:
        return UUID(jti)
    except ValueError:
        raise AuthenticationFailed(REFRESH_TOKEN_REFUSED) from None


def api_key_make() -> tuple[str, str]:
    """A new API key, and how it begins: enough to know it again, too little to use it."""
    prefix = f"tw_{secrets.token_hex(4)}"
    return f"{prefix}_{secrets.token_urlsafe(32)}", prefix


def api_key_hash(text: str) -> str:
    """What is kept of a key. It has 256 bits of chance, so that a quick hash is as good as a slow one."""
    return hashlib.sha256(text.encode()).hexdigest()


def _claim(kind: type[Token], text: str, name: str, *, refusal: str) -> str:
    try:
        return str(kind(text)[name])  # type: ignore[arg-type]  # the library says Token where it takes text
    except (TokenError, KeyError):
        raise AuthenticationFailed(refusal) from None
