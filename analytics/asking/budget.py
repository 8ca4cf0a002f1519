"""So many seconds and rows a minute for each caller, counted in Redis for all processes together."""

import math
from collections.abc import Sequence

import redis
import structlog
from django.conf import settings
from rest_framework.exceptions import Throttled

from analytics.redis_store import client

logger = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
_PREFIX = "tidewatch:query-budget:"
_PARTS = ("seconds", "rows read")

OVER = """
local function over(key, seconds, rows)
    local spent = redis.call('HMGET', key, 'seconds', 'rows')
    for place, limit in ipairs({seconds, rows}) do
        if tonumber(limit) > 0 and tonumber(spent[place] or 0) >= tonumber(limit) then
            return {place, redis.call('PTTL', key)}
        end
    end
end
"""
"""Lua: which part of a budget is spent, counted from 1, and for how many milliseconds; nothing: there is some left."""
CHARGE = """
local function charge(key, seconds, rows, window)
    redis.call('HINCRBYFLOAT', key, 'seconds', seconds)
    redis.call('HINCRBY', key, 'rows', rows)
    if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, window) end
end
"""
"""Lua: what a query took; the caller's minute begins with its first."""
_CHECK = f"{OVER} return over(KEYS[1], ARGV[1], ARGV[2])"
_CHARGE = f"{CHARGE} charge(KEYS[1], ARGV[1], ARGV[2], ARGV[3])"


def budget_key(caller: str) -> str:
    """Where the caller's is."""
    return _PREFIX + caller


def budget_limits() -> tuple[int, int]:
    """Seconds and rows; 0: as many as they like."""
    return settings.QUERY_BUDGET_SECONDS, settings.QUERY_BUDGET_ROWS


def budget_spent(found: Sequence[int]) -> Throttled:
    """The error for what `over` gives."""
    part, left_ms = found
    detail = f"Your queries have used up their {budget_limits()[part - 1]} {_PARTS[part - 1]} a minute."
    return Throttled(wait=max(1, math.ceil(left_ms / 1000)), detail=detail)


def budget_check(caller: str) -> None:
    """Let the caller ask, or not.

    Without Redis nobody is refused: a budget is not worth an outage.

    Raises:
        Throttled: the budget of this minute is spent.
    """
    if not any(budget_limits()):
        return
    try:
        found = client().register_script(_CHECK)(keys=[budget_key(caller)], args=budget_limits())
    except redis.RedisError as error:
        logger.warning("query_budget_off", reason=str(error))
        return
    if found:
        raise budget_spent(found)


def budget_charge(caller: str, *, seconds: float, rows: int) -> None:
    """What a query took."""
    if not any(budget_limits()):
        return
    try:
        client().register_script(_CHARGE)(keys=[budget_key(caller)], args=[seconds, rows, WINDOW_SECONDS])
    except redis.RedisError as error:
        logger.warning("query_budget_off", reason=str(error))
