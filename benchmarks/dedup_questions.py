"""What is asked of the table with copies and of the clean one."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from benchmarks.dedup_tables import CLEAN, COPIED, EVENT_ID, Period, Sample
from benchmarks.interleaved import Question
from ingestion.selectors.events import EventFilter, Position, event_find, event_list
from storage_app.clickhouse import gateway

COURSE = "course-70"  # of middling size
PERSON = "100"  # some five events a day at ten million
PAGE = 50

_SETTINGS = {
    "do_not_merge_across_partitions_select_final": 1,
    # Remembers which granules a condition met: a benchmark that asks again and again would measure that.
    "use_query_condition_cache": 0,
}
_IN_PERIOD = "occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}"
_EVERYTHING = "SELECT count(), uniq(user_id) FROM events FINAL"
_CHECKSUM = """
SELECT count(), sum(sipHash64(event_id, user_id, course_id, event_type, session_id, occurred_at, received_at,
                              properties))
FROM events FINAL
"""
_COURSE_DAYS = f"""
SELECT toDate(occurred_at) AS day, count(), uniq(user_id)
FROM events FINAL
WHERE course_id = {{course:String}} AND {_IN_PERIOD}
GROUP BY day
ORDER BY day
"""  # noqa: S608  # own fragments
_TYPES = f"""
SELECT event_type, count(), uniq(user_id) FROM events FINAL WHERE {_IN_PERIOD} GROUP BY event_type ORDER BY event_type
"""  # noqa: S608  # own fragments
_PERSONS_MONTH = f"""
SELECT course_id, count(), max(occurred_at)
FROM events FINAL
WHERE user_id = {{user:String}} AND {_IN_PERIOD}
GROUP BY course_id
ORDER BY course_id
"""  # noqa: S608  # own fragments


def course_month(name: str, period: Period, *, at_most: float) -> Question:
    """A course's days."""
    return _question(name, _COURSE_DAYS, {"course": COURSE, **period.parameters()}, at_most=at_most)


def everything() -> Question:
    """All courses, all time."""
    return _question("all courses, all time", _EVERYTHING, {})


def every_byte() -> Question:
    """Each event once and as it was first received."""
    return _question("every column of every event (once)", _CHECKSUM, {})


def others(sample: Sample) -> list[Question]:
    """All the rest that is asked by query."""
    month = sample.weeks_before(4, 0).parameters()
    return [
        _question("28 days of everything", _TYPES, month),
        _question("a person's month", _PERSONS_MONTH, {"user": PERSON, **month}),
        _look_up(sample),
    ]


def pages(name: str, where: str, event_filter: EventFilter) -> list[Question]:
    """The product's pages of a list beside the plain query for them: the first, and at depth both ways."""
    events = event_list(event_filter=event_filter)
    parameters = event_filter.parameters()
    depth = events.count() // 2
    [last] = events[depth - 1 : depth] or events[0:1]
    position = last["occurred_at"], last["event_id"]
    return [
        Question(
            name=f"{name}, first page",
            ours=lambda: _ids(event_list(event_filter=event_filter).after(None, limit=PAGE)),
            clean=_plain_page(where, parameters),
        ),
        Question(
            name=f"{name}, half way by cursor",
            ours=lambda: _ids(event_list(event_filter=event_filter).after(position, limit=PAGE)),
            clean=_plain_page(where, parameters, position=position),
        ),
        Question(
            name=f"{name}, half way by offset",
            ours=lambda: _ids(event_list(event_filter=event_filter)[depth : depth + PAGE]),
            clean=_plain_page(where, parameters, offset=depth),
        ),
    ]


def _question(name: str, sql: str, parameters: dict[str, Any], *, at_most: float | None = None) -> Question:
    return Question(
        name=name,
        ours=_asked(sql, parameters),
        clean=_asked(sql.replace("events FINAL", CLEAN), parameters),
        at_most=at_most,
    )


def _asked(sql: str, parameters: dict[str, Any]) -> Callable[[], Any]:
    return lambda: gateway.query(sql, parameters, settings=_SETTINGS, timeout_seconds=300)


def _look_up(sample: Sample) -> Question:
    sql = f"SELECT {EVENT_ID} FROM numbers({{rows:UInt64}}) WHERE {COPIED} LIMIT 1"  # noqa: S608  # own fragments
    event_id: UUID = gateway.query(sql, {"rows": sample.rows})[0][0]
    plain = f"SELECT received_at FROM {CLEAN} WHERE event_id = {{id:UUID}}"  # noqa: S608  # own fragments

    def found() -> Any:
        event = event_find(event_id=event_id)
        return event and [(event["received_at"],)]

    return Question(name="an event by its id", ours=found, clean=_asked(plain, {"id": event_id}))


def _plain_page(
    where: str, parameters: dict[str, Any], *, position: Position | None = None, offset: int = 0
) -> Callable[[], Any]:
    after = "AND (occurred_at, event_id) < ({time:DateTime64(3, 'UTC')}, {id:UUID})" if position else ""
    sql = (
        "SELECT event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties"  # noqa: S608  # own fragments
        f" FROM {CLEAN} WHERE {where} {after} ORDER BY occurred_at DESC, event_id DESC LIMIT {PAGE} OFFSET {offset}"
    )
    bound = parameters | (dict(zip(("time", "id"), position, strict=True)) if position else {})
    ask = _asked(sql, bound)
    return lambda: [row[0] for row in ask()]


def _ids(events: Sequence[dict[str, Any]]) -> list[UUID]:
    return [event["event_id"] for event in events]
