"""Values reach the server as they are, whatever is in them."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryInvalid
from storage_app.clickhouse.parameters import bind

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001  # that is the point
# Later than 2106 the driver reads microseconds through a float that cannot hold them.
TIMES = st.datetimes(NAIVE.replace(year=1901), NAIVE.replace(year=2100), timezones=ZONES)
TEXTS = st.text() | st.text("'\"\\`\n\r\t\0\b\f\a\v{}[](),:%$N", max_size=12)

ROUND_TRIPS = [
    ("String", TEXTS),
    ("Nullable(String)", st.none() | TEXTS | st.sampled_from(["NULL", "\\N", "null"])),
    ("Array(String)", st.lists(TEXTS, max_size=5)),
    ("Array(Nullable(String))", st.lists(st.none() | TEXTS, max_size=5)),
    ("Array(Array(String))", st.lists(st.lists(TEXTS, max_size=3), max_size=3)),
    ("Tuple(String, Int64)", st.tuples(TEXTS, st.integers(-(2**63), 2**63 - 1))),
    ("Int64", st.integers(-(2**63), 2**63 - 1)),
    ("UInt64", st.integers(0, 2**64 - 1)),
    ("Nullable(Int64)", st.none() | st.integers(-(2**63), 2**63 - 1)),
    ("Array(Int64)", st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5)),
    ("Float64", st.floats(allow_nan=False)),
    ("Array(Float64)", st.lists(st.floats(allow_nan=False), max_size=5)),
    ("Bool", st.booleans()),
    ("Array(Bool)", st.lists(st.booleans(), max_size=5)),
    ("UUID", st.uuids()),
    ("Array(UUID)", st.lists(st.uuids(), max_size=5)),
    ("Date", st.dates(date(1970, 1, 1), date(2149, 6, 6))),
    ("DateTime64(6)", TIMES),
    ("DateTime64(6, 'UTC')", TIMES),
    ("Nullable(DateTime64(6, 'UTC'))", st.none() | TIMES),
    ("Array(DateTime64(6, 'UTC'))", st.lists(TIMES, max_size=5)),
    ("Decimal(38, 6)", st.decimals(-(10**20), 10**20, places=6)),
]


@pytest.mark.clickhouse
@pytest.mark.parametrize(("type_name", "values"), ROUND_TRIPS, ids=[name for name, _ in ROUND_TRIPS])
def test_what_goes_in_comes_out(type_name: str, values: st.SearchStrategy[Any]) -> None:
    sql = f"SELECT {{value:{type_name}}}"

    @settings(max_examples=60, deadline=None)
    @given(values)
    def check(value: Any) -> None:
        assert gateway.query(sql, {"value": value}) == [(value,)]

    check()


@pytest.mark.clickhouse
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_floats_at_the_edge(value: float) -> None:
    [(answer,)] = gateway.query("SELECT {value:Float64}", {"value": value})
    assert repr(answer) == repr(value)


@pytest.mark.clickhouse
def test_several_parameters_meet_their_places() -> None:
    params = {"limit": "'; DROP TABLE events; --", "b": [1, 2], "c": None}
    sql = "SELECT {limit:String}, {b:Array(UInt8)}, {c:Nullable(Int8)}, {limit:String}"
    assert gateway.query(sql, params) == [(params["limit"], [1, 2], None, params["limit"])]


@pytest.mark.clickhouse
def test_milliseconds_decide_a_comparison() -> None:
    instant = datetime(2024, 3, 31, 1, 0, 0, 250_000, tzinfo=UTC)
    sql = "SELECT toDateTime64('2024-03-31 01:00:00.249', 3, 'UTC') >= {start:DateTime64(3, 'UTC')}"
    assert gateway.query(sql, {"start": instant}) == [(0,)]


def test_a_text_enum_is_its_text() -> None:
    class Role(StrEnum):
        TEACHER = "teacher"

    assert bind("", {"role": Role.TEACHER}) == {"role": "teacher"}


@pytest.mark.parametrize("value", [{"a": 1}, {1, 2}, b"bytes", object(), [b"bytes"]])
def test_a_value_without_a_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        bind("", {"value": value})


@pytest.mark.parametrize("value", [NAIVE, [NAIVE]])
def test_a_time_without_a_zone_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="zone"):
        bind("", {"value": value})


@pytest.mark.parametrize("value", ["\ud800", ["fine", "\udfff"]])
def test_a_lone_surrogate_is_refused(value: object) -> None:
    with pytest.raises(QueryInvalid):
        bind("", {"value": value})


@pytest.mark.parametrize(
    "type_name",
    ["DateTime('Europe/Berlin')", "DateTime64(3, 'Asia/Kolkata')", "Array(DateTime64(3,'America/New_York'))"],
)
def test_a_time_typed_outside_utc_is_refused(type_name: str) -> None:
    with pytest.raises(ValueError, match="UTC"):
        bind(f"SELECT {{start:{type_name}}}", {"start": datetime.now(UTC)})


def test_times_typed_in_utc_or_without_a_zone_pass() -> None:
    sql = "SELECT {a:DateTime}, {b:DateTime64(3)}, {c:DateTime64(3, 'UTC')}, {d: Array(DateTime('UTC'))}"
    assert bind(sql, {"e": Decimal("1.5"), "f": UUID(int=1)}) == {"e": Decimal("1.5"), "f": UUID(int=1)}
