"""Stored results: of courses, and below each those of its people."""

from typing import ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import Role, User
from accounts.selectors import visible_courses
from analytics.metrics.metric import Unit
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS

ID_MAX_LENGTH = 128
ZONE_MAX_LENGTH = 64
KEY_MAX_LENGTH = 64


def is_teacher(user: User | AnonymousUser) -> bool:
    """Whether somebody may see what others do."""
    return isinstance(user, User) and user.role in {Role.TEACHER, Role.ADMIN}


class MetricResultQuerySet(models.QuerySet["MetricResult"]):
    """Reads of results."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of a teacher's courses, all for an admin, none for others: a course's number is about others."""
        courses = visible_courses(user)
        return self if courses is None else self.filter(course_id__in=courses)

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
        """Those of a teacher's courses, all for an admin; their own for everybody else."""
        if not is_teacher(user):
            return self.filter(user_id=str(user.pk))
        courses = visible_courses(user)
        return self if courses is None else self.filter(result__course_id__in=courses)


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
