"""Devices seen a moment ago, so that readings cost no query; and those that were closed, whatever a process remembers.

Each process keeps active devices for ACCOUNT_CACHE_SECONDS. What is deactivated or deleted is marked in Redis first,
for longer than that, and asked there in the same script that keeps the readings: from then on none are accepted.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.aging_cache import AgingCache
from accounts.models import Device
from ingestion.redis_store import DEVICES_CLOSED, client

MAX_DEVICES = 100_000
# Longer than any cache, and than the transaction that follows the mark.
_CLOSED_SECONDS = 180


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What must be known of a device to take its readings."""

    owner_id: str
    is_active: bool


def _read(ids: Collection[UUID]) -> dict[UUID, KnownDevice]:
    rows = Device.objects.filter(pk__in=ids).values_list("pk", "owner_id", "is_active")
    return {pk: KnownDevice(str(owner_id), is_active) for pk, owner_id, is_active in rows}


known_devices = AgingCache(_read, max_entries=MAX_DEVICES, keeps=lambda device: device.is_active)
"""Devices by id, of which the active ones are remembered."""


def devices_close(ids: Iterable[UUID]) -> None:
    """From now on no process takes readings of these, whatever it remembers.

    Raises:
        redis.RedisError: they are not closed.
    """
    with client().pipeline(transaction=False) as pipeline:
        for device_id in ids:
            pipeline.set(f"{DEVICES_CLOSED}{device_id}", 1, ex=_CLOSED_SECONDS)
        pipeline.execute()


def device_open(device_id: UUID) -> None:
    """Take readings of it again."""
    client().delete(f"{DEVICES_CLOSED}{device_id}")
