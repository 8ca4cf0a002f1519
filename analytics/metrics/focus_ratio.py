"""Focus ratio: how much of the time on task the page was looked at."""

from analytics.metrics.metric import RATIO, Metric, Unit
from analytics.metrics.stream import SQL, stream_binds, stream_reach

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
