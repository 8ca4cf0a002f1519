"""Answers that are given again while nothing has changed; of those who ask the same at once, one asks the store."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import lz4.frame
import redis
import structlog
import xxhash
from django.conf import settings

from analytics.redis_store import client
from storage_app.clickhouse.abandonment import raise_if_gone

logger = structlog.get_logger(__name__)

_PREFIX = "tidewatch:answer:"
_LOCK = "tidewatch:answer-lock:"
_BYTES = "tidewatch:answer-bytes:"
_POLL_SECONDS = 0.02
_STAMP_BYTES = 8
TOTAL_BYTES = 256 * 1024 * 1024
"""Of a window of QUERY_CACHE_SECONDS; Redis holds two at most, and what is buffered must never lack the room."""
# The kept answer, or 1 for whoever is to make it and 0 for the others.
_LOOK = """
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
"""
# Keep an answer, where there is one and room for it; let go of the lock, if it is one's own.
_KEEP = """
if ARGV[2] ~= '' then
    local bytes = redis.call('INCRBY', KEYS[3], #ARGV[2])
    redis.call('EXPIRE', KEYS[3], ARGV[3])
    if bytes <= tonumber(ARGV[4]) then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""


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


def answer_get(key: str, make: Callable[[], bytes], *, fresh: bool) -> Answer:
    """The kept answer, or a new one; `fresh`: a new one in any case. Without Redis every answer is new."""
    if not settings.QUERY_CACHE_SECONDS:
        return Answer(make(), None)
    if fresh:
        return _made(key, make, token="")
    token = uuid4().hex
    while True:
        raise_if_gone()
        try:
            found = _look(key, token)
        except redis.RedisError as error:
            logger.warning("answer_cache_off", reason=str(error))
            return Answer(make(), None)
        if isinstance(found, Answer):
            return found
        if found:
            return _made(key, make, token)
        time.sleep(_POLL_SECONDS)  # whoever has the lock keeps an answer, or lets go of it


def _look(key: str, token: str) -> Answer | bool:
    """The kept answer; without one, whether the caller is to make it."""
    wait_ms = (settings.QUERY_TIMEOUT_SECONDS + 5) * 1000
    found = client().register_script(_LOOK)(keys=[_PREFIX + key, _LOCK + key], args=[token, wait_ms])
    if not isinstance(found, bytes):
        return bool(found)
    made_at = int.from_bytes(found[:_STAMP_BYTES], "big")
    return Answer(lz4.frame.decompress(found[_STAMP_BYTES:]), max(0, int(time.time()) - made_at))


def _made(key: str, make: Callable[[], bytes], token: str) -> Answer:
    body = b""
    try:
        body = make()
    finally:
        _keep(key, body, token)
    return Answer(body, None)


def _keep(key: str, body: bytes, token: str) -> None:
    now = int(time.time())
    packed = b""
    if 0 < len(body) <= settings.QUERY_CACHE_MAX_BYTES:
        packed = now.to_bytes(_STAMP_BYTES, "big") + lz4.frame.compress(body)
    window = f"{_BYTES}{now // settings.QUERY_CACHE_SECONDS}"
    args: list[str | bytes | int] = [token, packed, settings.QUERY_CACHE_SECONDS, TOTAL_BYTES]
    try:
        client().register_script(_KEEP)(keys=[_PREFIX + key, _LOCK + key, window], args=args)
    except redis.RedisError as error:
        logger.warning("answer_not_kept", reason=str(error))  # the lock ends by itself
