"""Engagement: on how many of a period's days somebody did something that takes part."""

from typing import Any

from analytics.metrics.event_types import ENGAGEMENT_TYPES
from analytics.metrics.fragments import (
    BEFORE_END,
    BY_SCOPE,
    DAY_COUNT,
    ENROLLED_AT,
    IS_MEMBER,
    LEFT_AT,
    LOCAL_DAY,
    SCOPE,
)
from analytics.metrics.metric import RATIO, Metric, Unit, everything_before_end
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse

SQL = f"""
WITH
pairs AS
(
    SELECT
        course_id,
        user_id,
        groupUniqArrayIf(
            {LOCAL_DAY},
            occurred_at >= {{start:DateTime64(3, 'UTC')}} AND event_type IN {{types:Array(String)}}
        ) AS days,
        {ENROLLED_AT} AS enrolled_at,
        {LEFT_AT} AS left_at,
        {IS_MEMBER} AS is_member
    FROM events FINAL
    WHERE {BEFORE_END}
    GROUP BY course_id, user_id
),
people AS
(
    SELECT
        user_id,
        groupArrayIf((course_id, length(days)), is_member AND course_id != '') AS in_courses,
        length(groupUniqArrayArray(days)) AS days_anywhere
    FROM pairs
    GROUP BY user_id
    HAVING max(is_member)
),
each AS
(
    SELECT user_id, arrayJoin(arrayPushBack(in_courses, ('', days_anywhere))) AS one, one.1 AS course_id, one.2 AS days
    FROM people
)
SELECT {SCOPE}, course_id, user_id, sum(days) AS numerator, count() * {DAY_COUNT} AS denominator
FROM each
{BY_SCOPE}
"""  # noqa: S608  # of fixed pieces


def _binds(_period: Period, _settings: SettingsByCourse) -> dict[str, Any]:
    return {"types": list(ENGAGEMENT_TYPES)}


ENGAGEMENT = Metric(
    key="engagement",
    label="Engagement",
    unit=Unit.RATIO,
    low=0,
    high=1,
    source="Canvas participations; active-day index",
    sql=SQL,
    parts=("numerator", "denominator"),
    value=RATIO,
    reach=everything_before_end,
    binds=_binds,
)
