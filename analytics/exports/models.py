"""What is known of an export."""

from copy import copy
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from accounts.models import Role, User
from analytics.kept_task import KeptTask


class ExportFormat(models.TextChoices):
    """What kind of file."""

    CSV = "csv", "CSV"
    JSON = "json", "JSON"
    NDJSON = "ndjson", "NDJSON"
    PARQUET = "parquet", "Parquet"
    XLSX = "xlsx", "XLSX"


class ExportQuerySet(models.QuerySet["Export"]):
    """Reads of exports."""

    def visible_to(self, user: User, *, by_key: bool) -> Self:
        """One's own, an admin everybody's; an API key those that keys of its owner's asked for.

        What an admin asked signed in holds more than a key of theirs opens.
        """
        if by_key:
            return self.filter(requested_by=user, by_key=True)
        return self if user.role == Role.ADMIN else self.filter(requested_by=user)


class Export(KeptTask):
    """An export that was asked for, and what came of it. Rows, bytes and hash are those of the whole file."""

    called = "export"

    # What is asked may name people, and the file goes with its owner.
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    question: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    format = models.CharField(max_length=16, choices=ExportFormat.choices)
    escape_formulas = models.BooleanField(default=True)
    by_key = models.BooleanField(default=False, help_text="Asked by an API key, which never acts as an admin.")
    is_async = models.BooleanField(help_text="Written by a worker; otherwise streamed to whoever asked.")
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    total_rows = models.BigIntegerField(null=True, blank=True, help_text="How many rows there will be.")
    path = models.TextField(blank=True, help_text="In the owner's files.")

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        indexes: ClassVar = [models.Index(fields=["requested_by", "-created_at"]), models.Index(fields=["status"])]

    def __str__(self) -> str:
        return f"{self.question.get('table_name')} as {self.format}: {self.status}"

    @property
    def asker(self) -> User:
        """The owner, in the role in which it was asked."""
        asker = copy(self.requested_by)
        if self.by_key and asker.role == Role.ADMIN:
            asker.role = Role.TEACHER
        return asker
