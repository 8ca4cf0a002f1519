"""Every metric there is, by its key."""

from difflib import get_close_matches

from analytics.metrics.completion import COMPLETION
from analytics.metrics.metric import Metric

METRICS: dict[str, Metric] = {metric.key: metric for metric in (COMPLETION,)}


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
