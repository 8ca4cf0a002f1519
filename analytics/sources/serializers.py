"""What requests about sources may hold, and what answers look like."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.query_parameters import QueryParameters
from accounts.refusal import refused
from analytics.sources.batches import COLUMNS_MAX_COUNT
from analytics.sources.column_types import TypeUnknown, type_normal
from analytics.sources.configs import ConfigKind, StrictSerializer
from analytics.sources.models import NAME_MAX_LENGTH, SCHEDULE_MAX_LENGTH, Mode, Source, SourceRun, SourceType
from analytics.sources.names import COLUMN_MAX_CHARACTERS, TABLE_NAME, TABLES_RESERVED, column_names
from analytics.sources.schedules import FORMS

KEY_MAX_COLUMNS = 16
_CONFIG = PolymorphicProxySerializer(
    component_name="SourceConfig", serializers=list(ConfigKind.serializers.values()), resource_type_field_name=None
)


@extend_schema_field(_CONFIG)
class ConfigField(serializers.DictField):
    """As its type wants it, which `SourceRequest` sees to."""


class SourceColumn(StrictSerializer):
    """A column of the table."""

    name = serializers.CharField(max_length=COLUMN_MAX_CHARACTERS, trim_whitespace=False)
    type = serializers.CharField(max_length=64, help_text="Int64, Nullable(Float64), DateTime64(3), String, …")

    def validate_name(self, name: str) -> str:
        """As a column may be called."""
        if column_names([name]) != [name]:
            raise serializers.ValidationError(
                "It is reserved, begins or ends with white space, or holds control characters."
            )
        return name

    def validate_type(self, name: str) -> str:
        """One of the types there are."""
        try:
            return type_normal(name)
        except TypeUnknown as error:
            raise serializers.ValidationError(str(error), code="unknown_type") from None


class SourceRequest(StrictSerializer):
    """A source; all but type and config may be left out."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH, required=False, help_text="Else after the data.")
    type = serializers.ChoiceField(SourceType.choices)
    table_name = serializers.CharField(required=False, help_text="Else after the name; it cannot be changed.")
    config = ConfigField()
    mode = serializers.ChoiceField(Mode.choices, default=Mode.REPLACE)
    key = serializers.ListField(
        child=serializers.CharField(max_length=COLUMN_MAX_CHARACTERS, trim_whitespace=False),
        default=list,
        max_length=KEY_MAX_COLUMNS,
        help_text="Of upsert: the columns that tell one row from another.",
    )
    columns = SourceColumn(many=True, default=list, help_text="Empty: inferred at each run.")
    schedule = serializers.CharField(
        max_length=SCHEDULE_MAX_LENGTH, default="", allow_blank=True, allow_null=True, help_text=FORMS
    )

    def validate_table_name(self, name: str) -> str:
        """Small letters, digits and _, and none of our own tables."""
        if not TABLE_NAME.match(name):
            raise serializers.ValidationError("1 to 63 of a-z, 0-9 and _, with a letter first.", code="invalid_name")
        if name in TABLES_RESERVED:
            raise serializers.ValidationError("This name is taken by Tidewatch itself.", code="reserved")
        return name

    def validate_columns(self, columns: list[dict[str, str]]) -> list[dict[str, str]]:
        """Not too many, no two alike."""
        if len(columns) > COLUMNS_MAX_COUNT:
            raise serializers.ValidationError(f"{COLUMNS_MAX_COUNT} are allowed.", code="max_length")
        names = [column["name"] for column in columns]
        if len(set(names)) < len(names):
            raise serializers.ValidationError("Two of them have one name.", code="duplicate")
        return columns

    def validate_schedule(self, schedule: str | None) -> str:
        """None is none."""
        return schedule or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The config as its type wants it; a key where one is needed, among the columns."""
        config = ConfigKind.serializers[attrs["type"]](data=attrs["config"])
        if not config.is_valid():
            raise serializers.ValidationError({"config": config.errors})
        key, columns = attrs["key"], {column["name"] for column in attrs["columns"]}
        if (attrs["mode"] == Mode.UPSERT) != bool(key):
            raise refused("key", "Mode upsert needs a key, the others have none.", "invalid")
        if len(set(key)) < len(key) or (columns and not columns.issuperset(key)):
            raise refused("key", "A key names some of the columns, each once.", "invalid")
        return attrs | {"config": dict(config.validated_data)}


class SourcePatch(SourceRequest):
    """What is to be changed; a config is given as a whole, less secrets that stay."""

    type = serializers.ChoiceField(SourceType.choices, required=False)
    config = ConfigField(required=False)


class RunAnswer(serializers.ModelSerializer[SourceRun]):
    """A run."""

    class Meta:
        model = SourceRun
        fields = (
            "id", "status", "bytes_read", "rows_read", "rows_written", "rows_refused", "attempts",
            "created_at", "started_at", "finished_at", "error",
        )  # fmt: skip


class SourceAnswer(serializers.ModelSerializer[Source]):
    """A source; of its secrets only which there are."""

    config = serializers.SerializerMethodField()
    secrets = serializers.SerializerMethodField(help_text="Which secrets are kept; what they are is never told.")
    columns = SourceColumn(many=True)
    key = serializers.ListField(child=serializers.CharField())
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    last_run = serializers.SerializerMethodField()

    class Meta:
        model = Source
        fields = (
            "id", "name", "type", "table_name", "config", "secrets", "mode", "key", "columns", "schedule",
            "next_run_at", "owner", "last_run", "created_at", "updated_at",
        )  # fmt: skip

    @extend_schema_field(_CONFIG)
    def get_config(self, source: Source) -> dict[str, Any]:
        """Less what is secret."""
        return source.config

    def get_secrets(self, source: Source) -> list[str]:
        """Their names, all of a type: which of them is there, is not told either."""
        return list(ConfigKind.secret.get(source.type, ())) if source.secrets else []

    @extend_schema_field(RunAnswer(allow_null=True))
    def get_last_run(self, source: Source) -> Any:
        """The newest."""
        runs = getattr(source, "newest_runs", None)
        run = runs[0] if runs else None if runs == [] else source.runs.first()
        return RunAnswer(run).data if run else None


class RunAccepted(serializers.Serializer[SourceRun]):
    """A run that will be done."""

    run_id = serializers.UUIDField(source="pk")
    status = serializers.CharField()
    result_url = serializers.SerializerMethodField()

    def get_result_url(self, run: SourceRun) -> str:
        """Where to look for what became of it."""
        return reverse("source-run", args=[run.source_id, run.pk])


class TestRefusal(serializers.Serializer[Any]):
    """A row that would not be taken."""

    line = serializers.IntegerField()
    reason = serializers.CharField()
    row = serializers.CharField()


class TestAnswer(serializers.Serializer[Any]):
    """What a run would find."""

    columns = SourceColumn(many=True)
    data = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # the API's word for rows
    refused = TestRefusal(many=True)


class TestQuery(serializers.Serializer[Any]):
    """How much to show."""

    rows = serializers.IntegerField(default=20, min_value=1, max_value=1000)


class DeletionQuery(QueryParameters[Any]):
    """Whether to ask first."""

    force = serializers.BooleanField(default=False, help_text="Delete the table even if widgets use it.")


def patched(source: Source, changes: Any) -> Any:
    """A whole source as a request would bring it: as it is, with the changes."""
    if not isinstance(changes, dict):
        return changes
    as_it_is = {
        "name": source.name,
        "type": source.type,
        "config": source.config,
        "mode": source.mode,
        "key": source.key,
        "columns": source.columns,
        "schedule": source.schedule,
    }
    return as_it_is | changes
