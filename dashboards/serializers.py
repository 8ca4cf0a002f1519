"""What requests about dashboards may hold, and what answers look like."""

from typing import Any

from rest_framework import serializers

from accounts.json_object import JSONObjectField
from accounts.models import User
from accounts.refusal import refused
from analytics.selectors.questions import QueryProblem, filters_check, timezone_check
from dashboards.fields import PeriodField, PositionField, VersionField
from dashboards.models import (
    NAME_MAX_LENGTH,
    WIDGETS_MAX,
    ZONE_MAX_LENGTH,
    Dashboard,
    Visibility,
    Widget,
    WidgetType,
)

DESCRIPTION_MAX_LENGTH = 2000
FILTERS_MAX_BYTES = 16 * 1024
QUERY_MAX_BYTES = 64 * 1024
OPTIONS_MAX_BYTES = 128 * 1024


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
            raise refused(error.attr, error.detail, error.code) from None
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
