"""The refresh tokens people hold."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from accounts.models.user import User


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    """Questions about refresh tokens."""

    def expired(self, *, at: datetime) -> Self:
        """Those that nobody can use any more because of their age."""
        return self.filter(expires_at__lte=at)

    def revoke(self) -> int:
        """Revoke those that are not revoked yet; gives their number."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class RefreshToken(models.Model):
    """A refresh token that was given out: its id, never the token itself."""

    jti = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(
        db_index=True, help_text="All the tokens that follow from one signing in, each from the one before."
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    spent_at = models.DateTimeField(null=True, blank=True, help_text="When it was exchanged for the next one.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        """Whether it can still be exchanged for a new pair."""
        return (
            self.spent_at is None
            and self.revoked_at is None
            and self.expires_at > timezone.now()
            and self.user.is_active
        )
