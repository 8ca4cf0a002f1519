"""Stored results: of a person, of a course, of a task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from django.contrib.auth.models import AnonymousUser
from django.db.models import Aggregate, Avg, Count, F, FloatField, Max, Min

from accounts.models import User
from analytics.metrics.period import Period
from analytics.models import MetricResult, MetricResultQuerySet, MetricTask, PersonResult, PersonResultQuerySet
from analytics.selectors.staleness import results_mark_stale


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: exact, interpolated between neighbours."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, *, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


class Distribution(TypedDict):
    """How a metric's values are spread over people; None where nobody has one."""

    count: int
    mean: float | None
    median: float | None
    p10: float | None
    p90: float | None
    min: float | None
    max: float | None


NOBODY: Distribution = {
    "count": 0, "mean": None, "median": None, "p10": None, "p90": None, "min": None, "max": None
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CourseMetrics:
    """A course's results of one period, with the spread of each over its people, by metric."""

    course_id: str
    period: Period
    results: list[MetricResult]
    users: Mapping[str, Distribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """Which results are asked for; what is None or empty does not restrict."""

    period: Period | None = None
    timezone: str | None = None
    metrics: Sequence[str] = ()
    course_id: str | None = None


def user_metric_result_list(*, viewer: User | AnonymousUser, user_id: str, where: ResultFilter) -> PersonResultQuerySet:
    """A person's results, within courses and over all of them, newest period first; one's own are all visible."""
    results = PersonResult.objects.filter(user_id=user_id, result__in=results_matching(where))
    if user_id != str(viewer.pk):
        results = results.visible_to(viewer)
    order = ("-result__end", "-result__start", "result__metric", "result__course_id", "result_id")
    return results.select_related("result").order_by(*order)


def course_metrics_get(*, viewer: User | AnonymousUser, course_id: str, where: ResultFilter) -> CourseMetrics | None:
    """A course's results; without a period those of the one that was calculated last. None: nothing is stored."""
    of_course = results_matching(where).visible_to(viewer).filter(course_id=course_id)
    period = newest_period(of_course)
    if period is None:
        return None
    results = list(of_course.in_period(period).order_by("metric"))
    results_mark_stale(results, course_id=course_id)
    users = _distributions(PersonResult.objects.visible_to(viewer).filter(result__in=results))
    return CourseMetrics(course_id, period, results, users)


def newest_period(of_course: MetricResultQuerySet) -> Period | None:
    """The period of the result that was calculated last."""
    newest = of_course.order_by("-computed_at", "-end", "-start").first()
    return newest.period if newest else None


def metric_task_result_list(*, task: MetricTask, limit: int) -> list[MetricResult]:
    """The results of a task's courses and of all courses together, not those of every person."""
    where = ResultFilter(period=task.period, metrics=task.metrics, course_id=task.course_id)
    return list(results_matching(where).order_by("metric", F("course_id").asc(nulls_first=True))[:limit])


def results_matching(where: ResultFilter) -> MetricResultQuerySet:
    """The results a filter leaves."""
    results = MetricResult.objects.all()
    if where.period:
        results = results.in_period(where.period)
    elif where.timezone:
        results = results.filter(timezone=where.timezone)
    if where.metrics:
        results = results.filter(metric__in=where.metrics)
    if where.course_id:
        results = results.filter(course_id=where.course_id)
    return results


def _distributions(of_people: PersonResultQuerySet) -> dict[str, Distribution]:
    # Who has no value has no place in the spread, nor in its count.
    spread: dict[str, Aggregate] = {
        "count": Count("value"),
        "mean": Avg("value"),
        "median": Percentile("value", fraction=0.5),
        "p10": Percentile("value", fraction=0.1),
        "p90": Percentile("value", fraction=0.9),
        "min": Min("value"),
        "max": Max("value"),
    }
    rows: Iterable[Any] = of_people.order_by().values("result__metric").annotate(**spread)
    return {row["result__metric"]: cast(Distribution, {name: row[name] for name in spread}) for row in rows}
