"""Limits of questions to the data; how long to wait for calculations, when those of the night run; what is kept."""

from datetime import time
from zoneinfo import ZoneInfo

from config.settings.environment import env, integer, refuse


def _time_of_day(text: str) -> time | None:
    if text == "off":
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise refuse("NIGHTLY_METRICS_AT", f"must be a time such as 03:00, or off, not {text!r}") from None


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError):  # no such zone, no such file, a name that leads out of the zones
        problem = f"must be an IANA time zone such as Europe/Berlin, not {text!r}"
        raise refuse("NIGHTLY_METRICS_TIMEZONE", problem) from None


METRICS_WAIT_SECONDS = integer("METRICS_WAIT_SECONDS", 25, low=1, high=300)
NIGHTLY_METRICS_AT = _time_of_day(env.str("NIGHTLY_METRICS_AT", "03:00"))
NIGHTLY_METRICS_TIMEZONE = _zone(env.str("NIGHTLY_METRICS_TIMEZONE", "UTC"))
DEVICE_ANALYSIS_DAYS = integer("DEVICE_ANALYSIS_DAYS", 30, low=1, high=3660)

QUERY_TIMEOUT_SECONDS = integer("QUERY_TIMEOUT_SECONDS", 30, low=1, high=3600)
QUERY_MAX_MEMORY_BYTES = integer("QUERY_MAX_MEMORY_BYTES", 2_000_000_000, low=1_000_000, high=10**12)
QUERY_MAX_ROWS_READ = integer("QUERY_MAX_ROWS_READ", 10**9, low=1, high=10**15)
QUERY_MAX_RESULT_ROWS = integer("QUERY_MAX_RESULT_ROWS", 100_000, low=1_000, high=10**7)
EXPORT_TIMEOUT_SECONDS = integer("EXPORT_TIMEOUT_SECONDS", 1800, low=1, high=3600)
QUERY_BUDGET_SECONDS = integer("QUERY_BUDGET_SECONDS", 120, low=0, high=10**6)
QUERY_BUDGET_ROWS = integer("QUERY_BUDGET_ROWS", 5 * 10**9, low=0, high=10**15)
QUERY_CACHE_SECONDS = integer("QUERY_CACHE_SECONDS", 300, low=0, high=86400)
QUERY_CACHE_MAX_BYTES = integer("QUERY_CACHE_MAX_BYTES", 2_000_000, low=1, high=10**9)
