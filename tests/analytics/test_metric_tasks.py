"""Tasks: joined, run once, run again when a worker died, given up, cancelled."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from analytics.metrics.period import Period
from analytics.models import MetricResult, MetricTask, TaskStatus
from analytics.selectors.task_runs import task_stranded_ids
from analytics.services import calculation
from analytics.services.calculation import metric_task_run
from analytics.services.metric_tasks import metric_task_create
from analytics.services.task_runs import MAX_ATTEMPTS, task_cancel
from analytics.tasks import metric_tasks_resume
from storage_app import advisory_lock
from storage_app.clickhouse.errors import StoreUnavailable
from tests.accounts.together import together
from tests.analytics.calculated import stored
from tests.analytics.conftest import Calculate
from tests.analytics.faults import failing
from tests.analytics.stored import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]

BEFORE = "2025-03-01"


def new_task(owner: User, week: Period) -> MetricTask:
    return metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id="c")


def test_a_store_that_is_down_is_asked_again_and_at_last_given_up(owner: User, week: Period) -> None:
    task = new_task(owner, week)
    with failing(StoreUnavailable("not available")):
        waits = [metric_task_run(task_id=task.pk) for _ in range(MAX_ATTEMPTS)]
    assert waits == [2, 4, 8, 16, 32, 60, 60, None]
    task.refresh_from_db()
    assert task.status == TaskStatus.FAILED
    assert "not available" in task.error


def test_a_store_that_comes_back_finishes_the_task(owner: User, week: Period) -> None:
    store([event("1", "enrolled", BEFORE)])
    task = new_task(owner, week)
    with failing(StoreUnavailable("not available")):
        assert metric_task_run(task_id=task.pk) == 2
    assert metric_task_run(task_id=task.pk) is None
    task.refresh_from_db()
    assert (task.status, task.error) == (TaskStatus.SUCCEEDED, "")


def test_a_finished_task_delivered_again_does_nothing(calculate: Calculate) -> None:
    store([event("1", "enrolled", BEFORE)])
    task = calculate()
    computed_at = MetricResult.objects.values_list("computed_at", flat=True)
    first = list(computed_at.all())
    assert metric_task_run(task_id=task.pk) is None
    assert list(computed_at.all()) == first


def test_a_task_nobody_knows_does_nothing() -> None:
    assert metric_task_run(task_id=uuid.uuid4()) is None


def test_a_task_whose_worker_died_is_run_again(owner: User, week: Period) -> None:
    store([event("1", "enrolled", BEFORE)])
    task = new_task(owner, week)
    MetricTask.objects.filter(pk=task.pk).update(status=TaskStatus.RUNNING, attempts=1)
    metric_task_run(task_id=task.pk)
    task.refresh_from_db()
    assert (task.status, task.attempts) == (TaskStatus.SUCCEEDED, 2)


def test_a_task_that_kills_its_workers_is_given_up(owner: User, week: Period) -> None:
    task = new_task(owner, week)
    MetricTask.objects.filter(pk=task.pk).update(status=TaskStatus.RUNNING, attempts=MAX_ATTEMPTS)
    metric_task_run(task_id=task.pk)
    task.refresh_from_db()
    assert task.status == TaskStatus.FAILED
    assert "interrupted" in task.error


def test_what_an_earlier_attempt_stored_is_not_calculated_again(owner: User, week: Period) -> None:
    store([event("1", "enrolled", BEFORE)])
    task = new_task(owner, week)
    MetricTask.objects.filter(pk=task.pk).update(metrics=["retired", "completion"], done=1, rows={"retired": {}})
    metric_task_run(task_id=task.pk)
    task.refresh_from_db()
    assert (task.status, task.done) == (TaskStatus.SUCCEEDED, 2)
    assert task.rows == {"retired": {}, "completion": {"course_user": 1, "course": 1}}


def test_a_cancelled_task_does_not_run(owner: User, week: Period) -> None:
    store([event("1", "enrolled", BEFORE)])
    task = new_task(owner, week)
    assert task_cancel(task=task)
    assert not task_cancel(task=task)
    metric_task_run(task_id=task.pk)
    task.refresh_from_db()
    assert (task.status, stored()) == (TaskStatus.CANCELLED, {})


def test_a_task_cancelled_in_the_middle_stays_cancelled(
    owner: User, week: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = new_task(owner, week)

    def replace_and_cancel(**_: Any) -> dict[str, dict[str, int]]:
        task_cancel(task=task)
        return {}

    monkeypatch.setattr(calculation, "metric_results_replace", replace_and_cancel)
    assert metric_task_run(task_id=task.pk) is None
    task.refresh_from_db()
    assert (task.status, task.done) == (TaskStatus.CANCELLED, 0)


def test_the_same_wish_joins_the_unfinished_task(owner: User, colleague: User, week: Period) -> None:
    first = new_task(owner, week)
    assert new_task(colleague, week).pk == first.pk
    MetricTask.objects.filter(pk=first.pk).update(status=TaskStatus.RUNNING)
    assert new_task(colleague, week).pk == first.pk
    other = metric_task_create(requested_by_id=owner.pk, period=week, metrics=["completion"], course_id=None)
    assert other.pk != first.pk
    MetricTask.objects.filter(pk=first.pk).update(status=TaskStatus.SUCCEEDED)
    assert new_task(colleague, week).pk != first.pk


@pytest.mark.parametrize(
    ("status", "age", "stranded"),
    [
        (TaskStatus.PENDING, timedelta(0), False),
        (TaskStatus.PENDING, timedelta(minutes=1), True),
        (TaskStatus.PENDING, timedelta(minutes=-1), False),
        (TaskStatus.RUNNING, timedelta(0), True),
        (TaskStatus.RUNNING, timedelta(minutes=1), True),
        (TaskStatus.SUCCEEDED, timedelta(minutes=1), False),
        (TaskStatus.CANCELLED, timedelta(minutes=1), False),
    ],
)
def test_a_stranded_task_is_found(
    owner: User, week: Period, status: TaskStatus, age: timedelta, stranded: bool
) -> None:
    task = new_task(owner, week)
    MetricTask.objects.filter(pk=task.pk).update(status=status, run_after=timezone.now() - age)
    assert task_stranded_ids(model=MetricTask) == ([task.pk] if stranded else [])


def test_a_task_with_a_living_worker_is_not_stranded(owner: User, week: Period) -> None:
    task = new_task(owner, week)
    MetricTask.objects.update(status=TaskStatus.RUNNING, run_after=timezone.now() - timedelta(hours=1))
    with advisory_lock.held(task.pk) as is_ours:
        assert is_ours
        assert task_stranded_ids(model=MetricTask) == []
    assert task_stranded_ids(model=MetricTask) == [task.pk]


def test_stranded_tasks_are_sent_again(owner: User, week: Period, monkeypatch: pytest.MonkeyPatch) -> None:
    task = new_task(owner, week)
    MetricTask.objects.update(run_after=timezone.now() - timedelta(hours=1))
    sent: list[str] = []
    monkeypatch.setattr("analytics.tasks.metric_task_run.delay", sent.append)
    metric_tasks_resume()
    assert sent == [str(task.pk)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_queue")
def test_a_task_runs_once_at_a_time(owner: User, week: Period) -> None:
    task = new_task(owner, week)
    with advisory_lock.held(task.pk) as is_ours:
        assert is_ours
        assert together(lambda: metric_task_run(task_id=task.pk)) == [None]
        assert together(lambda: advisory_lock.is_held(task.pk)) == [True]
    task.refresh_from_db()
    assert task.status == TaskStatus.PENDING
    together(lambda: metric_task_run(task_id=task.pk))
    task.refresh_from_db()
    assert task.status == TaskStatus.SUCCEEDED
