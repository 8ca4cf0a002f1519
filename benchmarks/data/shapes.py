"""Events, and twenty questions to them."""

from typing import Any

from storage_app.clickhouse import gateway

_FILL = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT
    reinterpret(sipHash128(number), 'UUID'), toString(sipHash64(number, 'user') % 20000),
    concat('course-', toString(sipHash64(number, 'course') % 200)),
    ['page_viewed', 'video_played', 'problem_attempted', 'forum_posted'][number % 4 + 1],
    concat('session-', toString(sipHash64(number, 'session') % 100000)),
    toDateTime64('2025-01-06 00:00:00', 3, 'UTC') + toIntervalMillisecond(sipHash64(number, 'when') % (84 * 86400000)),
    now64(3), concat('{"item_id":"item-', toString(number % 300), '","seconds":', toString(number % 1200), '}')
FROM numbers({first:UInt64}, {count:UInt64})
"""
_BLOCK = 1_000_000
COUNT = [{"function": "count"}]
_WEEK = {"conditions": [{"field": "occurred_at", "operator": "between", "value": ["2025-02-03", "2025-02-10"]}]}
_COURSE = {
    "conditions": [
        {"field": "course_id", "operator": "eq", "value": "course-7"},
        {"field": "occurred_at", "operator": "gte", "value": "2025-03-01"},
    ]
}
_PERSON = {"conditions": [{"field": "user_id", "operator": "eq", "value": "77"}]}
_DAY = {"field": "occurred_at", "interval": "day"}


def _query(**body: Any) -> tuple[str, dict[str, Any]]:
    return "query", {"table_name": "events", **body}


def _aggregate(*functions: tuple[str, str | None], **body: Any) -> tuple[str, dict[str, Any]]:
    asked = [{"function": function, "field": field} for function, field in functions] or COUNT
    return "aggregate", {"table_name": "events", "aggregations": asked, **body}


def _chart(kind: str, x: str, **body: Any) -> tuple[str, dict[str, Any]]:
    return "chart", {"table_name": "events", "chart_type": kind, "x": x, "y": COUNT, **body}


SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "rows: newest of all": _query(),
    "rows: newest of a course": _query(filters=_COURSE),
    "rows: of a person": _query(filters=_PERSON),
    "rows: page 100 of a week": _query(filters=_WEEK, page=100),
    "rows: 1000 of a course": _query(filters=_COURSE, page_size=1000),
    "rows: a JSON path, a week": _query(filters=_WEEK, columns=["user_id", "properties.item_id"]),
    "numbers: count of a course": _aggregate(filters=_COURSE),
    "numbers: types of a course": _aggregate(group_by=["event_type"], filters=_COURSE),
    "numbers: people of a week": _aggregate(("uniqExact", "user_id"), filters=_WEEK),
    "numbers: days of a course": _aggregate(group_by=[_DAY], filters=_COURSE, timezone="Europe/Berlin"),
    "numbers: courses of a week": _aggregate(group_by=["course_id"], filters=_WEEK),
    "numbers: median of a path": _aggregate(("median", "properties.seconds"), filters=_COURSE),
    "numbers: having": _aggregate(
        group_by=["user_id"],
        filters=_COURSE,
        having={"conditions": [{"field": "count", "operator": "gt", "value": 2}]},
    ),
    "numbers: types of everything": _aggregate(group_by=["event_type"]),
    "chart: line of a course by day": _chart("line", "occurred_at", interval="day", filters=_COURSE),
    "chart: lines by type": _chart("line", "occurred_at", interval="day", series="event_type", filters=_COURSE),
    "chart: bar of courses": _chart("bar", "course_id", filters=_WEEK, limit=10),
    "chart: pie of types": _chart("pie", "event_type", filters=_COURSE),
    "chart: heatmap": _chart("heatmap", "event_type", series="course_id", filters=_WEEK),
    "chart: area by hour": _chart("area", "occurred_at", interval="hour", filters=_COURSE),
}


def events_fill(*, count: int) -> None:
    """So many events of 12 weeks, 200 courses and 20,000 people, in merged parts."""
    for first in range(0, count, _BLOCK):
        parameters = {"first": first, "count": min(_BLOCK, count - first)}
        gateway.execute(_FILL, parameters, settings={"max_partitions_per_insert_block": 0}, timeout_seconds=600)
    gateway.execute("OPTIMIZE TABLE events FINAL", timeout_seconds=600)
