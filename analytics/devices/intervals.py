"""Where the intervals of a series begin: pure arithmetic over times and zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from analytics.intervals import CLOCK, Interval, date_after, date_start

MAX_POINTS = 10_000
USUAL_POINTS = 1_000
"""What a series has at most when nobody says which interval it should have."""

_LENGTHS = {
    **CLOCK,
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
    Interval.MONTH: timedelta(days=28),
    Interval.QUARTER: timedelta(days=90),
    Interval.YEAR: timedelta(days=365),
}
"""The shortest each can be, but for the hour by which a day may be shorter."""


class TooManyPoints(ValueError):
    """A period that holds too many intervals; `enough` is the finest interval of which it does not."""

    def __init__(self, interval: Interval, enough: Interval) -> None:
        super().__init__(
            f"A series has at most {MAX_POINTS:,} points, and there are more {interval}s in this period. "
            f"Choose {enough}, or a shorter period."
        )
        self.enough = enough


def usual_interval(start: datetime, end: datetime) -> Interval:
    """The finest interval that gives a chart's number of points."""
    return _finest(start, end, USUAL_POINTS)


def interval_starts(start: datetime, end: datetime, interval: Interval, zone: str) -> list[datetime]:
    """When the intervals begin that overlap `[start, end)`, in UTC; the first at `start` or before it.

    Seconds, minutes and hours follow one another evenly from the zone's clock at `start`; days and longer ones begin
    at midnight there, so that a day is 23 or 25 hours long where the clocks are changed.

    Raises:
        TooManyPoints
    """
    local = start.astimezone(ZoneInfo(zone))
    starts = _evenly(local, interval) if interval in CLOCK else _midnights(local.date(), interval, ZoneInfo(zone))
    found = list(islice(takewhile(lambda begins: begins < end, starts), MAX_POINTS + 1))
    if len(found) > MAX_POINTS:
        raise TooManyPoints(interval, _finest(start, end, MAX_POINTS))
    return found


def _finest(start: datetime, end: datetime, points: int) -> Interval:
    # One more than would fit, for an interval that is cut at the start.
    fitting = (each for each in Interval if (end - start) / _LENGTHS[each] <= points - 1)
    return next(fitting, Interval.YEAR)


def _evenly(local: datetime, interval: Interval) -> Iterator[datetime]:
    second = local.replace(microsecond=0)
    minute = second.replace(second=0)
    begins = {Interval.SECOND: second, Interval.MINUTE: minute, Interval.HOUR: minute.replace(minute=0)}[interval]
    begins = begins.astimezone(UTC)
    while True:
        yield begins
        begins += _LENGTHS[interval]


def _midnights(first: date, interval: Interval, zone: ZoneInfo) -> Iterator[datetime]:
    latest = None
    for day in _days(first, interval):
        begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        # A day that a zone left out when it moved across the date line begins with the next.
        if latest is None or begins > latest:
            yield begins
        latest = begins


def _days(first: date, interval: Interval) -> Iterator[date]:
    day = date_start(first, interval)
    while True:
        yield day
        day = date_after(day, interval)
