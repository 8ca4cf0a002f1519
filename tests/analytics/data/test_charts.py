"""The six charts in their shapes: gaps filled, small series joined exactly."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.intervals import Interval
from analytics.query.intervals import filled, interval_after
from tests.analytics.data.conftest import Ask
from tests.analytics.data.rows import stored_table
from tests.analytics.http import errors

stores = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]
COUNT = [{"function": "count", "alias": "n"}]


def _mark(function: Any) -> Any:
    for mark in stores:
        function = mark(function)
    return function


@_mark
def test_the_days_the_clocks_change_have_23_and_25_hours(ask: Ask, clickhouse: None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    for day, hours in (("2025-03-30", 23), ("2025-10-26", 25)):
        start = datetime.fromisoformat(day).replace(tzinfo=zone) - timedelta(days=1)
        moments = [(start.astimezone(UTC) + timedelta(hours=hour),) for hour in range(48 + hours)]
        with stored_table("hours", {"at": "DateTime64(3, 'UTC')"}, moments):
            body: dict[str, Any] = {"table_name": "hours", "chart_type": "line", "x": "at", "y": COUNT}
            daily = ask("chart", **body, interval="day", timezone="Europe/Berlin")
            hourly = ask("chart", **body, interval="hour", timezone="Europe/Berlin")
        assert daily["series"] == [{"name": "n", "data": [24, hours, 24]}]
        assert len(hourly["x"]) == 48 + hours
        assert set(hourly["series"][0]["data"]) == {1}
        assert sum(daily["series"][0]["data"]) == len(moments)


@_mark
def test_gaps_in_time_are_filled(ask: Ask, clickhouse: None) -> None:
    rows = [(datetime(2025, 1, 31, 5, tzinfo=UTC), 3, "a"), (datetime(2025, 5, 1, tzinfo=UTC), 5, "b")]
    y = [{"function": "count"}, {"function": "avg", "field": "v", "alias": "mean"}]
    with stored_table("gaps", {"at": "DateTime64(3, 'UTC')", "v": "Int32", "s": "String"}, rows):
        one = ask("chart", table_name="gaps", chart_type="area", x={"field": "at", "interval": "month"}, y=y)
        two = ask("chart", table_name="gaps", chart_type="line", x="at", interval="quarter", y=COUNT, series="s")
    assert one["x"] == [f"2025-0{month}-01T00:00:00Z" for month in range(1, 6)]
    assert one["series"] == [
        {"name": "count", "data": [1, 0, 0, 0, 1]},
        {"name": "mean", "data": [3, None, None, None, 5]},
    ]
    assert two == two | {
        "chart_type": "line",
        "x": ["2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z"],
        "series": [{"name": "a", "data": [1, 0]}, {"name": "b", "data": [0, 1]}],
    }


@_mark
def test_bars_and_pies_keep_the_largest_and_join_the_rest(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    counts = sorted(Counter(frame["text"]).items(), key=lambda each: (-each[1], each[0]))
    top = [name for name, _ in counts[:3]]
    rest = frame[~frame["text"].isin(top)]
    y = [*COUNT, {"function": "median", "field": "float"}, {"function": "uniqExact", "field": "int"}]
    bar = ask("chart", table_name=everything, chart_type="bar", x="text", y=y, limit=3)
    assert bar["x"] == [*top, "other"]
    n, median, unique = (each["data"] for each in bar["series"])
    assert n == [count for _, count in counts[:3]] + [len(rest)]
    assert median[-1] == pytest.approx(np.median(rest["float"].astype(float)))
    assert unique[-1] == rest["int"].nunique()

    pie = ask("chart", table_name=everything, chart_type="pie", x="text", y=COUNT, limit=3)
    assert pie["slices"] == [{"name": name, "value": value} for name, value in zip(bar["x"], n, strict=True)]


@_mark
def test_series_beyond_twenty_are_other(ask: Ask, clickhouse: None) -> None:
    rows = [(name, step) for name in range(30) for step in range(30 - name)]
    with stored_table("many", {"s": "UInt8", "x": "UInt8"}, rows):
        chart = ask("chart", table_name="many", chart_type="line", x="x", y=COUNT, series="s")
    assert [each["name"] for each in chart["series"]] == [*map(str, range(20)), "other"]
    assert chart["x"] == list(range(30))
    assert sum(chart["series"][-1]["data"]) == sum(range(1, 11))


@_mark
def test_what_is_called_other_is_not_the_rest(ask: Ask, clickhouse: None) -> None:
    rows = [("a", 9, 1), ("b", 1, 2), ("c", 2, 3), ("other", 5, 4)]
    top = {f"s{number:02}": 30 for number in range(19)}
    rows += [(name, value, 9) for name, value in top.items()]
    with stored_table("others", {"s": "String", "v": "Int32", "x": "Int32"}, rows):
        body: dict[str, Any] = {"table_name": "others", "y": [{"function": "sum", "field": "v", "alias": "v"}]}
        first = {"conditions": [{"field": "x", "operator": "lt", "value": 9}]}
        bar = ask("chart", **body, chart_type="bar", x="s", limit=2, filters=first)
        pie = ask("chart", **body, chart_type="pie", x="s", limit=2, filters=first)
        whole = ask("chart", **body, chart_type="bar", x="s", filters=first)
        least = {"function": "max", "field": "x", "alias": "least"}
        line = ask("chart", **body | {"y": [least]}, chart_type="line", x="v", series="s")
        points = ask("chart", **body | {"y": [{"field": "v"}]}, chart_type="scatter", x="x", series="s")
    assert (bar["x"], bar["series"][0]["data"]) == (["a", "other", "other_2"], [9, 5, 3])
    assert [(each["name"], each["value"]) for each in pie["slices"]] == [("a", 9), ("other", 5), ("other_2", 3)]
    assert whole["x"] == ["a", "other", "c", "b"]
    assert [each["name"] for each in line["series"]][-2:] == ["other", "other_2"]
    drawn = {each["name"]: len(each["points"]) for each in points["series"]}
    assert (drawn["other"], drawn["other_2"]) == (1, 3)


@_mark
def test_scatter_and_heatmap(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    points = ask("chart", table_name=everything, chart_type="scatter", x="id", y=[{"field": "maybe_int"}], series="low")
    for series in points["series"]:
        rows = frame[(frame["low"] == series["name"]) & frame["maybe_int"].notna()]
        assert series["points"] == rows[["id", "maybe_int"]].to_numpy().tolist()
    assert points["truncated"] is False
    assert ask("chart", table_name=everything, chart_type="scatter", x="id", y=[{"field": "int"}], limit=5)["truncated"]

    mean = [{"function": "avg", "field": "int"}]
    averages = ask("chart", table_name=everything, chart_type="scatter", x="maybe_int", y=mean)
    assert [x for x, _ in averages["series"][0]["points"]] == [-1, 0, 7, None]

    heat = ask("chart", table_name=everything, chart_type="heatmap", x="low", series="kind", y=COUNT)
    cells = {(heat["x"][x], heat["y"][y]): value for x, y, value in heat["cells"]}
    assert cells == {key: len(rows) for key, rows in frame.groupby(["low", "kind"])}


@_mark
@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"chart_type": "donut", "x": "text", "y": COUNT}, "unknown_chart_type", "chart_type"),
        ({"chart_type": "pie", "x": "text", "y": [*COUNT, *COUNT]}, "too_many", "y.1"),
        ({"chart_type": "pie", "x": "text", "y": COUNT, "series": "low"}, "invalid", "series"),
        ({"chart_type": "heatmap", "x": "text", "y": COUNT}, "required", "series"),
        ({"chart_type": "line", "x": "tags", "y": COUNT}, "group_does_not_fit", "x"),
        ({"chart_type": "line", "x": "txt", "y": COUNT}, "unknown_field", "x"),
        ({"chart_type": "line", "x": "text", "y": COUNT, "interval": "day"}, "interval_does_not_fit", "interval"),
        ({"chart_type": "line", "x": "moment", "y": COUNT, "interval": "dya"}, "unknown_interval", "interval"),
        ({"chart_type": "line", "x": "moment", "y": []}, "invalid", "y"),
        ({"chart_type": "line", "x": "moment", "y": [{"field": "int"}]}, "unknown_function", "y.0.function"),
        ({"chart_type": "scatter", "x": "text", "y": [{"field": "int"}]}, "invalid", "x"),
        ({"chart_type": "scatter", "x": "int", "y": [{}]}, "required", "y.0.field"),
        ({"chart_type": "line", "x": "id", "y": COUNT, "limit": 10_001}, "invalid", "limit"),
    ],
)
def test_refusals(body: dict[str, Any], code: str, attr: str, everything: str, client: Any) -> None:
    answer = client.post("/api/v1/data/chart", {"table_name": everything, **body})
    assert answer.status_code == 422
    assert errors(answer) == [(code, attr)]


@_mark
def test_too_long_an_axis_is_refused(client: Any, clickhouse: None) -> None:
    rows = [(datetime(2000, 1, 1, tzinfo=UTC),), (datetime(2025, 1, 1, tzinfo=UTC),)]
    with stored_table("long", {"at": "DateTime64(3, 'UTC')"}, rows):
        body = {"table_name": "long", "chart_type": "line", "x": "at", "interval": "minute", "y": COUNT}
        answer = client.post("/api/v1/data/chart", body)
    assert (answer.status_code, errors(answer)) == (422, [("too_many_points", "interval")])


@given(
    st.integers(1971, 2090),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu"]),
    st.sampled_from([Interval.DAY, Interval.WEEK, Interval.MONTH, Interval.QUARTER, Interval.YEAR]),
)
def test_steps_follow_one_another(year: int, zone: str, interval: Interval) -> None:
    start = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    points = [start]
    for _ in range(8):
        points.append(interval_after(points[-1], interval, zone))
    assert points == sorted(set(points))
    assert filled([points[0], points[-1]], interval, zone) == points
