"""A dashboard's period: two moments, or the last so many hours, days, weeks or months."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from analytics.selectors.figures import Span

LAST_MAX = 1000


class Unit(StrEnum):
    """Of a period that moves with time: the calendar's, in the dashboard's zone."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def period_span(period: Mapping[str, Any] | None, *, zone: str, now: datetime) -> Span:
    """From when to when. A period that moves does so by whole units, so that its answers can be kept for one.

    Its last unit is the one under way, or with `current` false the one before.
    """
    if period is None:
        return Span()
    if "last" not in period:
        bounds = (period.get(name) for name in ("start", "end"))
        return Span(*(datetime.fromisoformat(bound) if bound else None for bound in bounds))
    unit, after = Unit(period["unit"]), int(period["current"])
    local = now.astimezone(ZoneInfo(zone))
    return Span(_begin(local, unit, after - period["last"]), _begin(local, unit, after))


def _begin(local: datetime, unit: Unit, steps: int) -> datetime:
    """When the unit so many steps from the one under way begins, in UTC."""
    if unit == Unit.HOUR:
        # Steps of 60 minutes: where clocks are set back there are two hours of one name.
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC) + timedelta(hours=steps)
    day = _day(local.date(), unit, steps)
    # Where the clock skips midnight, the day begins when it has skipped.
    return datetime(day.year, day.month, day.day, tzinfo=local.tzinfo).astimezone(UTC)


def _day(day: date, unit: Unit, steps: int) -> date:
    if unit == Unit.MONTH:
        months = day.year * 12 + day.month - 1 + steps
        return date(months // 12, months % 12 + 1, 1)
    if unit == Unit.WEEK:
        return day - timedelta(days=day.weekday()) + timedelta(weeks=steps)
    return day + timedelta(days=steps)
