"""Writes: taking in what a request brings."""

import time
import uuid

import structlog
from redis.exceptions import RedisError

from ingestion import buffer
from ingestion.schemas import StoredEvent, encode_batch, encode_event
from ingestion.storing import Batch, insert_batches

logger = structlog.get_logger(__name__)


def events_accept(*, events: list[StoredEvent], source: str) -> int:
    """Keep checked events until they are stored; gives how many. Once this returns they are durable.

    Without Redis they go straight into ClickHouse, unchecked against the window of conflicts.

    Raises:
        buffer.BufferFull: nothing was taken.
        StoreError: neither Redis nor ClickHouse took them.
    """
    if not events:
        return 0
    received_ms = time.time_ns() // 1_000_000
    try:
        buffer.add(encode_batch(events), count=len(events), received_ms=received_ms, source=source)
    except RedisError as error:
        # Redis may have kept the batch before the connection broke: then these are copies, and copies count once.
        logger.warning("buffer_away_storing_directly", reason=str(error), events=len(events), source=source)
        encoded = [encode_event(event) for event in events]
        insert_batches([Batch(f"direct-{uuid.uuid4()}", encoded, received_ms)])
    return len(events)
