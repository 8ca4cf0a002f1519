"""Steps of a time axis: even ones by the clock, and the calendar's."""

from datetime import date, timedelta
from enum import StrEnum


class Interval(StrEnum):
    """A step. From a day up it is the calendar's, in the zone that is asked for."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


CLOCK = {
    Interval.SECOND: timedelta(seconds=1), Interval.MINUTE: timedelta(minutes=1), Interval.HOUR: timedelta(hours=1),
}  # fmt: skip
"""Those that follow one another evenly, however the clocks are changed."""
_DAYS = {Interval.DAY: timedelta(days=1), Interval.WEEK: timedelta(weeks=1)}
_MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


def date_start(day: date, interval: Interval) -> date:
    """The first day of the day's interval of the calendar; a week begins on Monday."""
    if interval in _MONTHS:
        step = _MONTHS[interval]
        return _first_of_month((day.year * 12 + day.month - 1) // step * step)
    return day - timedelta(days=day.weekday()) if interval is Interval.WEEK else day


def date_after(day: date, interval: Interval) -> date:
    """The first day of the next interval of the calendar; `day` is the first of one."""
    if interval in _DAYS:
        return day + _DAYS[interval]
    return _first_of_month(day.year * 12 + day.month - 1 + _MONTHS[interval])


def _first_of_month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
