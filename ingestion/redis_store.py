"""Redis, as ingestion uses it: one connection pool a process, the names of its keys, its scripts."""

from functools import cache
from pathlib import Path

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

STREAM = "tidewatch:events"
COUNTERS = "tidewatch:events:counters"  # bytes, events: what waits; progress_ms; total_*, refused_*
PLAN = "tidewatch:events:plan"
LEASE = "tidewatch:events:lease"
DEAD_LETTERS = "tidewatch:events:dead"
WRITERS = "tidewatch:writers"
STORED_PER_MINUTE = "tidewatch:stored:"  # and the minute since 1970
LEDGER = "tidewatch:ledger:"  # and the hour, in seconds since 1970
WINDOW = "tidewatch:window"

_CONNECT_TIMEOUT_SECONDS = 2
_TIMEOUT_SECONDS = 4
_SCRIPTS = Path(__file__).parent / "lua"


@cache
def client() -> redis.Redis:
    """The process's connection pool. Two quick tries, then the caller hears of it."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        protocol=2,  # one shape of answers from every server's version
        socket_connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        socket_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[redis.ConnectionError],
    )


@cache
def script(name: str) -> Script:
    """A script of ingestion/lua, which says what it takes and gives."""
    return client().register_script((_SCRIPTS / f"{name}.lua").read_text())
