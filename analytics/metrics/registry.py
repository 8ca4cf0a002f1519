"""Every metric there is, by its key."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import groupby

from analytics.metrics.activity_index import ACTIVITY_INDEX
from analytics.metrics.completion import COMPLETION
from analytics.metrics.engagement import ENGAGEMENT
from analytics.metrics.focus_ratio import FOCUS_RATIO
from analytics.metrics.metric import Metric
from analytics.metrics.retention import RETENTION
from analytics.metrics.time_on_task import TIME_ON_TASK

METRICS: dict[str, Metric] = {
    metric.key: metric for metric in (RETENTION, ENGAGEMENT, COMPLETION, ACTIVITY_INDEX, TIME_ON_TASK, FOCUS_RATIO)
}


class UnknownMetric(ValueError):
    """A name no metric has; the text names the known ones and the nearest."""

    def __init__(self, name: str) -> None:
        # A name that is far longer than any is near none, and costly to compare.
        matches = get_close_matches(name[:64].lower(), METRICS, n=1)
        hint = f" Did you mean {matches[0]}?" if matches else ""
        super().__init__(f"There is no metric of this name. Known: {', '.join(METRICS)}.{hint}")


def metric_named(key: str) -> Metric:
    """The metric of this key.

    Raises:
        UnknownMetric: there is none.
    """
    if key not in METRICS:
        raise UnknownMetric(key)
    return METRICS[key]


def metrics_together(keys: Iterable[str]) -> list[list[Metric]]:
    """The metrics in groups, each of one reading of the events, in the registry's order."""
    wanted = set(keys)
    metrics = [metric for key, metric in METRICS.items() if key in wanted]
    return [list(group) for _, group in groupby(metrics, key=lambda metric: metric.sql)]
