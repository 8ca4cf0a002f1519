"""What the tests of calculations and results share."""

from collections.abc import Callable

import pytest

from accounts.models import User
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.models import MetricTask
from analytics.services.calculation import metric_task_run
from analytics.services.metric_tasks import metric_task_create
from tests.analytics.stored import moment

Calculate = Callable[..., MetricTask]


@pytest.fixture
def week() -> Period:
    """A period."""
    return Period(moment("2025-03-10"), moment("2025-03-17"))


def _calculation(owner: User, week: Period, metrics: list[str]) -> Calculate:
    def _calculate(course_id: str | None = None, period: Period = week) -> MetricTask:
        task = metric_task_create(requested_by_id=owner.pk, period=period, metrics=metrics, course_id=course_id)
        assert metric_task_run(task_id=task.pk) is None
        task.refresh_from_db()
        return task

    return _calculate


@pytest.fixture
def calculate(owner: User, week: Period) -> Calculate:
    """Calculate completion, of every course unless one is named, as a worker does; gives the finished task."""
    return _calculation(owner, week, ["completion"])


@pytest.fixture
def calculate_all(owner: User, week: Period) -> Calculate:
    """The same with every metric."""
    return _calculation(owner, week, list(METRICS))


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken: the test runs the task itself."""
    monkeypatch.setattr("analytics.tasks.metric_task_run.delay", lambda task_id: None)
    monkeypatch.setattr("analytics.nightly_tasks.nightly_runs_tend.delay", lambda: None)
