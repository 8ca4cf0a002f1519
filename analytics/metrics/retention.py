"""Retention: who of those active in the base window is active in the period."""

from datetime import datetime, timedelta
from typing import Any

from analytics.metrics.event_types import ACTIVITY_TYPES
from analytics.metrics.fragments import BEFORE_END, BY_SCOPE, ENROLLED_AT, IS_MEMBER, LEFT_AT, PLACE, SCOPE
from analytics.metrics.metric import RATIO, Metric, Unit, everything_before_end
from analytics.metrics.period import EARLIEST, Period
from analytics.metrics.settings import MetricSettings, SettingsByCourse

# Over all courses the base window is the one of the courses that set none.
SQL = f"""
WITH
pairs AS
(
    SELECT
        course_id,
        user_id,
        maxIf(event_type IN {{types:Array(String)}}, occurred_at >= {{start:DateTime64(3, 'UTC')}}) AS in_period,
        maxOrNullIf(
            occurred_at, occurred_at < {{start:DateTime64(3, 'UTC')}} AND event_type IN {{types:Array(String)}}
        ) AS last_before,
        ifNull(last_before >= {{bases:Array(DateTime64(3, 'UTC'))}}[{PLACE}], false) AS in_base,
        ifNull(last_before >= {{bases:Array(DateTime64(3, 'UTC'))}}[1], false) AS in_base_anywhere,
        {ENROLLED_AT} AS enrolled_at,
        {LEFT_AT} AS left_at,
        {IS_MEMBER} AS is_member
    FROM events FINAL
    WHERE {BEFORE_END}
    GROUP BY course_id, user_id
    HAVING is_member OR in_period OR in_base OR in_base_anywhere
),
people AS
(
    SELECT
        user_id,
        groupArrayIf((course_id, in_base AND in_period, in_base), course_id != '') AS in_courses,
        max(in_base_anywhere) AS was_there,
        max(in_period) AND was_there AS stayed
    FROM pairs
    GROUP BY user_id
),
each AS
(
    SELECT
        user_id,
        arrayJoin(arrayPushBack(in_courses, ('', people.stayed, people.was_there))) AS one,
        one.1 AS course_id,
        one.2 AS stayed,
        one.3 AS was_there
    FROM people
)
SELECT {SCOPE}, course_id, user_id, sum(stayed) AS numerator, sum(was_there) AS denominator
FROM each
{BY_SCOPE}
"""  # noqa: S608  # of fixed pieces


def _base_start(period: Period, settings: MetricSettings) -> datetime:
    length = period.end - period.start if settings.base_days is None else timedelta(days=settings.base_days)
    return period.start - min(length, period.start - EARLIEST)


def _binds(period: Period, settings: SettingsByCourse) -> dict[str, Any]:
    return {
        "types": list(ACTIVITY_TYPES),
        "courses": settings.course_ids,
        "bases": [_base_start(period, each) for each in settings.values],
    }


RETENTION = Metric(
    key="retention",
    label="Retention",
    unit=Unit.RATIO,
    low=0,
    high=1,
    source="N-day retention; dropout as in KDD Cup 2015",
    sql=SQL,
    parts=("numerator", "denominator"),
    value=RATIO,
    # Its numbers need the base window and the period alone; who is in the cohort, and so has a row, is older.
    reach=everything_before_end,
    binds=_binds,
    settings=("base_days",),
)
