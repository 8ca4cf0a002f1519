"""Redis, as ingestion uses it: its connection pools, the names of its keys, its scripts."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

STREAM = "tidewatch:events"
# bytes, events, readings: what waits; progress_ms; and for each kind events_total_*, events_refused_*
COUNTERS = "tidewatch:events:counters"
PLAN = "tidewatch:events:plan"
LEASE = "tidewatch:events:lease"
DEAD_LETTERS = "tidewatch:events:dead"
WRITERS = "tidewatch:writers"
STORED_PER_MINUTE = "tidewatch:stored:"  # and the minute since 1970
LEDGER = "tidewatch:ledger:"  # and the hour, in seconds since 1970
WINDOW = "tidewatch:window"
REQUESTS = "tidewatch:requests:"  # and the sender's id and the hash of an Idempotency-Key
READINGS_RATE = "tidewatch:readings:rate:"  # and owner:<id> or device:<id>
DEVICES_CLOSED = "tidewatch:devices:closed:"  # and the id
DEVICES_SEEN = "tidewatch:devices:seen"  # device: when readings of it last came in (ms)

_CONNECT_TIMEOUT_SECONDS = 2
_TIMEOUT_SECONDS = 4
_SCRIPTS = Path(__file__).parent / "lua"


class NotConnected(Exception):
    """Redis was not reached: nothing was asked of it."""


@cache
def client() -> redis.Redis:
    """The process's connection pool. Two quick tries, then the caller hears of it."""
    return _client(tries=2)


@contextmanager
def connected_once() -> Iterator[redis.Redis]:
    """A connection that stands and tries nothing twice, for what must not happen twice.

    Raises:
        NotConnected: before the block. A RedisError inside it leaves open whether Redis did what it was asked.
    """
    try:
        # From here on it is one connection, which stands.
        connection: redis.Redis = _once().client()  # type: ignore[no-untyped-call]
    except redis.RedisError as error:
        raise NotConnected(str(error)) from error
    with connection:
        yield connection


@cache
def script(*names: str) -> Script:
    """A script of ingestion/lua, which says what it takes and gives; of several, the first hold what the last uses."""
    return client().register_script("\n".join((_SCRIPTS / f"{name}.lua").read_text() for name in names))


@cache
def _once() -> redis.Redis:
    return _client(tries=1)


def _client(*, tries: int) -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        protocol=2,  # one shape of answers from every server's version
        socket_connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        socket_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), tries - 1),
        retry_on_error=[redis.ConnectionError] if tries > 1 else [],
    )
