"""A course's metrics over time, and the people of a result."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import DurationField, ExpressionWrapper, F

from analytics.metrics.metric import Metric
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult, PersonResult

PERIODS_MAX_COUNT = 400
PEOPLE_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """A metric's values by the end of their periods, the oldest first."""

    metric: Metric
    points: list[tuple[datetime, float | None]]


def course_history_list(*, like: MetricResult) -> list[MetricHistory]:
    """Of the same course, the newest results of periods as long as this one's and in its zone, by metric."""
    length = ExpressionWrapper(F("end") - F("start"), output_field=DurationField())
    results = MetricResult.objects.filter(course_id=like.course_id, timezone=like.timezone, metric__in=METRICS)
    results = results.annotate(length=length).filter(length=like.end - like.start)
    points: dict[str, list[tuple[datetime, float | None]]] = defaultdict(list)
    newest = results.order_by("-end", "metric")[: PERIODS_MAX_COUNT * len(METRICS)]
    for metric, end, value in newest.values_list("metric", "end", "value"):
        points[metric].append((end, value))
    return [MetricHistory(METRICS[key], points[key][::-1]) for key in METRICS if key in points]


def result_people_list(*, result: MetricResult) -> list[PersonResult]:
    """The first of its people, by their ids."""
    return list(result.people.order_by("user_id")[:PEOPLE_SHOWN])
