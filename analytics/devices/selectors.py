"""Reads of readings: their figures, their course over time, a fleet's, and what workers found."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Device, User
from analytics.devices import statements
from analytics.devices.intervals import interval_starts, usual_interval
from analytics.devices.models import DeviceAnalysis, DeviceAnalysisTask
from analytics.intervals import Interval
from analytics.metrics.period import EARLIEST, LATEST
from storage_app.clickhouse import gateway

Figures: TypeAlias = dict[str, float | int | None]
"""Of one axis, by name. None: there is nothing to tell, or the number is too large for a float."""

NO_FIGURES: Figures = {"min": None, "max": None, "count": 0, "sum": None, "median": None}
NO_POINT: Figures = {"min": None, "avg": None, "max": None}
TIMEOUT_SECONDS = 30
_MILLISECOND = timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)`; None: from the first reading, to the last."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What a device measured from `start` to `end`, interval by interval; those without readings are there too."""

    device_id: UUID
    start: datetime | None
    end: datetime | None
    interval: Interval
    timezone: str
    points: list[dict[str, Any]]


def device_analyse(*, device_id: UUID, span: Span) -> dict[str, Figures]:
    """A device's figures by axis.

    Raises:
        StoreError
    """
    return devices_analyse(device_ids=[device_id], span=span)[device_id]


def devices_analyse(
    *, device_ids: Sequence[UUID], span: Span, timeout_seconds: float = TIMEOUT_SECONDS, query_id: str | None = None
) -> dict[UUID, dict[str, Figures]]:
    """The same of every one of the devices, in one query.

    Raises:
        StoreError
    """
    bounds = {name: bound for name, bound in (("start", span.start), ("end", span.end)) if bound}
    rows = gateway.query(
        statements.analysis(bounds),
        {"devices": list(device_ids), **bounds},
        timeout_seconds=timeout_seconds,
        query_id=query_id,
    )
    found = {device_id: _by_axis(_analysed, count, values) for device_id, count, *values in rows}
    return {device_id: found.get(device_id, dict.fromkeys(statements.AXES, NO_FIGURES)) for device_id in device_ids}


def fleet_figures(*, device_ids: Sequence[UUID], span: Span) -> dict[UUID, dict[str, Figures]]:
    """Minimum, maximum, count and sum of every one of the devices, from what is kept of their hours.

    Raises:
        StoreError
    """
    bounds = {"start": span.start or EARLIEST, "end": span.end or LATEST}
    hours = {"first_hour": _hour_of(bounds["start"] + _HOUR - _MILLISECOND), "last_hour": _hour_of(bounds["end"])}
    rows = gateway.query(
        statements.FLEET, {"devices": list(device_ids), **bounds, **hours}, timeout_seconds=TIMEOUT_SECONDS
    )
    found = {device_id: _by_axis(_summed, count, values) for device_id, count, *values in rows}
    return {device_id: found.get(device_id, dict.fromkeys(statements.AXES, NO_FIGURES)) for device_id in device_ids}


def device_series(*, device_id: UUID, span: Span, interval: Interval | None, zone: str) -> Series:
    """Minimum, mean and maximum of each axis, interval by interval; None: an interval that makes a chart.

    Raises:
        TooManyPoints: the period holds more intervals than a series may have.
        StoreError
    """
    start, end = _filled(device_id, span)
    points: list[dict[str, Any]] = []
    if start and end and start < end:
        interval = interval or usual_interval(start, end)
        points = _points(device_id, start, end, interval_starts(start, end, interval, zone))
    return Series(
        device_id=device_id,
        start=start,
        end=end,
        interval=interval or Interval.DAY,
        timezone=zone,
        points=points,
    )


def device_analysis_list(
    *, viewer: User, device: Device, limit: int, task_id: UUID | None = None
) -> list[DeviceAnalysis]:
    """What was asked for of a device, newest first; with an id at most that one."""
    analyses = DeviceAnalysis.objects.visible_to(viewer).filter(device=device).select_related("task")
    if task_id is not None:
        analyses = analyses.filter(task_id=task_id)
    return list(analyses.order_by("-task__created_at", "-pk")[:limit])


def analysis_task_results(*, task: DeviceAnalysisTask) -> QuerySet[DeviceAnalysis]:
    """Of each of the task's devices, by their ids."""
    return task.analyses.order_by("device_id")


def _filled(device_id: UUID, span: Span) -> tuple[datetime | None, datetime | None]:
    """With the first and the last reading in place of a bound that is not given."""
    if span.start and span.end:
        return span.start, span.end
    rows = gateway.query(statements.SPAN, {"device": device_id}, timeout_seconds=TIMEOUT_SECONDS)
    if not rows:
        return span.start, span.end
    first, last = rows[0]
    return span.start or first, span.end or last + _MILLISECOND


def _points(device_id: UUID, start: datetime, end: datetime, starts: list[datetime]) -> list[dict[str, Any]]:
    bounds = {_milliseconds(begins): begins for begins in starts}
    rows = gateway.query(
        statements.SERIES,
        {"device": device_id, "start": start, "end": end, "bounds": list(bounds)},
        timeout_seconds=TIMEOUT_SECONDS,
    )
    measured = {bound: {"count": count, **_by_axis(_averaged, count, values)} for bound, count, *values in rows}
    gap = {"count": 0, **dict.fromkeys(statements.AXES, NO_POINT)}
    return [{"start": begins, **measured.get(bound, gap)} for bound, begins in bounds.items()]


def _by_axis(figures: Any, count: int, values: list[Any]) -> dict[str, Figures]:
    each = len(values) // len(statements.AXES)
    return {
        axis: figures(count, *values[place * each : (place + 1) * each]) for place, axis in enumerate(statements.AXES)
    }


def _analysed(count: int, least: float, most: float, total: float, middle: Iterable[float]) -> Figures:
    return {"min": least, "max": most, "count": count, "sum": _finite(total), "median": _mean(*middle)}


def _summed(count: int, least: float, most: float, total: float) -> Figures:
    return {"min": least, "max": most, "count": count, "sum": _finite(total)}


def _averaged(_: int, least: float, mean: float, most: float) -> Figures:
    return {"min": least, "avg": _finite(mean), "max": most}


def _mean(low: float, high: float) -> float:
    mean = (low + high) / 2
    return mean if math.isfinite(mean) else low / 2 + high / 2


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
