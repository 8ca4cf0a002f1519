"""What beat runs, and how often in seconds: the one table."""

from typing import Any


def schedule(
    *, refresh_cleanup_seconds: int, files_cleanup_seconds: int, files_reconcile_seconds: int
) -> dict[str, dict[str, Any]]:
    """Celery's beat_schedule."""
    return {
        "delete expired refresh tokens": {
            "task": "accounts.tasks.refresh_tokens_delete_expired",
            "schedule": refresh_cleanup_seconds,
        },
        "resume calculations whose worker died": {
            "task": "analytics.tasks.metric_tasks_resume",
            "schedule": 15,
        },
        "delete expired files and abandoned uploads": {
            "task": "storage_app.files.tasks.files_clean_up",
            "schedule": files_cleanup_seconds,
        },
        "compare files' records with the object store": {
            "task": "storage_app.files.tasks.files_reconcile",
            "schedule": files_reconcile_seconds,
        },
    }
