"""Completion: who, of those in a course, has completed it."""

from analytics.metrics.metric import RATIO, Metric, Reach, Unit
from analytics.metrics.period import EARLIEST, Period

# A person is out of the cohort who left before the start and has not enrolled since; at the same instant the
# enrolment is the later.
SQL = """
WITH members AS
(
    SELECT
        course_id,
        user_id,
        max(event_type = 'course_completed') AS completed,
        maxOrNullIf(occurred_at, event_type = 'enrolled') AS enrolled_at,
        maxOrNullIf(occurred_at, event_type = 'unenrolled' AND occurred_at < {start:DateTime64(3, 'UTC')}) AS left_at
    FROM events FINAL
    WHERE occurred_at < {end:DateTime64(3, 'UTC')}
        AND course_id != ''
        AND ({course:String} = '' OR course_id = {course:String})
    GROUP BY course_id, user_id
    HAVING left_at IS NULL OR enrolled_at >= left_at
)
SELECT
    ['course_user', 'course', 'user', 'all'][grouping(course_id, user_id) + 1] AS scope,
    course_id,
    user_id,
    sum(completed) AS numerator,
    count() AS denominator
FROM members
GROUP BY GROUPING SETS ((course_id, user_id), (course_id), (user_id), ())
HAVING denominator > 0 AND ({course:String} = '' OR scope IN ('course_user', 'course'))
"""


def _reach(period: Period) -> Reach:
    return Reach(start=EARLIEST, end=period.end, beyond_courses=False)


COMPLETION = Metric(
    key="completion",
    label="Completion",
    unit=Unit.RATIO,
    low=0,
    high=1,
    source="Ho et al. 2014, certified ÷ registered",
    sql=SQL,
    parts=("numerator", "denominator"),
    value=RATIO,
    reach=_reach,
)
