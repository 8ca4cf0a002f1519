"""The window of what was seen: tells a copy of an event or a reading from a second one under the same id.

Identical copies are ClickHouse's business (docs/adr/0004). A copy with other content would escape the sorting key
there, so for EVENT_CONFLICT_WINDOW_DAYS after an id was first seen the hash of its content is kept in Redis, and a copy
with another hash is dropped. It is exact because one ordered writer asks, which the lease sees to.

Two generations are kept, each filled for the length of the window, so that an id is remembered for one to two lengths.
A generation ends early when it holds half of EVENT_CONFLICT_WINDOW_MAX_IDS: the window is bounded in size as well.
"""

import time
from array import array
from collections.abc import Iterator, Sequence
from enum import Enum
from zlib import crc32

from django.conf import settings
from xxhash import xxh3_64_digest

from ingestion.redis_store import WINDOW, client, script

BUCKETS = 1 << 18
_IDS_A_CALL = 2000
_GENERATION = f"{WINDOW}generation"  # hash: number, since (s), ids
_DAY_SECONDS = 86400


class Seen(Enum):
    """What the window says of an event."""

    FIRST = "0"
    AGAIN = "1"
    CONFLICT = "2"


_SEEN = {seen.value: seen for seen in Seen}
Identified = tuple[bytes, bytes]
"""An id of 16 bytes, and the content that stands under it."""


def window_check(rows: Sequence[Identified], entry_id: str) -> list[Seen]:
    """For each row of one batch whether its id is new, and remember it.

    Asked again about the same batch it gives the same answers, so that a plan can be done again.
    """
    if not rows:
        return []
    generation = _generation()
    prefixes = [f"{WINDOW}{generation}:", f"{WINDOW}{generation - 1}:" if generation > 1 else ""]
    answers = "".join(
        str(script("window")(keys=prefixes, args=[BUCKETS, records]), "ascii") for records in _calls(rows, entry_id)
    )
    client().hincrby(_GENERATION, "ids", answers.count(Seen.FIRST.value))
    return [_SEEN[answer] for answer in answers]


def _calls(rows: Sequence[Identified], entry_id: str) -> Iterator[bytes]:
    """Records of 32 bytes, as lua/window.lua takes them; one argument, as packing many costs more than the check."""
    first_mark = crc32(entry_id.encode())
    marks = array("Q", range(first_mark, first_mark + len(rows))).tobytes()
    for first in range(0, len(rows), _IDS_A_CALL):
        records: list[bytes] = []
        for index, (row_id, content) in enumerate(rows[first : first + _IDS_A_CALL], first):
            mark = marks[8 * index : 8 * index + 4]
            records += (crc32(row_id).to_bytes(4, "big"), row_id, xxh3_64_digest(content), mark)
        yield b"".join(records)


def _window_seconds() -> int:
    days: int = settings.EVENT_CONFLICT_WINDOW_DAYS
    return days * _DAY_SECONDS


def _generation() -> int:
    """The generation to fill; begins a new one when this one is full or old, and drops the one before the last."""
    number, since, ids = (int(text or 0) for text in client().hmget(_GENERATION, ["number", "since", "ids"]))
    now = int(time.time())
    if not number:
        client().hset(_GENERATION, mapping={"number": 1, "since": now, "ids": 0})
        return 1
    is_full = ids >= settings.EVENT_CONFLICT_WINDOW_MAX_IDS // 2
    if not is_full and now - since < _window_seconds():
        return number
    client().hset(_GENERATION, mapping={"number": number + 1, "since": now, "ids": 0})
    _drop(number - 1)
    return number + 1


def _drop(generation: int) -> None:
    with client().pipeline(transaction=False) as pipeline:
        for bucket in range(BUCKETS):
            pipeline.unlink(f"{WINDOW}{generation}:{bucket}")
            if bucket % 10_000 == 0:
                pipeline.execute()
        pipeline.execute()
