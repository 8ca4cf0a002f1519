"""What Redis is asked before a question and told after it: one round trip each, however much there is to say.

A kept answer, the lock of whoever makes one, the caller's budget, and a note by which the question is cancelled.
Without Redis questions are asked all the same: none of it is worth an outage.
"""

import time

import redis
import structlog
from django.conf import settings

from analytics.asking.budget import CHARGE, OVER, WINDOW_SECONDS, budget_key, budget_limits, budget_spent
from analytics.redis_store import client

logger = structlog.get_logger(__name__)

TOTAL_BYTES = 256 * 1024 * 1024
"""Of a window of QUERY_CACHE_SECONDS; Redis holds two at most, and what is buffered must never lack the room."""
_ANSWER = "tidewatch:answer:"
_LOCK = "tidewatch:answer-lock:"
_BYTES = "tidewatch:answer-bytes:"
_NOTE = "tidewatch:asking:"
_MARGIN_SECONDS = 5

# The kept answer; 1: ask; 0: another does; or which part of the budget is spent, and for how long.
_BEGIN = f"""{OVER}
local budget, note, answer, lock = unpack(KEYS)
local seconds, rows, query_id, wait_ms, token = unpack(ARGV)
if token ~= '' then
    local kept = redis.call('GET', answer)
    if kept then return kept end
    if not redis.call('SET', lock, token, 'NX', 'PX', wait_ms) then return 0 end
end
local refused = over(budget, seconds, rows)
if refused then
    if token ~= '' then redis.call('DEL', lock) end
    return refused
end
if query_id ~= '' then redis.call('SET', note, query_id, 'PX', wait_ms) end
return 1
"""
# Keep the answer, if there is one and room for it; let go of the lock, if it is one's own.
_END = f"""{CHARGE}
local budget, answer, lock, bytes = unpack(KEYS)
local seconds, rows, window, token, packed, kept_for, most = unpack(ARGV)
if seconds ~= '' then charge(budget, seconds, rows, window) end
if packed ~= '' then
    local held = redis.call('INCRBY', bytes, #packed)
    redis.call('EXPIRE', bytes, kept_for)
    if held <= tonumber(most) then redis.call('SET', answer, packed, 'EX', kept_for) end
end
if token ~= '' and redis.call('GET', lock) == token then redis.call('DEL', lock) end
"""


def begin(*, caller: str, name: str, query_id: str, key: str = "", token: str = "") -> bytes | bool:
    """The kept answer; True: ask the store, and call `end` afterwards; False: somebody asks it already.

    With a `token` the question is one whose answer is kept under `key`; with a `name` it can be cancelled.

    Raises:
        Throttled: the budget of this minute is spent. What is kept costs nothing.
    """
    wait_ms = (settings.QUERY_TIMEOUT_SECONDS + _MARGIN_SECONDS) * 1000
    try:
        found = client().register_script(_BEGIN)(
            keys=[budget_key(caller), _note_key(caller, name), _ANSWER + key, _LOCK + key],
            args=[*budget_limits(), query_id if name else "", wait_ms, token],
        )
    except redis.RedisError as error:
        logger.warning("asked_without_redis", reason=str(error))
        return True
    if isinstance(found, list):
        raise budget_spent(found)
    return found if isinstance(found, bytes) else bool(found)


def end(*, caller: str, seconds: float, rows: int, key: str = "", token: str = "", packed: bytes = b"") -> None:
    """What the question took; its answer, to be kept under `key`."""
    kept_for = max(1, settings.QUERY_CACHE_SECONDS)
    held = f"{_BYTES}{int(time.time()) // kept_for}"
    taken: tuple[float | str, ...] = (seconds if any(budget_limits()) else "", rows, WINDOW_SECONDS)
    try:
        client().register_script(_END)(
            keys=[budget_key(caller), _ANSWER + key, _LOCK + key, held],
            args=[*taken, token, packed, kept_for, TOTAL_BYTES],
        )
    except redis.RedisError as error:
        logger.warning("answer_not_kept", reason=str(error))  # its lock ends by itself


def noted_query_id(*, caller: str, name: str) -> str | None:
    """Of what the caller asked under this name lately."""
    query_id = client().get(_note_key(caller, name))
    return query_id.decode() if isinstance(query_id, bytes) else None


def _note_key(caller: str, name: str) -> str:
    return f"{_NOTE}{caller}:{name}"
