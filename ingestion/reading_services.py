"""Writes: taking in the readings that a request brings."""

import math
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from redis.exceptions import RedisError

from ingestion.buffer import BufferFull, Kind, keep_arguments
from ingestion.devices.seen import devices_seen_now
from ingestion.inserting import Batch, insert_batches
from ingestion.reading_schemas import StoredReading, encode_readings
from ingestion.redis_store import (
    DEVICES_CLOSED,
    DEVICES_SEEN,
    READINGS_RATE,
    REQUESTS,
    NotConnected,
    connected_once,
    script,
)
from storage_app.clickhouse.errors import StoreUnavailable

logger = structlog.get_logger(__name__)

_WINDOW_MS = 60_000


class RequestReused(Exception):
    """The Idempotency-Key stands for another body."""


class DeviceClosed(Exception):
    """A device was deactivated or deleted a moment ago."""

    def __init__(self, device_id: UUID) -> None:
        super().__init__(str(device_id))
        self.device_id = device_id


class TooManyReadings(Exception):
    """More readings a minute than are taken, of the "device" or of the "owner"; none of these were."""

    def __init__(self, whose: str, retry_after_seconds: int) -> None:
        super().__init__(whose)
        self.whose, self.retry_after_seconds = whose, retry_after_seconds


class OutcomeUnknown(Exception):
    """The buffer did not answer: it may have kept the readings or not."""


@dataclass(frozen=True, slots=True)
class RequestIdentity:
    """By what a request is known when it is sent again: whose it is, its Idempotency-Key, its body (as hashes)."""

    sender: str
    key_hash: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Taken:
    """When the readings were received; `again` if that was by an earlier request with the same Idempotency-Key."""

    received_ms: int
    again: bool = False


def readings_accept(
    *,
    readings: Sequence[StoredReading],
    owner_id: str,
    source: str,
    received_ms: int,
    request: RequestIdentity | None = None,
) -> Taken:
    """Keep checked readings of one owner's devices until they are stored. Once this returns they are durable.

    Without Redis they go straight into ClickHouse, unless that needs what Redis remembers (docs/adr/0014).

    Raises:
        RequestReused, DeviceClosed, TooManyReadings, buffer.BufferFull, StoreError: nothing was taken.
        OutcomeUnknown: perhaps they were.
    """
    devices = Counter(reading.device_id for reading in readings)
    rows = encode_readings(readings)
    keys, args = keep_arguments(rows, kind=Kind.READINGS, count=len(readings), received_ms=received_ms, source=source)
    keys += [
        f"{REQUESTS}{request.sender}:{request.key_hash}" if request else "",
        DEVICES_SEEN,
        f"{READINGS_RATE}owner:{owner_id}",
        f"{READINGS_RATE}device:",
        DEVICES_CLOSED,
    ]
    try:
        with connected_once() as connection:
            answer = script("keep", "add_readings")(
                keys=keys, args=[*args, _message(devices, request)], client=connection
            )
    except NotConnected as error:
        _store_directly(readings, devices, received_ms, request, error)
        return Taken(received_ms)
    except RedisError as error:
        logger.warning("readings_outcome_unknown", reason=str(error), readings=len(readings))
        raise OutcomeUnknown from error
    return _taken(answer, devices, received_ms)


def _message(devices: Mapping[UUID, int], request: RequestIdentity | None) -> bytes:
    return msgspec.msgpack.encode(
        {
            "devices": [(str(device_id), number) for device_id, number in devices.items()],
            "device_limit": settings.READINGS_PER_DEVICE_PER_MINUTE,
            "owner_limit": settings.READINGS_PER_OWNER_PER_MINUTE,
            "window_ms": _WINDOW_MS,
            "digest": request.body_hash if request else "",
            "remembered_ms": settings.IDEMPOTENCY_KEY_HOURS * 3_600_000,
        }
    )


def _taken(answer: list[Any], devices: Mapping[UUID, int], received_ms: int) -> Taken:
    match answer:
        case [b"kept"]:
            return Taken(received_ms)
        case [b"again", first_ms]:
            return Taken(int(first_ms), again=True)
        case [b"reused"]:
            raise RequestReused
        case [b"closed", number]:
            raise DeviceClosed(list(devices)[number])
        case [b"limited", wait_ms, whose]:
            raise TooManyReadings(whose.decode(), math.ceil(wait_ms / 1000))
        case [b"full"]:
            raise BufferFull
    raise AssertionError(f"add_readings.lua gave {answer}")


def _store_directly(
    readings: Sequence[StoredReading],
    devices: Mapping[UUID, int],
    received_ms: int,
    request: RequestIdentity | None,
    error: NotConnected,
) -> None:
    if request or any(reading.reading_id for reading in readings):
        # Only Redis knows whether they came before.
        raise StoreUnavailable("Redis is away, and must say whether these came before") from error
    logger.warning("buffer_away_storing_directly", reason=str(error), readings=len(readings))
    rows = [msgspec.json.encode(reading) for reading in readings]
    insert_batches([Batch(f"direct-{uuid.uuid4()}", rows, received_ms, Kind.READINGS)])
    devices_seen_now(ids=list(devices), received_ms=received_ms)
