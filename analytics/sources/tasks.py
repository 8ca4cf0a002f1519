"""What Celery's workers do with sources."""

from celery import shared_task
from django.utils import timezone

from analytics.selectors.task_runs import task_stranded_ids
from analytics.services.task_runs import task_deliver, task_enqueue
from analytics.sources.models import SourceRun
from analytics.sources.services import cleaning, running, scheduling


@shared_task
def source_run(task_id: str) -> None:
    """Run a source."""
    task_deliver(model=SourceRun, task_id=task_id, run=running.source_run, message=source_run)


@shared_task
def source_runs_resume() -> None:
    """Wake a worker for each run whose message was lost or whose worker died."""
    for run_id in task_stranded_ids(model=SourceRun):
        source_run.delay(str(run_id))


@shared_task
def sources_start_due() -> int:
    """Start what the schedules say; gives how many."""
    runs = scheduling.source_runs_create_due(now=timezone.now())
    for run in runs:
        task_enqueue(task=run, message=source_run)
    return len(runs)


@shared_task
def sources_clean_up() -> int:
    """Drop what killed runs have left, and forget old runs; gives how many tables."""
    cleaning.source_runs_delete_expired()
    return cleaning.source_tables_clean_up()
