"""The buffer between accepting and storing: a Redis stream, one entry a batch.

What has been acknowledged to a client is in the stream (with Redis's append-only file behind it) until the writer has
stored it. Entries leave the stream only by `Lease.commit`, never by trimming. docs/adr/0003.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import lz4.frame
from django.conf import settings

from ingestion.ledger import KEPT_SECONDS, ledger_key
from ingestion.redis_store import COUNTERS, PLAN, STREAM, client, script

_PAGE = 16


class Kind(StrEnum):
    """What a batch holds."""

    EVENTS = "events"
    READINGS = "readings"


class BufferFull(Exception):
    """The buffer is over its limit of entries or bytes; nothing was taken."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted batch, compressed as it lies in the stream."""

    id: str
    compressed: bytes
    count: int
    received_ms: int
    source: str
    kind: Kind

    def rows(self) -> bytes:
        """A JSON array of tuples (StoredEvent of ingestion.schemas, StoredReading of ingestion.reading_schemas).

        Raises:
            RuntimeError: not what was kept.
        """
        rows: bytes = lz4.frame.decompress(self.compressed)
        return rows


def compress(rows: bytes) -> bytes:
    """A batch as it lies in the stream."""
    compressed: bytes = lz4.frame.compress(rows)
    return compressed


def add(events: bytes, *, count: int, received_ms: int, source: str) -> str:
    """Keep a batch of events; gives the entry's id. Once this returns the batch outlives any one process.

    Raises:
        BufferFull: over the limit of entries or bytes.
        redis.RedisError: Redis is down.
    """
    keys, args = keep_arguments(events, kind=Kind.EVENTS, count=count, received_ms=received_ms, source=source)
    entry_id = script("keep", "add")(keys=keys, args=args)
    if entry_id is None:
        raise BufferFull
    return str(entry_id, "ascii")


def keep_arguments(
    rows: bytes, *, kind: Kind, count: int, received_ms: int, source: str
) -> tuple[list[str], list[bytes | int | str]]:
    """The keys and the arguments with which lua/keep.lua keeps a batch."""
    limits = (settings.BUFFER_MAX_ENTRIES, settings.BUFFER_MAX_BYTES)
    batch = (compress(rows), count, received_ms, source, str(kind))
    return [STREAM, COUNTERS, ledger_key(received_ms)], [*limits, *batch, KEPT_SECONDS]


def waiting() -> int:
    """How many batches wait to be stored."""
    return int(client().xlen(STREAM))


def oldest_at() -> datetime | None:
    """When the batch that waits longest came in; None when nothing waits."""
    oldest = client().xinfo_stream(STREAM)["first-entry"] if waiting() else None
    return datetime.fromtimestamp(int(oldest[0].split(b"-")[0]) / 1000, UTC) if oldest else None


def planned() -> list[Entry]:
    """The entries of the plan that a writer left behind; none when the last one was finished."""
    plan: Any = client().get(PLAN)
    if not plan:
        return []
    last_id, _, *kinds = plan.decode().split()
    kind = kinds[0] if kinds else Kind.EVENTS  # as plans were before there were readings
    return [entry for entry in _entries(client().xrange(STREAM, max=last_id)) if entry.kind == kind]


def read(after: str, *, count: int, wait_ms: int) -> list[Entry]:
    """The next entries after an id ("0" for the beginning), waiting up to `wait_ms` for the first."""
    answer: Any = client().xread({STREAM: after}, count=count, block=max(wait_ms, 1))
    return _entries(answer[0][1]) if answer else []


def entries_newest_first() -> Iterator[Entry]:
    """Everything that waits, read page by page."""
    last = "+"
    while page := _entries(client().xrevrange(STREAM, max=last, count=_PAGE)):
        yield from page
        last = f"({page[-1].id}"


def _entries(raw: Any) -> list[Entry]:
    return [
        Entry(
            id=entry_id.decode(),
            compressed=fields[b"batch"],
            count=int(fields[b"count"]),
            received_ms=int(fields[b"received_ms"]),
            source=fields[b"source"].decode(),
            kind=Kind(fields.get(b"kind", b"events").decode()),
        )
        for entry_id, fields in raw
    ]
