"""Reads of the events themselves: what is the newest, and is a course known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from analytics.metrics.metric import Reach
from analytics.metrics.period import EARLIEST, LATEST
from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 10
SCAN_TIMEOUT_SECONDS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The sorting key of events fixes the partition, so no row has a copy in another.
FINAL_SETTINGS = {"do_not_merge_across_partitions_select_final": 1}

_COURSE_EXISTS = "SELECT 1 FROM events WHERE course_id = {course:String} LIMIT 1"

# Without FINAL: a copy that was received later changes nothing here but to look newer, never older.
_NEWEST_RECEIVED = """
SELECT maxOrNull(received_at)
FROM events
WHERE occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
    AND ({course:String} = '' OR {crosses:Bool} OR course_id = {course:String})
"""

# One number for each watch, in one reading; the year 1970 stands for no event.
_NEWEST_OF_EACH = """
SELECT maxForEach(arrayMap(
    (course, start, end, beyond, crosses) -> if(
        if(course = '', beyond OR course_id != '', crosses OR course_id = course)
            AND occurred_at >= start AND occurred_at < end,
        toUnixTimestamp64Milli(stored_at),
        0
    ),
    {courses:Array(String)},
    {starts:Array(DateTime64(3, 'UTC'))},
    {ends:Array(DateTime64(3, 'UTC'))},
    {beyond:Array(Bool)},
    {crosses:Array(Bool)}
))
FROM events FINAL
WHERE occurred_at < {end:DateTime64(3, 'UTC')}
    AND ({user:String} = '' OR user_id = {user:String})
    AND ({course:String} = '' OR course_id = {course:String} OR {others:Bool} AND user_id IN
        (SELECT user_id FROM events WHERE {others:Bool} AND course_id = {course:String}))
"""


_COURSES = """
SELECT course_id, count(), uniqExact(user_id), min(occurred_at), max(occurred_at)
FROM events FINAL
WHERE course_id != ''
    AND ({all:Bool} OR course_id IN {courses:Array(String)})
    AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
GROUP BY course_id
ORDER BY course_id
"""


_COURSE_COUNT = "SELECT uniqExact(course_id) FROM events WHERE course_id != ''"

# With FINAL: a copy of an event that was there already makes nothing stale.
_STORED_SINCE = """
SELECT course_id, toInt64(floor(toUnixTimestamp64Milli(occurred_at) / {step_ms:Int64})) AS step, max(stored_at)
FROM events FINAL
WHERE stored_at > {since:DateTime64(3, 'UTC')}
GROUP BY course_id, step
ORDER BY course_id, step
"""
# A row's stored_at is taken after its insert has begun, and nobody sees it until the insert has ended: all that was
# stored before the oldest insert under way began can be seen. A little earlier, as clocks and `elapsed` are rounded.
_SEEN_THROUGH = """
SELECT now64(3, 'UTC') - toIntervalMillisecond(
    (SELECT if(count() = 0, 1, ceil(max(elapsed) * 1000) + 10) FROM system.processes
    WHERE query_kind = 'Insert' AND current_database = currentDatabase())
)
"""
STEP = timedelta(minutes=15)
"""Local days of every zone begin and end at a multiple of it."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Events of one course that occurred in `STEP` from `occurred_from`, and when the last was stored."""

    course_id: str
    occurred_from: datetime
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class CourseActivity:
    """What happened in a course."""

    course_id: str
    events: int
    people: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """The events that can change a result; None: of every course."""

    course_id: str | None
    reach: Reach


def course_exists(*, course_id: str) -> bool:
    """Whether any event belongs to the course."""
    return bool(gateway.query(_COURSE_EXISTS, {"course": course_id}, timeout_seconds=TIMEOUT_SECONDS))


def course_activity_list(
    *, courses: frozenset[str] | None, start: datetime | None = None, end: datetime | None = None
) -> list[CourseActivity]:
    """Those of `courses` (None: of all) with events in `[start, end)`, by their ids."""
    parameters = {
        "start": start or EARLIEST,
        "end": end or LATEST,
        "all": courses is None,
        "courses": sorted(courses or ()),
    }
    return [CourseActivity(*row) for row in gateway.query(_COURSES, parameters, settings=FINAL_SETTINGS)]


def course_count() -> int:
    """How many courses have events."""
    count: int = gateway.query(_COURSE_COUNT, timeout_seconds=TIMEOUT_SECONDS)[0][0]
    return count


def events_seen_through() -> datetime:
    """Whoever asks for events from now on sees every one that was stored up to this time, by the store's clock."""
    seen: datetime = gateway.query(_SEEN_THROUGH, timeout_seconds=TIMEOUT_SECONDS)[0][0]
    return seen


def events_stored_since(*, since: datetime) -> list[Arrivals]:
    """What was stored after `since`, in the order of its courses and times; '' is no course."""
    parameters = {"since": since, "step_ms": STEP // timedelta(milliseconds=1)}
    rows = gateway.query(_STORED_SINCE, parameters, settings=FINAL_SETTINGS, timeout_seconds=SCAN_TIMEOUT_SECONDS)
    return [Arrivals(course_id, _EPOCH + step * STEP, stored_at) for course_id, step, stored_at in rows]


def events_newest_received(*, course_id: str | None, reach: Reach) -> datetime | None:
    """When the newest event in reach was received; None: there is no event."""
    parameters = {
        "course": course_id or "",
        "start": reach.start,
        "end": reach.end,
        "crosses": reach.crosses_courses,
    }
    newest: datetime | None = gateway.query(_NEWEST_RECEIVED, parameters)[0][0]
    return newest


def events_newest_stored(
    *, watches: Sequence[Watch], course_id: str | None = None, user_id: str | None = None
) -> list[datetime | None]:
    """When the newest event of each watch was stored; of one person or of one course, where they are given.

    A course's watches that cross courses see what its people do elsewhere.
    """
    parameters = {
        "courses": [watch.course_id or "" for watch in watches],
        "starts": [watch.reach.start for watch in watches],
        "ends": [watch.reach.end for watch in watches],
        "beyond": [watch.reach.beyond_courses for watch in watches],
        "crosses": [watch.reach.crosses_courses for watch in watches],
        "others": any(watch.reach.crosses_courses for watch in watches),
        "end": max(watch.reach.end for watch in watches),
        "course": course_id or "",
        "user": user_id or "",
    }
    found = gateway.query(_NEWEST_OF_EACH, parameters, settings=FINAL_SETTINGS, timeout_seconds=TIMEOUT_SECONDS)[0][0]
    milliseconds = found or [0] * len(watches)
    return [datetime.fromtimestamp(each / 1000, UTC) if each else None for each in milliseconds]
