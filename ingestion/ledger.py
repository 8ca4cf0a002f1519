"""The ledger: per hour and source, what became of the events and readings that were accepted.

accepted = stored + duplicates + conflicts + dead + erased + waiting, at every moment: each number changes in the same
script that changes the buffer. Redis keeps the hours of the last weeks; PostgreSQL (LedgerHour) all of them.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from ingestion.redis_store import COUNTERS, LEDGER, client

KEPT_SECONDS = 40 * 86400
HOUR_MS = 3600 * 1000
COUNTS = ("accepted", "stored", "duplicates", "conflicts", "dead", "erased", "refused")


def ledger_key(received_ms: int) -> str:
    """The key of the hour in which a batch was received."""
    return f"{LEDGER}{received_ms // HOUR_MS * 3600}"


def ledger_read(hour: datetime) -> dict[str, Counter[str]]:
    """An hour's counts by source."""
    sources: dict[str, Counter[str]] = {}
    fields: dict[bytes, bytes] = client().hgetall(f"{LEDGER}{int(hour.timestamp())}")  # type: ignore[assignment]
    for name, number in fields.items():
        source, _, count = name.decode().rpartition(":")
        sources.setdefault(source, Counter())[count] += int(number)
    return sources


def ledger_hours() -> Iterator[datetime]:
    """The hours that Redis has, in no order."""
    for key in client().scan_iter(match=f"{LEDGER}*", count=1000):
        yield datetime.fromtimestamp(int(key.rpartition(b":")[2]), UTC)


def refusals_count(*, kind: str, source: str, received_ms: int, reasons: Counter[str]) -> None:
    """Note events or readings that were refused, by code; they were never accepted.

    Raises:
        redis.RedisError: not noted.
    """
    key = ledger_key(received_ms)
    with client().pipeline(transaction=False) as pipeline:
        for code, number in reasons.items():
            pipeline.hincrby(COUNTERS, f"{kind}_refused_{code}", number)
        pipeline.hincrby(key, f"{source}:refused", reasons.total())
        pipeline.expire(key, KEPT_SECONDS)
        pipeline.execute()
