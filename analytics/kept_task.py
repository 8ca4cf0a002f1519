"""What a worker does later. The row is the truth; the message on the queue only wakes a worker."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from analytics.task_status import UNFINISHED, TaskStatus

__all__ = ["UNFINISHED", "KeptTask", "TaskStatus"]


class KeptTask(models.Model):
    """What every kind of task has."""

    called: ClassVar[str]
    """As what whoever asked for it knows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, choices=TaskStatus.choices, default=TaskStatus.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(help_text="When it is due; long after that, its message is lost.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        """Nothing more will happen to it."""
        return self.status not in UNFINISHED
