"""What answers look like."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.metrics.metric import Unit
from analytics.models import MetricResult, MetricTask, PersonResult
from analytics.selectors.course_people import CoursePeople, RiskReason
from analytics.selectors.events import CourseActivity
from analytics.selectors.metric_results import NOBODY, CourseMetrics

RESULTS_MAX_COUNT = 1000
"""How many results a task's answer holds at most; `rows` says how many there are."""


class TaskAccepted(serializers.Serializer[MetricTask]):
    """A task that will be done."""

    task_id = serializers.UUIDField(source="pk")
    status = serializers.CharField()
    result_url = serializers.SerializerMethodField()

    def get_result_url(self, task: MetricTask) -> str:
        """Where to look for its results."""
        return reverse("metric-task", args=[task.pk])


class Progress(serializers.Serializer[Any]):
    """How many of the metrics are stored."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()


class ResultAnswer(serializers.ModelSerializer[MetricResult]):
    """One stored number."""

    value = serializers.FloatField(allow_null=True, help_text="null: nothing to divide by.")
    parts = serializers.DictField(child=serializers.FloatField(), help_text="What the value is made of.")
    parameters = serializers.DictField(help_text="Weights, thresholds and caps that were used.")

    class Meta:
        model = MetricResult
        fields: tuple[str, ...] = (
            "metric",
            "course_id",
            "start",
            "end",
            "timezone",
            "value",
            "unit",
            "parts",
            "parameters",
            "computed_at",
            "computed_through",
        )


class StaleField(serializers.BooleanField):
    """Whether a stored number still holds."""

    def __init__(self, **kwargs: Any) -> None:
        help_text = "Events that arrived later would change it; null: the event store cannot tell now."
        super().__init__(allow_null=True, help_text=help_text, **kwargs)


class PersonResultAnswer(serializers.Serializer[PersonResult]):
    """One stored number of a person."""

    metric = serializers.CharField(source="result.metric")
    course_id = serializers.CharField(source="result.course_id", allow_null=True)
    start = serializers.DateTimeField(source="result.start")
    end = serializers.DateTimeField(source="result.end")
    timezone = serializers.CharField(source="result.timezone")
    value = serializers.FloatField(allow_null=True, help_text="null: nothing to divide by.")
    unit = serializers.ChoiceField(source="result.unit", choices=[(unit.value, unit.label) for unit in Unit])
    parts = serializers.DictField(child=serializers.FloatField(), help_text="What the value is made of.")
    parameters = serializers.DictField(source="result.parameters", help_text="Weights, thresholds and caps.")
    computed_at = serializers.DateTimeField(source="result.computed_at")
    computed_through = serializers.DateTimeField(source="result.computed_through", allow_null=True)
    stale = StaleField(source="result.stale")


class PersonResultsAnswer(serializers.Serializer[Any]):
    """A person's stored numbers, newest period first."""

    user_id = serializers.CharField()
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PersonResultAnswer(many=True)


class TaskAnswer(TaskAccepted):
    """A task, and when it has succeeded its results."""

    course_id = serializers.CharField(allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    timezone = serializers.CharField()
    metrics = serializers.ListField(child=serializers.CharField())
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    rows = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="How many results are stored, by metric and scope: course_user, course, user, all.",
    )
    results = serializers.SerializerMethodField()

    @extend_schema_field(Progress)
    def get_progress(self, task: MetricTask) -> dict[str, int]:
        """In metrics."""
        return {"done": task.done, "total": len(task.metrics)}

    def get_error(self, task: MetricTask) -> str | None:
        """Why it failed."""
        return task.error or None

    @extend_schema_field(ResultAnswer(many=True, allow_null=True))
    def get_results(self, task: MetricTask) -> Any:
        """Of courses and of all courses together; null until it has succeeded."""
        results = self.context["results"]
        return None if results is None else ResultAnswer(results, many=True).data


class DistributionAnswer(serializers.Serializer[Any]):
    """How values are spread over people."""

    count = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    p10 = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)


class CourseMetricAnswer(ResultAnswer):
    """One metric of a course."""

    stale = StaleField()
    users = serializers.SerializerMethodField()

    class Meta(ResultAnswer.Meta):
        fields = ("value", "unit", "parts", "parameters", "computed_at", "computed_through", "stale", "users")

    @extend_schema_field(DistributionAnswer)
    def get_users(self, result: MetricResult) -> Any:
        """Over the people of the course."""
        return self.context["users"].get(result.metric, NOBODY)


class CourseAnswer(serializers.Serializer[CourseMetrics]):
    """A course's metrics of one period."""

    course_id = serializers.CharField()
    start = serializers.DateTimeField(source="period.start")
    end = serializers.DateTimeField(source="period.end")
    timezone = serializers.CharField(source="period.timezone")
    metrics = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=CourseMetricAnswer()))
    def get_metrics(self, found: CourseMetrics) -> dict[str, Any]:
        """By name; one that is not calculated for this period is not there."""
        context = {"users": found.users}
        return {result.metric: CourseMetricAnswer(result, context=context).data for result in found.results}


class CourseActivityAnswer(serializers.Serializer[CourseActivity]):
    """What happened in a course."""

    course_id = serializers.CharField()
    events = serializers.IntegerField()
    people = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class CoursesAnswer(serializers.Serializer[Any]):
    """Courses with events."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CourseActivityAnswer(many=True)


class CoursePeriodAnswer(serializers.Serializer[CoursePeople]):
    """Which course and period an answer is about."""

    course_id = serializers.CharField()
    start = serializers.DateTimeField(source="period.start")
    end = serializers.DateTimeField(source="period.end")
    timezone = serializers.CharField(source="period.timezone")


class PersonAnswer(serializers.Serializer[Any]):
    """Somebody in a course."""

    user_id = serializers.CharField()
    metrics = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="Values, by metric.")


class PeopleAnswer(CoursePeriodAnswer):
    """A course's people, with their metrics."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PersonAnswer(many=True)


class RiskReasonAnswer(serializers.Serializer[RiskReason]):
    """A value that is below its threshold."""

    metric = serializers.CharField()
    value = serializers.FloatField()
    threshold = serializers.FloatField()


class PersonAtRiskAnswer(PersonAnswer):
    """Somebody in a course, and why they may need help."""

    reasons = RiskReasonAnswer(many=True)


class AtRiskAnswer(CoursePeriodAnswer):
    """Who is below a threshold, by id: the list is no ranking."""

    thresholds = serializers.DictField(child=serializers.FloatField(), help_text="By metric.")
    not_calculated = serializers.ListField(
        child=serializers.CharField(), help_text="Metrics with a threshold, of which this period has no result."
    )
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PersonAtRiskAnswer(many=True)
