"""The devices that send readings. Like a key, a device is somebody's: it lies here, below both the room that takes its
readings in and the one that analyses them.
"""

import uuid
from typing import Any, Self

from django.db import models
from django.utils import timezone

from accounts.models.user import Role, User

DEVICE_NAME_MAX_LENGTH = 200


class DeviceQuerySet(models.QuerySet["Device"]):
    """Questions about devices."""

    def visible_to(self, user: User) -> Self:
        """An admin sees every device, anybody else their own."""
        return self if user.role == Role.ADMIN else self.filter(owner=user)


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
