"""What Celery's workers run for the nightly run; beside `tasks`, which the run itself needs."""

from celery import shared_task
from django.utils import timezone

from analytics.services import nightly_runs


@shared_task
def nightly_runs_tend() -> None:
    """Start, plan or end the nightly run, whichever is due."""
    nightly_runs.nightly_runs_tend(now=timezone.now())
