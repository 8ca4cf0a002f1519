"""The window of what was seen: tells a copy of an event or a reading from a second one under the same id.

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
from itertools import compress
from typing import cast

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from xxhash import xxh3_64_digest, xxh3_128_digest

from ingestion.redis_store import WINDOW, client

_DAY_MS = 86_400_000
_PAGE_BYTES = 1 << 20
_PARTS = 8  # what is forgotten at once for want of room: at most an eighth of it
_LARGEST_SEGMENT = 500_000  # merging takes several times its memory for a moment
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
    """What a commit does to the window: new records, and how many of the blobs that are held go, the oldest first."""

    records: Records
    now_ms: int
    held_blobs: int
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
        for segment in _segments():
            self._append(segment)

    def check(self, ids: Sequence[bytes], contents: Sequence[bytes]) -> tuple[NDArray[np.int8], Records]:
        """For each row what it is (Seen), by its id and its content; and the records of those that are the first.

        A row without an id is always a first, and has no record. Nothing is remembered yet: asked again it gives the
        same answers, so that a plan can be done again.
        """
        seen = np.full(len(ids), Seen.FIRST, np.int8)
        if all(ids):
            seen[:], first = self._check(records_of(ids, contents))
            return seen, first
        named = np.array([bool(each) for each in ids])
        seen[named], first = self._check(records_of(list(compress(ids, named)), list(compress(contents, named))))
        return seen, first

    def _check(self, records: Records) -> tuple[NDArray[np.int8], Records]:
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
        return Change(records, now_ms, sum(segment.blobs for segment in self._segments), dropped)

    def keep(self, change: Change) -> None:
        """Remember what Redis has now committed."""
        dropped = change.dropped_blobs
        while dropped > 0:
            dropped -= self._segments.pop(0).blobs
        if change.records.size:
            self._append(_Segment(_sorted(change.records), change.now_ms, change.now_ms, 1))

    def _append(self, segment: _Segment) -> None:
        """Merge it with those before it that are no longer than it, so that few are to be searched."""
        while self._segments:
            before = self._segments[-1]
            fits = len(before) + len(segment) <= _largest() and segment.last_ms - before.first_ms < _MERGED_SPAN_MS
            if len(before) > 2 * len(segment) or not fits:
                break
            segment = self._segments.pop().merged(segment)
        self._segments.append(segment)


def records_of(ids: Sequence[bytes], contents: Sequence[bytes]) -> Records:
    """The window's record of each row."""
    hashes = b"".join(
        [part for row in zip(ids, contents, strict=True) for part in (xxh3_128_digest(row[0]), xxh3_64_digest(row[1]))]
    )
    keys, rest, content = np.frombuffer(hashes, "<u8").reshape(-1, 3).T
    return np.stack([keys, rest >> _HALF << _HALF | content >> _HALF])


def records_without(records: Records, ids: Sequence[bytes]) -> Records:
    """The records less those of these ids."""
    return records[:, np.isin(records[0], records_of(ids, ids)[0], invert=True)]


def _largest() -> int:
    return min(_LARGEST_SEGMENT, int(settings.EVENT_CONFLICT_WINDOW_MAX_IDS) // _PARTS)


def _sorted(records: Records) -> Records:
    return np.take(records, np.argsort(records[0], kind="stable"), axis=1)


def _segments() -> Iterator[_Segment]:
    """What Redis keeps, in parts as large as they may be: merging blob by blob would take minutes."""
    gathered: list[tuple[int, Records]] = []
    size = 0
    for blob in _blobs():
        at_ms, records = int.from_bytes(blob[:8], "little"), np.frombuffer(blob, "<u8", offset=8).reshape(2, -1)
        if gathered and (size + records.shape[1] > _largest() or at_ms - gathered[0][0] >= _MERGED_SPAN_MS):
            yield _gathered(gathered)
            gathered, size = [], 0
        gathered.append((at_ms, records))
        size += records.shape[1]
    if gathered:
        yield _gathered(gathered)


def _gathered(blobs: Sequence[tuple[int, Records]]) -> _Segment:
    records = np.concatenate([records for _, records in blobs], axis=1)
    return _Segment(_sorted(records), blobs[0][0], blobs[-1][0], len(blobs))


def _blobs() -> Iterator[bytes]:
    """Oldest first. A blob may hold one id or a million: light pages grow, heavy ones shrink."""
    at, count = 0, 16
    while page := cast("list[bytes]", client().lrange(WINDOW, at, at + count - 1)):
        yield from page
        at += len(page)
        page_bytes = sum(map(len, page))
        count = min(2 * count, 8192) if page_bytes < _PAGE_BYTES else max(count // 2, 1)
