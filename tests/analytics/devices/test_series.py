"""GET /stats/{device_id}/series: interval by interval, with gaps, in a zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Device, User
from analytics.devices.intervals import TooManyPoints, interval_starts, usual_interval
from analytics.intervals import Interval
from tests.analytics.devices.readings import NOON, STATS, Reading, every_minute, store
from tests.analytics.http import AsUser, errors
from tests.analytics.stored import moment

NULLS = {"min": None, "avg": None, "max": None}


def series(as_user: AsUser, owner: User, sensor: Device, **query: str) -> Any:
    answer = as_user(owner).get(f"{STATS}/{sensor.pk}/series", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.django_db
@pytest.mark.clickhouse
def test_gaps_are_shown(owner: User, as_user: AsUser, sensor: Device) -> None:
    store(sensor, every_minute(1, 2, 6) + every_minute(4, start=NOON + timedelta(hours=2)))
    period = {"start": "2025-03-10T12:00:30", "end": "2025-03-10T15:00:00", "interval": "hour"}
    answer = series(as_user, owner, sensor, **period)
    assert answer == {
        "device_id": str(sensor.pk),
        "start": "2025-03-10T12:00:30Z",
        "end": "2025-03-10T15:00:00Z",
        "interval": "hour",
        "timezone": "UTC",
        "points": [
            {
                "start": "2025-03-10T12:00:00Z",
                "count": 2,
                "x": {"min": 2.0, "avg": 4.0, "max": 6.0},
                "y": {"min": 4.0, "avg": 8.0, "max": 12.0},
                "z": {"min": -6.0, "avg": -4.0, "max": -2.0},
            },
            {"start": "2025-03-10T13:00:00Z", "count": 0, "x": NULLS, "y": NULLS, "z": NULLS},
            {
                "start": "2025-03-10T14:00:00Z",
                "count": 1,
                "x": {"min": 4.0, "avg": 4.0, "max": 4.0},
                "y": {"min": 8.0, "avg": 8.0, "max": 8.0},
                "z": {"min": -4.0, "avg": -4.0, "max": -4.0},
            },
        ],
    }


@pytest.mark.django_db
@pytest.mark.clickhouse
def test_without_a_period_and_an_interval(owner: User, as_user: AsUser, sensor: Device) -> None:
    assert series(as_user, owner, sensor)["points"] == []
    store(sensor, every_minute(1, 2, 3))
    answer = series(as_user, owner, sensor)
    assert (answer["start"], answer["end"]) == ("2025-03-10T12:00:00Z", "2025-03-10T12:02:00.001000Z")
    assert (answer["interval"], len(answer["points"])) == ("second", 121)
    assert sum(point["count"] for point in answer["points"]) == 3
    assert series(as_user, owner, sensor, start="2026-01-01")["points"] == []
    assert len(series(as_user, owner, sensor, end="2025-03-10T12:01:00", interval="minute")["points"]) == 1


@pytest.mark.django_db
@pytest.mark.clickhouse
def test_days_of_a_zone(owner: User, as_user: AsUser, sensor: Device) -> None:
    around = moment("2025-03-30T22:00:00")  # midnight in Berlin, after a day of 23 hours
    store(sensor, [Reading(around - timedelta(milliseconds=1), 1, 0, 0), Reading(around, 2, 0, 0)])
    period = {"start": "2025-03-29T23:00:00Z", "end": "2025-03-31T22:00:00Z", "interval": "day"}
    points = series(as_user, owner, sensor, timezone="Europe/Berlin", **period)["points"]
    assert [(point["start"], point["x"]["max"]) for point in points] == [
        ("2025-03-29T23:00:00Z", 1.0),
        ("2025-03-30T22:00:00Z", 2.0),
    ]


@pytest.mark.django_db
@pytest.mark.clickhouse
def test_readings_before_1970(owner: User, as_user: AsUser, sensor: Device) -> None:
    store(sensor, every_minute(1, 2, start=moment("1969-12-31T23:59:00")))
    points = series(as_user, owner, sensor, interval="minute")["points"]
    assert [(point["start"], point["count"]) for point in points] == [
        ("1969-12-31T23:59:00Z", 1),
        ("1970-01-01T00:00:00Z", 1),
    ]


@pytest.mark.django_db
@pytest.mark.clickhouse
def test_too_many_points_says_what_to_choose(owner: User, as_user: AsUser, sensor: Device) -> None:
    period = {"start": "2025-03-10", "end": "2025-03-17"}
    answer = as_user(owner).get(f"{STATS}/{sensor.pk}/series", period | {"interval": "minute"})
    assert answer.status_code == 400
    assert errors(answer) == [("too_many_points", "interval")]
    assert "Choose hour" in answer.json()["errors"][0]["detail"]
    assert len(series(as_user, owner, sensor, **period, interval="hour")["points"]) == 168


moments = st.datetimes(datetime(1900, 1, 1), datetime(2299, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]


@given(
    start=moments,
    length=st.timedeltas(timedelta(milliseconds=1), timedelta(days=1500)),
    interval=st.sampled_from(Interval),
    zone=st.sampled_from(ZONES),
)
def test_intervals_cover_the_period(start: datetime, length: timedelta, interval: Interval, zone: str) -> None:
    end = start + length
    try:
        starts = interval_starts(start, end, interval, zone)
    except TooManyPoints as error:
        interval = error.enough
        starts = interval_starts(start, end, interval, zone)
    assert starts[0] <= start < end
    assert starts == sorted(set(starts))
    assert starts[-1] < end
    assert len(starts) == 1 or starts[1] > start
    if interval not in {Interval.SECOND, Interval.MINUTE, Interval.HOUR}:
        clocks = [begins.astimezone(ZoneInfo(zone)) for begins in starts]
        assert all(clock.hour <= 1 for clock in clocks)  # later than midnight only where the clocks skip it


@given(start=moments, length=st.timedeltas(timedelta(milliseconds=1), timedelta(days=1000)))
def test_the_usual_interval_makes_a_chart(start: datetime, length: timedelta) -> None:
    interval = usual_interval(start, start + length)
    assert len(interval_starts(start, start + length, interval, "UTC")) <= 1_000


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval.WEEK, ["2025-01-27", "2025-02-03"]),
        (Interval.MONTH, ["2025-01-01", "2025-02-01"]),
        (Interval.QUARTER, ["2025-01-01"]),
        (Interval.YEAR, ["2025-01-01"]),
    ],
)
def test_longer_intervals_begin_with_the_calendar(interval: Interval, expected: list[str]) -> None:
    starts = interval_starts(moment("2025-01-31"), moment("2025-02-05"), interval, "UTC")
    assert starts == [moment(day) for day in expected]


def test_a_day_that_was_left_out() -> None:
    starts = interval_starts(moment("2011-12-29T10:00"), moment("2012-01-01T10:00"), Interval.DAY, "Pacific/Apia")
    local = [begins.astimezone(ZoneInfo("Pacific/Apia")).day for begins in starts]
    assert local == [29, 31, 1]
