"""Stored events, newest first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from storage_app.clickhouse import gateway

# The sorting key fixes an event's partition, so that copies never lie in two.
_FINAL = {"do_not_merge_across_partitions_select_final": 1}

_CONDITIONS = {
    "user_id": "user_id = {user_id:String}",
    "course_id": "course_id = {course_id:String}",
    "courses": "course_id IN {courses:Array(String)}",
    "event_type": "event_type = {event_type:String}",
    "session_id": "session_id = {session_id:String}",
    "start": "occurred_at >= {start:DateTime64(3, 'UTC')}",
    "end": "occurred_at < {end:DateTime64(3, 'UTC')}",
    "since": "occurred_at >= {since:DateTime64(3, 'UTC')}",
    "until": "occurred_at < {until:DateTime64(3, 'UTC')}",
    # occurred_at alone first, so that later weeks are not even opened.
    "after_time": "occurred_at <= {after_time:DateTime64(3, 'UTC')}",
    "after_id": "(occurred_at, event_id) < ({after_time:DateTime64(3, 'UTC')}, {after_id:UUID})",
}
_COLUMNS = ("event_id", "user_id", "course_id", "event_type", "session_id", "occurred_at", "received_at", "properties")
# A page without a bound in time would merge and sort everything. How far it must reach back is guessed from how
# dense the events are: for so many times those that are wanted, and again so many times as far while they are too few.
_MARGIN = 2
_WIDENING = 8
_NARROWEST = timedelta(minutes=1)

Event = dict[str, Any]
Position = tuple[datetime, UUID]
"""(occurred_at, event_id) of an event: where a walk through the list stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to restrict the list by; None is no restriction. The period is [start, end)."""

    user_id: str | None = None
    course_id: str | None = None
    event_type: str | None = None
    session_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    courses: frozenset[str] | None = None
    """Only of these, whatever else is asked for."""

    def parameters(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        return given | {"courses": sorted(self.courses)} if self.courses is not None else given


class EventList:
    """The events that fit a filter, newest first; asked like a queryset, by `count()` and by slice."""

    def __init__(self, event_filter: EventFilter) -> None:
        self._parameters = event_filter.parameters()

    def count(self) -> int:
        """How many there are, each event once."""
        return sum(self._days.values())

    def __getitem__(self, page: slice) -> Sequence[Event]:
        """The events of one page: only the days it lies in are merged and sorted."""
        skipped, seen, days = 0, 0, []
        for day, count in self._days.items():
            seen += count
            if seen <= page.start:
                skipped = seen
                continue
            days.append(day)
            if seen >= page.stop:
                break
        if not days:
            return []
        bounds = {"since": _midnight(days[-1]), "until": _midnight(days[0]) + timedelta(days=1)}
        return _page(self._parameters | bounds, limit=page.stop - page.start, offset=page.start - skipped)

    def after(self, position: Position | None, *, limit: int) -> Sequence[Event]:
        """The next events of a walk from the newest (None) to the oldest; the same cost at any depth."""
        parameters = dict(self._parameters)
        if position:
            parameters["after_time"], parameters["after_id"] = position
        extent = _extent(parameters)
        return _newest(parameters, extent, limit=limit) if extent else []

    @cached_property
    def _days(self) -> dict[date, int]:
        """How many events each day has, newest first."""
        sql = (
            f"SELECT toDate32(occurred_at) AS day, count() FROM events FINAL WHERE {_where(self._parameters)}"  # noqa: S608  # own fragments
            " GROUP BY day ORDER BY day DESC"
        )
        return dict(gateway.query(sql, self._parameters, settings=_FINAL))


def event_list(*, event_filter: EventFilter) -> EventList:
    """The events that fit, newest first, not yet fetched."""
    return EventList(event_filter)


def event_find(*, event_id: UUID) -> Event | None:
    """A stored event."""
    columns = ", ".join(_COLUMNS)
    sql = f"SELECT {columns} FROM events FINAL WHERE event_id = {{event_id:UUID}}"  # noqa: S608  # own fragments
    rows = gateway.query(sql, {"event_id": event_id}, settings=_FINAL)
    return _event(rows[0]) if rows else None


def course_has_events(*, course_id: str) -> bool:
    """Whether any event of a course is stored."""
    sql = "SELECT 1 FROM events WHERE course_id = {course_id:String} LIMIT 1"
    return bool(gateway.query(sql, {"course_id": course_id}))


def _where(parameters: Mapping[str, Any]) -> str:
    return " AND ".join(_CONDITIONS[name] for name in parameters) or "1"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


@dataclass(frozen=True, slots=True)
class _Extent:
    """From when to when events lie, and about how many: copies count as well here, which costs no merging."""

    oldest: datetime
    newest: datetime
    count: int


def _extent(parameters: Mapping[str, Any]) -> _Extent | None:
    sql = f"SELECT min(occurred_at), max(occurred_at), count() FROM events WHERE {_where(parameters)}"  # noqa: S608  # own fragments
    [(oldest, newest, count)] = gateway.query(sql, parameters)
    return _Extent(oldest.astimezone(UTC), newest.astimezone(UTC), count) if count else None


def _newest(parameters: Mapping[str, Any], extent: _Extent, *, limit: int) -> Sequence[Event]:
    width = max((extent.newest - extent.oldest) * (_MARGIN * limit / extent.count), _NARROWEST)
    while width < extent.newest - extent.oldest:
        found = _page({**parameters, "since": extent.newest - width}, limit=limit, offset=0)
        if len(found) == limit:
            return found
        width *= _WIDENING
    return _page(parameters, limit=limit, offset=0)


def _page(parameters: Mapping[str, Any], *, limit: int, offset: int) -> Sequence[Event]:
    sql = (
        f"SELECT {', '.join(_COLUMNS)} FROM events FINAL WHERE {_where(parameters)}"  # noqa: S608  # own fragments
        " ORDER BY occurred_at DESC, event_id DESC LIMIT {limit:UInt64} OFFSET {offset:UInt64}"
    )
    rows = gateway.query(sql, {**parameters, "limit": limit, "offset": offset}, settings=_FINAL)
    return [_event(row) for row in rows]


def _event(row: tuple[Any, ...]) -> Event:
    event = dict(zip(_COLUMNS, row, strict=True))
    event["course_id"] = event["course_id"] or None
    event["session_id"] = event["session_id"] or None
    event["properties"] = json.loads(event["properties"])
    return event
