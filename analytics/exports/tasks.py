"""What Celery's workers do with exports."""

from celery import shared_task

from analytics.exports import running
from analytics.exports.models import Export
from analytics.selectors.task_runs import task_stranded_ids
from analytics.services.task_runs import task_deliver


@shared_task
def export_run(task_id: str) -> None:
    """Write one export."""
    task_deliver(model=Export, task_id=task_id, run=running.export_run, message=export_run)


@shared_task
def exports_resume() -> None:
    """Wake a worker for each export whose message was lost or whose worker died."""
    # Streamed ones are nobody's to resume.
    for task_id in task_stranded_ids(model=Export, is_async=True):
        export_run.delay(str(task_id))
