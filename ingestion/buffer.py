"""The buffer between accepting and storing: a Redis stream, one entry a batch.

What has been acknowledged to a client is in the stream (with Redis's append-only file behind it) until the writer has
stored it. Entries leave the stream only by `Lease.commit`, never by trimming.

One writer at a time works on the stream: it holds the lease. Before it inserts it writes down how far this insert goes
(the plan); whoever holds the lease next inserts the same entries under the same deduplication token. docs/adr/0003.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import lz4.frame
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

STREAM = "tidewatch:events"
STREAM_BYTES = "tidewatch:events:bytes"
PLAN = "tidewatch:events:plan"
LEASE = "tidewatch:events:lease"
DEAD_LETTERS = "tidewatch:events:dead"

_CONNECT_TIMEOUT_SECONDS = 2
_TIMEOUT_SECONDS = 10

_ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1])
   or tonumber(redis.call('GET', KEYS[2]) or '0') + #ARGV[3] > tonumber(ARGV[2]) then
  return false
end
redis.call('INCRBY', KEYS[2], #ARGV[3])
return redis.call('XADD', KEYS[1], '*', 'batch', ARGV[3], 'count', ARGV[4], 'received_ms', ARGV[5])
"""

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

_PLAN = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
"""

# All that follows from a stored plan, at once: the entries go, their bytes are given back, dead letters are kept.
_COMMIT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local bytes = tonumber(ARGV[2])
local entries = tonumber(ARGV[3])
for i = 4, 3 + entries do redis.call('XDEL', KEYS[3], ARGV[i]) end
if redis.call('DECRBY', KEYS[4], bytes) < 0 or redis.call('XLEN', KEYS[3]) == 0 then redis.call('SET', KEYS[4], 0) end
for i = 4 + entries, #ARGV, 2 do
  redis.call('XADD', KEYS[5], '*', 'event', ARGV[i], 'reason', ARGV[i + 1])
end
redis.call('DEL', KEYS[2])
return 1
"""


class BufferFull(Exception):
    """The buffer is over its limit of entries or bytes; nothing was taken."""


class LeaseLost(Exception):
    """Another writer has taken over; what this one planned is that one's now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted batch, compressed as it lies in the stream."""

    id: str
    compressed: bytes
    count: int
    received_ms: int

    def events(self) -> bytes:
        """A JSON array of tuples (ingestion.schemas.StoredEvent).

        Raises:
            RuntimeError: not what `add` wrote.
        """
        events: bytes = lz4.frame.decompress(self.compressed)
        return events


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be stored, and why."""

    event: bytes
    reason: str


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


def add(events: bytes, *, count: int, received_ms: int) -> str:
    """Keep a batch; gives the entry's id. Once this returns the batch outlives any one process.

    Raises:
        BufferFull: over the limit of entries or bytes.
        redis.RedisError: Redis is down.
    """
    entry_id = _script(_ADD)(
        keys=[STREAM, STREAM_BYTES],
        args=[
            settings.BUFFER_MAX_ENTRIES,
            settings.BUFFER_MAX_BYTES,
            lz4.frame.compress(events),
            count,
            received_ms,
        ],
    )
    if entry_id is None:
        raise BufferFull
    return cast(bytes, entry_id).decode()


def waiting() -> int:
    """How many batches wait to be stored."""
    return client().xlen(STREAM)


class Lease:
    """The right to write, held by one writer at a time and lost by whoever does not renew it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._token = secrets.token_hex(16)

    def acquire(self) -> bool:
        """Take the lease if nobody holds it."""
        return bool(client().set(LEASE, self._token, nx=True, px=self.seconds * 1000))

    def renew(self) -> bool:
        """Hold it for another `seconds`; False when it is another's by now."""
        return bool(_script(_RENEW)(keys=[LEASE], args=[self._token, self.seconds * 1000]))

    def release(self) -> None:
        """Give it back, so that the next writer need not wait for it to run out."""
        _script(_RELEASE)(keys=[LEASE], args=[self._token])

    def plan(self, last_id: str) -> None:
        """Write down that the next insert takes every entry up to `last_id`.

        Raises:
            LeaseLost: the lease is another's.
        """
        if not _script(_PLAN)(keys=[LEASE, PLAN], args=[self._token, last_id]):
            raise LeaseLost

    def commit(self, entries: Sequence[Entry], dead: Sequence[DeadLetter] = ()) -> None:
        """The entries are stored (but for the dead letters): forget them and the plan, at once.

        Raises:
            LeaseLost: the lease is another's, who will find the plan and finish it.
        """
        args: list[Any] = [self._token, sum(len(entry.compressed) for entry in entries), len(entries)]
        args += [entry.id for entry in entries]
        for letter in dead:
            args += [letter.event, letter.reason]
        if not _script(_COMMIT)(keys=[LEASE, PLAN, STREAM, STREAM_BYTES, DEAD_LETTERS], args=args):
            raise LeaseLost


def planned() -> list[Entry]:
    """The entries of the plan that a writer left behind; none when the last one was finished."""
    last_id = client().get(PLAN)
    return _entries(client().xrange(STREAM, max=last_id)) if last_id else []


def read(after: str, *, count: int, wait_ms: int) -> list[Entry]:
    """The next entries after an id ("0" for the beginning), waiting up to `wait_ms` for the first."""
    answer: Any = client().xread({STREAM: after}, count=count, block=max(wait_ms, 1))
    return _entries(answer[0][1]) if answer else []


def _entries(raw: Any) -> list[Entry]:
    return [
        Entry(
            id=entry_id.decode(),
            compressed=fields[b"batch"],
            count=int(fields[b"count"]),
            received_ms=int(fields[b"received_ms"]),
        )
        for entry_id, fields in raw
    ]


@cache
def _script(text: str) -> Any:
    return client().register_script(text)
