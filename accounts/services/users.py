"""Writes of accounts."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import ValidationError

from accounts.models import USERNAME_MAX_LENGTH, Role, User
from accounts.services.sign_in import SignedIn, sign_in


class NameTaken(ValidationError):
    """Somebody has this email or this username."""

    def __init__(self, field: str) -> None:
        super().__init__({field: f"This {field} is taken."}, code="unique")
        self.field = field


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
    return sign_in(user=user)


def user_update(*, user: User, **changes: Any) -> User:
    """Change a person's own username or names.

    Raises:
        NameTaken: the username.
    """
    for name, value in changes.items():
        setattr(user, name, value)
    _user_save(user, update_fields=list(changes))
    return user


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
