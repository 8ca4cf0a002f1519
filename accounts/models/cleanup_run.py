"""What cleaning up has done."""

from django.db import models
from django.utils import timezone


class CleanupRun(models.Model):
    """One round of deleting expired refresh tokens."""

    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it runs, or it failed.")
    deleted_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}: {self.deleted_count}"
