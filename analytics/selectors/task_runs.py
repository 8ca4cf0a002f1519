"""Reads of kept tasks of any kind."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from analytics.kept_task import UNFINISHED, KeptTask, TaskStatus
from storage_app import advisory_lock

# A message may wait this long for a free worker before another is sent; a second one is harmless.
PATIENCE = timedelta(seconds=30)


def task_stranded_ids(*, model: type[KeptTask], **where: Any) -> list[UUID]:
    """Tasks nobody works on: their message was lost, or their worker died in the middle."""
    unfinished = model._default_manager.filter(status__in=UNFINISHED, **where).order_by("run_after")
    overdue = timezone.now() - PATIENCE
    return [
        task.pk
        for task in unfinished
        # A worker holds the lock as long as the task is running, so that its death needs no patience.
        if (task.run_after < overdue if task.status == TaskStatus.PENDING else not advisory_lock.is_held(task.pk))
    ]
