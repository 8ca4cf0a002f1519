"""So many seconds and rows a minute for each caller, counted in Redis for all processes together."""

import math

import redis
import structlog
from django.conf import settings
from rest_framework.exceptions import Throttled

from analytics.redis_store import client

logger = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
_PREFIX = "tidewatch:query-budget:"


def budget_check(caller: str) -> None:
    """Let the caller ask, or not.

    Without Redis nobody is refused: a budget is not worth an outage.

    Raises:
        Throttled: the budget of this minute is spent.
    """
    limits = (settings.QUERY_BUDGET_SECONDS, settings.QUERY_BUDGET_ROWS)
    if not any(limits):
        return
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.hmget(_PREFIX + caller, ["seconds", "rows"])
            pipe.pttl(_PREFIX + caller)
            spent, left_ms = pipe.execute()
    except redis.RedisError as error:
        logger.warning("query_budget_off", reason=str(error))
        return
    for name, limit, value in zip(("seconds", "rows read"), limits, spent, strict=True):
        if limit and float(value or 0) >= limit:
            wait = max(1, math.ceil(left_ms / 1000))
            raise Throttled(wait=wait, detail=f"Your queries have used up their {limit} {name} a minute.")


def budget_charge(caller: str, *, seconds: float, rows: int) -> None:
    """What a query took; the caller's minute begins with its first."""
    if not (settings.QUERY_BUDGET_SECONDS or settings.QUERY_BUDGET_ROWS):
        return
    key = _PREFIX + caller
    try:
        with client().pipeline(transaction=True) as pipe:
            pipe.hincrbyfloat(key, "seconds", seconds)
            pipe.hincrby(key, "rows", rows)
            pipe.ttl(key)
            *_, left = pipe.execute()
        if left < 0:
            client().expire(key, WINDOW_SECONDS)
    except redis.RedisError as error:
        logger.warning("query_budget_off", reason=str(error))
