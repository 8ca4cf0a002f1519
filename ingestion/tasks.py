"""What Celery's workers run."""

from celery import shared_task
from django.utils import timezone

from ingestion import services
from ingestion.devices import deletion, silence


@shared_task
def ledger_save() -> int:
    """Copy the ledger from Redis into PostgreSQL."""
    return services.ledger_save()


@shared_task
def events_compact() -> int:
    """Merge the closed weeks of events."""
    return services.events_compact()


@shared_task
def devices_watch() -> None:
    """Note when devices were last heard of, and who fell silent or came back."""
    silence.devices_watch(now=timezone.now())


@shared_task
def device_erasures_run() -> int:
    """Delete the readings of deleted devices."""
    return deletion.device_erasures_run()
