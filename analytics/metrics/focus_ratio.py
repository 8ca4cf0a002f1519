"""Focus ratio: how much of the time on task the page was looked at."""

from analytics.metrics.fragments import BY_SCOPE, SCOPE
from analytics.metrics.metric import RATIO, Metric, Unit
from analytics.metrics.stream import SPANS, stream_binds, stream_reach

SQL = f"""{SPANS}
SELECT {SCOPE}, course_id, user_id, sum(each.focused_ms) / 1000 AS numerator, sum(each.ms) / 1000 AS denominator
FROM each
{BY_SCOPE}
"""  # noqa: S608  # of fixed pieces

FOCUS_RATIO = Metric(
    key="focus_ratio",
    label="Focus ratio",
    unit=Unit.RATIO,
    low=0,
    high=1,
    source="W3C page visibility",
    sql=SQL,
    parts=("numerator", "denominator"),
    value=RATIO,
    reach=stream_reach,
    binds=stream_binds,
    settings=("idle_seconds",),
)
