"""What a metric's query gives, straight from ClickHouse, and what is stored of it."""

from datetime import datetime

from analytics.metrics.metric import Metric, ResultRow
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse
from analytics.models import MetricResult
from storage_app.clickhouse import gateway
from tests.analytics.reference import Key, Ratio


def result_rows(metric: Metric, period: Period, course_id: str | None = None) -> list[ResultRow]:
    """Every row of the query."""
    statement = metric.statement(period, course_id, SettingsByCourse())
    return [metric.result(row) for row in gateway.query(statement.sql, statement.parameters)]


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
    return {(result.course_id, result.user_id): result.value for result in MetricResult.objects.all()}
