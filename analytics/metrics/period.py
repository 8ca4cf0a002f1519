"""The period a metric looks at, `[start, end)`, in a time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

# What ClickHouse's DateTime64(3) holds.
FIRST_YEAR = 1900
LAST_YEAR = 2299
EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
LATEST = datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
# Files beside the IANA zones that name no place: this machine's own zone, and none at all.
_NO_ZONES = {"localtime", "Factory"}


class PeriodInvalid(ValueError):
    """A period that cannot be; `field` is the part that is wrong, `code` says how."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`, both in UTC and whole milliseconds; `timezone` decides what a day is.

    Raises:
        PeriodInvalid: the end is not after the start, or the zone is not known.
    """

    start: datetime
    end: datetime
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise PeriodInvalid("end", "end_before_start", "The end must be after the start.")
        _check_zone(self.timezone)

    @property
    def weeks(self) -> float:
        """How long it is, in weeks of seven days of 24 hours."""
        return (self.end - self.start) / timedelta(weeks=1)


def instant(text: str, *, field: str) -> datetime:
    """The moment an ISO 8601 text names, in UTC, cut to milliseconds.

    A text without an offset is UTC, a bare date the start of that day.

    Raises:
        PeriodInvalid: no such moment, or one outside the years 1900 to 2299.
    """
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        detail = "This is no ISO 8601 time, such as 2025-03-10 or 2025-03-10T08:00:00+01:00."
        raise PeriodInvalid(field, "invalid", detail) from None
    except OverflowError:
        raise _out_of_range(field) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _out_of_range(field)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _out_of_range(field: str) -> PeriodInvalid:
    return PeriodInvalid(field, "out_of_range", f"The year must be between {FIRST_YEAR} and {LAST_YEAR}.")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def _check_zone(name: str) -> None:
    if name in _zones():
        return
    nearest = {zone.lower(): zone for zone in _zones()}
    matches = get_close_matches(name[:64].lower(), nearest, n=1)
    hint = f" Did you mean {nearest[matches[0]]}?" if matches else ""
    raise PeriodInvalid("timezone", "unknown_timezone", f"This is no IANA time zone, such as Europe/Berlin.{hint}")
