"""The accounts of the demonstration."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from accounts.models import Role, User


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
    for user in _with_demo_password(is_active=False):
        user.is_active = True
        user.save(update_fields=["is_active"])


def demo_accounts_close() -> int:
    """Deactivate those that still have the demonstration's password; gives how many."""
    users = _with_demo_password(is_active=True)
    for user in users:
        user.is_active = False
        user.save(update_fields=["is_active"])
    return len(users)


def _with_demo_password(*, is_active: bool) -> list[User]:
    users = User.objects.filter(username__in=[role.value for role in Role], is_active=is_active)
    return [user for user in users if user.check_password(user.username)]
