"""Makes the stores ready: both databases migrated, the bucket there. Safe to run again."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from storage_app import s3
from storage_app.clickhouse.errors import StoreUnavailable


class Command(BaseCommand):
    """manage.py prepare [--demo-accounts]"""

    help = "Migrate PostgreSQL and ClickHouse and make the bucket. Run it before each start of a new version."

    def add_arguments(self, parser: CommandParser) -> None:
        """The command's options."""
        parser.add_argument(
            "--demo-accounts",
            action="store_true",
            help="Also make admin/admin, teacher/teacher and student/student (development only).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each step says what it did."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write("PostgreSQL is migrated")
            call_command("migrate_clickhouse", stdout=self.stdout)
            made = s3.bucket_make()
        except (OperationalError, StoreUnavailable, BotoCoreError, ClientError) as error:
            raise CommandError(f"A store is out of reach or refuses: {error}") from error
        self.stdout.write(f"bucket {s3.bucket()} {'made' if made else 'is there'}")
        if options["demo_accounts"]:
            call_command("create_demo_accounts", stdout=self.stdout)
        else:
            call_command("close_demo_accounts", stdout=self.stdout)
