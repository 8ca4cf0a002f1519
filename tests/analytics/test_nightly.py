"""The nightly run: when it starts, what it calculates, what it repairs, and what it says when something fails."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import MetricResult, MetricTask, NightlyRun, PersonResult, TaskStatus
from analytics.services import calculation, nightly_runs
from analytics.services.nightly_runs import nightly_run_create, nightly_runs_tend
from storage_app.clickhouse.errors import QueryRefused, StoreUnavailable
from tests.analytics.conftest import Calculate
from tests.analytics.faults import failing
from tests.analytics.stored import again, event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.usefixtures("no_queue")]

NIGHT = moment("2025-03-17T03:00:10")
Night = Callable[[datetime], NightlyRun]


@pytest.fixture(autouse=True)
def _at_three_in_utc(settings: Any) -> None:
    settings.NIGHTLY_METRICS_AT = time(3)
    settings.NIGHTLY_METRICS_TIMEZONE = "UTC"


def work() -> None:
    """What the workers do with the tasks that wait."""
    for task in MetricTask.objects.unfinished():
        calculation.metric_task_run(task_id=task.pk)


def one_night(now: datetime) -> NightlyRun:
    """A run from its start to its end."""
    nightly_runs_tend(now=now)
    work()
    nightly_runs_tend(now=now)
    return NightlyRun.objects.latest()


def started(now: datetime) -> int:
    before = NightlyRun.objects.count()
    nightly_runs_tend(now=now)
    return NightlyRun.objects.count() - before


def test_it_works() -> None:
    store([event("1", "page_viewed", "2025-03-16T12:00"), event("1", "page_viewed", "2025-03-09T12:00", "k")])
    run = one_night(NIGHT)
    assert (run.status, run.day, run.courses, run.failures) == (TaskStatus.SUCCEEDED, date(2025, 3, 16), 2, [])
    assert run.finished_at
    assert run.results == MetricResult.objects.count() + PersonResult.objects.count() > 0
    found = MetricResult.objects.filter(course_id=None).order_by("start").values_list("start", "end", "metric")
    end = moment("2025-03-17")
    assert set(found) == {(end - timedelta(days=days), end, metric) for days in (1, 7, 28) for metric in METRICS}
    assert set(MetricResult.objects.exclude(course_id=None).values_list("course_id", flat=True)) == {"c", "k"}


def test_days_are_those_of_the_zone(settings: Any) -> None:
    settings.NIGHTLY_METRICS_TIMEZONE = "America/New_York"
    store([event("1", "page_viewed", "2025-03-05T12:00")])
    one_night(moment("2025-03-10T07:01"))
    starts = MetricResult.objects.filter(course_id=None, metric="engagement").values_list("start", "end", "timezone")
    # The clocks went forward on the 9th.
    end = moment("2025-03-10T04:00")
    assert set(starts) == {
        (moment(start), end, "America/New_York")
        for start in ("2025-03-09T05:00", "2025-03-03T05:00", "2025-02-10T05:00")
    }


def test_it_runs_once_a_day_at_its_hour() -> None:
    assert [started(NIGHT + timedelta(hours=hours)) for hours in (-1, 0, 1)] == [0, 1, 0]
    one_night(NIGHT)
    assert [started(NIGHT + timedelta(hours=hours)) for hours in (2, 20, 23, 24, 25)] == [0, 0, 0, 1, 0]


def test_a_missed_night_is_made_up_for() -> None:
    one_night(NIGHT)
    assert started(NIGHT + timedelta(days=3, hours=9)) == 1
    assert NightlyRun.objects.latest().day == date(2025, 3, 19)


def test_a_new_installation_waits_for_its_hour() -> None:
    assert started(NIGHT + timedelta(hours=9)) == 0


def test_it_can_be_switched_off(settings: Any) -> None:
    settings.NIGHTLY_METRICS_AT = None
    assert started(NIGHT) == 0


def test_a_late_event_repairs_every_period_it_touches(calculate_all: Calculate) -> None:
    march = Period(moment("2025-03-01"), moment("2025-03-08"))
    january = Period(moment("2025-01-01"), moment("2025-01-08"))
    store([event("1", "page_viewed", "2025-03-05"), event("1", "page_viewed", "2025-03-05", "k")])
    for period in (march, january):
        calculate_all(None, period)
    calculate_all("c", Period(march.start, march.end, "Asia/Kolkata"))
    calculate_all("k", Period(march.start, march.end, "Asia/Kolkata"))
    one_night(NIGHT)
    untouched = computed(january), computed(march, "Asia/Kolkata", "k", metric="engagement")
    store([event("1", "problem_attempted", "2025-03-06", received_at=NIGHT + timedelta(hours=9))])
    assert value(march, "c") == 0

    run = one_night(NIGHT + timedelta(days=1))
    assert run.status == TaskStatus.SUCCEEDED
    assert run.repaired > 0
    assert value(march, "c") == value(march, "c", "Asia/Kolkata") * 8 / 7 == 1 / 7
    assert (computed(january), computed(march, "Asia/Kolkata", "k", metric="engagement")) == untouched
    assert one_night(NIGHT + timedelta(days=2)).repaired == 0


def value(period: Period, course_id: str, zone: str = "UTC") -> float:
    results = MetricResult.objects.filter(metric="engagement", course_id=course_id, timezone=zone)
    found = results.get(start=period.start, end=period.end).value
    assert found is not None
    return found


def computed(period: Period, zone: str = "UTC", course_id: str | None = None, metric: str = "retention") -> list[Any]:
    results = MetricResult.objects.filter(start=period.start, end=period.end, timezone=zone, metric=metric)
    if course_id:
        results = results.filter(course_id=course_id)
    return sorted(results.values_list("pk", "computed_at"))


def test_a_resend_repairs_nothing(calculate_all: Calculate) -> None:
    first = event("1", "page_viewed", "2025-03-05")
    store([first])
    calculate_all(None, Period(moment("2025-03-01"), moment("2025-03-08")))
    one_night(NIGHT)
    store([again(first)])
    assert one_night(NIGHT + timedelta(days=1)).repaired == 0


def test_a_failed_task_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    store([event("1", "page_viewed", "2025-03-16T12:00")])
    with failing(QueryRefused("The query takes too long.", limit="time")):
        run = one_night(NIGHT)
    assert (run.status, len(run.failures)) == (TaskStatus.FAILED, 15)
    assert "The query takes too long." in run.failures[0]


def test_what_a_failed_run_did_not_repair_the_next_one_does(calculate_all: Calculate) -> None:
    march = Period(moment("2025-03-01"), moment("2025-03-08"))
    store([event("1", "page_viewed", "2025-03-05")])
    calculate_all(None, march)
    store([event("1", "problem_attempted", "2025-03-06", received_at=NIGHT)])
    with failing(QueryRefused("The query takes too long.", limit="time")):
        assert one_night(NIGHT).repaired > 0
    assert value(march, "c") == 0
    one_night(NIGHT + timedelta(days=1))
    assert value(march, "c") == 1 / 7


def test_a_store_that_is_down_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(**_: Any) -> Any:
        raise StoreUnavailable("not available")

    with monkeypatch.context() as patch:
        patch.setattr("analytics.services.nightly_runs.events_stored_since", unavailable)
        nightly_runs_tend(now=NIGHT)
    assert NightlyRun.objects.get().status == TaskStatus.PENDING
    assert one_night(NIGHT).status == TaskStatus.SUCCEEDED


def test_whoever_comes_second_neither_plans_nor_ends_a_run_again() -> None:
    """As when a process stood still, lost its lock, and goes on with what it knew."""
    store([event("1", "page_viewed", "2025-03-16T12:00")])
    known = nightly_run_create(now=NIGHT)
    run = one_night(NIGHT)
    tasks = set(run.tasks.values_list("pk", flat=True))
    nightly_runs._plan(known)
    nightly_runs._finish(known)
    again = NightlyRun.objects.get()
    assert (again.status, again.finished_at, again.results) == (run.status, run.finished_at, run.results)
    assert set(again.tasks.values_list("pk", flat=True)) == tasks
    assert not MetricTask.objects.unfinished().exists()


def test_a_run_by_hand_joins_the_one_under_way(owner: User) -> None:
    first = nightly_run_create(now=NIGHT, requested_by_id=owner.pk, by_hand=True)
    assert nightly_run_create(now=NIGHT).pk == first.pk
    one_night(NIGHT)
    assert nightly_run_create(now=NIGHT, by_hand=True).pk != first.pk


def test_the_admin_shows_runs_and_starts_one(admin: User, stranger: User, client: Client) -> None:
    client.force_login(stranger)
    assert client.post("/admin/analytics/nightlyrun/run-now/").status_code in {302, 403}
    assert not NightlyRun.objects.exists()
    client.force_login(admin)
    assert client.get("/admin/analytics/nightlyrun/run-now/").status_code == 405
    answer = client.post("/admin/analytics/nightlyrun/run-now/", follow=True)
    assert "is under way" in answer.content.decode()
    assert "Run now" in answer.content.decode()
    run = NightlyRun.objects.get()
    assert (run.by_hand, run.requested_by) == (True, admin)
    assert run.day == timezone.now().astimezone(UTC).date() - timedelta(days=1)
    assert client.get(f"/admin/analytics/nightlyrun/{run.pk}/change/").status_code == 200
