"""Runs a calculation task: each of its metrics calculated and stored, one after the other."""

from uuid import UUID

import structlog

from analytics.models import MetricTask
from analytics.services.metric_results import metric_results_replace
from analytics.services.task_runs import task_advance, task_run

logger = structlog.get_logger(__name__)


def metric_task_run(*, task_id: UUID) -> int | None:
    """Calculate and store what the task still lacks; gives the seconds after which to run it again, if it must be.

    Metrics stored by an earlier attempt are not calculated again.
    """
    return task_run(model=MetricTask, task_id=task_id, work=_calculate)


def _calculate(task: MetricTask) -> None:
    for metrics in task.to_do:
        rows = metric_results_replace(metrics=metrics, period=task.period, course_id=task.course_id)
        logger.info("metrics_calculated", task_id=str(task.pk), rows=rows)
        task.done += len(rows)
        task.rows |= rows
        all_stored = task.done == len(task.metrics)
        if not task_advance(task=task, succeeded=all_stored, done=task.done, rows=task.rows):
            return
