"""Reads: stored events, newest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from storage_app.clickhouse import gateway

# The sorting key fixes an event's partition, so that copies never lie in two.
_FINAL = {"do_not_merge_across_partitions_select_final": 1}

_CONDITIONS = {
    "user_id": "user_id = {user_id:String}",
    "course_id": "course_id = {course_id:String}",
    "event_type": "event_type = {event_type:String}",
    "session_id": "session_id = {session_id:String}",
    "start": "occurred_at >= {start:DateTime64(3, 'UTC')}",
    "end": "occurred_at < {end:DateTime64(3, 'UTC')}",
}
_COLUMNS = (
    "event_id",
    "user_id",
    "course_id",
    "event_type",
    "session_id",
    "occurred_at",
    "received_at",
    "properties",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to restrict the list by; None is no restriction. The period is [start, end)."""

    user_id: str | None = None
    course_id: str | None = None
    event_type: str | None = None
    session_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


class EventList:
    """The events that fit a filter, newest first; asked like a queryset, by `count()` and by slice."""

    def __init__(self, event_filter: EventFilter) -> None:
        self._parameters = event_filter.parameters()
        conditions = [_CONDITIONS[name] for name in self._parameters]
        self._where = " AND ".join(conditions) or "1"

    def count(self) -> int:
        """How many there are, each event once."""
        rows = gateway.query(
            f"SELECT count() FROM events FINAL WHERE {self._where}",  # noqa: S608  # fragments of this module
            self._parameters,
            settings=_FINAL,
        )
        return int(rows[0][0])

    def __getitem__(self, page: slice) -> Sequence[dict[str, Any]]:
        """The events of one page."""
        rows = gateway.query(
            f"SELECT {', '.join(_COLUMNS)} FROM events FINAL WHERE {self._where}"  # noqa: S608  # as above
            " ORDER BY occurred_at DESC, event_id DESC LIMIT {limit:UInt64} OFFSET {offset:UInt64}",
            self._parameters | {"limit": page.stop - page.start, "offset": page.start},
            settings=_FINAL,
        )
        return [_event(row) for row in rows]


def event_list(*, event_filter: EventFilter) -> EventList:
    """The events that fit, newest first, not yet fetched."""
    return EventList(event_filter)


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    event = dict(zip(_COLUMNS, row, strict=True))
    event["course_id"] = event["course_id"] or None
    event["session_id"] = event["session_id"] or None
    event["properties"] = json.loads(event["properties"])
    return event


def course_has_events(*, course_id: str) -> bool:
    """Whether any event of a course is stored."""
    return bool(
        gateway.query("SELECT 1 FROM events WHERE course_id = {course_id:String} LIMIT 1", {"course_id": course_id})
    )
