"""What requests about dashboards may hold, and what answers look like."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.json_object import JSONObjectField
from accounts.models import User
from accounts.query_parameters import QueryParameters
from analytics.selectors.questions import QueryProblem, filters_check, timezone_check
from analytics.serializers.requests import InstantField
from dashboards.models import (
    COLUMNS,
    NAME_MAX_LENGTH,
    WIDGETS_MAX,
    ZONE_MAX_LENGTH,
    Dashboard,
    Visibility,
    Widget,
    WidgetType,
)
from dashboards.periods import LAST_MAX, Unit

DESCRIPTION_MAX_LENGTH = 2000
FILTERS_MAX_BYTES = 16 * 1024
QUERY_MAX_BYTES = 64 * 1024
OPTIONS_MAX_BYTES = 128 * 1024
Y_MAX = 10_000
H_MAX = 100


class WholeField(serializers.Field[Any, Any, Any, Any]):
    """An object that is given as a whole, also where only some of what it is part of is changed."""

    shape: type[serializers.Serializer[Any]]
    default_error_messages: ClassVar = {"invalid": "This is an object."}

    def to_internal_value(self, data: Any) -> Any:
        """As its own serializer reads it."""
        if not isinstance(data, dict):
            self.fail("invalid")
        filled = self.shape(data=data)
        if not filled.is_valid():
            raise serializers.ValidationError(filled.errors)
        return filled.validated_data

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


class Period(serializers.Serializer[Any]):
    """Either start, end or both, or the last so many units of the calendar in the dashboard's zone."""

    start = InstantField(required=False)
    end = InstantField(required=False)
    last = serializers.IntegerField(min_value=1, max_value=LAST_MAX, required=False, help_text="How many units.")
    unit = serializers.ChoiceField([unit.value for unit in Unit], required=False)
    current = serializers.BooleanField(default=True, help_text="Whether the last of them is the one under way.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two kinds, as JSON."""
        start, end = attrs.get("start"), attrs.get("end")
        if "last" in attrs or "unit" in attrs:
            if missing := {"last", "unit"} - attrs.keys():
                raise _refused(missing.pop(), "last and unit are given together.", "required")
            if start or end:
                raise _refused("last", "Either last and unit, or start and end.", "invalid")
            return {name: attrs[name] for name in ("last", "unit", "current")}
        if not (start or end):
            raise _refused("start", "A period has a start, an end, or last and unit; null is all time.", "required")
        _check_order(start, end)
        return {name: bound.isoformat() for name, bound in (("start", start), ("end", end)) if bound}


@extend_schema_field(Period)
class PeriodField(WholeField):
    """A period."""

    shape = Period


class Position(serializers.Serializer[Any]):
    """A place on a grid of 12 columns."""

    x = serializers.IntegerField(min_value=0, max_value=COLUMNS - 1)
    y = serializers.IntegerField(min_value=0, max_value=Y_MAX)
    w = serializers.IntegerField(min_value=1, max_value=COLUMNS)
    h = serializers.IntegerField(min_value=1, max_value=H_MAX)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Within the grid."""
        if attrs["x"] + attrs["w"] > COLUMNS:
            raise _refused("w", f"It ends beyond the grid's {COLUMNS} columns.", "max_value")
        return attrs


@extend_schema_field(Position)
class PositionField(WholeField):
    """A position."""

    shape = Position


class VersionField(serializers.IntegerField):
    """For changing nothing that somebody else has changed meanwhile."""

    def __init__(self, **options: Any) -> None:
        help_text = "The dashboard's version that is changed; 409 if there is a newer one."
        super().__init__(min_value=1, required=False, allow_null=True, help_text=help_text, **options)


class DashboardRequest(serializers.Serializer[Any]):
    """A dashboard; all but the name may be left out."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH)
    description = serializers.CharField(max_length=DESCRIPTION_MAX_LENGTH, default="", allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices, default=Visibility.PRIVATE)
    period = PeriodField(default=None, allow_null=True, help_text="null: all time.")
    timezone = serializers.CharField(max_length=ZONE_MAX_LENGTH, default="UTC", help_text="IANA: what a day is.")
    filters = JSONObjectField(
        max_bytes=FILTERS_MAX_BYTES, default=dict, help_text="As in POST /data/query, for every widget of a table."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With filters that can be some, and a zone that is one."""
        try:
            filters_check(attrs.get("filters", {}))
            timezone_check(attrs.get("timezone", "UTC"))
        except QueryProblem as error:
            raise _refused(error.attr, error.detail, error.code) from None
        return attrs


class DashboardChange(DashboardRequest):
    """A dashboard as it is to be."""

    version = VersionField()


class DashboardAnswer(serializers.ModelSerializer[Dashboard]):
    """A dashboard, without its widgets."""

    owner = serializers.CharField(source="owner.username", help_text="Its owner's username.")
    can_edit = serializers.SerializerMethodField(help_text="Whether the caller may change it.")
    period = PeriodField(allow_null=True)
    filters = serializers.DictField()

    class Meta:
        model = Dashboard
        fields = (
            "id", "name", "description", "owner", "can_edit", "visibility", "period", "timezone", "filters", "version",
            "created_at", "updated_at",
        )  # fmt: skip

    def get_can_edit(self, dashboard: Dashboard) -> bool:
        """By the viewer in the context."""
        viewer: User = self.context["viewer"]
        return dashboard.is_editable_by(viewer)


class WidgetRequest(serializers.Serializer[Any]):
    """A widget; all but the type may be left out where the type allows it."""

    title = serializers.CharField(max_length=NAME_MAX_LENGTH, default="", allow_blank=True)
    type = serializers.ChoiceField(WidgetType.choices)
    query = JSONObjectField(
        max_bytes=QUERY_MAX_BYTES,
        default=dict,
        help_text="Of a chart as in /data/chart, less chart_type; of a table as in /data/aggregate or /data/query; of "
        'a number as in /data/aggregate; of metrics {"course_id", "metrics"?}; of a device {"device_id", "interval"?}.',
    )
    options = JSONObjectField(
        max_bytes=OPTIONS_MAX_BYTES,
        default=dict,
        help_text="How it is shown, which is the client's own; and text, use_filters, time_field.",
    )
    position = PositionField(default=None, allow_null=True, help_text="Left out: below the others, or where it was.")
    version = VersionField()


class WidgetAnswer(serializers.ModelSerializer[Widget]):
    """A widget."""

    query = serializers.DictField()
    options = serializers.DictField()
    position = PositionField()
    version = serializers.IntegerField(source="dashboard.version", help_text="The dashboard's.")

    class Meta:
        model = Widget
        fields = ("id", "title", "type", "query", "options", "position", "version")


class WidgetPlace(serializers.Serializer[Any]):
    """Where a widget is to be."""

    id = serializers.UUIDField()
    position = PositionField()


class LayoutRequest(serializers.Serializer[Any]):
    """The places of all widgets."""

    widgets = serializers.ListField(child=WidgetPlace(), max_length=WIDGETS_MAX)
    version = VersionField()


class LayoutAnswer(serializers.Serializer[Any]):
    """The places of all widgets, and the dashboard's version with them."""

    version = serializers.IntegerField()
    widgets = WidgetPlace(many=True, source="widgets.all")


class DataQuery(QueryParameters[Any]):
    """From when to when, in place of the dashboard's period."""

    start = InstantField(required=False, default=None)
    end = InstantField(required=False, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """In this order."""
        _check_order(attrs["start"], attrs["end"])
        return attrs


class SpanAnswer(serializers.Serializer[Any]):
    """From when until just before when; null: no bound."""

    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class WidgetError(serializers.Serializer[Any]):
    """Why a widget shows nothing: what it would be answered alone."""

    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class WidgetDataAnswer(serializers.Serializer[Any]):
    """What a widget shows: either data or an error."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(WidgetType.choices)
    title = serializers.CharField()
    period = SpanAnswer(allow_null=True, help_text="What of the period restricts it; null: nothing.")
    data = serializers.DictField(  # type: ignore[assignment]  # the API's word for it
        allow_null=True,
        help_text="As /data/chart, /data/aggregate, /data/query, /analytics/course/{course_id} and "
        "/stats/{device_id}/series answer; of a text its text.",
    )
    cached = serializers.BooleanField()
    age_seconds = serializers.IntegerField(help_text="How long ago the store was asked.")
    error = WidgetError(allow_null=True)


class DashboardDataAnswer(serializers.Serializer[Any]):
    """What a dashboard shows."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    timezone = serializers.CharField()
    widgets = WidgetDataAnswer(many=True)


def _check_order(start: Any, end: Any) -> None:
    if start and end and start >= end:
        raise _refused("end", "The end must be after the start.", "end_before_start")


def _refused(attr: str, detail: str, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({attr: [ErrorDetail(detail, code=code)]})
