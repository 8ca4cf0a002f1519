"""Where a task is that a worker does."""

from django.db import models


class TaskStatus(models.TextChoices):
    """Where a task is."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (TaskStatus.PENDING, TaskStatus.RUNNING)
