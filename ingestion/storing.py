"""Storing batches in ClickHouse: check against the window, insert under a token, find the event that is at fault."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress

import msgspec
import numpy as np

from ingestion.buffer import Entry
from ingestion.lease import DeadLetter
from ingestion.ledger import ledger_key
from ingestion.tombstones import Tombstones
from ingestion.window import Records, Seen, Window, records_without
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreError, server_reason

INSERT = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT e.1, e.2, e.3, e.4, e.5,
       fromUnixTimestamp64Milli(e.6, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), e.7
FROM
(
    SELECT received_ms, count,
           JSONExtract(raw, 'Array(Tuple(UUID, String, String, String, String, Int64, String))') AS events
    FROM input('raw String, count UInt32, received_ms Int64')
    WHERE NOT throwIf(length(events) != count)
)
ARRAY JOIN events AS e
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


@dataclass(frozen=True, slots=True)
class Batch:
    """What of an entry is to be inserted: events (each a JSON tuple) and when they were received."""

    token: str
    events: Sequence[bytes]
    received_ms: int


@dataclass(slots=True)
class Outcome:
    """What became of the events of a plan: for the ledger, and what the window is to remember."""

    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    dead: list[DeadLetter] = field(default_factory=list)
    first_seen: Records = field(default_factory=lambda: np.empty((2, 0), np.uint64))

    def add(self, entry: Entry, what: str, number: int) -> None:
        """Count events of an entry."""
        if number:
            self.ledger[ledger_key(entry.received_ms), f"{entry.source}:{what}"] += number

    def bury(self, entry: Entry, event: bytes, reason: str, *, events: int = 1) -> None:
        """Make a dead letter of an event, or of a whole batch that cannot be read."""
        self.dead.append(DeadLetter(event, reason, entry.received_ms, entry.source))
        self.add(entry, "dead", events)

    def totals(self) -> dict[str, int]:
        """Numbers by what became of them, for the log."""
        totals: Counter[str] = Counter()
        for (_, name), number in self.ledger.items():
            totals[name.rpartition(":")[2]] += number
        return dict(totals)


def check_entries(entries: Sequence[Entry], window: Window, tombstones: Tombstones, outcome: Outcome) -> list[Batch]:
    """The entries' events, less those of erased people and those whose id stands for other content.

    Raises:
        RuntimeError, msgspec.DecodeError: an entry is not what was accepted.
    """
    events = [_standing_events(entry, tombstones, outcome) for entry in entries]
    seen, outcome.first_seen = window.check(list(chain.from_iterable(events)))
    ends = np.cumsum([len(events_of_entry) for events_of_entry in events])
    batches = []
    for entry, events_of_entry, answers in zip(entries, events, np.split(seen, ends[:-1]), strict=True):
        first, again, conflict = (int(number) for number in np.bincount(answers, minlength=len(Seen)))
        outcome.add(entry, "stored", first)
        outcome.add(entry, "duplicates", again)
        outcome.add(entry, "conflicts", conflict)
        good = list(compress(events_of_entry, answers != Seen.CONFLICT)) if conflict else events_of_entry
        batches.append(Batch(entry.id, good, entry.received_ms))
    return batches


def _standing_events(entry: Entry, tombstones: Tombstones, outcome: Outcome) -> Sequence[bytes]:
    events = _events(entry)
    kept = tombstones.kept(events)
    outcome.add(entry, "erased", len(events) - len(kept))
    return kept


def _events(entry: Entry) -> list[bytes]:
    """Each event's own text."""
    events = [bytes(event) for event in msgspec.json.decode(entry.events(), type=list[msgspec.Raw])]
    if len(events) != entry.count:
        raise RuntimeError(f"The batch holds {len(events)} events, {entry.count} were accepted")
    return events


def insert_batches(batches: Sequence[Batch]) -> None:
    """Insert batches under one token, which a second insert of the same batches repeats.

    Raises:
        StoreError: not stored.
    """
    gateway.insert(
        INSERT,
        [
            [b"[" + b",".join(batch.events) + b"]" for batch in batches],
            [len(batch.events) for batch in batches],
            [batch.received_ms for batch in batches],
        ],
        columnar=True,
        settings=_SETTINGS | {"insert_deduplication_token": f"{batches[0].token}:{batches[-1].token}:{len(batches)}"},
    )


def is_poison(error: Exception) -> bool:
    """Whether the data is at fault, and not the store: it would fail again however often it is tried."""
    return not isinstance(error, StoreError) or error.code in _POISON_CODES


def store_each(entry: Entry, window: Window, tombstones: Tombstones) -> Outcome:
    """Store a batch's good events; the bad ones become dead letters, which the window does not remember."""
    outcome = Outcome()
    try:
        [batch] = check_entries([entry], window, tombstones, outcome)
    except (RuntimeError, msgspec.DecodeError) as error:
        outcome.bury(entry, entry.compressed, f"The batch cannot be read: {error}", events=entry.count)
        return outcome
    _store_range(entry, batch, 0, outcome)
    if outcome.dead:
        outcome.first_seen = records_without(outcome.first_seen, [letter.event for letter in outcome.dead])
    return outcome


def _store_range(entry: Entry, batch: Batch, first: int, outcome: Outcome) -> None:
    """Store events, of which the first is number `first` of its batch, halving what is refused."""
    try:
        insert_batches([batch])
    except StoreError as error:
        if not is_poison(error):
            raise
        if len(batch.events) == 1:
            outcome.bury(entry, batch.events[0], server_reason(error.__cause__ or error))
            outcome.add(entry, "stored", -1)
            return
        half = len(batch.events) // 2
        for start, part in ((first, batch.events[:half]), (first + half, batch.events[half:])):
            _store_range(entry, Batch(f"{entry.id}:{start}+{len(part)}", part, batch.received_ms), start, outcome)
