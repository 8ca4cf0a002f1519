"""Generated events, made inside ClickHouse: what is measured is not how fast they come in."""

from datetime import UTC, datetime

from storage_app.clickhouse import gateway

COURSES = 200
DAYS = 28
PERIOD = (datetime(2025, 3, 3, tzinfo=UTC), datetime(2025, 3, 31, tzinfo=UTC))
ROWS_AN_INSERT = 1_000_000

# Each person is in three courses and comes in sittings of about eight events, minutes apart.
_INSERT = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
WITH
    cityHash64(number, 1) AS dice,
    intDiv(number, 8) AS sitting,
    cityHash64(sitting, 2) % {people:UInt64} AS person,
    toUnixTimestamp64Milli({start:DateTime64(3, 'UTC')}) + cityHash64(sitting, 3) % ({days:UInt64} * 86400000)
        + (number % 8) * 150000 + dice % 140000 AS at
SELECT
    reinterpret(sipHash128(number), 'UUID'),
    concat('person-', toString(person)),
    concat('course-', toString((person * 7 + cityHash64(sitting, 4) % 3 * 31) % {courses:UInt64})),
    ['page_viewed', 'page_viewed', 'video_played', 'problem_attempted', 'heartbeat', 'page_blurred', 'page_focused',
     'resource_downloaded', 'video_progress', 'session_ended'][dice % 10 + 1],
    '',
    fromUnixTimestamp64Milli(toInt64(at), 'UTC'),
    fromUnixTimestamp64Milli(toInt64(at) + 1000, 'UTC'),
    '{}'
FROM numbers({first:UInt64}, {count:UInt64})
"""


def events_make(*, count: int, people: int) -> None:
    """Fill the empty table `events`, and merge each week into one part, as the night does."""
    for first in range(0, count, ROWS_AN_INSERT):
        parameters = {
            "people": people,
            "courses": COURSES,
            "days": DAYS,
            "start": PERIOD[0],
            "first": first,
            "count": min(ROWS_AN_INSERT, count - first),
        }
        gateway.execute(_INSERT, parameters, timeout_seconds=600)
    gateway.execute("OPTIMIZE TABLE events FINAL", timeout_seconds=1800)
