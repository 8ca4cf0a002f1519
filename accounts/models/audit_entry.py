"""Who did what to which object, from where."""

from typing import Any

from django.db import models
from django.utils import timezone


class Outcome(models.TextChoices):
    """How it ended."""

    ALLOWED = "allowed", "Allowed"
    REFUSED = "refused", "Refused"


class AuditEntry(models.Model):
    """One line of the audit log. The database refuses to change or delete one (migration 0003), but for cleaning up
    what is older than AUDIT_RETENTION_DAYS (migration 0010), and forgetting a name (migration 0011).

    People are named by text and not by a foreign key: the line stays as it is when they are gone.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor_id = models.CharField(max_length=32, blank=True, db_index=True, help_text="Empty: nobody known.")
    actor_name = models.CharField(max_length=150, blank=True)
    actor_kind = models.CharField(max_length=16, blank=True, help_text="user, api_key or system.")
    action = models.CharField(max_length=128, db_index=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    details: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name or 'nobody'} {self.action} {self.outcome}"
