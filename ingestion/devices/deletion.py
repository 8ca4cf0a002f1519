"""What follows from the deletion of a device, whoever deletes it: through the API, in the admin, or with its owner.

It is closed in Redis, so that no process takes its readings any more, and a row says that those it has must go from
ClickHouse. That is done by a task, at once and again until nothing of it can be on its way from the buffer.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ingestion import buffer
from ingestion.devices.known import devices_close, known_devices
from ingestion.models import DeviceErasure
from storage_app.clickhouse import gateway
from storage_app.clickhouse.device_hours import device_hours_delete

_A_ROUND = 1000
# Longer than a process may remember the device and a direct insert may take.
_SETTLED_AFTER = timedelta(minutes=3)
_DELETE = "DELETE FROM device_readings WHERE device_id IN {ids:Array(UUID)}"
_DELETE_TIMEOUT_SECONDS = 600


def device_erasure_request(*, device_id: UUID) -> None:
    """To be called in the transaction that deletes the device.

    Raises:
        redis.RedisError: the device cannot be closed, and so not be deleted.
    """
    devices_close([device_id])
    known_devices.forget([device_id])
    DeviceErasure.objects.get_or_create(device_id=device_id)


def device_erasures_run(*, now: datetime | None = None) -> int:
    """Delete the readings of deleted devices; gives of how many. Safe to run twice, and at once.

    Raises:
        StoreError, redis.RedisError: those that are left are done in the next round.
    """
    now = now or timezone.now()
    pending = list(DeviceErasure.objects.filter(finished_at=None).order_by("requested_at")[:_A_ROUND])
    if not pending:
        return 0
    # Asked before the deletion: what enters the buffer later is not of a device that was closed before.
    oldest_at = buffer.oldest_at() or now
    ids = [erasure.device_id for erasure in pending]
    gateway.execute(_DELETE, {"ids": ids}, timeout_seconds=_DELETE_TIMEOUT_SECONDS)
    device_hours_delete(device_ids=ids)
    settled = [erasure.pk for erasure in pending if erasure.requested_at + _SETTLED_AFTER < min(now, oldest_at)]
    DeviceErasure.objects.filter(pk__in=settled).update(finished_at=now)
    return len(pending)
