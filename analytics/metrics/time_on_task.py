"""Time on task: how long somebody was at work, from the gaps between events."""

from analytics.metrics.metric import Metric, Unit
from analytics.metrics.stream import SQL, stream_binds, stream_reach

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
