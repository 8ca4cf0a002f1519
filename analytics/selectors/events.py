"""Reads of the events themselves: what is the newest, and is a course known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics.metrics.metric import Reach
from analytics.metrics.period import EARLIEST, LATEST
from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 10
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
        toUnixTimestamp64Milli(received_at),
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
    AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
GROUP BY course_id
ORDER BY course_id
"""


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


def course_activity_list(*, start: datetime | None = None, end: datetime | None = None) -> list[CourseActivity]:
    """The courses with events in `[start, end)`, by their ids."""
    parameters = {"start": start or EARLIEST, "end": end or LATEST}
    return [CourseActivity(*row) for row in gateway.query(_COURSES, parameters, settings=FINAL_SETTINGS)]


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


def events_newest_of_each(
    *, watches: Sequence[Watch], course_id: str | None = None, user_id: str | None = None
) -> list[datetime | None]:
    """When the newest event of each watch was received; of one person or of one course, where they are given.

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
