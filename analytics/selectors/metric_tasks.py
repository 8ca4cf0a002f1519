"""Reads of calculation tasks."""

import time
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from analytics import advisory_lock
from analytics.models import MetricTask, TaskStatus

POLL_SECONDS = 0.2
# A message may wait this long for a free worker before another is sent; a second one is harmless.
PATIENCE = timedelta(seconds=30)


def metric_task_wait(*, task: MetricTask, seconds: float) -> MetricTask:
    """The task as it is when it has finished, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not task.is_finished and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        task.refresh_from_db()
    return task


def metric_task_stranded_ids() -> list[UUID]:
    """Tasks nobody works on: their message was lost, or their worker died in the middle."""
    lost = Q(status=TaskStatus.PENDING, run_after__lt=timezone.now() - PATIENCE)
    # Whoever runs a task holds its lock, and PostgreSQL frees the lock of the dead at once.
    running = Q(status=TaskStatus.RUNNING)
    return [
        task.pk
        for task in MetricTask.objects.filter(lost | running).order_by("run_after")
        if task.status == TaskStatus.PENDING or not advisory_lock.is_held(task.pk)
    ]
