"""Bring the ClickHouse schema up to date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from storage_app.clickhouse import migrator
from storage_app.clickhouse.errors import StoreError
from storage_app.clickhouse.migration_lock import migration_lock


class Command(BaseCommand):
    """`--plan` prints the SQL that would run, and runs nothing."""

    help = "Bring the ClickHouse schema up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument("--plan", action="store_true", help="print what would run, and run nothing")

    def handle(self, *, plan: bool, verbosity: int, **options: Any) -> None:
        """Plan or migrate; what stands in the way is one line and exit code 1."""
        try:
            if plan:
                self._print_plan()
            else:
                self._migrate(quiet=verbosity == 0)
        except migrator.MigrationError as error:
            raise CommandError(str(error)) from error
        except StoreError as error:
            raise CommandError(f"ClickHouse: {error.detail}") from error
        except DatabaseError as error:
            raise CommandError("PostgreSQL, which keeps the lock, cannot be used.") from error

    def _print_plan(self) -> None:
        steps = migrator.pending()
        for step in steps:
            self.stdout.write(f"-- {step}\n{step.sql};\n")
        self.stdout.write(f"-- {_count(len(steps))} would run")

    def _migrate(self, *, quiet: bool) -> None:
        with migration_lock():
            steps = migrator.pending()
            for step in steps:
                migrator.apply(step)
                if not quiet:
                    self.stdout.write(f"applied {step}")
        if not quiet:
            self.stdout.write(f"ClickHouse is up to date: {_count(len(steps))} applied.")


def _count(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"
