"""Sources, their runs, the rows that were refused, and the tables that came of them."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from accounts.models import Role, User
from analytics.kept_task import UNFINISHED, KeptTask
from analytics.sources.names import TABLE_MAX_CHARACTERS

NAME_MAX_LENGTH = 200
SCHEDULE_MAX_LENGTH = 64


class SourceType(models.TextChoices):
    """Where data come from."""

    FILE = "file", "Stored file"
    HTTP = "http", "Web address"
    S3 = "s3", "S3 object"
    POSTGRESQL = "postgresql", "PostgreSQL"


class Mode(models.TextChoices):
    """What a run does with the rows that are there already."""

    REPLACE = "replace", "Replace all"
    APPEND = "append", "Add to them"
    UPSERT = "upsert", "Replace those with the same key"


class SourceQuerySet(models.QuerySet["Source"]):
    """Questions about sources."""

    def visible_to(self, user: User) -> Self:
        """One's own, for teachers; an admin sees everybody's."""
        if user.role == Role.ADMIN:
            return self
        return self.filter(owner=user) if user.role == Role.TEACHER else self.none()


class Source(models.Model):
    """Data from outside, and the table they go to."""

    name = models.CharField(max_length=NAME_MAX_LENGTH)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="sources")
    type = models.CharField(max_length=16, choices=SourceType.choices)
    table_name = models.CharField(max_length=TABLE_MAX_CHARACTERS, unique=True)
    config: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(help_text="Less what is secret.")
    secrets = models.TextField(blank=True, editable=False, help_text="Encrypted.")
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.REPLACE)
    key: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, blank=True)
    columns: "models.JSONField[list[dict[str, str]], list[dict[str, str]]]" = models.JSONField(
        default=list, blank=True, help_text="Empty: inferred at each run."
    )
    schedule = models.CharField(max_length=SCHEDULE_MAX_LENGTH, blank=True, help_text="@daily, every 15 minutes, cron.")
    next_run_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        app_label = "analytics"
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.name


class SourceRunQuerySet(models.QuerySet["SourceRun"]):
    """Questions about runs."""

    def visible_to(self, user: User) -> Self:
        """Those of the sources they see."""
        return self.filter(source__in=Source.objects.visible_to(user))


class SourceRun(KeptTask):
    """One time that a source's data were asked for."""

    called = "run"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    bytes_read = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    rows_written = models.BigIntegerField(default=0)
    rows_refused = models.BigIntegerField(default=0)

    objects = SourceRunQuerySet.as_manager()

    class Meta:
        app_label = "analytics"
        ordering = ("-created_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(status__in=UNFINISHED), name="source_run_one_unfinished"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["finished_at"], name="source_run_finished")]

    def __str__(self) -> str:
        return f"{self.source}: {self.status}"


class RefusedRow(models.Model):
    """A row that a run did not take."""

    run = models.ForeignKey(SourceRun, on_delete=models.CASCADE, related_name="refused")
    line = models.BigIntegerField(help_text="Of text its line, of anything else the row's number.")
    reason = models.TextField()
    row = models.TextField(help_text="How it begins.")

    class Meta:
        app_label = "analytics"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class ImportedTableQuerySet(models.QuerySet["ImportedTable"]):
    """Questions about imported tables."""

    def visible_to(self, user: User) -> Self:
        """An admin all; who else reads them is SOURCES_TABLES_READ_BY's to say. One's own always."""
        everybody = settings.SOURCES_TABLES_READ_BY == "everybody"
        if user.role == Role.ADMIN or everybody:
            return self
        if user.role == Role.TEACHER and settings.SOURCES_TABLES_READ_BY == "teachers":
            return self
        return self.filter(source__owner=user)


class ImportedTable(models.Model):
    """A table that came of a source; it is there from the first run that succeeded."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="table")
    name = models.CharField(max_length=TABLE_MAX_CHARACTERS, unique=True, help_text="What questions call it.")
    stored_as = models.CharField(max_length=128, unique=True, help_text="Its name in ClickHouse.")
    columns: "models.JSONField[list[dict[str, str]], list[dict[str, str]]]" = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ImportedTableQuerySet.as_manager()

    class Meta:
        app_label = "analytics"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
