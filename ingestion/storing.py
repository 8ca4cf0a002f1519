"""Storing batches in ClickHouse: check against the window, insert under a token, find the row that is at fault."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress

import msgspec
import numpy as np

from ingestion.buffer import Entry, Kind
from ingestion.inserting import Batch, insert_batches, is_stored, row_ids
from ingestion.lease import DeadLetter
from ingestion.ledger import ledger_key
from ingestion.tombstones import Tombstones
from ingestion.window import Records, Seen, Window, records_without
from storage_app.clickhouse.errors import StoreError, server_reason

# The row is at fault, not the store: FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, and values that cannot be read.
_POISON_CODES = {6, 27, 41, 43, 53, 70, 72, 117, 131, 321, 376, 395, 407, 429}
_COUNTED = {Seen.FIRST: "stored", Seen.AGAIN: "duplicates", Seen.CONFLICT: "conflicts"}


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a plan: for the ledger, and what the window is to remember."""

    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    dead: list[DeadLetter] = field(default_factory=list)
    first_seen: Records = field(default_factory=lambda: np.empty((2, 0), np.uint64))

    def add(self, entry: Entry, what: str, number: int) -> None:
        """Count rows of an entry."""
        if number:
            self.ledger[ledger_key(entry.received_ms), f"{entry.source}:{what}"] += number

    def bury(self, entry: Entry, row: bytes, reason: str, *, rows: int = 1) -> None:
        """Make a dead letter of an event or a reading, or of a whole batch that cannot be read."""
        self.dead.append(DeadLetter(row, reason, entry.received_ms, entry.source))
        self.add(entry, "dead", rows)

    def totals(self) -> dict[str, int]:
        """Numbers by what became of them, for the log."""
        totals: Counter[str] = Counter()
        for (_, name), number in self.ledger.items():
            totals[name.rpartition(":")[2]] += number
        return dict(totals)


def check_entries(entries: Sequence[Entry], window: Window, tombstones: Tombstones, outcome: Outcome) -> list[Batch]:
    """The rows of entries of one kind that are to be stored: no erased people's, no conflicts, no reading twice.

    Raises:
        RuntimeError, msgspec.DecodeError: an entry is not what was accepted.
    """
    kind = entries[0].kind
    rows = [_standing_rows(entry, tombstones, outcome) for entry in entries]
    every_row = list(chain.from_iterable(rows))
    seen, outcome.first_seen = window.check(row_ids(kind, every_row), every_row)
    ends = np.cumsum([len(its_rows) for its_rows in rows])
    stored = np.isin(seen, [answer for answer in Seen if is_stored(kind, answer)])
    batches = []
    for entry, its_rows, end in zip(entries, rows, ends, strict=True):
        its = slice(end - len(its_rows), end)
        for answer, number in zip(Seen, np.bincount(seen[its], minlength=len(Seen)), strict=True):
            outcome.add(entry, _COUNTED[answer], int(number))
        kept = its_rows if stored[its].all() else list(compress(its_rows, stored[its].tolist()))
        batches.append(Batch(entry.id, kept, entry.received_ms, kind))
    return batches


def _standing_rows(entry: Entry, tombstones: Tombstones, outcome: Outcome) -> Sequence[bytes]:
    """An entry's rows; of events, less those of people who were erased."""
    rows = _rows(entry)
    kept = tombstones.kept(rows) if entry.kind is Kind.EVENTS else rows
    outcome.add(entry, "erased", len(rows) - len(kept))
    return kept


def _rows(entry: Entry) -> list[bytes]:
    """Each row's own text."""
    rows = [bytes(row) for row in msgspec.json.decode(entry.rows(), type=list[msgspec.Raw])]
    if len(rows) != entry.count:
        raise RuntimeError(f"The batch holds {len(rows)} {entry.kind}, {entry.count} were accepted")
    return rows


def is_poison(error: Exception) -> bool:
    """Whether the data is at fault, and not the store: it would fail again however often it is tried."""
    return not isinstance(error, StoreError) or error.code in _POISON_CODES


def store_each(entry: Entry, window: Window, tombstones: Tombstones) -> Outcome:
    """Store a batch's good rows; the bad ones become dead letters, which the window does not remember."""
    outcome = Outcome()
    try:
        [batch] = check_entries([entry], window, tombstones, outcome)
    except (RuntimeError, msgspec.DecodeError) as error:
        outcome = Outcome()
        outcome.bury(entry, entry.compressed, f"The batch cannot be read: {error}", rows=entry.count)
        return outcome
    _store_range(entry, batch, 0, outcome)
    if outcome.dead:
        _unremember(entry, outcome)
    return outcome


def _unremember(entry: Entry, outcome: Outcome) -> None:
    """Take the dead back out of what was counted: an id's first copy as stored, the others as copies of it."""
    dead = row_ids(entry.kind, [letter.event for letter in outcome.dead])
    before = outcome.first_seen.shape[1]
    outcome.first_seen = records_without(outcome.first_seen, dead)
    first = before - outcome.first_seen.shape[1] + dead.count(b"")
    outcome.add(entry, "stored", -first)
    outcome.add(entry, "duplicates", first - len(dead))


def _store_range(entry: Entry, batch: Batch, first: int, outcome: Outcome) -> None:
    """Store rows, of which the first is number `first` of its batch, halving what is refused."""
    try:
        insert_batches([batch])
    except StoreError as error:
        if not is_poison(error):
            raise
        if len(batch.rows) == 1:
            outcome.bury(entry, batch.rows[0], server_reason(error.__cause__ or error))
            return
        half = len(batch.rows) // 2
        for start, part in ((first, batch.rows[:half]), (first + half, batch.rows[half:])):
            token = f"{entry.id}:{start}+{len(part)}"
            _store_range(entry, Batch(token, part, batch.received_ms, batch.kind), start, outcome)
