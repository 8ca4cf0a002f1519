"""What beat runs, and how often in seconds: the one table."""

from typing import Any

from celery.schedules import crontab


def schedule(
    *, refresh_cleanup_seconds: int, files_cleanup_seconds: int, files_reconcile_seconds: int
) -> dict[str, dict[str, Any]]:
    """Celery's beat_schedule."""
    return {
        "delete expired refresh tokens": {
            "task": "accounts.tasks.refresh_tokens_delete_expired",
            "schedule": refresh_cleanup_seconds,
        },
        "delete old attempts to sign in": {
            "task": "accounts.tasks.sign_in_attempts_delete_old",
            "schedule": 86_400,
        },
        "delete old lines of the audit log": {
            "task": "accounts.tasks.audit_entries_delete_old",
            "schedule": crontab(hour="4", minute="5"),
        },
        "resume and settle erasures": {"task": "accounts.tasks.erasures_resume", "schedule": 15},
        "resume calculations whose worker died": {
            "task": "analytics.tasks.metric_tasks_resume",
            "schedule": 15,
        },
        "resume device analyses whose worker died": {
            "task": "analytics.devices.tasks.device_analyses_resume",
            "schedule": 15,
        },
        "delete old device analyses": {
            "task": "analytics.devices.tasks.device_analyses_delete_expired",
            "schedule": 3600,
        },
        "resume exports whose worker died": {"task": "analytics.exports.tasks.exports_resume", "schedule": 15},
        "start the sources that are due": {"task": "analytics.sources.tasks.sources_start_due", "schedule": 20},
        "resume runs of sources whose worker died": {
            "task": "analytics.sources.tasks.source_runs_resume",
            "schedule": 15,
        },
        "drop tables of killed runs, delete old runs": {
            "task": "analytics.sources.tasks.sources_clean_up",
            "schedule": 600,
        },
        "save the ledger": {"task": "ingestion.tasks.ledger_save", "schedule": 60},
        "note when devices were heard of, and who is silent": {"task": "ingestion.tasks.devices_watch", "schedule": 10},
        "delete readings of deleted devices": {"task": "ingestion.tasks.device_erasures_run", "schedule": 60},
        "compact closed weeks": {"task": "ingestion.tasks.events_compact", "schedule": crontab(hour="3", minute="15")},
        # It looks at the clock itself (NIGHTLY_METRICS_AT), so that a night beat slept through is made up for.
        "start, plan or end the nightly metrics": {
            "task": "analytics.nightly_tasks.nightly_runs_tend",
            "schedule": 20,
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
