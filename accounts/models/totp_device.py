"""The second factor somebody has: an authenticator app, and codes on paper for the day it is lost."""

from django.db import models

from accounts.models.user import User


class TotpDevice(models.Model):
    """An authenticator app. It counts once it is confirmed, by a code of it."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="totp")
    sealed_secret = models.CharField(max_length=255, editable=False, help_text="Encrypted (accounts.sealing).")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_timecode = models.BigIntegerField(
        default=0, editable=False, help_text="The half minute of the last code that was taken: none up to it is again."
    )

    class Meta:
        verbose_name = "second factor"

    def __str__(self) -> str:
        return f"{self.user}: {'confirmed' if self.confirmed_at else 'not confirmed'}"


class RecoveryCode(models.Model):
    """Stands in for one code of a lost app, once: its hash, never the code itself."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "code_hash"), name="accounts_recoverycode_once"),)

    def __str__(self) -> str:
        return f"{self.user}: {'used' if self.used_at else 'not used'}"
