"""Time on task: how long somebody was at work, from the gaps between events."""

from analytics.metrics.fragments import BY_SCOPE, SCOPE
from analytics.metrics.metric import Metric, Unit
from analytics.metrics.stream import SPANS, stream_binds, stream_reach

SQL = f"""{SPANS}
SELECT {SCOPE}, course_id, user_id, sum(each.ms) / 1000 AS seconds, countIf(each.ms > 0) AS n
FROM each
{BY_SCOPE}
"""  # noqa: S608  # of fixed pieces


TIME_ON_TASK = Metric(
    key="time_on_task",
    label="Time on task",
    unit=Unit.SECONDS,
    low=0,
    high=None,
    source="Moodle's dedication block; Kovanović et al. 2015 on why the threshold must be told",
    sql=SQL,
    parts=("seconds", "n"),
    value="seconds",
    reach=stream_reach,
    binds=stream_binds,
    settings=("idle_seconds",),
)
