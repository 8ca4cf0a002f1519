"""Checking a name and a password, for the API and for the admin's pages alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.client_address import client_address
from accounts.models import Outcome, User
from accounts.origin import origin_of
from accounts.selectors import user_find_named
from accounts.services.audit import audit_record
from accounts.services.sign_in_attempts import SignInPaused, sign_in_attempt_begin, sign_in_attempt_succeed


class PausingBackend(ModelBackend):
    """Django's, with growing pauses between wrong passwords."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, if the password is right.

        Raises:
            SignInPaused: the password was not looked at.
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
            sign_in_attempt_succeed(attempt=attempt)
        return user
