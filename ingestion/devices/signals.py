"""Devices go in several ways: through the API, in the admin, with their owner. Django tells of each."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import Device
from ingestion.devices.deletion import device_erasure_request
from ingestion.tasks import device_erasures_run


@receiver(post_delete, sender=Device)
def erase_readings(instance: Device, **_: Any) -> None:
    """At once where a worker listens; without the broker the schedule does it."""
    device_erasure_request(device_id=instance.pk)
    transaction.on_commit(device_erasures_run.delay, robust=True)
