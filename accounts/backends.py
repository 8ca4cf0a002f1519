"""Checking a name and a password, for the API and for the admin's pages alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.client_address import client_address
from accounts.models import Outcome, User
from accounts.origin import origin_of
from accounts.selectors import totp_is_missing, user_find_named
from accounts.services.audit import audit_record
from accounts.services.sign_in_attempts import (
    Attempt,
    SignInPaused,
    sign_in_attempt_begin,
    sign_in_attempt_succeed,
    sign_in_attempt_withdraw,
)
from accounts.services.totp import OtpRequired, OtpWrong, second_factor_check


class PausingBackend(ModelBackend):
    """Django's, with growing pauses between wrong passwords."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        otp: str = "",
        **kwargs: Any,
    ) -> User | None:
        """The account, if the password is right, and the code of its second factor where it has one.

        Raises:
            SignInPaused: the password was not looked at.
            OtpRequired: the password is right, and a code was not given.
            OtpWrong: the password is right, and the code is not.
        """
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        known = user_find_named(name=username)
        try:
            attempt = sign_in_attempt_begin(
                account=str(known.pk) if known else f"unknown {username}", address=client_address(request)
            )
        except SignInPaused:
            audit_record(
                origin=origin_of(request),
                action="auth.login_paused",
                outcome=Outcome.REFUSED,
                object_type="user",
                object_id=known.pk if known else "",
            )
            raise
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            self._check_second_factor(request, user, otp, attempt)
            sign_in_attempt_succeed(attempt=attempt)
        return user

    def get_user(self, user_id: int) -> User | None:
        """Whom a session belongs to, unless they lack a second factor they must have."""
        user = super().get_user(user_id)
        return None if user is None or totp_is_missing(user=user) else user

    def _check_second_factor(self, request: HttpRequest, user: User, otp: str, attempt: Attempt) -> None:
        try:
            second_factor_check(user=user, code=otp, address=client_address(request), origin=origin_of(request))
        except (OtpRequired, OtpWrong, SignInPaused):
            sign_in_attempt_withdraw(attempt=attempt)
            raise
