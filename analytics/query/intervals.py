"""Steps of a time axis in a caller's zone: a local day may have 23 or 25 hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from analytics.intervals import CLOCK, Interval, date_after
from analytics.metrics.period import Period, PeriodInvalid
from analytics.query.columns import Kind, column_type
from analytics.query.fields import Field
from analytics.query.problems import QueryProblem
from analytics.query.values import Parameters

Point = TypeVar("Point", datetime, date)

POINTS_MAX = 10_000
SETTINGS = {"enable_extended_results_for_datetime_functions": 1}
"""Without it what is before 1970 or after 2105 would be cut into that span."""

_DATES = {
    Interval.DAY: "toDate32({0})", Interval.WEEK: "toMonday(toDate32({0}))",
    Interval.MONTH: "toStartOfMonth(toDate32({0}))", Interval.QUARTER: "toStartOfQuarter(toDate32({0}))",
    Interval.YEAR: "toStartOfYear(toDate32({0}))",
}  # fmt: skip


def timezone_check(name: str) -> str:
    """The zone's name, when it is one.

    Raises:
        QueryProblem
    """
    try:
        Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC), name)
    except PeriodInvalid as error:
        raise QueryProblem(error.code, error.detail, "timezone") from None
    return name


def interval_start(field: Field, interval: Interval, zone: str, parameters: Parameters, *, attr: str) -> Field:
    """The beginning of the interval a time or date lies in; of times as a moment.

    Raises:
        QueryProblem
    """
    if field.type.is_array or field.type.kind not in {Kind.TIME, Kind.DATE}:
        detail = f"An interval needs a time or a date; {field.name[:128]!r} is {field.type.text[:128]}."
        raise QueryProblem("interval_does_not_fit", detail, attr)
    if field.type.kind == Kind.DATE:
        if interval in CLOCK:
            raise QueryProblem("interval_does_not_fit", "A date has no hours, minutes and seconds.", attr)
        return Field(field.name, _DATES[interval].format(field.sql), column_type(_nullable("Date32", field)))
    zone_sql = parameters.add(zone, "String")
    # Clock steps keep apart the two hours of one name when clocks are set back.
    if interval in CLOCK:
        # toStartOfSecond takes no DateTime.
        moment = f"toDateTime64({field.sql}, 3, 'UTC')" if interval == Interval.SECOND else field.sql
        sql = f"toTimeZone(toStartOf{interval.value.title()}({moment}, {zone_sql}), 'UTC')"
        return Field(field.name, sql, column_type(_nullable("DateTime64(3, 'UTC')", field)))
    day = _DATES[interval].format(f"{field.sql}, {zone_sql}")
    sql = f"toTimeZone(toDateTime64({day}, 3, {zone_sql}), 'UTC')"
    return Field(field.name, sql, column_type(_nullable("DateTime64(3, 'UTC')", field)))


def _nullable(name: str, field: Field) -> str:
    return f"Nullable({name})" if field.type.nullable else name


def filled(points: list[Point], interval: Interval, zone: str) -> list[Point]:
    """Every step from the first point to the last, those without rows too; `points` are sorted starts of intervals.

    Raises:
        QueryProblem: more than POINTS_MAX.
    """
    whole: list[Point] = []
    for index, point in enumerate(points):
        whole.append(point)
        if index + 1 < len(points):
            whole += islice(_between(point, points[index + 1], interval, zone), POINTS_MAX)
        if len(whole) > POINTS_MAX:
            detail = f"More than {POINTS_MAX} points in time: take a longer interval or a shorter period."
            raise QueryProblem("too_many_points", detail, "interval")
    return whole


def _between(first: Point, last: Point, interval: Interval, zone: str) -> Iterator[Point]:
    step = interval_after(first, interval, zone)
    while step < last:
        yield step
        step = interval_after(step, interval, zone)


def interval_after(point: Point, interval: Interval, zone: str) -> Point:
    """The beginning of the next interval."""
    if not isinstance(point, datetime):
        return date_after(point, interval)
    if interval in CLOCK:
        return point + CLOCK[interval]
    local = point.astimezone(ZoneInfo(zone))
    day = date_after(local.date(), interval)
    # Where the clock skips midnight, the day begins when it has skipped.
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
