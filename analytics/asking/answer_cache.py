"""Answers that are given again while nothing has changed; of those who ask the same at once, one asks the store."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import lz4.frame
import xxhash
from django.conf import settings

from analytics.asking.running import Asker
from storage_app.clickhouse.abandonment import raise_if_gone

_POLL_SECONDS = 0.02
_STAMP_BYTES = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and how long ago the store was asked; None: just now."""

    body: bytes
    age_seconds: int | None


def cache_key(*parts: bytes) -> str:
    """The key of a question: all that its answer depends on."""
    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def answer_make(make: Callable[[], bytes], *, asker: Asker) -> Answer:
    """A new answer, whatever is kept; it is not kept either."""
    asker.begin()
    try:
        return Answer(make(), None)
    finally:
        asker.end()


def answer_get(key: str, make: Callable[[], bytes], *, asker: Asker) -> Answer:
    """The kept answer, or a new one, which is kept. Without Redis every answer is new."""
    token = uuid4().hex
    while True:
        raise_if_gone()
        found = asker.begin(key=key, token=token)
        if isinstance(found, bytes):
            return _unpacked(found)
        if found:
            return _made(key, make, asker, token)
        time.sleep(_POLL_SECONDS)  # whoever has the lock keeps an answer, or lets go of it


def _made(key: str, make: Callable[[], bytes], asker: Asker, token: str) -> Answer:
    packed = b""
    try:
        body = make()
        packed = _packed(body)
    finally:
        asker.end(key=key, token=token, packed=packed)
    return Answer(body, None)


def _packed(body: bytes) -> bytes:
    """With the time; nothing of what is too long to be kept."""
    if len(body) > settings.QUERY_CACHE_MAX_BYTES:
        return b""
    compressed: bytes = lz4.frame.compress(body)
    return int(time.time()).to_bytes(_STAMP_BYTES, "big") + compressed


def _unpacked(packed: bytes) -> Answer:
    made_at = int.from_bytes(packed[:_STAMP_BYTES], "big")
    return Answer(lz4.frame.decompress(packed[_STAMP_BYTES:]), max(0, int(time.time()) - made_at))
