"""Each kind of rows: what they are known by, which of them are stored, and the statement that stores them."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ingestion.buffer import Kind
from ingestion.reading_schemas import StoredReading
from ingestion.window import Seen
from storage_app.clickhouse import gateway

_INSERT_EVENTS = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT e.1, e.2, e.3, e.4, e.5,
       fromUnixTimestamp64Milli(e.6, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), e.7
FROM
(
    SELECT received_ms, count,
           JSONExtract(raw, 'Array(Tuple(UUID, String, String, String, String, Int64, String))') AS events
    FROM input('raw String, count UInt32, received_ms Int64')
    WHERE NOT throwIf(length(events) != count)
)
ARRAY JOIN events AS e
WHERE NOT throwIf(e.1 = toUUID('00000000-0000-0000-0000-000000000000'))
FORMAT Native
"""
_INSERT_READINGS = """
INSERT INTO device_readings (device_id, ts, received_at, x, y, z)
SELECT r.1, fromUnixTimestamp64Milli(r.2, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), r.3, r.4, r.5
FROM
(
    SELECT received_ms, count,
           JSONExtract(raw, 'Array(Tuple(UUID, Int64, Float64, Float64, Float64, String))') AS readings
    FROM input('raw String, count UInt32, received_ms Int64')
    WHERE NOT throwIf(length(readings) != count)
)
ARRAY JOIN readings AS r
WHERE NOT throwIf(r.1 = toUUID('00000000-0000-0000-0000-000000000000'))
FORMAT Native
"""
_INSERTS = {Kind.EVENTS: _INSERT_EVENTS, Kind.READINGS: _INSERT_READINGS}
_SETTINGS = {
    # One block an insert, so that one token stands for all of it; loading years of history touches many weeks.
    "max_threads": 1,
    "max_insert_threads": 1,
    "max_block_size": 4_000_000,
    "min_insert_block_size_rows": 4_000_000,
    "min_insert_block_size_bytes": 0,
    "max_partitions_per_insert_block": 0,
    "insert_deduplicate": 1,
}
_EVENT_ID = slice(2, 38)  # a StoredEvent begins with ["<36 characters of UUID>"
_decode_reading = msgspec.json.Decoder(StoredReading).decode


@dataclass(frozen=True, slots=True)
class Batch:
    """What of an entry is to be inserted: rows (each a JSON tuple) and when they were received."""

    token: str
    rows: Sequence[bytes]
    received_ms: int
    kind: Kind = Kind.EVENTS


def insert_batches(batches: Sequence[Batch]) -> None:
    """Insert batches of one kind under one token, which a second insert of the same batches repeats.

    Raises:
        StoreError: not stored.
    """
    gateway.insert(
        _INSERTS[batches[0].kind],
        [
            [b"[" + b",".join(batch.rows) + b"]" for batch in batches],
            [len(batch.rows) for batch in batches],
            [batch.received_ms for batch in batches],
        ],
        columnar=True,
        settings=_SETTINGS | {"insert_deduplication_token": f"{batches[0].token}:{batches[-1].token}:{len(batches)}"},
    )


def row_ids(kind: Kind, rows: Sequence[bytes]) -> list[bytes]:
    """What the window knows rows by; empty: such a row has no id, and counts as new whatever it holds."""
    if kind is Kind.EVENTS:
        return [row[_EVENT_ID] for row in rows]
    # The id is the last of a StoredReading: one without ends with ,""]
    return [b"" if row.endswith(b',""]') else _reading_id(row) for row in rows]


def _reading_id(row: bytes) -> bytes:
    reading = _decode_reading(row)
    # Ids are a device's own: another's with the same id is another reading.
    return reading.device_id.bytes + reading.reading_id.encode()


def is_stored(kind: Kind, seen: Seen) -> bool:
    """Whether such a row is inserted. Copies of events are the sorting key's business, which one beyond the window
    needs anyway; nothing merges copies of readings later.
    """
    return seen is Seen.FIRST or (seen is Seen.AGAIN and kind is Kind.EVENTS)
