"""In whatever order events arrive, and however late: the numbers end the same."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from analytics.metrics.period import Period
from analytics.models import MetricResult, MetricTask, NightlyRun, PersonResult, TaskStatus
from analytics.selectors.staleness import results_mark_stale
from analytics.services import calculation
from analytics.services.nightly_runs import nightly_runs_tend
from storage_app.clickhouse import gateway
from tests.analytics.conftest import Calculate
from tests.analytics.generated import DAYS, FIRST, generated_events
from tests.analytics.stored import StoredEvent, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.usefixtures("no_queue")]

LATE = timedelta(days=60)
PERIOD = Period(FIRST + timedelta(days=7), FIRST + timedelta(days=14), "Europe/Berlin")
END = FIRST + timedelta(days=DAYS + 10)

Numbers = dict[tuple[Any, ...], tuple[float | None, Any]]


@pytest.fixture(autouse=True)
def _at_three_in_utc(settings: Any) -> None:
    settings.NIGHTLY_METRICS_AT = time(3)
    settings.NIGHTLY_METRICS_TIMEZONE = "UTC"


def numbers() -> Numbers:
    results = MetricResult.objects.in_period(PERIOD)
    people = PersonResult.objects.filter(result__in=results).select_related("result")
    return {(each.metric, each.course_id, None): (each.value, each.parts) for each in results} | {
        (each.result.metric, each.result.course_id, each.user_id): (each.value, each.parts) for each in people
    }


def a_night(after: date) -> NightlyRun:
    now = datetime.combine(after + timedelta(days=1), time(3), tzinfo=FIRST.tzinfo)
    nightly_runs_tend(now=now)
    for task in MetricTask.objects.unfinished():
        calculation.metric_task_run(task_id=task.pk)
    nightly_runs_tend(now=now)
    return NightlyRun.objects.latest()


def test_shuffled_and_late_ends_with_the_same_numbers(calculate_all: Calculate) -> None:
    events = sorted(set(generated_events(11, 6_000, 60)), key=lambda each: each.occurred_at)
    in_order = [each._replace(received_at=each.occurred_at + timedelta(seconds=1)) for each in events]
    store(in_order)
    calculate_all(None, PERIOD)
    expected = numbers()
    assert len(expected) > 400
    MetricResult.objects.all().delete()
    gateway.execute("TRUNCATE TABLE events")

    on_time, late = _shuffled(in_order)
    for part in range(5):
        store(on_time[part::5])
    calculate_all(None, PERIOD)
    assert numbers() != expected
    assert a_night(END.date()).status == TaskStatus.SUCCEEDED
    store(late)
    assert _stale() == {True}
    assert a_night((END + LATE).date()).repaired > 0
    assert _stale() == {False}
    assert numbers() == expected


def _shuffled(events: list[StoredEvent]) -> tuple[list[StoredEvent], list[StoredEvent]]:
    """Every twentieth comes sixty days later; the rest in no order."""
    dice = random.Random(12)
    late = {each.event_id for each in dice.sample(events, len(events) // 20)}
    on_time = [each for each in events if each.event_id not in late]
    dice.shuffle(on_time)
    return on_time, [each._replace(received_at=END + LATE) for each in events if each.event_id in late]


def _stale() -> set[bool | None]:
    results = list(MetricResult.objects.in_period(PERIOD).filter(course_id=None))
    results_mark_stale(results)
    return {result.stale for result in results}
