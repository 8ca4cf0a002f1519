"""Signing in to the admin's pages."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from accounts.services.sign_in_attempts import SignInPaused


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """Unfold's, which says it when there is a pause."""

    def clean(self) -> dict[str, Any]:
        """Name and password.

        Raises:
            ValidationError: they are wrong, or it is too early for another try.
        """
        try:
            cleaned: dict[str, Any] = super().clean()
        except SignInPaused as paused:
            raise ValidationError(str(paused.detail)) from None
        return cleaned
