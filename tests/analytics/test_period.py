"""Periods: which are taken, as what, and which are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.metrics.period import Period, PeriodInvalid, instant

MONDAY = datetime(2025, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-10", MONDAY),
        ("2025-03-10T00:00:00", MONDAY),
        ("2025-03-10 00:00:00", MONDAY),
        ("2025-03-10T00:00:00Z", MONDAY),
        ("2025-03-10T05:30:00+05:30", MONDAY),
        ("2025-03-09T19:00:00.000-05:00", MONDAY),
        ("2025-03-10T00:00:00.123999", MONDAY + timedelta(milliseconds=123)),
        ("1969-12-31T23:59:59.9999", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("1900-01-01", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2299-12-31T23:59:59.999", datetime(2299, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_a_text_names_a_moment(text: str, expected: datetime) -> None:
    found = instant(text, field="start")
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid"),
        ("yesterday", "invalid"),
        ("2025-02-30", "invalid"),
        ("2025-03-10T25:00:00", "invalid"),
        ("2025-03-10T00:00:00 01:00", "invalid"),
        ("2025-03-10\0", "invalid"),
        ("2025-03-1\N{ARABIC-INDIC DIGIT ZERO}", "invalid"),
        ("1741564800", "invalid"),
        ("0001-01-01T00:00:00+05:00", "out_of_range"),
        ("9999-12-31T23:59:59-05:00", "out_of_range"),
        ("0001-01-01", "out_of_range"),
        ("9999-12-31", "out_of_range"),
        ("1899-12-31T23:59:59.999", "out_of_range"),
        ("2300-01-01", "out_of_range"),
        ("1900-01-01T00:00:00+01:00", "out_of_range"),
    ],
)
def test_a_text_that_names_no_moment_is_refused(text: str, code: str) -> None:
    with pytest.raises(PeriodInvalid) as refused:
        instant(text, field="start")
    assert (refused.value.field, refused.value.code) == ("start", code)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(milliseconds=-1), timedelta(days=-400)])
def test_the_end_is_after_the_start(length: timedelta) -> None:
    with pytest.raises(PeriodInvalid) as refused:
        Period(MONDAY, MONDAY + length)
    assert (refused.value.field, refused.value.code) == ("end", "end_before_start")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires"])
def test_an_iana_zone_is_taken(zone: str) -> None:
    assert Period(MONDAY, MONDAY + timedelta(milliseconds=1), zone).timezone == zone


@pytest.mark.parametrize(
    "zone",
    ["", "Berlin/Europe", "europe/berlin", "CEST", "+01:00", "Europe", "/etc/passwd", "../UTC", "UTC\0", "x" * 10_000,
     "localtime", "Europe/Bérlin"],
)  # fmt: skip
def test_another_zone_is_refused(zone: str) -> None:
    with pytest.raises(PeriodInvalid) as refused:
        Period(MONDAY, MONDAY + timedelta(days=1), zone)
    assert (refused.value.field, refused.value.code) == ("timezone", "unknown_timezone")


def test_the_nearest_zone_is_named() -> None:
    with pytest.raises(PeriodInvalid, match=r"Did you mean Europe/Berlin\?"):
        Period(MONDAY, MONDAY + timedelta(days=1), "europe/Berlin")
