"""Readings as the store keeps them, for tests that put them there without the way in."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from accounts.models import Device, User
from storage_app.clickhouse import gateway
from tests.analytics.stored import moment

INSERT = "INSERT INTO device_readings (device_id, ts, received_at, x, y, z) VALUES"
NOON = moment("2025-03-10T12:00:00")
STATS = "/api/v1/stats"


class Reading(NamedTuple):
    """What a device measured at a time."""

    ts: datetime
    x: float
    y: float
    z: float


def device(owner: User, name: str = "") -> Device:
    """A device of somebody's."""
    return Device.objects.create(owner=owner, name=name)


def every_minute(*xs: float, start: datetime = NOON) -> list[Reading]:
    """A reading a minute; y is twice x and z its negative."""
    return [Reading(start + timedelta(minutes=place), x, 2 * x, -x) for place, x in enumerate(xs)]


def store(device: Device, readings: Iterable[Reading], *, token: str | None = None) -> None:
    """Put readings into ClickHouse as one block, as the writer does: under a token that a repetition brings again."""
    rows = [(device.pk, reading.ts, NOON, reading.x, reading.y, reading.z) for reading in readings]
    settings = {"insert_deduplication_token": token or uuid.uuid4().hex, "max_partitions_per_insert_block": 0}
    if rows:
        gateway.insert(INSERT, rows, settings=settings)
