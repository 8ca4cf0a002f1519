"""So many requests a minute for each caller, counted in Redis for all processes together (docs/adr/0011)."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from redis.commands.core import Script

from accounts.caller_bucket import caller_bucket
from accounts.client_address import client_address
from config.errors import error_response

logger = structlog.get_logger(__name__)

WINDOW_MS = 60_000
REDIS_TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 5.0
"""How long Redis is left alone after it did not answer."""

_DATA = {"/api/v1/events", "/api/v1/stats", "/stats"}
_UNLIMITED = ("/health", "/static/", "/metrics")
_SIGN_IN = re.compile(r"(/api/v1)?/auth/(login|register)|/admin/login/")
# The caller's window begins with its first request: no clock is shared.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a caller stands."""

    limit: int
    count: int
    reset_seconds: int

    @property
    def is_over(self) -> bool:
        """Whether this request is one too many."""
        return self.count > self.limit

    def headers(self) -> dict[str, str]:
        """What a client needs to keep within it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.count)),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class RateLimitMiddleware:
    """Refuses with 429 what is too much. Without Redis nothing is refused: a limit is not worth an outage."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._leave_alone_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        window = self._window(request)
        if window is None:
            return self.get_response(request)
        if window.is_over:
            response: HttpResponseBase = error_response(
                429, "throttled", f"Too many requests. The next may come in {window.reset_seconds} seconds."
            )
            response["Retry-After"] = str(window.reset_seconds)
        else:
            response = self.get_response(request)
        for name, value in window.headers().items():
            response[name] = value
        return response

    def _window(self, request: HttpRequest) -> Window | None:
        if _is_unlimited(request) or time.monotonic() < self._leave_alone_until:
            return None
        if request.method == "POST" and _SIGN_IN.fullmatch(request.path):
            limit, bucket = settings.SIGN_IN_RATE_LIMIT_PER_MINUTE, f"sign-in:{client_address(request)}"
        else:
            limit, bucket = settings.RATE_LIMIT_PER_MINUTE, caller_bucket(request)
        if limit == 0:
            return None
        try:
            count, reset_ms = _script(settings.REDIS_URL)(keys=[f"rate:{bucket}"], args=[WINDOW_MS])
        except redis.RedisError as error:
            self._leave_alone_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("rate_limit_off", reason=str(error), seconds=PAUSE_SECONDS)
            return None
        return Window(limit=limit, count=count, reset_seconds=max(1, math.ceil(reset_ms / 1000)))


def _is_unlimited(request: HttpRequest) -> bool:
    # Events come as fast as they happen; the buffer's limit is theirs, and it answers 503. Readings are counted
    # themselves, for each device and owner.
    sends_data = request.method == "POST" and request.path in _DATA
    return sends_data or request.path.startswith(_UNLIMITED)


@cache
def _script(url: str) -> Script:
    client = redis.Redis.from_url(
        url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    return client.register_script(_COUNT)
