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
