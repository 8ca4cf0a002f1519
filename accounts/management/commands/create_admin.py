"""Makes an admin."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.management.base import BaseCommand, CommandError
from rest_framework.exceptions import ValidationError

from accounts.services.users import admin_create


class Command(BaseCommand):
    """manage.py create_admin EMAIL PASSWORD"""

    help = "Make an admin, or make the account that has this email one (its password stays as it is)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who."""
        parser.add_argument("email")
        parser.add_argument("password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them."""
        try:
            made = admin_create(email=options["email"], password=options["password"])
        except (DjangoValidationError, ValidationError) as error:
            words = error.messages if isinstance(error, DjangoValidationError) else [str(error.detail)]
            raise CommandError(" ".join(words)) from None
        self.stdout.write(f"{options['email']} is an admin" + (", newly made" if made else " now; the password stays"))
