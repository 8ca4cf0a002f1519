"""Takes away the second factor of somebody who has lost it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.origin import SYSTEM
from accounts.selectors import user_find_named
from accounts.services.totp import totp_remove


class Command(BaseCommand):
    """manage.py remove_totp NAME"""

    help = "Take the second factor of an account away, by email or username: the way back in for the only admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it away."""
        user = user_find_named(name=options["name"])
        if user is None:
            raise CommandError(f"Nobody is named {options['name']}.")
        removed = totp_remove(user=user, origin=SYSTEM)
        self.stdout.write("The password alone signs them in now." if removed else "They have no second factor.")
