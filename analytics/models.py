"""Courses' settings, calculations and nightly runs. Each room's own models are made known here, where Django looks."""

import math
from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import User
from accounts.selectors import visible_courses
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.exports.models import Export
from analytics.kept_task import UNFINISHED, KeptTask, TaskStatus
from analytics.metrics.event_types import ACTIVITY_TYPES
from analytics.metrics.metric import Metric
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS, metrics_together
from analytics.metrics.settings import DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS
from analytics.result_models import (
    ID_MAX_LENGTH,
    KEY_MAX_LENGTH,
    ZONE_MAX_LENGTH,
    MetricResult,
    MetricResultQuerySet,
    PersonResult,
    PersonResultQuerySet,
)
from analytics.sources.models import ImportedTable, RefusedRow, Source, SourceRun
from analytics.tables.models import ColumnDescription

__all__ = [
    "ID_MAX_LENGTH",
    "KEY_MAX_LENGTH",
    "UNFINISHED",
    "ZONE_MAX_LENGTH",
    "ColumnDescription",
    "CourseSettings",
    "DeviceAnalysis",
    "DeviceAnalysisTask",
    "Export",
    "ImportedTable",
    "MetricResult",
    "MetricResultQuerySet",
    "MetricTask",
    "MetricTaskQuerySet",
    "NightlyRun",
    "PersonResult",
    "PersonResultQuerySet",
    "RefusedRow",
    "Source",
    "SourceRun",
    "TaskStatus",
]


def _default_weights() -> dict[str, float]:
    return dict(DEFAULT_WEIGHTS)


def _default_thresholds() -> dict[str, float]:
    return dict(DEFAULT_THRESHOLDS)


class CourseSettings(models.Model):
    """What a course sets of its metrics, in place of the defaults. Results keep what they were calculated with."""

    course_id = models.CharField(max_length=ID_MAX_LENGTH, unique=True)
    weights = models.JSONField(default=_default_weights, help_text="Points of an event, by its type (activity index).")
    daily_cap = models.PositiveIntegerField(
        default=100, help_text="How many events of a type count on one day (activity index)."
    )
    idle_seconds = models.PositiveIntegerField(
        default=1800,
        validators=[MinValueValidator(1), MaxValueValidator(86400)],
        help_text="A longer gap between two events is no time on task.",
    )
    base_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
        help_text="Length of retention's base window, just before the period; empty: as long as the period.",
    )
    thresholds = models.JSONField(
        default=_default_thresholds,
        blank=True,
        help_text="The at-risk list names who is below one of these values, by metric.",
    )

    class Meta:
        verbose_name_plural = "course settings"

    def __str__(self) -> str:
        return self.course_id

    def clean(self) -> None:
        """Weights of types that count, thresholds of metrics there are, all of them numbers from 0."""
        _check_numbers("weights", self.weights, ACTIVITY_TYPES)
        _check_numbers("thresholds", self.thresholds, METRICS)


def _check_numbers(field: str, values: object, names: Collection[str]) -> None:
    if not isinstance(values, dict):
        raise ValidationError({field: "This is a JSON object of names and numbers."})
    for name, value in values.items():
        if name not in names:
            raise ValidationError({field: f"{name} is none of {', '.join(names)}."})
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValidationError({field: f"{name} is no number from 0."})


class MetricTaskQuerySet(models.QuerySet["MetricTask"]):
    """Reads of tasks."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of a teacher's courses, all for an admin; none for everybody else."""
        courses = visible_courses(user)
        return self if courses is None else self.filter(course_id__in=courses)

    def unfinished(self) -> Self:
        """Waiting for a worker, or with one."""
        return self.filter(status__in=UNFINISHED)


class MetricTask(KeptTask):
    """A calculation asked for."""

    called = "calculation"

    course_id = models.CharField(max_length=ID_MAX_LENGTH, null=True, blank=True)  # noqa: DJ001  # None: all
    start = models.DateTimeField()
    end = models.DateTimeField()
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH)
    metrics = ArrayField(models.CharField(max_length=KEY_MAX_LENGTH))
    done = models.PositiveSmallIntegerField(default=0, help_text="How many of the metrics are stored.")
    rows = models.JSONField(default=dict, help_text="How many results there are, by metric and scope.")

    objects = MetricTaskQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["course_id", "start", "end", "timezone", "metrics"],
                condition=models.Q(status__in=UNFINISHED),
                nulls_distinct=False,
                name="metric_task_one_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{', '.join(self.metrics)} of {self.course_id or 'all courses'}: {self.status}"

    @property
    def period(self) -> Period:
        """The period to calculate."""
        return Period(self.start, self.end, self.timezone)

    @property
    def to_do(self) -> list[list[Metric]]:
        """The metrics that are not stored yet; those of a group are calculated together."""
        return metrics_together(key for key in self.metrics if key not in self.rows)


class NightlyRun(models.Model):
    """One night's calculations: yesterday, 7 and 28 days, and what late events have made stale."""

    day = models.DateField(help_text="The last day that is in.")
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH)
    by_hand = models.BooleanField(default=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    status = models.CharField(max_length=16, choices=TaskStatus.choices, default=TaskStatus.PENDING)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    courses = models.PositiveIntegerField(null=True, blank=True, help_text="Courses with events.")
    repaired = models.PositiveIntegerField(default=0, help_text="Stored periods that late events had made stale.")
    results = models.PositiveIntegerField(default=0, help_text="Results that were stored.")
    failures = models.JSONField(default=list, blank=True)
    checked_through = models.DateTimeField(
        null=True, blank=True, help_text="Late events were looked for that were stored up to here."
    )
    tasks = models.ManyToManyField(MetricTask, related_name="nightly_runs")

    class Meta:
        get_latest_by = "started_at"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "timezone"], condition=models.Q(by_hand=False), name="nightly_run_once_a_day"
            ),
            # Whatever asks for a run while one is under way gets that one.
            models.UniqueConstraint(
                fields=["timezone"], condition=models.Q(status__in=UNFINISHED), name="nightly_run_one_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} ({self.timezone}): {self.status}"
