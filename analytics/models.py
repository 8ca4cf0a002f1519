"""Metric results, and the tasks that calculate them; Django looks for the app's other models here too."""

import math
from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Role, User
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.kept_task import UNFINISHED, KeptTask, TaskStatus
from analytics.metrics.event_types import ACTIVITY_TYPES
from analytics.metrics.metric import Metric, Scope, Unit
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.metrics.settings import DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS
from analytics.sources.models import ImportedTable, RefusedRow, Source, SourceRun

__all__ = [
    "ID_MAX_LENGTH",
    "KEY_MAX_LENGTH",
    "UNFINISHED",
    "ZONE_MAX_LENGTH",
    "CourseSettings",
    "DeviceAnalysis",
    "DeviceAnalysisTask",
    "ImportedTable",
    "MetricResult",
    "MetricResultQuerySet",
    "MetricTask",
    "MetricTaskQuerySet",
    "NightlyRun",
    "RefusedRow",
    "Source",
    "SourceRun",
    "TaskStatus",
]

ID_MAX_LENGTH = 128
ZONE_MAX_LENGTH = 64
KEY_MAX_LENGTH = 64


def _is_teacher(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.role in {Role.TEACHER, Role.ADMIN}


class MetricResultQuerySet(models.QuerySet["MetricResult"]):
    """Reads of results."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All for a teacher or an admin; their own for everybody else."""
        return self if _is_teacher(user) else self.filter(user_id=str(user.pk))

    def in_period(self, period: Period) -> Self:
        """Those of exactly this period and zone."""
        return self.filter(start=period.start, end=period.end, timezone=period.timezone)


class MetricResult(models.Model):
    """One number; calculating it again replaces it."""

    metric = models.CharField(max_length=KEY_MAX_LENGTH)
    scope = models.CharField(max_length=16, choices=[(scope.value, scope.value.replace("_", " ")) for scope in Scope])
    # None, not '': a result over all courses has no course.
    course_id = models.CharField(max_length=ID_MAX_LENGTH, null=True, blank=True)  # noqa: DJ001
    user_id = models.CharField(max_length=ID_MAX_LENGTH, null=True, blank=True)  # noqa: DJ001
    start = models.DateTimeField()
    end = models.DateTimeField()
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH)
    value = models.FloatField(null=True, blank=True, help_text="Empty when there is nothing to divide by.")
    parts = models.JSONField(help_text="What the value is made of.")
    unit = models.CharField(max_length=16, choices=[(unit.value, unit.value.replace("_", " ")) for unit in Unit])
    parameters = models.JSONField(help_text="Weights, thresholds and caps that were used.")
    computed_at = models.DateTimeField()
    computed_through = models.DateTimeField(
        null=True, blank=True, help_text="When the newest event that was in had been received."
    )

    stale: bool | None = None
    """Later events would change it; a selector sets it that has asked the event store. None: not known."""

    objects = MetricResultQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                # In the order in which a calculation and a course's page look for them.
                fields=["metric", "start", "end", "timezone", "scope", "course_id", "user_id"],
                nulls_distinct=False,
                name="metric_result_unique",
            ),
        ]
        # None of them on a column that changes when a result is calculated again: such an update is far cheaper.
        indexes: ClassVar = [
            models.Index(fields=["user_id"], name="metric_result_of_user", condition=models.Q(user_id__isnull=False)),
            models.Index(
                fields=["course_id"], name="metric_result_of_course", condition=models.Q(scope=Scope.COURSE.value)
            ),
        ]

    def __str__(self) -> str:
        about = " ".join(filter(None, (self.course_id, self.user_id))) or "all courses"
        return f"{self.metric} of {about} from {self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"

    @property
    def period(self) -> Period:
        """The period it is of."""
        return Period(self.start, self.end, self.timezone)


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
        """All for a teacher or an admin, none for everybody else."""
        return self if _is_teacher(user) else self.none()

    def unfinished(self) -> Self:
        """Waiting for a worker, or with one."""
        return self.filter(status__in=UNFINISHED)


class MetricTask(KeptTask):
    """A calculation asked for."""

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
    def to_do(self) -> list[Metric]:
        """The metrics that are not stored yet."""
        return [METRICS[key] for key in self.metrics[self.done :]]


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
        null=True, blank=True, help_text="Late events were looked for up to this time of receipt."
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
