"""What a course sets changes its own numbers, and each result keeps what it was calculated with."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from analytics.models import CourseSettings, MetricResult
from tests.analytics.conftest import Calculate
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

DEFAULTS = {
    "retention": {"base_days": None},
    "time_on_task": {"idle_seconds": 1800},
    "focus_ratio": {"idle_seconds": 1800},
}


def day(user: str, course: str) -> list[Any]:
    """A page early in the month, two in the week with 40 minutes between them."""
    times = ("2025-03-01T10:00", "2025-03-10T10:00", "2025-03-10T10:40")
    return [event(user, "page_viewed", at, course) for at in times]


def values(course_id: str | None) -> dict[str, float | None]:
    return {each.metric: each.value for each in MetricResult.objects.filter(course_id=course_id)}


@pytest.fixture
def own_settings() -> CourseSettings:
    return CourseSettings.objects.create(
        course_id="own", weights={"page_viewed": 2.5}, daily_cap=1, idle_seconds=3600, base_days=14
    )


@pytest.mark.usefixtures("own_settings")
def test_it_works(calculate_all: Calculate) -> None:
    store(day("1", "own") + day("2", "other"))
    calculate_all()
    own, other, everything = values("own"), values("other"), values(None)
    assert (own["time_on_task"], other["time_on_task"], everything["time_on_task"]) == (2400, 0, 2400)
    assert (own["activity_index"], other["activity_index"], everything["activity_index"]) == (2.5, 2, 2.25)
    assert (own["retention"], other["retention"], everything["retention"]) == (1, None, None)
    assert (own["focus_ratio"], other["focus_ratio"]) == (1, None)


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("course_id", [None, "own"])
def test_a_result_keeps_its_parameters(calculate_all: Calculate, course_id: str | None) -> None:
    store(day("1", "own") + day("2", "other"))
    calculate_all(course_id)
    kept = {(r.metric, r.course_id): r.parameters for r in MetricResult.objects.exclude(course_id="other")}
    assert kept["activity_index", "own"] == {"weights": {"page_viewed": 2.5}, "daily_cap": 1}
    assert kept["time_on_task", "own"] == {"idle_seconds": 3600}
    assert kept["retention", "own"] == {"base_days": 14}
    assert kept["engagement", "own"] == {}
    for metric, parameters in DEFAULTS.items() if course_id is None else ():
        assert kept[metric, None] == parameters


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"heartbeat": 1}},
        {"weights": {"page_viewed": -1}},
        {"weights": {"page_viewed": "1"}},
        {"weights": {"page_viewed": True}},
        {"weights": [1]},
        {"thresholds": {"speed": 1}},
        {"thresholds": {"retention": None}},
        {"idle_seconds": 0},
        {"idle_seconds": 86401},
        {"base_days": 0},
        {"daily_cap": -1},
        {"course_id": ""},
    ],
)
def test_senseless_settings_are_refused(wrong: dict[str, Any]) -> None:
    CourseSettings(course_id="c").full_clean()
    with pytest.raises(ValidationError) as refused:
        CourseSettings(**{"course_id": "c"} | wrong).full_clean()
    assert set(refused.value.message_dict) == set(wrong)
