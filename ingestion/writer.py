"""Takes batches from the buffer and stores them in ClickHouse, each event once in effect.

    lease → [plan left behind? insert it again under its token] → read → plan → insert → commit → read …

A writer may die at any line: the plan says what the last insert took, and ClickHouse drops a block whose token it has
seen. A writer that was frozen finds its lease gone and changes nothing. docs/adr/0003.
"""

import threading
import time
from collections.abc import Sequence

import msgspec
import structlog
from redis.exceptions import RedisError

from ingestion import buffer
from ingestion.buffer import DeadLetter, Entry, Lease, LeaseLost
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

INSERT = """
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
# The event is at fault, not the store: FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, and values that cannot be read.
_POISON_CODES = {6, 27, 41, 43, 53, 70, 72, 117, 131, 321, 376, 395, 407, 429}
_ENTRIES_A_READ = 16
_MAX_BYTES = 64 * 1024 * 1024
_IDLE_WAIT_MS = 100
_MAX_PAUSE_SECONDS = 5.0


class Writer:
    """One writer; run as many as you like, one works and the others stand by."""

    def __init__(self, *, max_rows: int, max_wait_ms: int, lease_seconds: int) -> None:
        self._max_rows = max_rows
        self._max_wait_seconds = max_wait_ms / 1000
        self._lease = Lease(lease_seconds)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch at hand, then return from `run`."""
        self._stopping.set()

    def run(self) -> None:
        """Write until `stop`. A store that is down is waited for."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                if self._stand_by():
                    self._hold_and_write()
                pause = 0.1
            except LeaseLost:
                logger.warning("writer_lease_lost")
            except (StoreError, RedisError) as error:
                logger.warning("writer_waits_for_store", reason=str(error), pause_seconds=pause)
                self._stopping.wait(pause)
                pause = min(pause * 2, _MAX_PAUSE_SECONDS)

    def _stand_by(self) -> bool:
        if self._lease.acquire():
            return True
        self._stopping.wait(min(1.0, self._lease.seconds / 3))
        return False

    def _hold_and_write(self) -> None:
        finished = threading.Event()
        keeper = threading.Thread(target=self._keep_lease, args=(finished,), daemon=True)
        keeper.start()
        try:
            logger.info("writer_took_lease")
            self._finish_plan()
            while not self._stopping.is_set():
                if entries := self._collect():
                    self._store(entries)
        finally:
            finished.set()
            keeper.join()
            self._lease.release()

    def _keep_lease(self, finished: threading.Event) -> None:
        """Renews beside the work, so that a slow insert does not cost the lease. A frozen process renews nothing."""
        while not finished.wait(self._lease.seconds / 3):
            try:
                if not self._lease.renew():
                    return
            except RedisError as error:
                logger.warning("writer_lease_not_renewed", reason=str(error))

    def _finish_plan(self) -> None:
        if entries := buffer.planned():
            logger.info("writer_finishes_plan", batches=len(entries), last_id=entries[-1].id)
            self._store(entries)

    def _collect(self) -> list[Entry]:
        """The next entries: enough rows, or what came within the wait after the first."""
        entries: list[Entry] = []
        rows = size = 0
        deadline = None
        while rows < self._max_rows and size < _MAX_BYTES and not self._stopping.is_set():
            wait_ms = _IDLE_WAIT_MS if deadline is None else int((deadline - time.monotonic()) * 1000)
            if wait_ms <= 0:
                break
            after = entries[-1].id if entries else "0"
            found = buffer.read(after, count=_ENTRIES_A_READ, wait_ms=wait_ms)
            if not found and deadline is None:
                break
            deadline = deadline or time.monotonic() + self._max_wait_seconds
            entries += found
            rows += sum(entry.count for entry in found)
            size += sum(len(entry.compressed) for entry in found)
        return entries

    def _store(self, entries: Sequence[Entry]) -> None:
        """Plan, insert, commit. A batch that ClickHouse cannot read is halved until the bad event stands alone."""
        self._lease.plan(entries[-1].id)
        started = time.monotonic()
        dead: list[DeadLetter] = []
        try:
            insert_entries(entries)
        except (StoreError, RuntimeError) as error:
            if not _is_poison(error):
                raise
            if len(entries) > 1:
                half = len(entries) // 2
                self._store(entries[:half])
                self._store(entries[half:])
                return
            dead = _store_each(entries[0])
        self._lease.commit(entries, dead)
        logger.info(
            "events_written",
            events=sum(entry.count for entry in entries) - len(dead),
            dead_letters=len(dead),
            batches=len(entries),
            seconds=round(time.monotonic() - started, 3),
        )


def insert_entries(entries: Sequence[Entry]) -> None:
    """Insert whole batches under one token, which a second insert of the same entries repeats.

    Raises:
        StoreError: not stored; RuntimeError: an entry that cannot be decompressed.
    """
    _insert(
        [entry.events() for entry in entries],
        [entry.count for entry in entries],
        [entry.received_ms for entry in entries],
        token=f"{entries[0].id}:{entries[-1].id}:{len(entries)}",
    )


def _insert(raw: list[bytes], counts: list[int], received_ms: list[int], *, token: str) -> None:
    gateway.insert(
        INSERT,
        [raw, counts, received_ms],
        columnar=True,
        settings=_SETTINGS | {"insert_deduplication_token": token},
    )


def _is_poison(error: Exception) -> bool:
    return isinstance(error, RuntimeError) or getattr(error, "code", None) in _POISON_CODES


def _store_each(entry: Entry) -> list[DeadLetter]:
    """Store a batch's good events; gives the bad ones."""
    try:
        events = msgspec.json.decode(entry.events(), type=list[msgspec.Raw])
    except (RuntimeError, msgspec.DecodeError) as error:
        return [DeadLetter(entry.compressed, f"The batch cannot be read: {error}")]
    if len(events) != entry.count:
        return [DeadLetter(entry.compressed, f"The batch holds {len(events)} events, {entry.count} were accepted")]
    return _store_range(entry, [bytes(event) for event in events], 0)


def _store_range(entry: Entry, events: Sequence[bytes], first: int) -> list[DeadLetter]:
    """Store events[…], of which the first is number `first` of its batch, halving what is refused."""
    token = f"{entry.id}:{first}+{len(events)}"
    try:
        _insert([b"[" + b",".join(events) + b"]"], [len(events)], [entry.received_ms], token=token)
    except StoreError as error:
        if not _is_poison(error):
            raise
        if len(events) == 1:
            return [DeadLetter(events[0], str(error))]
        half = len(events) // 2
        return _store_range(entry, events[:half], first) + _store_range(entry, events[half:], first + half)
    return []
