"""What is asked of widgets' data, and what the answers look like."""

from typing import Any

from rest_framework import serializers

from accounts.query_parameters import QueryParameters
from analytics.serializers.requests import InstantField
from dashboards.fields import order_check
from dashboards.models import WidgetType


class DataQuery(QueryParameters[Any]):
    """From when to when, in place of the dashboard's period."""

    start = InstantField(required=False, default=None)
    end = InstantField(required=False, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """In this order."""
        order_check(attrs["start"], attrs["end"])
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
