"""One query for metrics that share their SQL, with a row for each course and all its people in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

from analytics.metrics.metric import Metric, Scope, Statement
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse

Parts: TypeAlias = Mapping[str, int | float]
_OF_COURSE = f"scope IN ('{Scope.COURSE}', '{Scope.ALL}')"


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course's number of one metric and those of its people; without a course those of all courses together."""

    course_id: str | None
    value: float | None
    parts: Parts
    people: int
    lines: str
    """A line for each person, as PostgreSQL's COPY takes it: user_id, value and the two parts, between tabs."""

    @property
    def digest(self) -> str:
        """Of the lines: where it has not changed, nobody's number has."""
        return blake2b(self.lines.encode(), digest_size=16).hexdigest()


def by_course(
    metrics: Sequence[Metric], period: Period, course_id: str | None, settings: SettingsByCourse
) -> Statement:
    """The query, whose rows `course_rows` reads. None: every course, and all together.

    The server writes out the people's lines, so that nobody handles them one by one on their way.
    """
    statement = metrics[0].statement(period, course_id, settings)
    sql = f"""
SELECT course_id, countIf(NOT {_OF_COURSE}), {", ".join(map(_columns, metrics))}
FROM ({statement.sql})
GROUP BY course_id
ORDER BY course_id
"""  # noqa: S608  # of fixed pieces
    return Statement(sql, statement.parameters)


def course_rows(metrics: Sequence[Metric], row: Sequence[Any]) -> list[CourseRow]:
    """What a row says of each metric."""
    course_id, people, *numbers = row
    return [
        CourseRow(course_id or None, value, dict(zip(metric.parts, (first, second), strict=True)), people, lines)
        for metric, (value, first, second, lines) in zip(metrics, zip(*[iter(numbers)] * 4, strict=True), strict=True)
    ]


def _columns(metric: Metric) -> str:
    first, second = metric.parts
    return f"""
    anyIf({metric.value}, {_OF_COURSE}),
    anyIf({first}, {_OF_COURSE}),
    anyIf({second}, {_OF_COURSE}),
    arrayStringConcat(arraySort(groupArrayIf(
        formatRow('TSV', user_id, {metric.value}, {first}, {second}), NOT {_OF_COURSE}
    )))"""
