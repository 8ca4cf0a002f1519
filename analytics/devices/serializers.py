"""What requests about devices' readings may hold, and what answers look like."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.query_parameters import PAGE, QueryParameters
from accounts.refusal import refused
from analytics.devices.intervals import MAX_POINTS
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.devices.selectors import Span
from analytics.intervals import Interval
from analytics.kept_task import TaskStatus
from analytics.metrics.period import EARLIEST, LATEST
from analytics.models import ZONE_MAX_LENGTH
from analytics.serializers.answers import Progress
from analytics.serializers.requests import InstantField, period_of

FLEET_MAX_DEVICES = 10_000
RESULTS_MAX_COUNT = 1000
_LARGEST_ID = 2**63 - 1


class SpanRequest(serializers.Serializer[Any]):
    """Which readings; without start and end all of them."""

    start = InstantField(required=False, allow_null=True, default=None)
    end = InstantField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the span in place of its bounds."""
        start, end = attrs.pop("start"), attrs.pop("end")
        period_of(start or EARLIEST, end or LATEST, attrs.get("zone", "UTC"))
        return {"span": Span(start, end), **attrs}


class SpanQuery(SpanRequest, QueryParameters[Any]):
    """The same in the address."""


class SeriesQuery(SpanQuery):
    """Which readings, in which steps."""

    interval = serializers.ChoiceField(
        choices=[each.value for each in Interval],
        required=False,
        help_text=f"At most {MAX_POINTS:,} of them; without it one that makes a chart.",
    )
    timezone = serializers.CharField(
        source="zone", max_length=ZONE_MAX_LENGTH, default="UTC", help_text="IANA: what a day is."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the interval by its name."""
        interval = attrs.pop("interval", None)
        return super().validate(attrs) | {"interval": Interval(interval) if interval else None}


class ResultsQuery(QueryParameters[Any]):
    """Which of a device's results."""

    task_id = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(default=100, min_value=1, max_value=RESULTS_MAX_COUNT)


class FleetQuery(SpanQuery):
    """Which readings of which devices: without an owner, of all the caller sees."""

    beside = PAGE
    owner_id = serializers.IntegerField(required=False, min_value=1, max_value=_LARGEST_ID, help_text="For admins.")


class FleetRequest(SpanRequest):
    """Which readings of which devices: of some, of an owner's, or of the caller's own."""

    device_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=FLEET_MAX_DEVICES
    )
    owner_id = serializers.IntegerField(required=False, min_value=1, max_value=_LARGEST_ID, help_text="For admins.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Not both of them."""
        if "device_ids" in attrs and "owner_id" in attrs:
            detail = "Devices are named one by one or by their owner, not both."
            raise refused("owner_id", detail, "invalid")
        return super().validate(attrs)


class SummedFigures(serializers.Serializer[Any]):
    """Of one axis."""

    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    sum = serializers.FloatField(allow_null=True, help_text="null: no readings, or beyond what a float holds.")


class AxisFigures(SummedFigures):
    """Of one axis."""

    median = serializers.FloatField(allow_null=True, help_text="Exact: the mean of the two in the middle.")


class AnalysisFigures(serializers.Serializer[Any]):
    """Of each axis."""

    x = AxisFigures()
    y = AxisFigures()
    z = AxisFigures()


class AnalysisAnswer(AnalysisFigures):
    """A device's figures."""

    device_id = serializers.UUIDField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class PointFigures(serializers.Serializer[Any]):
    """Of one axis in one interval."""

    min = serializers.FloatField(allow_null=True)
    avg = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)


class PointAnswer(serializers.Serializer[Any]):
    """One interval; nulls where nothing was measured."""

    start = serializers.DateTimeField()
    count = serializers.IntegerField()
    x = PointFigures()
    y = PointFigures()
    z = PointFigures()


class SeriesAnswer(serializers.Serializer[Any]):
    """A device's readings over time."""

    device_id = serializers.UUIDField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    interval = serializers.ChoiceField(choices=[each.value for each in Interval])
    timezone = serializers.CharField()
    points = PointAnswer(many=True)


class AnalysisAccepted(serializers.Serializer[DeviceAnalysisTask]):
    """An analysis that will be done."""

    task_id = serializers.UUIDField(source="pk")
    status = serializers.ChoiceField(choices=TaskStatus.choices)
    result_url = serializers.SerializerMethodField()

    def get_result_url(self, task: DeviceAnalysisTask) -> str:
        """Where to look for its results."""
        if device_id := self.context.get("device_id"):
            return f"{reverse('device-analysis-results', args=[device_id])}?task_id={task.pk}"
        return reverse("device-analysis-task", args=[task.pk])


class StoredAnalysis(serializers.Serializer[DeviceAnalysis]):
    """One analysis of a device, done or to be done."""

    task_id = serializers.UUIDField()
    status = serializers.ChoiceField(source="task.status", choices=TaskStatus.choices)
    start = serializers.DateTimeField(source="task.start", allow_null=True)
    end = serializers.DateTimeField(source="task.end", allow_null=True)
    requested_at = serializers.DateTimeField(source="task.created_at")
    finished_at = serializers.DateTimeField(source="task.finished_at", allow_null=True)
    result = AnalysisFigures(allow_null=True)
    error = serializers.SerializerMethodField()

    def get_error(self, analysis: DeviceAnalysis) -> str | None:
        """Why it failed."""
        return analysis.task.error or None


class DeviceResult(serializers.Serializer[DeviceAnalysis]):
    """One device of an analysis of many."""

    device_id = serializers.UUIDField()
    result = AnalysisFigures(allow_null=True)


class AnalysisTaskAnswer(AnalysisAccepted):
    """An analysis: how far it is."""

    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    progress = serializers.SerializerMethodField()
    attempts = serializers.IntegerField(help_text="How often a worker has begun it.")
    error = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField(source="created_at")
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(Progress)
    def get_progress(self, task: DeviceAnalysisTask) -> dict[str, int]:
        """In devices."""
        return {"done": task.done, "total": task.total}

    def get_error(self, task: DeviceAnalysisTask) -> str | None:
        """Why it failed."""
        return task.error or None


class AnalysisTaskResults(AnalysisTaskAnswer):
    """An analysis with a page of its results."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DeviceResult(many=True)


class FleetDevice(serializers.Serializer[Any]):
    """One device of a fleet."""

    device_id = serializers.UUIDField()
    name = serializers.CharField()
    x = SummedFigures()
    y = SummedFigures()
    z = SummedFigures()


class FleetAnswer(serializers.Serializer[Any]):
    """A fleet's devices, with what they measured."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FleetDevice(many=True)
