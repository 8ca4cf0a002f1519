"""The buffer between accepting and storing: a Redis stream, one entry a batch.

What has been acknowledged to a client is in the stream (with Redis's append-only file behind it) until the writer has
stored it. Entries leave the stream only by `Lease.commit`, never by trimming. docs/adr/0003.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lz4.frame
from django.conf import settings

from ingestion.ledger import KEPT_SECONDS, ledger_key
from ingestion.redis_store import COUNTERS, PLAN, STREAM, client, script

_PAGE = 16


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

    def events(self) -> bytes:
        """A JSON array of tuples (ingestion.schemas.StoredEvent).

        Raises:
            RuntimeError: not what `add` wrote.
        """
        events: bytes = lz4.frame.decompress(self.compressed)
        return events


def compress(events: bytes) -> bytes:
    """A batch as it lies in the stream."""
    compressed: bytes = lz4.frame.compress(events)
    return compressed


def add(events: bytes, *, count: int, received_ms: int, source: str) -> str:
    """Keep a batch; gives the entry's id. Once this returns the batch outlives any one process.

    Raises:
        BufferFull: over the limit of entries or bytes.
        redis.RedisError: Redis is down.
    """
    entry_id = script("add")(
        keys=[STREAM, COUNTERS, ledger_key(received_ms)],
        args=[
            settings.BUFFER_MAX_ENTRIES,
            settings.BUFFER_MAX_BYTES,
            compress(events),
            count,
            received_ms,
            source,
            KEPT_SECONDS,
        ],
    )
    if entry_id is None:
        raise BufferFull
    return str(entry_id, "ascii")


def waiting() -> int:
    """How many batches wait to be stored."""
    return int(client().xlen(STREAM))


def planned() -> list[Entry]:
    """The entries of the plan that a writer left behind; none when the last one was finished."""
    plan = client().get(PLAN)
    return _entries(client().xrange(STREAM, max=plan.split()[0])) if plan else []


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
        )
        for entry_id, fields in raw
    ]
