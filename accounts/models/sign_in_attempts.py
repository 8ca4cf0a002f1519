"""How often signing in was tried, and how long to wait before the next try."""

from django.db import models


class SignInAttempts(models.Model):
    """Tries since the last success, of one account, of one address, or of one account from one address."""

    key = models.CharField(max_length=150, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    blocked_until = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "sign-in attempts"

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
