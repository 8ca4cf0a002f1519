"""The devices that send readings. Like a key, a device is somebody's: it lies here, below both the room that takes its
readings in and the one that analyses them.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Q, Value, When
from django.utils import timezone

from accounts.models.user import Role, User

DEVICE_NAME_MAX_LENGTH = 200


class DeviceState(models.TextChoices):
    """What is heard of a device."""

    NEVER = "never", "Never heard of"
    ACTIVE = "active", "Active"
    SILENT = "silent", "Silent"


class DeviceQuerySet(models.QuerySet["Device"]):
    """Questions about devices."""

    def visible_to(self, user: User) -> Self:
        """An admin sees every device, anybody else their own."""
        return self if user.role == Role.ADMIN else self.filter(owner=user)

    def with_state(self, *, at: datetime, grace: timedelta) -> Self:
        """Each with its `state`: silent once it is later than it should have sent by more than `grace`."""
        interval = ExpressionWrapper(
            F("expected_interval_seconds") * Value(timedelta(seconds=1)), output_field=DurationField()
        )
        due = ExpressionWrapper(F("last_seen_at") + interval + Value(grace), output_field=DateTimeField())
        return self.annotate(due_at=due).annotate(
            state=Case(
                When(last_seen_at=None, then=Value(DeviceState.NEVER)),
                # Without an expected interval nothing is due.
                When(Q(due_at__lt=at), then=Value(DeviceState.SILENT)),
                default=Value(DeviceState.ACTIVE),
                output_field=models.CharField(),
            )
        )

    def in_state(self, state: str) -> Self:
        """Those of `with_state` that are in this one."""
        return self.filter(Q.create([("state", state)]))


class Device(models.Model):
    """Something that sends readings, and whose it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=DEVICE_NAME_MAX_LENGTH, blank=True)
    external_id = models.CharField(
        max_length=DEVICE_NAME_MAX_LENGTH, blank=True, help_text="What its owner calls it; at most one device each."
    )
    description = models.TextField(blank=True)
    metadata: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True, help_text="Readings of an inactive device are refused.")
    expected_interval_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often it should send; empty: its silence is not watched."
    )
    last_seen_at = models.DateTimeField(null=True, blank=True, help_text="When readings of it last came in.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "external_id"),
                condition=~models.Q(external_id=""),
                name="accounts_device_external_id",
                violation_error_message="Another of your devices has this external id.",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.external_id or str(self.id)
