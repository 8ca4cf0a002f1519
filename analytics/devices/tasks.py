"""What Celery's workers do with analyses of devices."""

from celery import shared_task

from analytics.devices.models import DeviceAnalysisTask
from analytics.devices.services import expiry, running
from analytics.selectors.task_runs import task_stranded_ids
from analytics.services.task_runs import task_deliver


@shared_task
def device_analysis_run(task_id: str) -> None:
    """Run one analysis."""
    task_deliver(
        model=DeviceAnalysisTask, task_id=task_id, run=running.device_analysis_run, message=device_analysis_run
    )


@shared_task
def device_analyses_resume() -> None:
    """Wake a worker for each analysis whose message was lost or whose worker died."""
    for task_id in task_stranded_ids(model=DeviceAnalysisTask):
        device_analysis_run.delay(str(task_id))


@shared_task
def device_analyses_delete_expired() -> int:
    """Forget old analyses; gives how many."""
    return expiry.device_analyses_delete_expired()
