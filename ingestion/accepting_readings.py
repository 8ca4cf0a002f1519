"""POST /stats: readings of devices, on the same path as events (docs/adr/0002, 0014)."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from accounts.authentication import Caller, authenticate
from ingestion.answers import Refused, RowsRefused, answered, decoded_body, note_refusals, source_of
from ingestion.buffer import Kind
from ingestion.decoding import Refusal
from ingestion.devices.known import KnownDevice, known_devices
from ingestion.reading_schemas import ReadingBatch, StoredReading, decode_readings
from ingestion.reading_services import (
    DeviceClosed,
    OutcomeUnknown,
    RequestIdentity,
    RequestReused,
    Taken,
    TooManyReadings,
    readings_accept,
)

_KEY_MAX_LENGTH = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN = ("unknown_device", "There is no such device of yours.")
_INACTIVE = ("inactive_device", "This device is deactivated: its readings are not taken.")


def readings_post(request: HttpRequest) -> JsonResponse:
    """Parse, check, keep, answer."""
    return answered(_take, request, Kind.READINGS)


def _take(request: HttpRequest) -> JsonResponse:
    caller = authenticate(request)
    if not caller.may_send_readings:
        raise Refused(403, "permission_denied", "This API key may not send readings.")
    received_ms = time.time_ns() // 1_000_000
    sent, body = _decoded(request, received_ms)
    readings = sent.batch.rows
    if sent.batch.refusals:
        raise _rows_refused(sent.batch.refusals, caller)
    devices = known_devices.find_all({reading.device_id for reading in readings})
    if refusals := _device_refusals(sent, devices, caller):
        raise _rows_refused(refusals, caller)
    if not readings:
        return JsonResponse({"accepted": 0}, status=202)
    owner_id = devices[readings[0].device_id].owner_id
    try:
        taken = readings_accept(
            readings=readings,
            owner_id=owner_id,
            source=source_of(caller, Kind.READINGS),
            received_ms=received_ms,
            request=_identity(request, caller, body),
        )
    except DeviceClosed as closed:
        known_devices.forget([closed.device_id])
        raise _rows_refused(_refusals(sent, {closed.device_id: _UNKNOWN}), caller) from closed
    except (RequestReused, TooManyReadings, OutcomeUnknown) as error:
        raise _refused(error) from error
    return _answer(sent, body, taken)


def _decoded(request: HttpRequest, received_ms: int) -> tuple[ReadingBatch, bytes]:
    decode = partial(
        decode_readings, received_ms=received_ms, now=datetime.now(UTC), max_count=settings.EVENTS_MAX_COUNT
    )
    return decoded_body(request, {"application/json": decode}, Kind.READINGS)


def _rows_refused(refusals: Sequence[Refusal], caller: Caller) -> RowsRefused:
    note_refusals(refusals, caller, Kind.READINGS)
    return RowsRefused(Kind.READINGS, refusals)


def _device_refusals(sent: ReadingBatch, devices: dict[UUID, KnownDevice], caller: Caller) -> Sequence[Refusal]:
    bad: dict[UUID, tuple[str, str]] = {}
    for device_id in {reading.device_id for reading in sent.batch.rows}:
        device = devices.get(device_id)
        mine = device and (
            device.owner_id == caller.user_id if caller.device_id is None else device_id == caller.device_id
        )
        # Another's device is answered as one that does not exist.
        if device is None or not mine:
            bad[device_id] = _UNKNOWN
        elif not device.is_active:
            bad[device_id] = _INACTIVE
    return _refusals(sent, bad) if bad else []


def _refusals(sent: ReadingBatch, bad: dict[UUID, tuple[str, str]]) -> list[Refusal]:
    """One for each reading of the devices."""
    return [
        Refusal(*bad[reading.device_id], "device_id" if sent.is_single else f"readings.{index}.device_id")
        for index, reading in enumerate(sent.batch.rows)
        if reading.device_id in bad
    ]


def _identity(request: HttpRequest, caller: Caller, body: bytes) -> RequestIdentity | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= _KEY_MAX_LENGTH and key.isascii() and key.isprintable()):
        detail = f"Ensure this has 1 to {_KEY_MAX_LENGTH} printable ASCII characters."
        raise Refused(400, "invalid", detail, "Idempotency-Key")
    key_hash, body_hash = (blake2b(part, digest_size=16).hexdigest() for part in (key.encode(), body))
    return RequestIdentity(caller.user_id, key_hash, body_hash)


def _refused(error: RequestReused | TooManyReadings | OutcomeUnknown) -> Refused:
    match error:
        case RequestReused():
            detail = "This Idempotency-Key was sent before, with another body."
            return Refused(422, "idempotency_key_reused", detail, "Idempotency-Key")
        case TooManyReadings():
            limit = getattr(settings, f"READINGS_PER_{error.whose.upper()}_PER_MINUTE")
            detail = f"At most {limit} readings a minute of one {error.whose}; none of these were taken."
            return Refused(429, "throttled", detail, retry_after_seconds=error.retry_after_seconds)
    detail = (
        "The buffer did not answer: these readings may have been taken or not. Sent again under the same "
        "Idempotency-Key they count once."
    )
    return Refused(503, "outcome_unknown", detail, retry_after_seconds=5)


def _answer(sent: ReadingBatch, body: bytes, taken: Taken) -> JsonResponse:
    if not sent.is_single:
        response = JsonResponse({"accepted": len(sent.batch.rows)}, status=202)
    else:
        if taken.again:  # without a time of its own it has that of the first request
            sent = decode_readings(body, received_ms=taken.received_ms, now=datetime.now(UTC), max_count=1)
        response = JsonResponse(_as_answer(sent.batch.rows[0], taken.received_ms), status=201)
    if taken.again:
        response["Idempotency-Replayed"] = "true"
    return response


def _as_answer(reading: StoredReading, received_ms: int) -> dict[str, Any]:
    answer = {
        "device_id": str(reading.device_id),
        "timestamp": _time(reading.ts_ms),
        "x": reading.x,
        "y": reading.y,
        "z": reading.z,
        "received_at": _time(received_ms),
    }
    return answer | {"reading_id": reading.reading_id} if reading.reading_id else answer


def _time(milliseconds: int) -> str:
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat().replace("+00:00", "Z")
