"""When a source is due: `@hourly`, `every 15 minutes`, or five fields of cron, all in UTC."""

import re
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

_WORDS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 1", "@monthly": "0 0 1 * *"}
_EVERY = re.compile(r"every ([1-9][0-9]{0,4}) (minute|hour|day)s?\Z")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
LONGEST = timedelta(days=366)
CRON_FIELDS = 5
FORMS = (
    "@hourly, @daily, @weekly, @monthly, every 15 minutes, every 2 hours, every 3 days, or five fields of cron (UTC)"
)


class ScheduleInvalid(ValueError):
    """No schedule."""


def schedule_next(schedule: str, *, after: datetime) -> datetime:
    """The first time after `after` at which it is due, in UTC.

    Raises:
        ScheduleInvalid
    """
    if every := _EVERY.match(schedule):
        pause = int(every[1]) * _UNITS[every[2]]
        if pause > LONGEST:
            raise ScheduleInvalid("A source runs at least once a year.")
        return after.astimezone(UTC) + pause
    cron = _WORDS.get(schedule, schedule)
    if len(cron.split()) != CRON_FIELDS:  # CronSim knows a sixth, for seconds
        raise ScheduleInvalid(f"This is none of {FORMS}.")
    try:
        return next(CronSim(cron, after.astimezone(UTC)))
    except (CronSimError, StopIteration):
        raise ScheduleInvalid(f"This is none of {FORMS}.") from None
