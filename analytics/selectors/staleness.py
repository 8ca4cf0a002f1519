"""Whether events that arrived after a calculation would change its result."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from analytics.metrics.registry import METRICS
from analytics.models import MetricResult
from analytics.selectors.events import Watch, events_newest_stored
from storage_app.clickhouse.errors import QueryRefused, StoreUnavailable

logger = structlog.get_logger(__name__)


def results_mark_stale(
    results: Sequence[MetricResult], *, course_id: str | None = None, user_id: str | None = None
) -> None:
    """Set `stale` on results of one course or of one person: None where the event store cannot tell now."""
    watches = list(dict.fromkeys(map(_watch, results)))
    if not watches:
        return
    try:
        newest = events_newest_stored(watches=watches, course_id=course_id, user_id=user_id)
    except (StoreUnavailable, QueryRefused) as error:
        # The stored number is still worth an answer.
        logger.warning("staleness_unknown", reason=str(error))
        return
    stored = dict(zip(watches, newest, strict=True))
    for result in results:
        result.stale = _is_newer(stored[_watch(result)], result.seen_through)


def _watch(result: MetricResult) -> Watch:
    return Watch(result.course_id, METRICS[result.metric].reach(result.period))


def _is_newer(stored: datetime | None, seen_through: datetime | None) -> bool:
    if stored is None:
        return False
    return seen_through is None or stored > seen_through
