"""Closes the accounts of the demonstration."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.demo import demo_accounts_close


class Command(BaseCommand):
    """manage.py close_demo_accounts"""

    help = "Deactivate admin, teacher and student where they still have the demonstration's passwords."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say so where there were any."""
        if closed := demo_accounts_close():
            self.stdout.write(f"{closed} demonstration accounts deactivated")
