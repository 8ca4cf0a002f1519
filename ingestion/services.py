"""Writes: taking in what a request brings."""

import time
import uuid
from datetime import UTC, datetime

import structlog
from django.db import Error as DatabaseError
from django.db.models import F
from redis.exceptions import RedisError

from ingestion import buffer
from ingestion.inserting import Batch, insert_batches
from ingestion.ledger import COUNTS, HOUR_MS, ledger_hours, ledger_read
from ingestion.models import LedgerHour
from ingestion.schemas import StoredEvent, encode_batch, encode_event
from ingestion.tombstones import Tombstones
from storage_app.clickhouse import gateway

logger = structlog.get_logger(__name__)

_COMPACT_TIMEOUT_SECONDS = 3000
_WEEKS_IN_PARTS = """
SELECT partition_id
FROM system.parts
WHERE database = currentDatabase() AND table = 'events' AND active
GROUP BY partition_id
HAVING count() > 1 AND max(max_time) < toMonday(now('UTC'))
ORDER BY partition_id
"""


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
        stored = _store_directly(events, received_ms)
        _ledger_count_direct(source=source, received_ms=received_ms, accepted=len(events), stored=stored)
    return len(events)


def _store_directly(events: list[StoredEvent], received_ms: int) -> int:
    tombstones = Tombstones()
    tombstones.refresh()
    kept = tombstones.kept([encode_event(event) for event in events])
    insert_batches([Batch(f"direct-{uuid.uuid4()}", kept, received_ms)])
    return len(kept)


def _ledger_count_direct(*, source: str, received_ms: int, accepted: int, stored: int) -> None:
    """Straight into PostgreSQL, under an origin of their own that no hour of Redis has."""
    hour = datetime.fromtimestamp(received_ms // HOUR_MS * HOUR_MS // 1000, UTC)
    try:
        row, _ = LedgerHour.objects.get_or_create(hour=hour, origin=f"{source} (direct)")
        LedgerHour.objects.filter(pk=row.pk).update(
            accepted=F("accepted") + accepted, stored=F("stored") + stored, erased=F("erased") + accepted - stored
        )
    except DatabaseError as error:  # stored they are
        logger.warning("direct_events_not_in_ledger", reason=str(error), events=accepted, source=source)


def ledger_save() -> int:
    """Copy the hours that Redis has into PostgreSQL; gives how many rows. Safe to run at any time, twice, at once."""
    rows = [
        LedgerHour(hour=hour, origin=origin, **{name: counts[name] for name in COUNTS})
        for hour in ledger_hours()
        for origin, counts in ledger_read(hour).items()
    ]
    LedgerHour.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["hour", "origin"], update_fields=list(COUNTS)
    )
    return len(rows)


def events_compact() -> int:
    """Merge each closed week that lies in several parts, so that reading it needs no merge; gives how many."""
    weeks = [str(row[0]) for row in gateway.query(_WEEKS_IN_PARTS)]
    for week in weeks:
        gateway.execute(
            f"OPTIMIZE TABLE events PARTITION ID '{week}' FINAL",  # the id is the store's own
            timeout_seconds=_COMPACT_TIMEOUT_SECONDS,
        )
        logger.info("week_compacted", week=week)
    return len(weeks)
