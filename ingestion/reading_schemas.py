"""What a reading looks like, coming in and going on. Pure: no Django, no store."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ingestion.decoding import (
    MALFORMED,
    Batch,
    Refusal,
    RowRefused,
    check_all,
    decode_each,
    decode_well_formed,
    latest_ms,
    malformed,
    milliseconds,
    refusal_of,
)

_NIL = UUID(int=0)


class Reading(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A reading as a client sends it."""

    device_id: UUID
    x: float
    y: float
    z: float
    timestamp: datetime | None = None
    reading_id: UUID | None = None


class StoredReading(msgspec.Struct, array_like=True, gc=False):
    """A reading as it goes into the buffer: the fields in the order of the writer's tuple."""

    device_id: UUID
    ts_ms: int
    x: float
    y: float
    z: float
    reading_id: str
    """Empty: without one."""


class ReadingBatch(msgspec.Struct):
    """What a body holds; `is_single` for one reading that stands alone."""

    batch: Batch[StoredReading]
    is_single: bool


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    readings: list[Reading]


class _RawEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    readings: list[msgspec.Raw]


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_raw_envelope = msgspec.json.Decoder(_RawEnvelope).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_reading_decoder = msgspec.json.Decoder(Reading)
_encode = msgspec.json.Encoder().encode


def decode_readings(body: bytes, *, received_ms: int, now: datetime, max_count: int) -> ReadingBatch:
    """The readings of a JSON body: one, or {"readings": [...]}. One without a time of its own is of `received_ms`.

    Raises:
        MalformedBody: no JSON, or not in UTF-8.
        msgspec.ValidationError: neither of the two.
        TooManyRows: more than `max_count`.
    """
    check = _check(received_ms, now)
    try:
        readings = _decode_envelope(body).readings
    except msgspec.ValidationError:
        if "readings" not in decode_well_formed(_decode_fields, body):
            return ReadingBatch(_decode_single(body, check), is_single=True)
        texts = decode_well_formed(_decode_raw_envelope, body).readings
        batch = decode_each(texts, _reading_decoder.decode, check, prefix="readings", max_count=max_count)
        return ReadingBatch(batch, is_single=False)
    except MALFORMED as error:
        raise malformed(error) from None
    return ReadingBatch(check_all(readings, check, prefix="readings", max_count=max_count), is_single=False)


def encode_readings(readings: Sequence[StoredReading]) -> bytes:
    """The JSON array of tuples that the buffer keeps and the writer hands to ClickHouse."""
    return _encode(readings)


def reading_json_schema() -> dict[str, Any]:
    """The JSON schema of a request body, for the OpenAPI document."""
    axis = {"type": "number", "format": "double"}
    reading = {
        "type": "object",
        "additionalProperties": False,
        "required": ["device_id", "x", "y", "z"],
        "properties": {
            "device_id": {"type": "string", "format": "uuid"},
            **dict.fromkeys("xyz", axis),
            "timestamp": {"type": "string", "format": "date-time", "nullable": True},
            "reading_id": {"type": "string", "format": "uuid", "nullable": True},
        },
    }
    readings = {
        "type": "object",
        "additionalProperties": False,
        "required": ["readings"],
        "properties": {"readings": {"type": "array", "items": reading}},
    }
    return {"oneOf": [reading, readings]}


def _decode_single(body: bytes, check: Callable[[Reading], StoredReading]) -> Batch[StoredReading]:
    try:
        return Batch([check(_reading_decoder.decode(body))], [])
    except RowRefused as refused:
        return Batch([], [Refusal(refused.code, refused.detail, refused.field)])
    except msgspec.ValidationError as error:
        refusal = refusal_of(error, "")
        return Batch([], [Refusal(refusal.code, refusal.detail, refusal.attr.removeprefix("."))])
    except MALFORMED as error:
        raise malformed(error) from None


def _check(received_ms: int, now: datetime) -> Callable[[Reading], StoredReading]:
    latest = latest_ms(now)

    def stored(reading: Reading) -> StoredReading:
        if reading.device_id == _NIL:
            # It is also what ClickHouse makes of an id it cannot read; the writer takes it for that.
            raise RowRefused("invalid", "Ensure this is not the nil UUID.", "device_id")
        at = received_ms if reading.timestamp is None else milliseconds(reading.timestamp, "timestamp", latest)
        reading_id = "" if reading.reading_id is None else str(reading.reading_id)
        return StoredReading(reading.device_id, at, reading.x, reading.y, reading.z, reading_id)

    return stored
