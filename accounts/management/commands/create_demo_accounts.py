"""Makes the accounts of the demonstration."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.demo import demo_accounts_create


class Command(BaseCommand):
    """manage.py create_demo_accounts"""

    help = (
        "Make admin/admin, teacher/teacher and student/student. Development only; existing accounts stay as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing."""
        demo_accounts_create()
        self.stdout.write("demonstration accounts: admin/admin, teacher/teacher, student/student")
