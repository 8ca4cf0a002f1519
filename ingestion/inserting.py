"""What each kind of batch is checked against before it is stored, and the statement that stores it."""

from binascii import unhexlify
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress

import msgspec

from ingestion.buffer import Entry, Kind
from ingestion.reading_schemas import StoredReading
from ingestion.window import Identified, Seen, window_check
from storage_app.clickhouse import gateway

_INSERT_EVENTS = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT e.1, e.2, e.3, e.4, e.5,
       fromUnixTimestamp64Milli(e.6, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), e.7
FROM
(
    SELECT received_ms, arrayJoin(events) AS e
    FROM
    (
        SELECT received_ms, count,
               JSONExtract(raw, 'Array(Tuple(UUID, String, String, String, String, Int64, String))') AS events
        FROM input('raw String, count UInt32, received_ms Int64')
    )
    WHERE NOT throwIf(length(events) != count)
)
WHERE NOT throwIf(e.1 = toUUID('00000000-0000-0000-0000-000000000000'))
FORMAT Native
"""
_INSERT_READINGS = """
INSERT INTO device_readings (device_id, ts, received_at, x, y, z)
SELECT r.1, fromUnixTimestamp64Milli(r.2, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), r.3, r.4, r.5
FROM
(
    SELECT received_ms, arrayJoin(readings) AS r
    FROM
    (
        SELECT received_ms, count,
               JSONExtract(raw, 'Array(Tuple(UUID, Int64, Float64, Float64, Float64, String))') AS readings
        FROM input('raw String, count UInt32, received_ms Int64')
    )
    WHERE NOT throwIf(length(readings) != count)
)
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


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of an entry that are to be stored, and what the others are."""

    rows: Sequence[bytes]
    counts: Mapping[str, int]


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


def rows_check(entry: Entry, rows: Sequence[bytes]) -> Checked:
    """The rows less those that the window of ids says are no new ones.

    Raises:
        msgspec.DecodeError: a row is not what was accepted.
    """
    return _CHECKS[entry.kind](entry, rows)


def _events_check(entry: Entry, rows: Sequence[bytes]) -> Checked:
    """Copies stay: identical ones are the sorting key's business, which a copy beyond the window needs anyway."""
    seen = window_check([(unhexlify(row[_EVENT_ID].replace(b"-", b"")), row) for row in rows], entry.id)
    kept = list(compress(rows, (answer is not Seen.CONFLICT for answer in seen)))
    return Checked(kept, _counts(seen))


def _readings_check(entry: Entry, rows: Sequence[bytes]) -> Checked:
    """Only readings with an id can be copies, and nothing merges copies later: they go here."""
    # The id is the last of a StoredReading: one without ends with ,""]
    named = [row for row in rows if not row.endswith(b',""]')]
    if not named:
        return Checked(rows, {"stored": len(rows)})
    seen = window_check([_identified(row) for row in named], entry.id)
    fresh = iter(answer is Seen.FIRST for answer in seen)
    kept = [row for row in rows if row.endswith(b',""]') or next(fresh)]
    counts = _counts(seen)
    return Checked(kept, counts | {"stored": counts["stored"] + len(rows) - len(named)})


def _identified(row: bytes) -> Identified:
    reading = _decode_reading(row)
    # Ids are a device's own: another's with the same id is another reading.
    return blake2b(reading.device_id.bytes + reading.reading_id.encode(), digest_size=16).digest(), row


def _counts(seen: Sequence[Seen]) -> dict[str, int]:
    names = {Seen.FIRST: "stored", Seen.AGAIN: "duplicates", Seen.CONFLICT: "conflicts"}
    return {name: seen.count(answer) for answer, name in names.items()}


_CHECKS: Mapping[Kind, Callable[[Entry, Sequence[bytes]], Checked]] = {
    Kind.EVENTS: _events_check,
    Kind.READINGS: _readings_check,
}
