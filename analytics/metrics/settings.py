"""What a course may set of its metrics: weights, caps, thresholds, the base window."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "page_viewed": 1,
    "resource_downloaded": 1,
    "video_played": 2,
    "problem_attempted": 3,
    "forum_posted": 4,
    "assignment_submitted": 5,
}
# Who is below one of these is on the at-risk list: not seen again, less than a day in ten, less than three page views
# or one problem a week.
DEFAULT_THRESHOLDS: Mapping[str, float] = {"retention": 1, "engagement": 0.1, "activity_index": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSettings:
    """Of one course. `idle_seconds`: a longer gap is no time; `base_days` None: as long as the period."""

    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    daily_cap: int = 100
    idle_seconds: int = 1800
    base_days: int | None = None

    def chosen(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Some of them by name, as a result keeps them."""
        values = {name: getattr(self, name) for name in names}
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class SettingsByCourse:
    """The defaults, and what single courses set instead.

    Queries look a course up in `course_ids`, and its values at the same place; '' is in the first, for every course
    that sets nothing, and for events of no course.
    """

    default: MetricSettings = field(default_factory=MetricSettings)
    courses: Mapping[str, MetricSettings] = field(default_factory=dict)

    def of(self, course_id: str | None) -> MetricSettings:
        """What counts in a course; None: over all courses."""
        return self.courses.get(course_id, self.default) if course_id else self.default

    @property
    def course_ids(self) -> list[str]:
        """The courses' ids, after '' for all others."""
        return ["", *self.courses]

    @property
    def values(self) -> list[MetricSettings]:
        """The settings in the order of `course_ids`."""
        return [self.default, *self.courses.values()]
