"""Time from a person's stream of events, across courses; `time_on_task` and `focus_ratio` are made of it."""

from datetime import timedelta
from typing import Any

from analytics.metrics.event_types import NOT_IN_STREAM, PASSIVE
from analytics.metrics.fragments import BEFORE_END, BY_SCOPE, ENROLLED_AT, IS_MEMBER, LEFT_AT, PLACE, SCOPE
from analytics.metrics.metric import Reach
from analytics.metrics.period import EARLIEST, LATEST, Period
from analytics.metrics.settings import SettingsByCourse

MARGIN = timedelta(hours=24)
"""How far beyond the period neighbours and the state are looked for."""

# A gap belongs to the course of the event that opens it, and that course says how long it may be. The state is
# carried from event to event; where a session begins it is set, so that none is carried over from the one before.
SQL = f"""
WITH
stream AS
(
    SELECT
        user_id,
        course_id,
        event_type,
        toUnixTimestamp64Milli(occurred_at) AS at,
        multiIf(event_type = 'page_blurred', 0, event_type = 'session_ended', 2, 1) AS rank,
        UUIDToNum(event_id) AS id_as_text,
        {{idle_ms:Array(Int64)}}[{PLACE}] AS idle_ms
    FROM events FINAL
    WHERE occurred_at >= {{from:DateTime64(3, 'UTC')}} AND occurred_at < {{until:DateTime64(3, 'UTC')}}
        AND event_type NOT IN {{outside:Array(String)}}
        AND ({{course:String}} = '' OR user_id IN
            (
                SELECT user_id FROM events
                WHERE course_id = {{course:String}}
                    AND occurred_at >= {{from:DateTime64(3, 'UTC')}} AND occurred_at < {{until:DateTime64(3, 'UTC')}}
            ))
),
neighbours AS
(
    SELECT
        *,
        leadInFrame(at, 1, at) OVER everything - at AS gap,
        gap <= idle_ms AND event_type != 'session_ended' AS is_time,
        lagInFrame(toNullable(at)) OVER everything AS before_at,
        lagInFrame(idle_ms) OVER everything AS before_idle_ms,
        lagInFrame(event_type) OVER everything AS before_type,
        before_at IS NULL OR at - before_at > before_idle_ms OR before_type = 'session_ended' AS is_first
    FROM stream
    WINDOW everything AS
        (PARTITION BY user_id ORDER BY at, rank, id_as_text ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
states AS
(
    SELECT
        user_id,
        course_id,
        is_time,
        last_value(multiIf(
            event_type = 'page_blurred', 0, event_type IN {{passive:Array(String)}} AND NOT is_first, NULL, 1
        )) IGNORE NULLS OVER
            (PARTITION BY user_id ORDER BY at, rank, id_as_text ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            AS is_focused,
        greatest(0, least(at + gap, toUnixTimestamp64Milli({{end:DateTime64(3, 'UTC')}}))
            - greatest(at, toUnixTimestamp64Milli({{start:DateTime64(3, 'UTC')}}))) AS span_ms
    FROM neighbours
),
times AS
(
    SELECT course_id, user_id, sum(span_ms) AS ms, sumIf(span_ms, is_focused = 1) AS focused_ms
    FROM states
    WHERE is_time AND span_ms > 0
    GROUP BY course_id, user_id
),
members AS
(
    SELECT course_id, user_id, {ENROLLED_AT} AS enrolled_at, {LEFT_AT} AS left_at
    FROM events FINAL
    WHERE {BEFORE_END}
    GROUP BY course_id, user_id
    HAVING {IS_MEMBER}
),
pairs AS
(
    SELECT course_id, user_id, sum(each.ms) AS ms, sum(each.focused_ms) AS focused_ms
    FROM
    (
        SELECT course_id, user_id, ms, focused_ms FROM times
        UNION ALL
        SELECT course_id, user_id, 0, 0 FROM members
    ) AS each
    WHERE {{course:String}} = '' OR course_id = {{course:String}}
    GROUP BY course_id, user_id
),
people AS
(
    SELECT
        user_id,
        groupArrayIf((course_id, pairs.ms, pairs.focused_ms), course_id != '') AS in_courses,
        sum(pairs.ms) AS ms,
        sum(pairs.focused_ms) AS focused_ms
    FROM pairs
    GROUP BY user_id
),
each AS
(
    SELECT
        user_id,
        arrayJoin(arrayPushBack(in_courses, ('', people.ms, people.focused_ms))) AS one,
        one.1 AS course_id,
        one.2 AS ms,
        one.3 AS focused_ms
    FROM people
)
SELECT
    {SCOPE},
    course_id,
    user_id,
    sum(each.ms) / 1000 AS seconds,
    countIf(each.ms > 0) AS n,
    sum(each.focused_ms) / 1000 AS numerator,
    seconds AS denominator
FROM each
{BY_SCOPE}
"""  # noqa: S608  # of fixed pieces


def stream_binds(period: Period, settings: SettingsByCourse) -> dict[str, Any]:
    """What SQL takes."""
    return {
        "from": period.start - min(MARGIN, period.start - EARLIEST),
        "until": period.end + min(MARGIN, LATEST - period.end),
        "outside": list(NOT_IN_STREAM),
        "passive": list(PASSIVE),
        "courses": settings.course_ids,
        "idle_ms": [each.idle_seconds * 1000 for each in settings.values],
    }


def stream_reach(period: Period) -> Reach:
    """Whatever those in a course do, wherever they do it, and everything that puts somebody into its cohort."""
    return Reach(start=EARLIEST, end=period.end + min(MARGIN, LATEST - period.end), crosses_courses=True)
