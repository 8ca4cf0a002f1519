"""What a role opens."""

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Role, User


class IsSignedIn(IsAuthenticated):
    """Everybody who is signed in, and to read also API keys with the scope `read`, as their owner."""

    opens_to_read_keys = SAFE_METHODS  # asked by accounts.authentication.ApiKeyAuthentication


class MayAsk(IsSignedIn):
    """The same where a question is sent by POST, being too long for an address, and stopped by DELETE."""

    opens_to_read_keys = (*SAFE_METHODS, "POST", "DELETE")


class IsTeacherSignedIn(BasePermission):
    """Teachers and admins themselves; no API key of theirs."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By the account's role, not the token's."""
        return isinstance(request.user, User) and request.user.role in {Role.TEACHER, Role.ADMIN}


class IsTeacher(IsTeacherSignedIn):
    """Teachers and admins, and to read also API keys with the scope `read`."""

    opens_to_read_keys = SAFE_METHODS


class IsAdmin(BasePermission):
    """Admins."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By the account's role, not the token's."""
        return isinstance(request.user, User) and request.user.role == Role.ADMIN


class RegistrationIsOpen(BasePermission):
    """Anyone, where REGISTRATION_OPEN says so."""

    message = "Registration is closed. Ask an admin for an account."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By the setting alone."""
        return bool(settings.REGISTRATION_OPEN)
