"""What ingestion keeps in PostgreSQL."""

from django.db import models
from django.utils import timezone

from accounts.models import Device


class LedgerHour(models.Model):
    """What became of the events accepted in one hour from one source; saved from Redis every minute.

    accepted = stored + duplicates + conflicts + dead + erased + waiting
    """

    SHOWN = (
        "hour", "origin", "accepted", "stored", "duplicates", "conflicts", "dead", "erased", "waiting", "refused",
    )  # fmt: skip

    hour = models.DateTimeField()
    origin = models.CharField(max_length=200)
    accepted = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    dead = models.BigIntegerField(default=0)
    erased = models.BigIntegerField(default=0, help_text="Of people who were erased: not stored.")
    refused = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "ledger hour"
        ordering = ("-hour", "origin")
        constraints = (models.UniqueConstraint(fields=("hour", "origin"), name="ledger_hour_unique"),)

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.origin}"

    @property
    def waiting(self) -> int:
        """Accepted and not yet stored."""
        return self.accepted - self.stored - self.duplicates - self.conflicts - self.dead - self.erased


class DeviceSilence(models.Model):
    """A time in which a device that should have sent did not."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="silences")
    since = models.DateTimeField(help_text="When it was last heard of.")
    noticed_at = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True, help_text="When it was heard of again; empty: it is silent.")

    class Meta:
        ordering = ("-since", "-pk")
        constraints = (
            # However many schedulers look at once, a silence begins once.
            models.UniqueConstraint(fields=("device", "since"), name="device_silence_once"),
            models.UniqueConstraint(fields=("device",), condition=models.Q(ended=None), name="device_silence_open"),
        )

    def __str__(self) -> str:
        return f"{self.device} since {self.since:%Y-%m-%d %H:%M:%S}"


class DeviceErasure(models.Model):
    """A device that was deleted, whose readings go from ClickHouse. No foreign key: the device is gone."""

    device_id = models.UUIDField(unique=True)
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Empty: readings may still be on their way.")

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"{self.device_id} {'gone' if self.finished_at else 'going'}"
