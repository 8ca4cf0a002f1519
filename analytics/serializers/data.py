"""Requests and answers around tables and exports; questions themselves are analytics.query.requests."""

from typing import Any, ClassVar

from django.urls import reverse
from rest_framework import serializers

from accounts.query_parameters import QueryParameters
from analytics.exports.models import Export
from analytics.tables.descriptions import TEXT_MAX_LENGTH


class TableAnswer(serializers.Serializer[Any]):
    """A table in the list."""

    name = serializers.CharField()
    description = serializers.CharField()


class TablesAnswer(serializers.Serializer[Any]):
    """A page of the tables."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TableAnswer(many=True)


class MetadataAnswer(serializers.Serializer[Any]):
    """A table's size; what tells of rows the caller does not see is null."""

    name = serializers.CharField()
    description = serializers.CharField()
    engine = serializers.CharField()
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField(allow_null=True)
    compressed_bytes = serializers.IntegerField(allow_null=True)
    uncompressed_bytes = serializers.IntegerField(allow_null=True)
    compression_ratio = serializers.FloatField(allow_null=True)
    time_column = serializers.CharField(allow_null=True)
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class ColumnAnswer(serializers.Serializer[Any]):
    """A column."""

    name = serializers.CharField()
    type = serializers.CharField()
    nullable = serializers.BooleanField()
    description = serializers.CharField()
    cardinality = serializers.IntegerField(allow_null=True)


class ColumnsAnswer(serializers.Serializer[Any]):
    """All columns."""

    columns = ColumnAnswer(many=True)


class DescriptionsRequest(serializers.Serializer[Any]):
    """What to say about a table and its columns."""

    description = serializers.CharField(max_length=TEXT_MAX_LENGTH, allow_blank=True, default=None, allow_null=True)
    columns = serializers.DictField(
        child=serializers.CharField(max_length=TEXT_MAX_LENGTH, allow_blank=True), default=dict
    )


class SampleQuery(QueryParameters[Any]):
    """How much."""

    limit = serializers.IntegerField(default=10, min_value=1, max_value=1000)


class ExportModeQuery(QueryParameters[Any]):
    """Whether a worker writes it."""

    # `async` is a word of Python's.
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The one field."""
        return {"async": serializers.BooleanField(default=False, help_text="Write it to the file store.")}


class ExportAccepted(serializers.ModelSerializer[Export]):
    """An export a worker will write."""

    task_id = serializers.UUIDField(source="id")
    result_url = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = ("task_id", "status", "result_url")

    def get_result_url(self, export: Export) -> str:
        """Where its progress is."""
        return reverse("export", args=[export.pk])


class ExportAnswer(serializers.ModelSerializer[Export]):
    """How far an export is, and in the end what its file holds and where it is."""

    url = serializers.SerializerMethodField()
    expires_in = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields: ClassVar = (
            "id",
            "format",
            "is_async",
            "status",
            "rows",
            "total_rows",
            "bytes",
            "sha256",
            "path",
            "url",
            "expires_in",
            "error",
            "attempts",
            "created_at",
            "started_at",
            "finished_at",
        )

    def get_url(self, export: Export) -> str | None:
        """A link to the file; null where there is none, not yet or not any more."""
        link = self.context.get("link")
        return link.url if link else None

    def get_expires_in(self, export: Export) -> int | None:
        """How many seconds the link works."""
        link = self.context.get("link")
        return link.expires_in if link else None
