"""What courses have set of their metrics."""

from analytics.metrics.settings import DEFAULT_THRESHOLDS, MetricSettings, SettingsByCourse
from analytics.models import CourseSettings


def course_settings_get() -> SettingsByCourse:
    """Of every course that has set any."""
    return SettingsByCourse(
        courses={each.course_id: _of(each) for each in CourseSettings.objects.order_by("course_id")}
    )


def course_thresholds_get(*, course_id: str) -> dict[str, float]:
    """Below which value of a metric a person of the course is on the at-risk list."""
    own = CourseSettings.objects.filter(course_id=course_id).first()
    return dict(own.thresholds if own else DEFAULT_THRESHOLDS)


def _of(stored: CourseSettings) -> MetricSettings:
    return MetricSettings(
        weights=stored.weights,
        daily_cap=stored.daily_cap,
        idle_seconds=stored.idle_seconds,
        base_days=stored.base_days,
    )
