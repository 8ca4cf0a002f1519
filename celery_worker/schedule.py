"""What beat runs, and how often: the one table."""

from typing import Any

from django.conf import settings


def schedule() -> dict[str, dict[str, Any]]:
    """Celery's beat_schedule."""
    return {
        "delete expired refresh tokens": {
            "task": "accounts.tasks.refresh_tokens_delete_expired",
            "schedule": settings.REFRESH_CLEANUP_INTERVAL_SECONDS,
        },
    }
