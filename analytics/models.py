"""Metric results, and the tasks that calculate them."""

import math
import uuid
from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Role, User
from analytics.metrics.event_types import ACTIVITY_TYPES
from analytics.metrics.metric import Metric, Unit
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS, metrics_together
from analytics.metrics.settings import DEFAULT_THRESHOLDS, DEFAULT_WEIGHTS

ID_MAX_LENGTH = 128
ZONE_MAX_LENGTH = 64
KEY_MAX_LENGTH = 64


def _is_teacher(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.role in {Role.TEACHER, Role.ADMIN}


class MetricResultQuerySet(models.QuerySet["MetricResult"]):
    """Reads of results."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All for a teacher or an admin, none for everybody else: a course's number is about others."""
        return self if _is_teacher(user) else self.none()

    def in_period(self, period: Period) -> Self:
        """Those of exactly this period and zone."""
        return self.filter(start=period.start, end=period.end, timezone=period.timezone)


class MetricResult(models.Model):
    """One number of a course or of all courses together; its people's are below it. Calculating again replaces both."""

    metric = models.CharField(max_length=KEY_MAX_LENGTH)
    # None, not '': a result over all courses has no course.
    course_id = models.CharField(max_length=ID_MAX_LENGTH, null=True, blank=True)  # noqa: DJ001
    start = models.DateTimeField()
    end = models.DateTimeField()
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH)
    value = models.FloatField(null=True, blank=True, help_text="Empty when there is nothing to divide by.")
    parts = models.JSONField(help_text="What the value is made of.")
    unit = models.CharField(max_length=16, choices=[(unit.value, unit.label) for unit in Unit])
    parameters = models.JSONField(help_text="Weights, thresholds and caps that were used.")
    computed_at = models.DateTimeField()
    computed_through = models.DateTimeField(
        null=True, blank=True, help_text="When the newest event that was in had been received."
    )
    seen_through = models.DateTimeField(
        null=True, blank=True, help_text="Every event that was stored up to here was in; a later one makes it stale."
    )

    people_digest = models.CharField(
        max_length=32, blank=True, editable=False, help_text="Of its people's numbers; while it stays, so do they."
    )

    stale: bool | None = None
    """Later events would change it; a selector sets it that has asked the event store. None: not known."""

    objects = MetricResultQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["metric", "start", "end", "timezone", "course_id"],
                nulls_distinct=False,
                name="metric_result_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["course_id"], name="metric_result_of_course")]

    def __str__(self) -> str:
        about = self.course_id or "all courses"
        return f"{self.metric} of {about} from {self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"

    @property
    def period(self) -> Period:
        """The period it is of."""
        return Period(self.start, self.end, self.timezone)


class PersonResultQuerySet(models.QuerySet["PersonResult"]):
    """Reads of people's results."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All for a teacher or an admin; their own for everybody else."""
        return self if _is_teacher(user) else self.filter(user_id=str(user.pk))


class PersonResult(models.Model):
    """One number of a person, within the course of its result or over all courses.

    A row is as narrow as can be, and has no key of its own: these are by far the most, and are written in bulk.
    """

    pk = models.CompositePrimaryKey("result_id", "user_id")
    # Asking for each of a million rows whether its result is there would cost more than writing it.
    result = models.ForeignKey(
        MetricResult, on_delete=models.CASCADE, related_name="people", db_constraint=False, db_index=False
    )
    # Compared byte by byte: in a language's order both indexes take half as long again to write.
    user_id = models.CharField(max_length=ID_MAX_LENGTH, db_collation="C")
    value = models.FloatField(null=True, blank=True, help_text="Empty when there is nothing to divide by.")
    part_1 = models.FloatField()
    part_2 = models.FloatField()

    objects = PersonResultQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user_id"], name="person_result_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.value}"

    @property
    def parts(self) -> dict[str, float]:
        """What the value is made of."""
        return dict(zip(METRICS[self.result.metric].parts, (self.part_1, self.part_2), strict=True))


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


class TaskStatus(models.TextChoices):
    """Where a task is."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (TaskStatus.PENDING, TaskStatus.RUNNING)


class MetricTaskQuerySet(models.QuerySet["MetricTask"]):
    """Reads of tasks."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All for a teacher or an admin, none for everybody else."""
        return self if _is_teacher(user) else self.none()

    def unfinished(self) -> Self:
        """Waiting for a worker, or with one."""
        return self.filter(status__in=UNFINISHED)


class MetricTask(models.Model):
    """A calculation asked for. The row is the truth; the message on the queue only wakes a worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, choices=TaskStatus.choices, default=TaskStatus.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    course_id = models.CharField(max_length=ID_MAX_LENGTH, null=True, blank=True)  # noqa: DJ001  # None: all
    start = models.DateTimeField()
    end = models.DateTimeField()
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH)
    metrics = ArrayField(models.CharField(max_length=KEY_MAX_LENGTH))
    done = models.PositiveSmallIntegerField(default=0, help_text="How many of the metrics are stored.")
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(help_text="When it is due; long after that, its message is lost.")
    rows = models.JSONField(default=dict, help_text="How many results there are, by metric and scope.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

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
        return metrics_together(self.metrics[self.done :])

    @property
    def is_finished(self) -> bool:
        """Nothing more will happen to it."""
        return self.status not in UNFINISHED


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
