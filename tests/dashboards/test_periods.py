"""Periods that move: whole units of the calendar, in the dashboard's zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.periods import Unit, period_span

NOW = datetime(2025, 3, 30, 10, 20, 30, tzinfo=UTC)  # a Sunday; clocks are set forward in Berlin


@pytest.mark.parametrize(
    ("period", "zone", "start", "end"),
    [
        ({"last": 1, "unit": "hour", "current": True}, "UTC", "2025-03-30T10:00", "2025-03-30T11:00"),
        ({"last": 24, "unit": "hour", "current": False}, "UTC", "2025-03-29T10:00", "2025-03-30T10:00"),
        ({"last": 1, "unit": "hour", "current": True}, "Asia/Kolkata", "2025-03-30T09:30", "2025-03-30T10:30"),
        ({"last": 1, "unit": "day", "current": True}, "Europe/Berlin", "2025-03-29T23:00", "2025-03-30T22:00"),
        ({"last": 7, "unit": "day", "current": False}, "UTC", "2025-03-23T00:00", "2025-03-30T00:00"),
        ({"last": 1, "unit": "week", "current": True}, "UTC", "2025-03-24T00:00", "2025-03-31T00:00"),
        ({"last": 2, "unit": "week", "current": False}, "UTC", "2025-03-10T00:00", "2025-03-24T00:00"),
        ({"last": 1, "unit": "month", "current": True}, "UTC", "2025-03-01T00:00", "2025-04-01T00:00"),
        ({"last": 3, "unit": "month", "current": False}, "UTC", "2024-12-01T00:00", "2025-03-01T00:00"),
        ({"last": 1000, "unit": "month", "current": True}, "UTC", "1941-12-01T00:00", "2025-04-01T00:00"),
        ({"start": "2025-01-01T00:00:00+00:00"}, "UTC", "2025-01-01T00:00", None),
        (None, "UTC", None, None),
    ],
)
def test_when(period: Any, zone: str, start: str | None, end: str | None) -> None:
    span = period_span(period, zone=zone, now=NOW)
    expected = [datetime.fromisoformat(bound).replace(tzinfo=UTC) if bound else None for bound in (start, end)]
    assert [span.start, span.end] == expected


ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo", "Asia/Beirut"]
MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants it so


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(Unit), st.integers(1, 100))
def test_now_is_in_the_unit_under_way(now: datetime, zone: str, unit: Unit, last: int) -> None:
    def span(**change: Any) -> Any:
        return period_span({"last": last, "unit": unit.value, "current": True} | change, zone=zone, now=now)

    until_now, before = span(), span(current=False)
    one = span(last=1)
    assert before.start < before.end <= now < until_now.end
    assert (before.end, one.end) == (one.start, until_now.end)
    assert until_now.start <= one.start
    if unit == Unit.HOUR:
        assert until_now.end - until_now.start == timedelta(hours=last)
    else:
        day_before = (until_now.start - timedelta(milliseconds=1)).astimezone(ZoneInfo(zone)).date()
        assert day_before < until_now.start.astimezone(ZoneInfo(zone)).date()
