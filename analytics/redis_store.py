"""Redis, as questions use it: what is there to save work or to bound it, and never the truth of anything."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

_TIMEOUT_SECONDS = 1


@cache
def client() -> redis.Redis:
    """The process's connection pool."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        protocol=2,  # one shape of answers from every server's version
        socket_connect_timeout=_TIMEOUT_SECONDS,
        socket_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
