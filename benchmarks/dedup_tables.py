"""The product's table with copies in it, and the same events without copies in a clean table of the same key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage_app.clickhouse import gateway

CLEAN = "events_clean"
COURSES = 200
PEOPLE = 100_000
_INSERTS = 10

_MAKE_CLEAN = f"""
CREATE TABLE {CLEAN} AS events
ENGINE = MergeTree
PARTITION BY toMonday(occurred_at)
ORDER BY (course_id, toDate(occurred_at), user_id, occurred_at, event_id)
"""
EVENT_ID = "reinterpret(sipHash128(number), 'UUID')"
# One in a hundred; which of them are late is another digit's business.
COPIED = "sipHash64(number, 'copy') % 100 = 0"
_LATE = "sipHash64(number, 'late') % 2 = 1"
# Some people and courses have far more events than others, as in life: the first 0.3 % and 3 % of all.
_EVENTS = f"""
SELECT
    number,
    {EVENT_ID} AS event_id,
    toString(toUInt32({PEOPLE} * pow(sipHash64(number, 'user') / 18446744073709551616, 2))) AS user_id,
    concat('course-', toString(toUInt32({COURSES} * pow(sipHash64(number, 'course') / 18446744073709551616, 1.5))))
        AS course_id,
    ['page_viewed', 'page_viewed', 'page_viewed', 'video_played', 'video_played', 'problem_attempted',
     'problem_attempted', 'resource_downloaded', 'forum_posted', 'assignment_submitted'][number % 10 + 1] AS event_type,
    concat('session-', toString(sipHash64(user_id, number % 7) % 1000000)) AS session_id,
    {{start:DateTime64(3, 'UTC')}} + toIntervalMillisecond(sipHash64(number, 'when') % {{length_ms:UInt64}})
        AS occurred_at,
    occurred_at + toIntervalMillisecond(sipHash64(number, 'way') % 5000) AS sent_at,
    concat('{{"item_id":"item-', toString(number % 300), '","seconds":', toString(number % 1200), '}}') AS properties
FROM numbers({{first:UInt64}}, {{count:UInt64}})
"""  # noqa: S608  # own fragments
_NAMES = "event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties"
_SETTINGS = {
    # One block an insert, as the writer's; the same block again is meant.
    "max_threads": 1,
    "max_block_size": 4_000_000,
    "min_insert_block_size_rows": 4_000_000,
    "min_insert_block_size_bytes": 0,
    "max_partitions_per_insert_block": 0,
    "insert_deduplicate": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[start, end), in UTC."""

    start: datetime
    end: datetime

    def parameters(self) -> dict[str, datetime]:
        """As queries name them."""
        return {"start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How many events there are, and until when: the end of this week, whose whole days make it the open one."""

    rows: int
    weeks: int
    end: datetime

    @classmethod
    def of(cls, *, rows: int, weeks: int) -> "Sample":
        """Events of so many weeks up to this one."""
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(rows=rows, weeks=weeks, end=midnight + timedelta(days=7 - midnight.weekday()))

    @property
    def open_week(self) -> datetime:
        """The start of the week that is not closed yet."""
        return self.end - timedelta(weeks=1)

    def weeks_before(self, first: int, last: int) -> Period:
        """From so many weeks before the end to so many."""
        return Period(start=self.end - timedelta(weeks=first), end=self.end - timedelta(weeks=last))


@contextmanager
def tables_filled(sample: Sample) -> Iterator[None]:
    """Both tables, as inserted: nothing is merged meanwhile but by `tables_compact`.

    Raises:
        RuntimeError: there are events already; this is for a database of its own.
    """
    if gateway.query("SELECT count() FROM events")[0][0]:
        raise RuntimeError("There are events in this database; the benchmark wants one of its own (devstack exec)")
    gateway.execute(_MAKE_CLEAN)
    try:
        _merges("STOP")
        _fill(sample)
        yield
    finally:
        gateway.execute("TRUNCATE TABLE events")
        gateway.execute(f"DROP TABLE {CLEAN}")
        gateway.execute("SYSTEM START MERGES events")


@contextmanager
def merges_allowed(sample: Sample) -> Iterator[None]:
    """Merge inside; after it the open week lies in the parts it was inserted in again."""
    _merges("START")
    yield
    _merges("STOP")
    for table in ("events", CLEAN):
        gateway.execute(f"ALTER TABLE {table} DROP PARTITION {{week:String}}", {"week": f"{sample.open_week:%F}"})
    _fill(sample, since=sample.open_week)


def clean_compact(sample: Sample) -> None:
    """Merge the clean table's closed weeks."""
    sql = f"OPTIMIZE TABLE {CLEAN} PARTITION {{week:String}} FINAL"
    for number in range(1, sample.weeks):
        gateway.execute(sql, {"week": f"{sample.open_week - timedelta(weeks=number):%F}"}, timeout_seconds=600)


def part_count(table: str, *, since: datetime) -> int:
    """In how many parts the events since a Monday lie."""
    sql = """
        SELECT count()
        FROM system.parts
        WHERE database = currentDatabase() AND table = {table:String} AND active
            AND min_time >= {since:DateTime64(3, 'UTC')}
    """
    return int(gateway.query(sql, {"table": table, "since": since})[0][0])


def _merges(what: str) -> None:
    for table in ("events", CLEAN):
        gateway.execute(f"SYSTEM {what} MERGES {table}")


def _fill(sample: Sample, *, since: datetime | None = None) -> None:
    for number in range(_INSERTS):
        first = sample.rows * number // _INSERTS
        count = sample.rows * (number + 1) // _INSERTS - first
        for table in ("events", CLEAN):
            _insert(table, "sent_at", "1", sample, first=first, count=count, since=since)
    seconds_later = "sent_at + toIntervalSecond(30)"
    weeks_later = "sent_at + toIntervalWeek(2 + number % 8)"
    for received_at, condition in ((seconds_later, f"NOT {_LATE}"), (weeks_later, _LATE)):
        wanted = f"{COPIED} AND {condition}"
        _insert("events", received_at, wanted, sample, first=0, count=sample.rows, since=since)


def _insert(
    table: str, received_at: str, wanted: str, sample: Sample, *, first: int, count: int, since: datetime | None
) -> None:
    period = sample.weeks_before(sample.weeks, 0)
    sql = (
        f"INSERT INTO {table} ({_NAMES}) SELECT {_NAMES.replace('received_at', received_at)} FROM ({_EVENTS}"  # noqa: S608  # own fragments
        f" WHERE {wanted} AND occurred_at >= {{since:DateTime64(3, 'UTC')}})"
    )
    parameters = {
        "start": period.start,
        "length_ms": (period.end - period.start) // timedelta(milliseconds=1),
        "since": since or period.start,
        "first": first,
        "count": count,
    }
    gateway.execute(sql, parameters, settings=_SETTINGS, timeout_seconds=600)
