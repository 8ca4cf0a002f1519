"""Writes of accounts."""

import re
import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import ValidationError

from accounts.models import USERNAME_MAX_LENGTH, Role, User
from accounts.origin import SYSTEM, Origin
from accounts.services.audit import audit_record
from accounts.services.refresh_tokens import refresh_tokens_revoke_all
from accounts.services.sign_in import SignedIn, sign_in


class NameTaken(ValidationError):
    """Somebody has this email or this username."""

    def __init__(self, field: str) -> None:
        super().__init__({field: f"This {field} is taken."}, code="unique")
        self.field = field


def user_register(*, email: str, password: str, origin: Origin, username: str | None = None) -> SignedIn:
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
    audit_record(origin=origin, action="auth.register", object_type="user", object_id=user.pk)
    return sign_in(user=user)


def user_update(*, user: User, **changes: Any) -> User:
    """Change fields of an account.

    Raises:
        NameTaken: the username.
    """
    for name, value in changes.items():
        setattr(user, name, value)
    _user_save(user, update_fields=list(changes))
    return user


def user_password_change(*, user: User, password: str, keep_family: UUID | None, origin: Origin) -> None:
    """Set a new password, and sign out everybody who came in with the old one but the caller (`keep_family`)."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        refresh_tokens_revoke_all(user=user, keep_family=keep_family)
        audit_record(origin=origin, action="auth.password_change", object_type="user", object_id=user.pk)


def admin_create(*, email: str, password: str) -> bool:
    """Make an admin, or make the account with this email one; gives whether it was made. For the command line.

    Raises:
        django.core.exceptions.ValidationError: no email, or a password that is too weak.
    """
    email = User.objects.normalize_email(email)
    validate_email(email)
    user = User.objects.filter(email=email).first()
    made = user is None
    with transaction.atomic():
        if user is None:
            user = User(email=email, role=Role.ADMIN)
            validate_password(password, user=user)
            user.set_password(password)
            _user_insert_under_free_username(user)
        else:
            user_update(user=user, role=Role.ADMIN, is_active=True)
        audit_record(origin=SYSTEM, action="admin.create", object_type="user", object_id=user.pk)
    return made


def user_administer(*, user: User, origin: Origin, **changes: Any) -> User:
    """Give somebody another role, deactivate or reactivate them. Who is deactivated is signed out everywhere.

    Raises:
        ValidationError: it is the caller: at least one admin must be left.
    """
    if str(user.pk) == origin.actor_id:
        raise ValidationError("Ask another admin to change your own role or state.")
    before = {name: getattr(user, name) for name in changes}
    with transaction.atomic():
        user_update(user=user, **changes)
        if not user.is_active:
            refresh_tokens_revoke_all(user=user)
        audit_record(
            origin=origin, action="user.change", object_type="user", object_id=user.pk, before=before, after=changes
        )
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
