"""The writer's steps, one at a time, and what they leave."""

import uuid
from collections import Counter

from ingestion import buffer
from ingestion.buffer import Entry
from ingestion.inserting import insert_batches
from ingestion.lease import Lease
from ingestion.ledger import ledger_hours, ledger_read
from ingestion.schemas import StoredEvent, encode_batch
from ingestion.storing import Outcome, check_entries
from ingestion.tombstones import Tombstones
from ingestion.window import Window
from storage_app.clickhouse import gateway


def events(count: int, *, weeks: int = 1) -> list[StoredEvent]:
    week_ms = 7 * 86_400_000
    return [
        StoredEvent(uuid.uuid4(), f"u{n}", "c", "page_viewed", "", 1_000_000_000_000 + n % weeks * week_ms, "{}")
        for n in range(count)
    ]


def add(batch: list[StoredEvent]) -> str:
    return buffer.add(encode_batch(batch), count=len(batch), received_ms=1_741_600_800_000, source="test")


def rows() -> int:
    """Rows as they lie in the table, duplicates and all."""
    return int(gateway.query("SELECT count() FROM events")[0][0])


def waiting_entries() -> list[Entry]:
    return buffer.read("0", count=100, wait_ms=1)


def insert(entries: list[Entry]) -> None:
    insert_batches(check_entries(entries, Window(), Tombstones(), Outcome()))


def taken() -> Lease:
    lease = Lease(10)
    assert lease.acquire()
    return lease


def tally() -> Counter[str]:
    total: Counter[str] = Counter()
    for hour in ledger_hours():
        for counts in ledger_read(hour).values():
            total += counts
    return total
