"""How long a caller may wait for a calculation, when the nightly ones run, how long analyses of devices are kept."""

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
