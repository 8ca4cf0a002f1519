"""The keys that machines show instead of signing in."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models.device import Device
from accounts.models.user import Role, User

API_KEY_NAME_MAX_LENGTH = 100


class Scope(models.TextChoices):
    """What a key opens."""

    INGEST = "ingest", "Send events of anybody"
    READ = "read", "Read what a teacher may read"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Questions about API keys."""

    def visible_to(self, user: User) -> Self:
        """An admin sees every key, a teacher their own."""
        if user.role == Role.ADMIN:
            return self
        return self.filter(owner=user) if user.role == Role.TEACHER else self.none()

    def usable(self, *, at: datetime) -> Self:
        """Neither revoked nor expired, and of somebody who may still have keys."""
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=at)
        return self.filter(
            unexpired, revoked_at=None, owner__is_active=True, owner__role__in=(Role.TEACHER, Role.ADMIN)
        )

    def unused_since(self, moment: datetime) -> Self:
        """Those whose last use is not noted as later than `moment`."""
        return self.filter(models.Q(last_used_at=None) | models.Q(last_used_at__lt=moment))


class ApiKey(models.Model):
    """A key that was given out: its hash, never the key itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    # It goes with its device: without one it would open more than it did.
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="Set: the key sends readings of this device and opens nothing else.",
    )
    name = models.CharField(max_length=API_KEY_NAME_MAX_LENGTH)
    prefix = models.CharField(max_length=16, help_text="How the key begins, to know it again.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the whole key.")
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        verbose_name = "API key"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values, scopes__len__gt=0), name="accounts_apikey_scopes"
            ),
            models.CheckConstraint(
                condition=models.Q(device=None) | models.Q(scopes=[Scope.INGEST.value]), name="accounts_apikey_device"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
