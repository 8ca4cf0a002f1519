"""What a metric's query gives, straight from ClickHouse, and what is stored of it."""

from datetime import datetime
from typing import NamedTuple

from analytics.metrics.metric import Metric, Scope
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse
from analytics.models import MetricResult, PersonResult
from storage_app.clickhouse import gateway
from tests.analytics.reference import Key, Ratio


class ResultRow(NamedTuple):
    """One number: of a person in a course, a course, a person over all courses, or all courses together."""

    scope: Scope
    course_id: str | None
    user_id: str | None
    value: float | None
    parts: dict[str, float]


def result_rows(metric: Metric, period: Period, course_id: str | None = None) -> list[ResultRow]:
    """Every row of the query."""
    statement = metric.statement(period, course_id, SettingsByCourse())
    sql = f"SELECT {metric.value}, scope, course_id, user_id, {', '.join(metric.parts)} FROM ({statement.sql})"  # noqa: S608  # of fixed pieces
    return [
        ResultRow(Scope(scope), course or None, user or None, value, dict(zip(metric.parts, parts, strict=True)))
        for value, scope, course, user, *parts in gateway.query(sql, statement.parameters)
    ]


def ratios(metric: Metric, start: datetime, end: datetime, course_id: str | None = None) -> dict[Key, Ratio]:
    """(numerator, denominator) by (course, user); None for all of them. No key comes twice."""
    rows = result_rows(metric, Period(start, end), course_id)
    found = {(row.course_id, row.user_id): _pair(row) for row in rows}
    assert len(found) == len(rows)
    return found


def _pair(row: ResultRow) -> Ratio:
    return int(row.parts["numerator"]), int(row.parts["denominator"])


def stored() -> dict[Key, float | None]:
    """The stored values by (course, user)."""
    courses: dict[Key, float | None] = {(each.course_id, None): each.value for each in MetricResult.objects.all()}
    people = PersonResult.objects.select_related("result")
    return courses | {(each.result.course_id, each.user_id): each.value for each in people}
