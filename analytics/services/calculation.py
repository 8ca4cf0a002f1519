"""Runs a calculation task, however often it is delivered and wherever its worker died."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from analytics import advisory_lock
from analytics.models import MetricTask, TaskStatus
from analytics.services.metric_results import metric_results_replace
from storage_app.clickhouse.errors import QueryRefused, StoreError, StoreUnavailable

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 60


def metric_task_run(*, task_id: UUID) -> int | None:
    """Calculate and store what the task still lacks; gives the seconds after which to run it again, if it must be.

    Nothing happens where another worker has the task or it has finished. Metrics stored by an earlier attempt are
    not calculated again.
    """
    with advisory_lock.held(task_id) as is_ours:
        task = _claim(task_id) if is_ours else None
        return _calculate(task) if task else None


def metric_task_fail(*, task_id: UUID, error: str) -> None:
    """End an unfinished task with a reason its caller can read; what it has stored stays."""
    MetricTask.objects.unfinished().filter(pk=task_id).update(
        status=TaskStatus.FAILED, error=error, finished_at=timezone.now()
    )
    logger.warning("metric_task_failed", task_id=str(task_id), error=error)


def _claim(task_id: UUID) -> MetricTask | None:
    claimed = MetricTask.objects.unfinished().filter(pk=task_id)
    if not claimed.update(
        status=TaskStatus.RUNNING, started_at=Coalesce("started_at", Now()), attempts=F("attempts") + 1
    ):
        return None
    task = MetricTask.objects.get(pk=task_id)
    if task.attempts > MAX_ATTEMPTS:
        metric_task_fail(task_id=task_id, error=f"The calculation was interrupted {MAX_ATTEMPTS} times.")
        return None
    return task


def _calculate(task: MetricTask) -> int | None:
    try:
        for metrics in task.to_do:
            rows = metric_results_replace(metrics=metrics, period=task.period, course_id=task.course_id)
            logger.info("metrics_calculated", task_id=str(task.pk), rows=rows)
            if not _advance(task, rows):
                return None
    except StoreUnavailable:
        return _postpone(task)
    except QueryRefused as refused:
        metric_task_fail(task_id=task.pk, error=refused.detail)
    except StoreError:
        logger.exception("metric_task_defect", task_id=str(task.pk))
        metric_task_fail(task_id=task.pk, error="The calculation failed. The log has the reason under this task's id.")
    return None


def _advance(task: MetricTask, rows: dict[str, dict[str, int]]) -> bool:
    """Note what is stored, and after the last one the success. False: the task was cancelled meanwhile."""
    task.done += len(rows)
    task.rows |= rows
    task.status = TaskStatus.SUCCEEDED if task.done == len(task.metrics) else TaskStatus.RUNNING
    return bool(
        MetricTask.objects.unfinished()
        .filter(pk=task.pk)
        .update(
            done=task.done,
            rows=task.rows,
            status=task.status,
            finished_at=timezone.now() if task.is_finished else None,
        )
    )


def _postpone(task: MetricTask) -> int | None:
    """Hand the task back, to be run again; after the last attempt it has failed."""
    if task.attempts >= MAX_ATTEMPTS:
        metric_task_fail(task_id=task.pk, error=f"The event store was not available, {MAX_ATTEMPTS} times in a row.")
        return None
    wait_seconds: int = min(FIRST_WAIT_SECONDS * 2 ** (task.attempts - 1), LONGEST_WAIT_SECONDS)
    MetricTask.objects.unfinished().filter(pk=task.pk).update(
        status=TaskStatus.PENDING, run_after=timezone.now() + timedelta(seconds=wait_seconds)
    )
    return wait_seconds
