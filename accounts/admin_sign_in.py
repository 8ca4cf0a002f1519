"""Signing in to the admin's pages."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from accounts.selectors import totp_is_missing
from accounts.serializers import OTP_MAX_LENGTH
from accounts.services.sign_in_attempts import SignInPaused
from accounts.services.totp import OtpRequired, OtpWrong

_TOTP_MISSING = "Admins need a second factor here. Set one up over the API: POST /api/v1/auth/totp."


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """Unfold's, which says it when there is a pause, and asks for a code where there is a second factor."""

    otp = forms.CharField(
        label="Code of your authenticator app, or a recovery code",
        max_length=OTP_MAX_LENGTH,
        required=False,
        # The page shows it outside the form, and only to whom it concerns (config/templates/admin/login.html).
        widget=UnfoldAdminTextInputWidget(
            attrs={"form": "login-form", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )
    asks_for_code = False

    def clean(self) -> dict[str, Any]:
        """Name and password, and the code.

        Raises:
            ValidationError: they are wrong, or it is too early for another try.
        """
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is not None and password:
            self.user_cache = self._authenticate(name, password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        """Admins, with a second factor where they need one.

        Raises:
            ValidationError: others.
        """
        super().confirm_login_allowed(user)
        if totp_is_missing(user=user):
            raise ValidationError(_TOTP_MISSING)

    def _authenticate(self, name: str, password: str) -> Any:
        try:
            return authenticate(self.request, username=name, password=password, otp=self.cleaned_data.get("otp", ""))
        except SignInPaused as paused:
            raise ValidationError(str(paused.detail)) from None
        except (OtpRequired, OtpWrong) as refused:
            self.asks_for_code = True
            raise ValidationError(str(refused.detail)) from None
