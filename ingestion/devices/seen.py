"""When devices were last heard of: kept in Redis with each batch, brought to PostgreSQL in one statement for all."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from accounts.models import Device
from ingestion.redis_store import DEVICES_SEEN, client, script

logger = structlog.get_logger(__name__)

# In the order of their ids, so that two of these never wait for each other.
_UPDATE = f"""
WITH seen AS (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS seen(id, at)),
locked AS (
    SELECT device.id, seen.at FROM {Device._meta.db_table} device JOIN seen USING (id)
    WHERE device.last_seen_at IS NULL OR device.last_seen_at < seen.at
    ORDER BY device.id FOR NO KEY UPDATE OF device
)
UPDATE {Device._meta.db_table} device SET last_seen_at = greatest(device.last_seen_at, locked.at)
FROM locked WHERE device.id = locked.id
"""  # noqa: S608  # the model's own name


def devices_seen_save() -> int:
    """Bring to PostgreSQL what Redis knows; gives of how many devices. Safe to run at any time, twice, at once.

    Raises:
        redis.RedisError
    """
    raw: Mapping[bytes, bytes] = client().hgetall(DEVICES_SEEN)  # type: ignore[assignment]  # bytes, not decoded
    if not raw:
        return 0
    _save({UUID(device_id.decode()): int(seen_ms) for device_id, seen_ms in raw.items()})
    # What was heard of meanwhile stays.
    script("forget_seen")(keys=[DEVICES_SEEN], args=[part for pair in raw.items() for part in pair])
    return len(raw)


def devices_seen_refresh() -> None:
    """The same before a question, which may be answered without it."""
    try:
        devices_seen_save()
    except RedisError as error:
        logger.warning("devices_seen_not_refreshed", reason=str(error))


def devices_seen_now(*, ids: Sequence[UUID], received_ms: int) -> None:
    """Note readings that did not pass through Redis. They are stored: if this fails, only the note is missing."""
    try:
        _save(dict.fromkeys(ids, received_ms))
    except DatabaseError as error:
        logger.warning("devices_seen_not_noted", reason=str(error), devices=len(ids))


def _save(seen_ms: Mapping[UUID, int]) -> None:
    times = [datetime.fromtimestamp(at / 1000, UTC) for at in seen_ms.values()]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [list(seen_ms), times])
