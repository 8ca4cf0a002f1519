"""What Celery's workers run."""

from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from analytics.exports.tasks import export_run, exports_resume
from analytics.selectors.metric_tasks import metric_task_stranded_ids
from analytics.services import calculation

__all__ = ["export_run", "exports_resume", "metric_task_run", "metric_tasks_resume"]


@shared_task
def metric_task_run(task_id: str) -> None:
    """Run one calculation; one that the event store could not answer comes again later."""
    try:
        wait_seconds = calculation.metric_task_run(task_id=UUID(task_id))
    except SoftTimeLimitExceeded:
        calculation.metric_task_fail(task_id=UUID(task_id), error="The calculation took longer than is allowed.")
        return
    if wait_seconds is not None:
        metric_task_run.apply_async((task_id,), countdown=wait_seconds)


@shared_task
def metric_tasks_resume() -> None:
    """Wake a worker for each task whose message was lost or whose worker died."""
    for task_id in metric_task_stranded_ids():
        metric_task_run.delay(str(task_id))
