"""Writes: taking in what a request brings."""

import time

from ingestion import buffer
from ingestion.schemas import StoredEvent, encode_batch


def events_accept(*, events: list[StoredEvent]) -> int:
    """Keep checked events until they are stored; gives how many. Once this returns they are durable.

    Raises:
        buffer.BufferFull: nothing was taken.
        redis.RedisError: nothing was acknowledged.
    """
    if events:
        buffer.add(encode_batch(events), count=len(events), received_ms=time.time_ns() // 1_000_000)
    return len(events)
