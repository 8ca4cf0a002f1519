"""Calculates one metric and stores its results in place of the earlier ones."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from analytics import advisory_lock
from analytics.metrics.metric import CourseRow, Metric, Scope
from analytics.metrics.period import Period
from analytics.models import MetricResult
from analytics.selectors.course_settings import course_settings_get
from analytics.selectors.events import FINAL_SETTINGS, events_newest_received, events_seen_through
from storage_app.clickhouse import gateway

COURSES_AT_ONCE = 500
_COPY_PEOPLE = "COPY analytics_personresult (user_id, value, part_1, part_2, result_id) FROM STDIN"
_DELETE_PEOPLE = "DELETE FROM analytics_personresult WHERE result_id = ANY(%s)"


def metric_results_replace(*, metric: Metric, period: Period, course_id: str | None) -> dict[str, int]:
    """Calculate a metric of one course, or of every course and person, and store it; gives rows by scope.

    All in one transaction: until it ends, and if it fails, the earlier results stand whole.

    Raises:
        StoreError: the event store could not answer.
    """
    counts: Counter[str] = Counter()
    with transaction.atomic():
        # Taken before the events are read, so that of two calculations the later look at them is stored last.
        advisory_lock.wait_until_commit(f"{metric.key} {period.start} {period.end} {period.timezone}")
        by_course = course_settings_get()
        shared = {
            "metric": metric.key,
            "start": period.start,
            "end": period.end,
            "timezone": period.timezone,
            "unit": metric.unit,
            "computed_at": timezone.now(),
            "seen_through": events_seen_through(),
            "computed_through": events_newest_received(course_id=course_id, reach=metric.reach(period)),
        }
        statement = metric.by_course(period, course_id, by_course)
        with gateway.stream(
            statement.sql,
            statement.parameters,
            settings=FINAL_SETTINGS,
            timeout_seconds=settings.TASK_TIME_LIMIT_SECONDS,
        ) as rows:
            _delete_earlier(metric, period, course_id)
            courses = map(metric.course_row, rows)
            while some := list(islice(courses, COURSES_AT_ONCE)):
                results = [
                    MetricResult(
                        course_id=each.course_id,
                        value=each.value,
                        parts=each.parts,
                        parameters=by_course.of(each.course_id).chosen(metric.settings),
                        **shared,
                    )
                    for each in some
                ]
                _store(MetricResult.objects.bulk_create(results), some)
                counts.update(_counted(some))
    return dict(counts)


def _delete_earlier(metric: Metric, period: Period, course_id: str | None) -> None:
    earlier = MetricResult.objects.in_period(period).filter(metric=metric.key)
    if course_id is not None:
        earlier = earlier.filter(course_id=course_id)
    keys = list(earlier.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_PEOPLE, [keys])  # the ORM would fetch each row first
    earlier.filter(pk__in=keys)._raw_delete(earlier.db)


def _store(results: Sequence[MetricResult], courses: Sequence[CourseRow]) -> None:
    """The people's lines, each with the key of its course's result at its end."""
    with connection.cursor() as cursor, cursor.copy(_COPY_PEOPLE) as copy:
        for result, course in zip(results, courses, strict=True):
            copy.write(course.lines.replace("\n", f"\t{result.pk}\n"))


def _counted(courses: Iterable[CourseRow]) -> Counter[str]:
    """Results by scope."""
    counts: Counter[str] = Counter()
    for course in courses:
        inside = course.course_id is not None
        counts[Scope.COURSE if inside else Scope.ALL] += 1
        counts[Scope.COURSE_USER if inside else Scope.USER] += course.people
    return counts
