"""The window of what was seen: tells a copy of an event from a second event under the same id.

Identical copies are ClickHouse's business (docs/adr/0004). A copy with other content would escape the sorting key
there, so for EVENT_CONFLICT_WINDOW_DAYS after an id was first seen a hash of its content is remembered, and a copy
with another hash is dropped. It is exact because one ordered writer asks, which the lease sees to.

The writer holds the window in memory, as a few sorted arrays; Redis keeps the same as one list, to which each commit
appends what was new. Whoever takes the lease reads the list. docs/adr/0007.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import takewhile

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from xxhash import xxh3_64_digest, xxh3_128_digest

from ingestion.redis_store import WINDOW, client

_DAY_MS = 86_400_000
_BLOBS_A_PAGE = 500
_PARTS = 8  # what is forgotten at once for want of room: at most an eighth of it
_LARGEST_SEGMENT = 250_000  # merging takes several times its memory for a moment
_MERGED_SPAN_MS = _DAY_MS
_HALF = np.uint64(32)

Records = NDArray[np.uint64]
"""A column for each id: above, 64 bits of its hash (the key); below, 32 more of them and 32 of the content's hash."""


class Seen(IntEnum):
    """What the window says of an event."""

    FIRST = 0
    AGAIN = 1
    CONFLICT = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit does to the window: new records, and how many of the list's oldest blobs go."""

    records: Records
    now_ms: int
    dropped_blobs: int

    @property
    def blob(self) -> bytes:
        """The records as the list keeps them, after the time they were kept at; empty when there are none."""
        return self.now_ms.to_bytes(8, "little") + self.records.tobytes() if self.records.size else b""


@dataclass(frozen=True, slots=True)
class _Segment:
    """Records sorted by key, kept between two moments in so many blobs."""

    records: Records
    first_ms: int
    last_ms: int
    blobs: int

    def __len__(self) -> int:
        return int(self.records.shape[1])

    def merged(self, later: "_Segment") -> "_Segment":
        """Both in one."""
        records = np.concatenate([self.records, later.records], axis=1)
        return _Segment(_sorted(records), self.first_ms, later.last_ms, self.blobs + later.blobs)


class Window:
    """What one writer remembers. Empty until `load`."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []  # oldest first

    def __len__(self) -> int:
        return sum(map(len, self._segments))

    def load(self) -> None:
        """Read everything that Redis keeps, in place of what is held."""
        self._segments = []
        for blob in _blobs():
            records = np.frombuffer(blob, "<u8", offset=8).reshape(2, -1)
            self._append(records, int.from_bytes(blob[:8], "little"))

    def check(self, events: Sequence[bytes]) -> tuple[NDArray[np.int8], Records]:
        """For each event, a StoredEvent as JSON, what it is (Seen); and the records of those that are the first.

        Nothing is remembered yet: asked again it gives the same answers, so that a plan can be done again.
        """
        records = records_of(events)
        order = np.argsort(records[0], kind="stable")  # of equal ids, what came first stands first
        keys, values = np.take(records, order, axis=1)
        begins = np.concatenate([[True], keys[1:] != keys[:-1]])[: keys.size]
        standing = values[np.maximum.accumulate(np.where(begins, np.arange(keys.size), 0))]
        is_first = begins.copy()
        for segment in self._segments:
            held, held_values = segment.records
            at = np.minimum(np.searchsorted(held, keys), held.size - 1)
            known = held[at] == keys
            standing[known] = held_values[at[known]]
            is_first &= ~known
        answers = np.where(standing == values, Seen.AGAIN, Seen.CONFLICT)
        # Two ids whose first 64 bits are the same: the later one passes, unremembered.
        answers[is_first | (standing >> _HALF != values >> _HALF)] = Seen.FIRST
        seen = np.empty(keys.size, np.int8)
        seen[order] = answers
        return seen, np.take(records, np.sort(order[is_first]), axis=1)

    def change(self, records: Records) -> Change:
        """What keeping these records comes to; for `Lease.commit`, and then `keep`."""
        now_ms = time.time_ns() // 1_000_000
        oldest_ms = now_ms - settings.EVENT_CONFLICT_WINDOW_DAYS * _DAY_MS
        room = settings.EVENT_CONFLICT_WINDOW_MAX_IDS - records.shape[1]
        held = len(self)
        dropped = 0
        for segment in self._segments:
            if held <= room and segment.last_ms >= oldest_ms:
                break
            held -= len(segment)
            dropped += segment.blobs
        return Change(records, now_ms, dropped)

    def keep(self, change: Change) -> None:
        """Remember what Redis has now committed."""
        dropped = change.dropped_blobs
        while dropped > 0:
            dropped -= self._segments.pop(0).blobs
        if change.records.size:
            self._append(change.records, change.now_ms)

    def _append(self, records: Records, at_ms: int) -> None:
        """A new segment, merged with those before it that are no longer than it, so that few are to be searched."""
        segment = _Segment(_sorted(records), at_ms, at_ms, 1)
        largest = min(_LARGEST_SEGMENT, settings.EVENT_CONFLICT_WINDOW_MAX_IDS // _PARTS)
        while self._segments:
            before = self._segments[-1]
            fits = len(before) + len(segment) <= largest and at_ms - before.first_ms < _MERGED_SPAN_MS
            if len(before) > 2 * len(segment) or not fits:
                break
            segment = self._segments.pop().merged(segment)
        self._segments.append(segment)


def records_of(events: Sequence[bytes]) -> Records:
    """The window's record of each event, a StoredEvent as JSON: it begins with ["<36 characters of UUID>"."""
    hashes = b"".join([part for event in events for part in (xxh3_128_digest(event[2:38]), xxh3_64_digest(event))])
    keys, ids, contents = np.frombuffer(hashes, "<u8").reshape(-1, 3).T
    return np.stack([keys, ids >> _HALF << _HALF | contents >> _HALF])


def records_without(records: Records, events: Sequence[bytes]) -> Records:
    """The records less those of these events."""
    return records[:, np.isin(records[0], records_of(events)[0], invert=True)]


def _sorted(records: Records) -> Records:
    return np.take(records, np.argsort(records[0], kind="stable"), axis=1)


def _blobs() -> Iterator[bytes]:
    pages = (client().lrange(WINDOW, at, at + _BLOBS_A_PAGE - 1) for at in range(0, 1 << 62, _BLOBS_A_PAGE))
    for page in takewhile(bool, pages):
        yield from page  # type: ignore[misc]  # redis-py's types allow for an asynchronous client
