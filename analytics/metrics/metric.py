"""What a metric is: a name, a query that gives a row for each course and person, and what its numbers mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from analytics.metrics.period import EARLIEST, Period
from analytics.metrics.settings import SettingsByCourse

Parts: TypeAlias = Mapping[str, int | float]


class Scope(StrEnum):
    """What a result is about."""

    COURSE_USER = "course_user"
    COURSE = "course"
    USER = "user"
    ALL = "all"


class Unit(StrEnum):
    """What a value is measured in."""

    RATIO = "ratio"
    SECONDS = "seconds"
    POINTS_PER_WEEK = "points_per_week"


@dataclass(frozen=True, slots=True)
class Reach:
    """The events that can change a result: of its course and person, `occurred_at` in `[start, end)`."""

    start: datetime
    end: datetime
    beyond_courses: bool = True
    """Events of no course count in what is about a person over all courses."""
    crosses_courses: bool = False
    """What somebody does in another course counts in this one."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query and its parameters."""

    sql: str
    parameters: dict[str, Any]


class CourseRow(NamedTuple):
    """A course's number and those of its people; without a course those of all courses together."""

    course_id: str | None
    value: float | None
    parts: Parts
    people: int
    lines: str
    """A line for each person, as PostgreSQL's COPY takes it: user_id, value and the two parts, between tabs."""


def nothing_more(_period: Period, _settings: SettingsByCourse) -> dict[str, Any]:
    """For a query that takes nothing but the period and the course."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A learning metric.

    `sql` gives the columns scope, course_id, user_id ('' where the scope has none) and then `parts`, for every
    scope at once; `value` is made of the parts, in SQL. Its parameters: start, end (`[start, end)`), tz (IANA) and
    course ('' = every course; then also the scopes over all courses), and what `binds` adds. `settings` names what
    each result keeps of its course's.
    """

    key: str
    label: str
    unit: Unit
    low: float
    high: float | None
    source: str
    sql: str
    parts: tuple[str, str]
    value: str
    reach: Callable[[Period], Reach]
    binds: Callable[[Period, SettingsByCourse], dict[str, Any]] = nothing_more
    settings: tuple[str, ...] = ()
    without_row: float | None = None
    """The value of somebody in the course of whom the query gives no row."""

    def statement(self, period: Period, course_id: str | None, settings: SettingsByCourse) -> Statement:
        """The query for one course, or for every course and every person."""
        bounds = {"start": period.start, "end": period.end, "tz": period.timezone, "course": course_id or ""}
        return Statement(self.sql, bounds | self.binds(period, settings))

    def by_course(self, period: Period, course_id: str | None, settings: SettingsByCourse) -> Statement:
        """The same with a row for each course, which `course_row` reads.

        The server writes out the people's lines, so that nobody handles them one by one on their way.
        """
        statement = self.statement(period, course_id, settings)
        of_course, first, second = f"scope IN ('{Scope.COURSE}', '{Scope.ALL}')", *self.parts
        sql = f"""
SELECT
    course_id,
    anyIf(value, {of_course}),
    anyIf({first}, {of_course}),
    anyIf({second}, {of_course}),
    countIf(NOT {of_course}),
    arrayStringConcat(arraySort(groupArrayIf(
        formatRow('TSV', user_id, value, {first}, {second}), NOT {of_course}
    )))
FROM (SELECT *, {self.value} AS value FROM ({statement.sql}))
GROUP BY course_id
ORDER BY course_id
"""  # noqa: S608  # of fixed pieces
        return Statement(sql, statement.parameters)

    def course_row(self, row: Sequence[Any]) -> CourseRow:
        """What a row of `by_course` says."""
        course_id, value, first, second, people, lines = row
        parts = dict(zip(self.parts, (first, second), strict=True))
        return CourseRow(course_id or None, value, parts, people, lines)


RATIO = "numerator / nullIf(denominator, 0)"
"""The value of most metrics; NULL when there is nothing to divide by."""


def everything_before_end(period: Period) -> Reach:
    """Whoever did anything in a course before the end is in its cohort, so every earlier event counts."""
    return Reach(start=EARLIEST, end=period.end)
