"""Stored metrics and devices' readings, as kept questions ask for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from accounts.models import Device, User
from accounts.selectors import visible_courses
from analytics.devices.intervals import TooManyPoints
from analytics.devices.selectors import Series, Span, device_series
from analytics.intervals import Interval
from analytics.metrics.period import Period
from analytics.metrics.registry import UnknownMetric, metric_named
from analytics.query.problems import QueryProblem
from analytics.query.requests import Name, Struct, request_read
from analytics.selectors.metric_results import CourseMetrics, ResultFilter, course_metrics_get

__all__ = ["Span"]


class MetricQuestion(Struct, frozen=True, kw_only=True):
    """The metrics of a course; without names all of them."""

    course_id: Name
    metrics: Annotated[list[Name], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)


class DeviceQuestion(Struct, frozen=True, kw_only=True):
    """What a device measured; without an interval by one that makes a chart."""

    device_id: UUID
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Of which period."""

    span: Span
    zone: str


def metric_question_read(*, viewer: User, data: Any) -> MetricQuestion:
    """A question for metrics that this viewer may ask.

    Raises:
        QueryProblem; all functions here do.
    """
    question = request_read(data, MetricQuestion)
    courses = visible_courses(viewer)
    if courses is not None and question.course_id not in courses:
        raise QueryProblem("unknown_course", "There is no such course.", "course_id")
    for index, name in enumerate(question.metrics):
        try:
            metric_named(name)
        except UnknownMetric as error:
            raise QueryProblem("unknown_metric", str(error), f"metrics.{index}") from None
    return question


def course_figures(*, viewer: User, data: Any, when: When) -> CourseMetrics:
    """The stored results of exactly this period, without one of the one that was calculated last."""
    question = metric_question_read(viewer=viewer, data=data)
    where = ResultFilter(period=_period(when), metrics=question.metrics)
    found = course_metrics_get(viewer=viewer, course_id=question.course_id, where=where)
    if found is None:
        detail = "Nothing is stored of this course and period. POST /metrics/calculate calculates it."
        raise QueryProblem("not_calculated", detail, "course_id")
    return found


def device_question_read(*, viewer: User, data: Any) -> DeviceQuestion:
    """A question for readings of a device that this viewer sees."""
    question = request_read(data, DeviceQuestion)
    if not Device.objects.visible_to(viewer).filter(pk=question.device_id).exists():
        raise QueryProblem("unknown_device", "There is no such device.", "device_id")
    return question


def device_figures(*, viewer: User, data: Any, when: When) -> Series:
    """The device's readings over the period."""
    question = device_question_read(viewer=viewer, data=data)
    try:
        return device_series(device_id=question.device_id, span=when.span, interval=question.interval, zone=when.zone)
    except TooManyPoints as error:
        raise QueryProblem("too_many_points", str(error), "interval") from None


def _period(when: When) -> Period | None:
    start: datetime | None = when.span.start
    end: datetime | None = when.span.end
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "start" if start is None else "end"
        raise QueryProblem("required", "Results are of periods that have a start and an end.", missing)
    return Period(start, end, when.zone)
