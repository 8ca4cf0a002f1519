"""Activity index: weighted points a week, each type of event capped by the day."""

from typing import Any

from analytics.metrics.event_types import ACTIVITY_TYPES
from analytics.metrics.fragments import BEFORE_END, BY_SCOPE, ENROLLED_AT, IS_MEMBER, LEFT_AT, LOCAL_DAY, PLACE, SCOPE
from analytics.metrics.metric import RATIO, Metric, Unit, everything_before_end
from analytics.metrics.period import Period
from analytics.metrics.settings import SettingsByCourse

# `kind` is the place of an event's type among those that count, 0 for all others.
SQL = f"""
WITH
days AS
(
    SELECT
        course_id,
        user_id,
        if(occurred_at >= {{start:DateTime64(3, 'UTC')}}, indexOf({{types:Array(String)}}, event_type), 0) AS kind,
        if(kind = 0, NULL, {LOCAL_DAY}) AS day,
        count() AS n,
        {ENROLLED_AT} AS enrolled_at,
        {LEFT_AT} AS left_at
    FROM events FINAL
    WHERE {BEFORE_END}
    GROUP BY course_id, user_id, kind, day
),
pairs AS
(
    SELECT
        course_id,
        user_id,
        sumIf(
            {{weights:Array(Array(Float64))}}[{PLACE}][kind] * least(n, {{caps:Array(UInt32)}}[{PLACE}]), kind > 0
        ) AS points,
        max(kind) > 0 AS is_active,
        max(days.enrolled_at) AS enrolled_at,
        max(days.left_at) AS left_at,
        {IS_MEMBER} AS is_member
    FROM days
    GROUP BY course_id, user_id
),
people AS
(
    SELECT
        user_id,
        groupArrayIf((course_id, points, is_active), is_member AND course_id != '') AS in_courses,
        sum(points) AS points_anywhere,
        max(is_active) AS is_active_anywhere
    FROM pairs
    GROUP BY user_id
    HAVING max(is_member)
),
each AS
(
    SELECT
        user_id,
        arrayJoin(arrayPushBack(in_courses, ('', points_anywhere, is_active_anywhere))) AS one,
        one.1 AS course_id,
        one.2 AS points,
        one.3 AS is_active
    FROM people
)
SELECT {SCOPE}, course_id, user_id, sum(points) AS numerator, count() * {{weeks:Float64}} AS denominator
FROM each
{BY_SCOPE}
HAVING grouping(user_id) = 1 OR max(is_active)
"""  # noqa: S608  # of fixed pieces


def _binds(period: Period, settings: SettingsByCourse) -> dict[str, Any]:
    return {
        "types": list(ACTIVITY_TYPES),
        "courses": settings.course_ids,
        "weights": [[float(each.weights.get(kind, 0)) for kind in ACTIVITY_TYPES] for each in settings.values],
        "caps": [each.daily_cap for each in settings.values],
        "weeks": period.weeks,
    }


ACTIVITY_INDEX = Metric(
    key="activity_index",
    label="Activity index",
    unit=Unit.POINTS_PER_WEEK,
    low=0,
    high=None,
    source="Weighted counts of events by type, capped by the day",
    sql=SQL,
    parts=("numerator", "denominator"),
    value=RATIO,
    reach=everything_before_end,
    binds=_binds,
    settings=("weights", "daily_cap"),
    without_row=0,
)
