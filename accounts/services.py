"""Writes of accounts and of their refresh tokens."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import AuthenticationFailed, ValidationError

from accounts.models import USERNAME_MAX_LENGTH, RefreshToken, Role, User
from accounts.tokens import REFRESH_TOKEN_REFUSED, access_token_sign, refresh_token_read, refresh_token_sign

DELETE_CHUNK = 1000


class NameTaken(ValidationError):
    """Somebody has this email or this username."""

    def __init__(self, field: str) -> None:
        super().__init__({field: f"This {field} is taken."}, code="unique")
        self.field = field


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client keeps to stay signed in."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody, and the tokens they go on with."""

    user: User
    access: str
    refresh: str


def user_register(*, email: str, password: str, username: str | None = None) -> SignedIn:
    """Make a student and sign them in; without a username they get one like the first part of their email.

    Raises:
        NameTaken: the email or the username.
    """
    user = User(email=User.objects.normalize_email(email), role=Role.STUDENT)
    user.set_password(password)
    if username:
        _user_insert(user, username=username)
    else:
        _user_insert_under_free_username(user)
    return _sign_in(user)


def user_login(*, request: HttpRequest, identifier: str, password: str) -> SignedIn:
    """Sign in whoever has this email or username.

    Raises:
        AuthenticationFailed: unknown, deactivated or a wrong password; which one stays untold, by time as well.
    """
    user = authenticate(request, username=identifier, password=password)
    if not isinstance(user, User):
        raise AuthenticationFailed("No active account has this name and this password.")
    return _sign_in(user)


def user_update(*, user: User, **changes: Any) -> User:
    """Change a person's own username or names.

    Raises:
        NameTaken: the username.
    """
    for name, value in changes.items():
        setattr(user, name, value)
    _user_save(user, update_fields=list(changes))
    return user


def refresh_token_rotate(*, refresh: str) -> TokenPair:
    """Spend a refresh token on a new pair.

    A spent one that comes again was copied, and nobody can tell which holder is the thief: the whole family goes.

    Raises:
        AuthenticationFailed: the token cannot be spent, for whatever reason.
    """
    jti = refresh_token_read(refresh)
    with transaction.atomic():
        token = _refresh_token_lock(jti)
        if token.is_live:
            token.spent_at = timezone.now()
            token.save(update_fields=["spent_at"])
            return _token_pair_issue(token.user, family=token.family)
        if token.spent_at:
            refresh_token_families_revoke(families=[token.family])
    # Outside the transaction: the revocation stands.
    raise AuthenticationFailed(REFRESH_TOKEN_REFUSED)


def refresh_token_revoke(*, refresh: str) -> None:
    """Sign out: no token of this family can be used again. Twice is as good as once.

    Raises:
        AuthenticationFailed: no token of ours, or expired.
    """
    jti = refresh_token_read(refresh)
    with transaction.atomic():
        refresh_token_families_revoke(families=[_refresh_token_lock(jti).family])


def refresh_token_families_revoke(*, families: list[UUID]) -> int:
    """Revoke every token of these families; gives the number that was revoked now."""
    holders = User.objects.filter(refresh_tokens__family__in=families).order_by("pk")
    with transaction.atomic():
        list(holders.select_for_update(no_key=True, of=("self",)))  # see _refresh_token_lock
        return RefreshToken.objects.filter(family__in=families).revoke()


def refresh_tokens_delete_expired() -> int:
    """Delete expired refresh tokens, 1,000 at a time so that no lock is held for long; gives their number."""
    expired = RefreshToken.objects.expired(at=timezone.now()).order_by("expires_at")
    total = 0
    while chunk := list(expired.values_list("pk", flat=True)[:DELETE_CHUNK]):
        total += RefreshToken.objects.filter(pk__in=chunk).delete()[0]
    return total


def demo_accounts_create() -> None:
    """Make admin/admin, teacher/teacher and student/student; what exists already stays as it is.

    Raises:
        ImproperlyConfigured: outside development, where such passwords would be an open door.
    """
    if settings.ENVIRONMENT != "development":
        raise ImproperlyConfigured("Demonstration accounts are only made with ENVIRONMENT=development.")
    for role in Role:
        name, email = role.value, f"{role.value}@example.org"
        if not User.objects.filter(Q(username__iexact=name) | Q(email__iexact=email)).exists():
            User.objects.create_user(email=email, username=name, password=name, role=role)


def _user_insert(user: User, *, username: str) -> None:
    user.username = User.normalize_username(username)
    _user_save(user, force_insert=True)


def _user_insert_under_free_username(user: User) -> None:
    *earlier, last = _usernames_for(user.email)
    for username in earlier:
        try:
            return _user_insert(user, username=username)
        except NameTaken as taken:
            if taken.field != "username":
                raise
    return _user_insert(user, username=last)


def _usernames_for(email: str) -> Iterator[str]:
    base = re.sub(r"[^\w.+-]", "", email.partition("@")[0])[: USERNAME_MAX_LENGTH - 9] or "user"
    yield base
    for _ in range(3):
        yield f"{base}-{secrets.token_hex(4)}"


def _user_save(user: User, **how: Any) -> None:
    """Save; the database alone decides who came first."""
    try:
        with transaction.atomic():
            user.save(**how)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        field = "email" if error.__cause__.diag.constraint_name == "accounts_user_email" else "username"
        raise NameTaken(field) from None


def _sign_in(user: User) -> SignedIn:
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    pair = _token_pair_issue(user, family=uuid4())
    return SignedIn(user=user, access=pair.access, refresh=pair.refresh)


def _token_pair_issue(user: User, *, family: UUID) -> TokenPair:
    refresh = refresh_token_sign(user=user)
    RefreshToken.objects.create(jti=refresh.jti, user=user, family=family, expires_at=refresh.expires_at)
    return TokenPair(access=access_token_sign(user=user), refresh=refresh.text)


def _refresh_token_lock(jti: UUID) -> RefreshToken:
    """The token, read while its user is locked: whatever is done to one person's tokens is done one by one.

    A lock on the token alone would let a revocation miss the token that is being made from it.

    Raises:
        AuthenticationFailed: there is no such token.
    """
    user = User.objects.select_for_update(no_key=True, of=("self",)).filter(refresh_tokens__jti=jti).first()
    token = RefreshToken.objects.filter(jti=jti).first()
    if user is None or token is None:
        raise AuthenticationFailed(REFRESH_TOKEN_REFUSED)
    token.user = user
    return token
