"""Keeps what is summed by the hour (`device_hours`) true when readings are taken out of `device_readings`.

Inserts fill it by themselves. Deletions do not: who deletes readings calls one of these afterwards.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 600

# As numbers: a mutation writes a time before 1970 in a form that it then cannot read.
_DELETE = """
DELETE FROM device_hours
WHERE device_id IN {devices:Array(UUID)}
    AND toUnixTimestamp64Milli(hour) >= {start_ms:Int64} AND toUnixTimestamp64Milli(hour) < {end_ms:Int64}
"""
_DELETE_ALL = "DELETE FROM device_hours WHERE device_id IN {devices:Array(UUID)}"
# The columns are those of the view device_hours_fill (migration 0004); a test compares what both give.
_FILL = """
INSERT INTO device_hours
SELECT
    device_id,
    fromUnixTimestamp64Milli(
        toUnixTimestamp64Milli(ts) - positiveModulo(toUnixTimestamp64Milli(ts), 3600000), 'UTC'
    ) AS hour,
    count(),
    min(x), max(x), sumKahanState(x), min(y), max(y), sumKahanState(y), min(z), max(z), sumKahanState(z)
FROM device_readings
WHERE device_id IN {devices:Array(UUID)}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY device_id, hour
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def device_hours_delete(*, device_ids: Sequence[UUID]) -> None:
    """After every reading of these devices was deleted.

    Raises:
        StoreError
    """
    gateway.execute(_DELETE_ALL, {"devices": list(device_ids)}, timeout_seconds=TIMEOUT_SECONDS)


def device_hours_rebuild(*, device_ids: Sequence[UUID], start: datetime, end: datetime) -> None:
    """Sum these devices' hours again from their readings; `start` and `end` are full hours.

    Readings of these hours must not come in meanwhile: they could count twice or not at all, until it is done again.

    Raises:
        ValueError: `start` or `end` lies within an hour.
        StoreError
    """
    if any((bound.minute, bound.second, bound.microsecond) != (0, 0, 0) for bound in (start, end)):
        raise ValueError("Only whole hours can be summed again")
    hours = {"start_ms": (start - _EPOCH) // _MILLISECOND, "end_ms": (end - _EPOCH) // _MILLISECOND}
    gateway.execute(_DELETE, {"devices": list(device_ids), **hours}, timeout_seconds=TIMEOUT_SECONDS)
    which = {"devices": list(device_ids), "start": start, "end": end}
    # Never taken for the same insert as an earlier one: what was deleted must come back.
    settings = {"insert_deduplication_token": uuid4().hex}
    gateway.execute(_FILL, which, settings=settings, timeout_seconds=TIMEOUT_SECONDS)
