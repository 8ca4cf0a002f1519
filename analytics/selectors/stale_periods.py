"""Which stored periods late events have made stale: what a nightly run calculates again."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from django.db.models import F

from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult
from analytics.selectors.events import Arrivals


@dataclass(frozen=True, slots=True)
class StalePeriod:
    """A metric's stored period of one course; None: of every course and person."""

    metric: str
    period: Period
    course_id: str | None


@dataclass(slots=True)
class _Timeline:
    """What arrived, by when it occurred."""

    occurred_from: list[datetime] = field(default_factory=list)
    newest_stored: list[datetime] = field(default_factory=list)

    @classmethod
    def of(cls, arrivals: Iterable[Arrivals]) -> "_Timeline":
        ordered = sorted(arrivals, key=lambda each: each.occurred_from)
        return cls([each.occurred_from for each in ordered], list(accumulate((e.stored_at for e in ordered), max)))

    def newest_before(self, end: datetime) -> datetime | None:
        """When the newest of those that occurred before `end` was stored."""
        place = bisect_left(self.occurred_from, end)
        return self.newest_stored[place - 1] if place else None


def stale_period_list(*, arrivals: Iterable[Arrivals]) -> list[StalePeriod]:
    """The stored periods that `arrivals` touch and that were calculated before they came.

    Where a period is stored over all courses, calculating it again repairs every course of it.
    """
    by_course: dict[str, list[Arrivals]] = defaultdict(list)
    for each in arrivals:
        by_course[each.course_id].append(each)
    courses = {course_id: _Timeline.of(of_course) for course_id, of_course in by_course.items()}
    everything = _Timeline.of(each for of_course in by_course.values() for each in of_course)
    if not everything.occurred_from:
        return []
    found: dict[StalePeriod, None] = {}
    stored = MetricResult.objects.order_by(F("course_id").asc(nulls_first=True), "end", "start", "pk")
    for result in stored.iterator():  # those of all courses come first
        reach = METRICS[result.metric].reach(result.period)
        nothing = _Timeline()
        own = everything if result.course_id is None else courses.get(result.course_id, nothing)
        newest = (everything if reach.crosses_courses else own).newest_before(reach.end)
        whole = StalePeriod(result.metric, result.period, None)
        if newest and (result.seen_through is None or newest > result.seen_through) and whole not in found:
            found[StalePeriod(result.metric, result.period, result.course_id)] = None
    return list(found)
