"""Calculates one metric and stores its results in place of the earlier ones."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from analytics.metrics.metric import Metric, ResultRow, Scope, Statement
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse
from analytics.selectors.course_settings import course_settings_get
from analytics.selectors.events import FINAL_SETTINGS, events_newest_received
from storage_app import advisory_lock
from storage_app.clickhouse import gateway
from storage_app.clickhouse.gateway import RowStream

_CREATE_FRESH = """
CREATE TEMPORARY TABLE metric_result_fresh
    (scope text, course_id text, user_id text, value double precision, parts jsonb)
"""
_COPY_FRESH = "COPY metric_result_fresh (scope, course_id, user_id, value, parts) FROM STDIN"
_REPLACE = """
INSERT INTO analytics_metricresult (
    metric, start, "end", timezone, scope, course_id, user_id,
    value, parts, unit, parameters, computed_at, computed_through
)
SELECT
    %(metric)s, %(start)s, %(end)s, %(timezone)s, scope, course_id, user_id,
    value, parts, %(unit)s,
    COALESCE(%(parameters_by_course)s::jsonb -> course_id, %(parameters)s::jsonb), %(computed_at)s, %(computed_through)s
FROM metric_result_fresh
ORDER BY scope, course_id, user_id  -- as the unique index is: one place after the other costs a third less
ON CONFLICT ON CONSTRAINT metric_result_unique DO UPDATE SET
    value = excluded.value, parts = excluded.parts, unit = excluded.unit, parameters = excluded.parameters,
    computed_at = excluded.computed_at, computed_through = excluded.computed_through
"""
# What this calculation did not give is from an earlier one and no longer so.
_DELETE_EARLIER = """
DELETE FROM analytics_metricresult
WHERE metric = %(metric)s AND start = %(start)s AND "end" = %(end)s AND timezone = %(timezone)s
    AND scope = ANY(%(scopes)s) AND (%(course_id)s::text IS NULL OR course_id = %(course_id)s)
    AND computed_at <> %(computed_at)s
"""


def metric_results_replace(*, metric: Metric, period: Period, course_id: str | None) -> dict[str, int]:
    """Calculate a metric of one course, or of every course and person, and store it; gives rows by scope.

    All in one transaction: until it ends, and if it fails, the earlier results stand whole.

    Raises:
        StoreError: the event store could not answer.
    """
    with transaction.atomic():
        # Taken before the events are read, so that of two calculations the later look at them is stored last.
        advisory_lock.wait_until_commit(f"{metric.key} {period.start} {period.end} {period.timezone}")
        computed_through = events_newest_received(course_id=course_id, reach=metric.reach(period))
        by_course = course_settings_get()
        with _calculated(metric.statement(period, course_id, by_course)) as rows:
            counts = _load(map(metric.result, rows))
        _store(metric, period, course_id, by_course, computed_through)
    return counts


@contextmanager
def _calculated(statement: Statement) -> Iterator[RowStream]:
    with gateway.stream(
        statement.sql,
        statement.parameters,
        settings=FINAL_SETTINGS,
        timeout_seconds=settings.TASK_TIME_LIMIT_SECONDS,
    ) as rows:
        yield rows


def _load(rows: Iterable[ResultRow]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_FRESH)
        with cursor.copy(_COPY_FRESH) as copy:
            for row in rows:
                copy.write_row((row.scope, row.course_id, row.user_id, row.value, json.dumps(row.parts)))
                counts[row.scope.value] += 1
    return dict(counts)


def _store(
    metric: Metric,
    period: Period,
    course_id: str | None,
    by_course: SettingsByCourse,
    computed_through: datetime | None,
) -> None:
    values: dict[str, Any] = {
        "metric": metric.key,
        "start": period.start,
        "end": period.end,
        "timezone": period.timezone,
        "unit": metric.unit,
        "parameters": json.dumps(by_course.default.chosen(metric.settings)),
        "parameters_by_course": json.dumps(
            {course: settings.chosen(metric.settings) for course, settings in by_course.courses.items()}
        ),
        "computed_at": timezone.now(),
        "computed_through": computed_through,
        "course_id": course_id,
        "scopes": [Scope.COURSE, Scope.COURSE_USER] if course_id else list(Scope),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")  # the sort stays in memory
        cursor.execute(_REPLACE, values)
        cursor.execute(_DELETE_EARLIER, values)
        cursor.execute("DROP TABLE metric_result_fresh")
