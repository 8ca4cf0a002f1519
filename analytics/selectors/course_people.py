"""The people of a course with their metrics, and those of them who may need help."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.db.models import Aggregate, F, FloatField, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from analytics.metrics.completion import COMPLETION
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import PersonResult
from analytics.selectors.metric_results import ResultFilter, newest_period, results_matching

PeopleQuerySet: TypeAlias = QuerySet[PersonResult, Any]


@dataclass(frozen=True, slots=True)
class CoursePeople:
    """A course's people of one period: rows of user_id and the value of each of `metrics` by its name."""

    course_id: str
    period: Period
    metrics: list[str]
    rows: PeopleQuerySet


@dataclass(frozen=True, slots=True)
class RiskReason:
    """A value that is below its threshold."""

    metric: str
    value: float
    threshold: float


def course_people_get(*, viewer: User | AnonymousUser, course_id: str, where: ResultFilter) -> CoursePeople | None:
    """A course's people, each with the values of its calculated metrics by name; None: nothing is stored."""
    of_course = results_matching(where).visible_to(viewer).filter(course_id=course_id)
    period = newest_period(of_course)
    if period is None:
        return None
    results = dict(of_course.in_period(period).order_by("metric").values_list("metric", "pk"))
    people = PersonResult.objects.visible_to(viewer).filter(result__in=results.values()).order_by().values("user_id")
    values = {metric: _value_of(metric, result_id) for metric, result_id in results.items()}
    return CoursePeople(course_id, period, list(results), people.annotate(**values))


def people_sorted(*, people: CoursePeople, by: str) -> PeopleQuerySet:
    """By `user_id` or a metric, the highest first with a minus before it; who has no value comes last."""
    name = by.removeprefix("-")
    field = F(name)
    order = field.desc(nulls_last=True) if by.startswith("-") else field.asc(nulls_last=True)
    return people.rows.order_by(order, "user_id")


def people_at_risk(*, people: CoursePeople, thresholds: Mapping[str, float]) -> PeopleQuerySet:
    """Those below a threshold in at least one metric; who has completed the course is at no risk."""
    below = [Q(**{f"{metric}__lt": thresholds[metric]}) for metric in people.metrics if metric in thresholds]
    if not below:
        return people.rows.none()
    at_risk = people.rows.filter(reduce(or_, below)).order_by("user_id")
    return at_risk.exclude(Q(**{COMPLETION.key: 1})) if COMPLETION.key in people.metrics else at_risk


def risk_reasons(*, person: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[RiskReason]:
    """Why somebody is on the list: each metric whose value is below its threshold."""
    values = {metric: person.get(metric) for metric in sorted(thresholds)}
    return [
        RiskReason(metric, value, thresholds[metric])
        for metric, value in values.items()
        if value is not None and value < thresholds[metric]
    ]


def _value_of(metric: str, result_id: int) -> Aggregate | Coalesce:
    value = Max("value", filter=Q(result=result_id))
    missing = METRICS[metric].without_row
    return value if missing is None else Coalesce(value, missing, output_field=FloatField())
