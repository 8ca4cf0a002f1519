"""What requests may hold."""

from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.query_parameters import PAGE, QueryParameters
from accounts.refusal import refused
from analytics.metrics.period import Period, PeriodInvalid, instant
from analytics.metrics.registry import METRICS, UnknownMetric, metric_named
from analytics.models import ID_MAX_LENGTH, ZONE_MAX_LENGTH
from analytics.selectors.metric_results import ResultFilter


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, Any, datetime]):
    """An ISO 8601 time; without an offset it is UTC, and a bare date the start of that day."""

    default_error_messages: ClassVar = {"invalid": "A time is a text in ISO 8601."}

    def to_internal_value(self, data: Any) -> datetime:
        """In UTC, whole milliseconds."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return instant(data, field=str(self.field_name))
        except PeriodInvalid as error:
            raise serializers.ValidationError(error.detail, code=error.code) from None


class MetricField(serializers.CharField):
    """A metric's name."""

    def to_internal_value(self, data: Any) -> str:
        """One that is known."""
        try:
            return metric_named(super().to_internal_value(data)).key
        except UnknownMetric as error:
            raise serializers.ValidationError(str(error), code="unknown_metric") from None


class IdentifierField(serializers.CharField):
    """A course's id as events carry it, text or whole number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=ID_MAX_LENGTH, trim_whitespace=False, **kwargs)


def period_of(start: datetime, end: datetime, timezone: str) -> Period:
    """The period, or a refusal that names the field."""
    try:
        return Period(start, end, timezone)
    except PeriodInvalid as error:
        raise refused(error.field, error.detail, error.code) from None


class CalculateRequest(serializers.Serializer[Any]):
    """What to calculate; without a course every one, without metrics all of them."""

    course_id = IdentifierField(required=False, allow_null=True, default=None)
    start = InstantField()
    end = InstantField()
    timezone = serializers.CharField(max_length=ZONE_MAX_LENGTH, default="UTC", help_text="IANA: what a day is.")
    metrics = serializers.ListField(child=MetricField(), default=list, max_length=100, help_text=", ".join(METRICS))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the period, and each metric once."""
        period = period_of(attrs["start"], attrs["end"], attrs["timezone"])
        return {"course_id": attrs["course_id"], "period": period, "metrics": attrs["metrics"] or list(METRICS)}


class WaitQuery(QueryParameters[Any]):
    """Whether to answer at once."""

    wait = serializers.BooleanField(default=False, help_text="Answer when it is done, or after a bounded time.")


class CourseResultQuery(QueryParameters[Any]):
    """Which results; start and end name one period exactly."""

    start = InstantField(required=False)
    end = InstantField(required=False)
    timezone = serializers.CharField(required=False, max_length=ZONE_MAX_LENGTH, help_text="With a period: UTC.")
    metrics = serializers.ListField(child=MetricField(), required=False, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the filter they make."""
        timezone = attrs.get("timezone")
        for given, missing in (("start", "end"), ("end", "start")):
            if given in attrs and missing not in attrs:
                detail = f"A period needs both: {given} is given and {missing} is not."
                raise refused(missing, detail, "required")
        where = ResultFilter(
            period=period_of(attrs["start"], attrs["end"], timezone or "UTC") if "start" in attrs else None,
            timezone=timezone,
            metrics=tuple(attrs.get("metrics", ())),
            course_id=attrs.get("course_id"),
        )
        return {"where": where}


class AtRiskQuery(CourseResultQuery):
    """Of which period the list is."""

    beside = PAGE


class PersonResultQuery(CourseResultQuery):
    """Which results of a person."""

    beside = PAGE
    course_id = IdentifierField(required=False)


class PeopleQuery(CourseResultQuery):
    """Which people of a course, in which order."""

    beside = PAGE
    sort = serializers.ChoiceField(
        choices=[sign + name for name in ("user_id", *METRICS) for sign in ("", "-")],
        default="user_id",
        help_text="user_id or a metric; with a minus the highest first.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the filter and the order."""
        return super().validate(attrs) | {"sort": attrs["sort"]}


class ActivityQuery(QueryParameters[Any]):
    """When something happened in a course; each bound may be missing."""

    beside = PAGE

    start = InstantField(required=False)
    end = InstantField(required=False)
