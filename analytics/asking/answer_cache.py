"""Answers that are given again while nothing has changed; of those who ask the same at once, one asks the store."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
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
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


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
        body = make()
        _keep(key, body)
        return Answer(body, None)
    token = uuid4().hex
    wait_ms = (settings.QUERY_TIMEOUT_SECONDS + 5) * 1000
    while True:
        raise_if_gone()
        try:
            kept = _kept(key)
            if kept is not None:
                return kept
            is_mine = bool(client().set(_LOCK + key, token, nx=True, px=wait_ms))
        except redis.RedisError as error:
            logger.warning("answer_cache_off", reason=str(error))
            return Answer(make(), None)
        if is_mine:
            return _made(key, make, token)
        time.sleep(_POLL_SECONDS)  # whoever has the lock keeps an answer, or lets go of it


def _made(key: str, make: Callable[[], bytes], token: str) -> Answer:
    try:
        body = make()
        _keep(key, body)
    finally:
        try:
            _unlock()(keys=[_LOCK + key], args=[token])
        except redis.RedisError as error:
            logger.warning("answer_lock_stays", reason=str(error))  # until it expires
    return Answer(body, None)


def _unlock() -> Any:
    return client().register_script(_UNLOCK)


def _kept(key: str) -> Answer | None:
    kept = client().get(_PREFIX + key)
    if not isinstance(kept, bytes):
        return None
    made_at = int.from_bytes(kept[:_STAMP_BYTES], "big")
    return Answer(lz4.frame.decompress(kept[_STAMP_BYTES:]), max(0, int(time.time()) - made_at))


def _keep(key: str, body: bytes) -> None:
    if len(body) > settings.QUERY_CACHE_MAX_BYTES:
        return
    packed = int(time.time()).to_bytes(_STAMP_BYTES, "big") + lz4.frame.compress(body)
    window = f"{_BYTES}{int(time.time()) // settings.QUERY_CACHE_SECONDS}"
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.incrby(window, len(packed))
            pipe.expire(window, settings.QUERY_CACHE_SECONDS)
            kept_bytes, _ = pipe.execute()
        if kept_bytes <= TOTAL_BYTES:
            client().set(_PREFIX + key, packed, ex=settings.QUERY_CACHE_SECONDS)
    except redis.RedisError as error:
        logger.warning("answer_not_kept", reason=str(error))
