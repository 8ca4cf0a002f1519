"""What ingestion keeps in PostgreSQL."""

from django.db import models


class LedgerHour(models.Model):
    """What became of the events accepted in one hour from one source; saved from Redis every minute.

    accepted = stored + duplicates + conflicts + dead + erased + waiting
    """

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
