"""What a metric is: a name, a query that gives a row for each course and person, and what its numbers mean."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from analytics.metrics.period import EARLIEST, Period
from analytics.metrics.settings import SettingsByCourse


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

    @property
    def label(self) -> str:
        """In words."""
        return self.value.replace("_", " ")


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


def nothing_more(_period: Period, _settings: SettingsByCourse) -> dict[str, Any]:
    """For a query that takes nothing but the period and the course."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A learning metric.

    `sql` gives the columns scope, course_id, user_id ('' where the scope has none) and `parts`, for every scope at
    once; metrics of the same `sql` are calculated together. `value` is made of the parts, in SQL. The parameters of
    `sql`: start, end (`[start, end)`), tz (IANA) and course ('' = every course; then also the scopes over all
    courses), and what `binds` adds. `settings` names what each result keeps of its course's.
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


RATIO = "numerator / nullIf(denominator, 0)"
"""The value of most metrics; NULL when there is nothing to divide by."""


def everything_before_end(period: Period) -> Reach:
    """Whoever did anything in a course before the end is in its cohort, so every earlier event counts."""
    return Reach(start=EARLIEST, end=period.end)
