"""Devices seen a moment ago, so that readings cost no query; and those that were closed, whatever a process remembers.

Each process keeps active devices for ACCOUNT_CACHE_SECONDS. What is deactivated or deleted is marked in Redis first,
for longer than that, and asked there in the same script that keeps the readings: from then on none are accepted.
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from django.conf import settings

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


class DeviceCache:
    """Active devices by id, at most `max_devices`, none older than ACCOUNT_CACHE_SECONDS."""

    def __init__(self, *, max_devices: int) -> None:
        self._max_devices = max_devices
        self._entries: OrderedDict[UUID, tuple[float, KnownDevice]] = OrderedDict()  # oldest first
        self._lock = Lock()

    def find(self, ids: Collection[UUID]) -> dict[UUID, KnownDevice]:
        """Those of the devices that exist; at most one query, and none for active ones seen lately."""
        now = time.monotonic()
        oldest = now - settings.ACCOUNT_CACHE_SECONDS
        with self._lock:
            found = {
                device_id: entry[1]
                for device_id in ids
                if (entry := self._entries.get(device_id)) and entry[0] > oldest
            }
        if missing := [device_id for device_id in ids if device_id not in found]:
            asked = _ask(missing)
            self._keep(asked, now)
            found |= asked
        return found

    def forget(self, ids: Iterable[UUID]) -> None:
        """Ask anew for these."""
        with self._lock:
            for device_id in ids:
                self._entries.pop(device_id, None)

    def clear(self) -> None:
        """Ask anew for all."""
        with self._lock:
            self._entries.clear()

    def _keep(self, devices: dict[UUID, KnownDevice], read_at: float) -> None:
        with self._lock:
            for device_id, device in devices.items():
                self._entries.pop(device_id, None)
                if device.is_active:
                    self._entries[device_id] = (read_at, device)
            while len(self._entries) > self._max_devices:
                self._entries.popitem(last=False)


known_devices = DeviceCache(max_devices=MAX_DEVICES)


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


def _ask(ids: list[UUID]) -> dict[UUID, KnownDevice]:
    rows = Device.objects.filter(pk__in=ids).values_list("pk", "owner_id", "is_active")
    return {pk: KnownDevice(str(owner_id), is_active) for pk, owner_id, is_active in rows}
