"""What is a reading: the checks alone, without any store."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingestion.decoding import MalformedBody, TooManyRows
from ingestion.reading_schemas import ReadingBatch, decode_readings, encode_readings

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
NOW_MS = 1_741_608_000_000
DEVICE = "6f1b7f64-0f5a-4f7e-9a86-0d6f3d8b1c11"

numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ("device_id", "x", "y", "z", "timestamp", "reading_id", "readings", "other")


def decode(body: str | bytes) -> ReadingBatch:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return decode_readings(raw, received_ms=NOW_MS, now=NOW, max_count=100)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=20))
def test_numbers_go_on_exactly(values: list[tuple[float, float, float]]) -> None:
    readings = [{"device_id": DEVICE, "x": x, "y": y, "z": z} for x, y, z in values]
    sent = decode(json.dumps({"readings": readings}))
    assert (sent.is_single, sent.batch.refusals) == (False, [])
    kept = json.loads(encode_readings(sent.batch.rows))
    assert [[repr(float(value)) for value in row[2:5]] for row in kept] == [[repr(v) for v in row] for row in values]
    assert {(row[0], row[1], row[5]) for row in kept} <= {(DEVICE, NOW_MS, "")}


@given(st.dictionaries(st.sampled_from(FIELDS), json_values | st.just(DEVICE)))
def test_whatever_comes_is_taken_or_refused(fields: dict[str, Any]) -> None:
    for body in (json.dumps(fields), json.dumps({"readings": [fields, fields]})):
        try:
            sent = decode(body)
        except (MalformedBody, TooManyRows, msgspec.ValidationError):
            continue
        for row in sent.batch.rows:
            assert all(math.isfinite(value) for value in (row.x, row.y, row.z))
        assert all(refusal.detail and refusal.code for refusal in sent.batch.refusals)


@given(st.binary(max_size=200))
def test_bytes(body: bytes) -> None:
    try:
        sent = decode(body)
    except (MalformedBody, msgspec.ValidationError):
        return
    assert sent.batch.refusals or sent.batch.rows == []
