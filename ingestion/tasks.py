"""What Celery's workers run."""

from celery import shared_task

from ingestion import services


@shared_task
def ledger_save() -> int:
    """Copy the ledger from Redis into PostgreSQL."""
    return services.ledger_save()


@shared_task
def events_compact() -> int:
    """Merge the closed weeks of events."""
    return services.events_compact()
