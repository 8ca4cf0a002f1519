"""Takes batches from the buffer and stores them in ClickHouse, each event and reading once in effect.

    lease → [plan left behind? do it again under its token] → read → plan → check → insert → commit → read …

A writer may die at any line: the plan says what the last insert took, and ClickHouse drops a block whose token it has
seen. A writer that was frozen finds its lease gone and changes nothing. docs/adr/0003.
"""

import os
import socket
import threading
import time
from collections.abc import Sequence

import msgspec
import structlog
from redis.exceptions import RedisError

from ingestion import buffer
from ingestion.buffer import Entry, Kind
from ingestion.inserting import insert_batches
from ingestion.lease import Lease, LeaseLost
from ingestion.redis_store import WRITERS, client
from ingestion.storing import Outcome, check_entries, is_poison, store_each
from ingestion.tombstones import Tombstones
from ingestion.window import Window
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

_FIRST_READ, _LARGEST_READ = 4, 64  # entries: an entry may hold one event or ten thousand
_MAX_BYTES = 64 * 1024 * 1024
_IDLE_WAIT_MS = 100
_MAX_PAUSE_SECONDS = 5.0


class Writer:
    """One writer; run as many as you like, one works and the others stand by."""

    def __init__(self, *, max_rows: int, max_wait_ms: int, lease_seconds: int) -> None:
        self._max_rows = max_rows
        self._max_wait_seconds = max_wait_ms / 1000
        self._lease = Lease(lease_seconds)
        self._window = Window()
        self._tombstones = Tombstones()
        self._name = f"{socket.gethostname()}:{os.getpid()}"
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
        self._say("standing by")
        self._stopping.wait(min(1.0, self._lease.seconds / 3))
        return False

    def _hold_and_write(self) -> None:
        finished = threading.Event()
        keeper = threading.Thread(target=self._keep_lease, args=(finished,), daemon=True)
        keeper.start()
        try:
            self._window.load()
            logger.info("writer_took_lease", remembered_ids=len(self._window))
            self._finish_plan()
            while not self._stopping.is_set():
                self._say("writing")
                entries = self._collect()
                # Each kind has a table and so an insert and a plan of its own: one never stands for half of another.
                for kind in Kind:
                    if of_kind := [entry for entry in entries if entry.kind == kind]:
                        self._store(of_kind)
        finally:
            finished.set()
            keeper.join()
            self._lease.release()
            client().hdel(WRITERS, self._name)

    def _say(self, state: str) -> None:
        """Leave word for whoever asks how the writers are."""
        word = msgspec.json.encode({"state": state, "at_ms": time.time_ns() // 1_000_000})
        client().hset(WRITERS, self._name, word)

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
            found = buffer.read(after, count=self._next_read(rows, len(entries)), wait_ms=wait_ms)
            if not found and deadline is None:
                break
            deadline = deadline or time.monotonic() + self._max_wait_seconds
            entries += found
            rows += sum(entry.count for entry in found)
            size += sum(len(entry.compressed) for entry in found)
        return entries

    def _next_read(self, rows: int, entries: int) -> int:
        """How many more entries it takes, if they are like those before: what is read is held in memory."""
        expected = (self._max_rows - rows) * entries // rows if rows else _FIRST_READ
        return min(max(expected, 1), _LARGEST_READ)

    def _store(self, entries: Sequence[Entry]) -> None:
        """Plan, check, insert, commit. What ClickHouse cannot read is halved until the bad row stands alone."""
        self._lease.plan(entries)
        # After the plan: whoever erases somebody looks at what waits after it has told so (ingestion.erasure).
        self._tombstones.refresh()
        started = time.monotonic()
        outcome = Outcome()
        try:
            insert_batches(check_entries(entries, self._window, self._tombstones, outcome))
        except (StoreError, RuntimeError, msgspec.DecodeError) as error:
            if not is_poison(error):
                raise
            if len(entries) > 1:
                half = len(entries) // 2
                self._store(entries[:half])
                self._store(entries[half:])
                return
            outcome = store_each(entries[0], self._window, self._tombstones)
        change = self._window.change(outcome.first_seen)
        self._lease.commit(entries, outcome.ledger, outcome.dead, window=change)
        self._window.keep(change)
        counts = outcome.totals()
        logger.info(
            f"{entries[0].kind}_written", batches=len(entries), seconds=round(time.monotonic() - started, 3), **counts
        )
