"""Signing in."""

from dataclasses import dataclass
from uuid import uuid4

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User
from accounts.origin import origin_of
from accounts.services.audit import audit_record
from accounts.services.refresh_tokens import token_pair_issue
from accounts.services.sign_in_attempts import sign_in_attempt_begin, sign_in_attempt_succeed


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody, and the tokens they go on with."""

    user: User
    access: str
    refresh: str


def sign_in(*, user: User) -> SignedIn:
    """Tokens for somebody who has shown who they are."""
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    pair = token_pair_issue(user=user, family=uuid4())
    return SignedIn(user=user, access=pair.access, refresh=pair.refresh)


def user_login(*, request: HttpRequest, identifier: str, password: str, otp: str = "") -> SignedIn:
    """Sign in whoever has this email or username.

    Raises:
        AuthenticationFailed: unknown, deactivated or a wrong password; which one stays untold, by time as well.
        SignInPaused: too early for another try; the password was not looked at.
        OtpRequired, OtpWrong: the password was right.
    """
    user = authenticate(request, username=identifier, password=password, otp=otp)
    if not isinstance(user, User):
        raise AuthenticationFailed("No active account has this name and this password.")
    audit_record(origin=origin_of(request, actor=user), action="auth.login", object_type="user", object_id=user.pk)
    return sign_in(user=user)


def password_confirm(*, user: User, password: str, address: str | None) -> bool:
    """Whether this is the password of somebody signed in, who may hold no more than their access token.

    Raises:
        SignInPaused: it was not looked at.
    """
    attempt = sign_in_attempt_begin(account=str(user.pk), address=address)
    if not user.check_password(password):
        return False
    sign_in_attempt_succeed(attempt=attempt)
    return True
