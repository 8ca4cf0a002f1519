"""Events and readings that could not be stored: kept with the reason, until somebody puts them back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.buffer import Kind, compress
from ingestion.ledger import ledger_key
from ingestion.redis_store import COUNTERS, DEAD_LETTERS, STREAM, client, script

_PAGE = 500
_SHOWN_BYTES = 2000


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter. `event` is a JSON tuple (StoredEvent, StoredReading), or a whole batch that could not be read."""

    id: str
    event: bytes
    reason: str
    received_ms: int
    source: str
    kind: Kind

    @property
    def is_event(self) -> bool:
        """Whether it is one event or reading, which can be put back."""
        return self.event.startswith(b'["')

    @property
    def text(self) -> str:
        """Its text; of a batch that cannot be read, the beginning of its bytes."""
        return self.event[:_SHOWN_BYTES].decode(errors="backslashreplace")

    @property
    def received_at(self) -> datetime:
        """When it was accepted."""
        return datetime.fromtimestamp(self.received_ms / 1000, UTC)


def dead_letter_count() -> int:
    """How many there are."""
    return int(client().xlen(DEAD_LETTERS))


def dead_letters() -> Iterator[KeptLetter]:
    """All of them, newest first, read page by page."""
    last = "+"
    while page := _page(last):
        yield from page
        last = f"({page[-1].id}"


def _page(last: str) -> list[KeptLetter]:
    raw: Any = client().xrevrange(DEAD_LETTERS, max=last, count=_PAGE)
    return [
        KeptLetter(
            id=letter_id.decode(),
            event=fields[b"event"],
            reason=fields[b"reason"].decode(errors="replace"),
            received_ms=int(fields[b"received_ms"]),
            source=fields[b"source"].decode(),
            kind=Kind(fields.get(b"kind", b"events").decode()),
        )
        for letter_id, fields in raw
    ]


def dead_letters_replay(*, ids: Sequence[str] | None = None) -> int:
    """Put letters (None: all) back into the buffer, where they wait as if they had just come in; gives how many.

    A batch that could not be read stays where it is.
    """
    wanted = None if ids is None else set(ids)
    chosen = [letter for letter in dead_letters() if letter.is_event and (wanted is None or letter.id in wanted)]
    # The oldest first, in which order they came.
    return sum(_replay(letter) for letter in reversed(chosen))


def _replay(letter: KeptLetter) -> int:
    batch = compress(b"[" + letter.event + b"]")
    return int(
        script("replay")(
            keys=[DEAD_LETTERS, STREAM, COUNTERS, ledger_key(letter.received_ms)],
            args=[letter.id, batch, 1, letter.received_ms, letter.source, str(letter.kind)],
        )
    )
