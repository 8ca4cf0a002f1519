"""Storing batches in ClickHouse: check against the window, insert under a token, find the row that is at fault."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from ingestion.buffer import Entry
from ingestion.inserting import Batch, insert_batches, rows_check
from ingestion.lease import DeadLetter
from ingestion.ledger import ledger_key
from storage_app.clickhouse.errors import StoreError, server_reason

# The row is at fault, not the store: FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, and values that cannot be read.
_POISON_CODES = {6, 27, 41, 43, 53, 70, 72, 117, 131, 321, 376, 395, 407, 429}


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a plan, for the ledger."""

    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    dead: list[DeadLetter] = field(default_factory=list)

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


def check_entry(entry: Entry, outcome: Outcome) -> Batch:
    """An entry's rows less those whose id stands for other content, and readings that were seen before.

    Raises:
        RuntimeError, msgspec.DecodeError: the entry is not what was accepted.
    """
    rows = [bytes(row) for row in msgspec.json.decode(entry.rows(), type=list[msgspec.Raw])]
    if len(rows) != entry.count:
        raise RuntimeError(f"The batch holds {len(rows)} {entry.kind}, {entry.count} were accepted")
    checked = rows_check(entry, rows)
    for what, number in checked.counts.items():
        outcome.add(entry, what, number)
    return Batch(entry.id, checked.rows, entry.received_ms, entry.kind)


def is_poison(error: Exception) -> bool:
    """Whether the data is at fault, and not the store: it would fail again however often it is tried."""
    return not isinstance(error, StoreError) or error.code in _POISON_CODES


def store_each(entry: Entry) -> Outcome:
    """Store a batch's good rows; the bad ones become dead letters."""
    outcome = Outcome()
    try:
        batch = check_entry(entry, outcome)
    except (RuntimeError, msgspec.DecodeError) as error:
        outcome.bury(entry, entry.compressed, f"The batch cannot be read: {error}", rows=entry.count)
        return outcome
    _store_range(entry, batch, 0, outcome)
    return outcome


def _store_range(entry: Entry, batch: Batch, first: int, outcome: Outcome) -> None:
    """Store rows, of which the first is number `first` of its batch, halving what is refused."""
    try:
        insert_batches([batch])
    except StoreError as error:
        if not is_poison(error):
            raise
        if len(batch.rows) == 1:
            outcome.bury(entry, batch.rows[0], server_reason(error.__cause__ or error))
            outcome.add(entry, "stored", -1)
            return
        half = len(batch.rows) // 2
        for start, part in ((first, batch.rows[:half]), (first + half, batch.rows[half:])):
            token = f"{entry.id}:{start}+{len(part)}"
            _store_range(entry, Batch(token, part, batch.received_ms, batch.kind), start, outcome)
