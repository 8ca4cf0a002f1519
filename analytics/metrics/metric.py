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


class ResultRow(NamedTuple):
    """One number: of a person in a course, a course, a person over all courses, or all courses together."""

    scope: Scope
    course_id: str | None
    user_id: str | None
    value: float | None
    parts: Parts


def nothing_more(_period: Period, _settings: SettingsByCourse) -> dict[str, Any]:
    """For a query that takes nothing but the period and the course."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A learning metric.

    `sql` gives the columns scope, course_id, user_id ('' where the scope has none) and then `parts`, for every
    scope at once. Its parameters: start, end (`[start, end)`), tz (IANA) and course ('' = every course; then also
    the scopes over all courses), and what `binds` adds. `settings` names what each result keeps of its course's.
    """

    key: str
    label: str
    unit: Unit
    low: float
    high: float | None
    source: str
    sql: str
    parts: tuple[str, ...]
    value: Callable[[Parts], float | None]
    reach: Callable[[Period], Reach]
    binds: Callable[[Period, SettingsByCourse], dict[str, Any]] = nothing_more
    settings: tuple[str, ...] = ()
    without_row: float | None = None
    """The value of somebody in the course of whom the query gives no row."""

    def statement(self, period: Period, course_id: str | None, settings: SettingsByCourse) -> Statement:
        """The query for one course, or for every course and every person."""
        bounds = {"start": period.start, "end": period.end, "tz": period.timezone, "course": course_id or ""}
        return Statement(self.sql, bounds | self.binds(period, settings))

    def result(self, row: Sequence[Any]) -> ResultRow:
        """The number in one row of the query."""
        scope, course_id, user_id, *numbers = row
        parts = dict(zip(self.parts, numbers, strict=True))
        return ResultRow(Scope(scope), course_id or None, user_id or None, self.value(parts), parts)


def ratio(parts: Parts) -> float | None:
    """numerator ÷ denominator; None when there is nothing to divide by."""
    if not parts["denominator"]:
        return None
    return parts["numerator"] / parts["denominator"]


def everything_before_end(period: Period) -> Reach:
    """Whoever did anything in a course before the end is in its cohort, so every earlier event counts."""
    return Reach(start=EARLIEST, end=period.end)
