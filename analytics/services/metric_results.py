"""Calculates one metric and stores its results in place of the earlier ones."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from analytics.metrics.by_course import CourseRow, by_course, course_rows
from analytics.metrics.metric import Metric, Scope
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse
from analytics.models import MetricResult, PersonResult
from analytics.selectors.course_settings import course_settings_get
from analytics.selectors.events import FINAL_SETTINGS, events_newest_received, events_seen_through
from storage_app import advisory_lock
from storage_app.clickhouse import gateway

COURSES_AT_ONCE = 500
_COPY_PEOPLE = "COPY analytics_personresult (user_id, value, part_1, part_2, result_id) FROM STDIN"
_IDENTITY = ("metric", "start", "end", "timezone", "course_id")
_REPLACED = (
    "value", "parts", "unit", "parameters", "computed_at", "computed_through", "seen_through", "people_digest"
)  # fmt: skip


def metric_results_replace(
    *, metrics: Sequence[Metric], period: Period, course_id: str | None
) -> dict[str, dict[str, int]]:
    """Calculate metrics that share their SQL, of one course or of every course and person, and store them.

    All in one transaction: until it ends, and if it fails, the earlier results stand whole.

    Returns: how many results there are, by metric and scope.

    Raises:
        StoreError: the event store could not answer.
    """
    counts: dict[str, Counter[str]] = {metric.key: Counter() for metric in metrics}
    with transaction.atomic():
        # Taken before the events are read, so that of two calculations the later look at them is stored last.
        for metric in metrics:
            advisory_lock.wait_until_commit(f"{metric.key} {period.start} {period.end} {period.timezone}")
        own = course_settings_get()
        calculations = [Calculation(metric, period, course_id, own) for metric in metrics]
        for rows in calculated(metrics, period, course_id, own):
            for calculation, courses in zip(calculations, zip(*rows, strict=True), strict=True):
                calculation.store(courses)
                counts[calculation.metric.key].update(_counted(courses))
        for calculation in calculations:
            calculation.delete_what_is_gone()
    return {key: dict(scopes) for key, scopes in counts.items()}


def calculated(
    metrics: Sequence[Metric], period: Period, course_id: str | None, own: SettingsByCourse
) -> Iterator[list[list[CourseRow]]]:
    """Some courses at a time, each with its row of every metric."""
    statement = by_course(metrics, period, course_id, own)
    with gateway.stream(
        statement.sql,
        statement.parameters,
        settings=FINAL_SETTINGS,
        timeout_seconds=settings.TASK_TIME_LIMIT_SECONDS,
    ) as rows:
        courses = (course_rows(metrics, row) for row in rows)
        while some := list(islice(courses, COURSES_AT_ONCE)):
            yield some


class Calculation:
    """One metric's results on their way into the tables, inside a transaction."""

    def __init__(self, metric: Metric, period: Period, course_id: str | None, own: SettingsByCourse) -> None:
        self.metric = metric
        self._settings = own
        stored = MetricResult.objects.in_period(period).filter(metric=metric.key)
        self._stored = stored if course_id is None else stored.filter(course_id=course_id)
        digests = self._stored.select_for_update().order_by("pk").values_list("course_id", "people_digest")
        self._digests = dict(digests)
        self._shared: dict[str, Any] = {
            "metric": metric.key,
            "start": period.start,
            "end": period.end,
            "timezone": period.timezone,
            "unit": metric.unit,
            "computed_at": timezone.now(),
            "seen_through": events_seen_through(),
            "computed_through": events_newest_received(course_id=course_id, reach=metric.reach(period)),
        }

    def store(self, courses: Sequence[CourseRow]) -> None:
        """The courses' results, and those of their people where one has changed."""
        results = self._store_courses(courses)
        changed = [
            (result.pk, course.lines)
            for result, course in zip(results, courses, strict=True)
            if self._digests.get(course.course_id) != result.people_digest
        ]
        _replace_people(changed)

    def delete_what_is_gone(self) -> None:
        """What this calculation did not give is no longer so."""
        self._stored.exclude(computed_at=self._shared["computed_at"]).delete()

    def _store_courses(self, courses: Sequence[CourseRow]) -> list[MetricResult]:
        """A course that has a result already keeps its key."""
        results = [
            MetricResult(
                course_id=course.course_id,
                value=course.value,
                parts=course.parts,
                parameters=self._settings.of(course.course_id).chosen(self.metric.settings),
                people_digest=course.digest,
                **self._shared,
            )
            for course in courses
        ]
        return MetricResult.objects.bulk_create(
            results, update_conflicts=True, unique_fields=_IDENTITY, update_fields=_REPLACED
        )


def _replace_people(changed: Sequence[tuple[int, str]]) -> None:
    """Put people's lines in place of those a result had, each with the result's key at its end."""
    PersonResult.objects.filter(result__in=[key for key, _ in changed]).delete()
    with connection.cursor() as cursor, cursor.copy(_COPY_PEOPLE) as copy:
        for key, lines in changed:
            copy.write(lines.replace("\n", f"\t{key}\n"))


def _counted(courses: Iterable[CourseRow]) -> Counter[str]:
    """Results by scope."""
    counts: Counter[str] = Counter()
    for course in courses:
        inside = course.course_id is not None
        counts[Scope.COURSE if inside else Scope.ALL] += 1
        counts[Scope.COURSE_USER if inside else Scope.USER] += course.people
    return counts
