"""What Celery's workers run."""

from celery import shared_task

from analytics.exports.tasks import export_run, exports_resume
from analytics.models import MetricTask
from analytics.selectors.task_runs import task_stranded_ids
from analytics.services import calculation
from analytics.services.task_runs import task_deliver

__all__ = ["export_run", "exports_resume", "metric_task_run", "metric_tasks_resume"]


@shared_task
def metric_task_run(task_id: str) -> None:
    """Run one calculation."""
    task_deliver(model=MetricTask, task_id=task_id, run=calculation.metric_task_run, message=metric_task_run)


@shared_task
def metric_tasks_resume() -> None:
    """Wake a worker for each task whose message was lost or whose worker died."""
    for task_id in task_stranded_ids(model=MetricTask):
        metric_task_run.delay(str(task_id))
