"""Erasures of people: what was asked for, and what was found. Afterwards it is the receipt."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

# Longer than anything that was under way when an erasure was asked for: a request, an insert, an account seen a moment
# ago. What such a thing leaves behind is looked for once more after this time.
SETTLE_AFTER = timedelta(minutes=15)


class ErasureStatus(models.TextChoices):
    """Where an erasure is. It is never given up."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Questions about erasures."""

    def due(self, *, at: datetime) -> Self:
        """Those with something left to do: unfinished, or to be looked over once more."""
        unfinished = models.Q(status__in=(ErasureStatus.PENDING, ErasureStatus.RUNNING))
        unsettled = models.Q(finished_at__lte=at - SETTLE_AFTER) & ~models.Q(user_id="")
        return self.filter(unfinished | unsettled, run_after__lte=at)


class Erasure(models.Model):
    """One erasure. The id of the person is kept until nothing of theirs can turn up any more, then only its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=64, db_index=True, help_text="A keyed hash of the person's id.")
    user_id = models.CharField(max_length=128, blank=True, help_text="Empty once it is settled.")
    includes_account = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=ErasureStatus.choices, default=ErasureStatus.PENDING)
    counts = models.JSONField(default=dict, blank=True, help_text="How much was found, by place.")
    attempts = models.PositiveIntegerField(default=0)
    run_after = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True, help_text="Why the last attempt did not get through.")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return f"{self.id}: {self.status}"
