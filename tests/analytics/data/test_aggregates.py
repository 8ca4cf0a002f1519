"""Every function, over every kind of column and group, gives what pandas gives."""

import json
import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from analytics.intervals import Interval
from tests.analytics.data.conftest import ODD, Ask
from tests.analytics.http import errors

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]

NUMERIC = ["int", "big", "float", "dec", "flag", "maybe_int"]
QUANTILES = {"median": 0.5, "quantile(0.9)": 0.9, "quantile(0.95)": 0.95, "quantile(0.99)": 0.99}


def close(found: Any, expected: Any) -> bool:
    if found is None or isinstance(expected, str):
        return bool(found == expected)
    return math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-9)


def numbers(ask: Ask, table: str, aggregations: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask("aggregate", table_name=table, aggregations=aggregations, **more)["data"]
    return rows


@pytest.mark.parametrize("field", NUMERIC)
def test_numbers_by_group(field: str, ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    functions = ["sum", "avg", "min", "max", "count", "uniqExact", *QUANTILES]
    asked = [{"function": function, "field": field, "alias": function} for function in functions]
    found = numbers(ask, everything, asked, group_by=["low"])

    groups = frame[frame[field].notna()].groupby("low")[field]
    assert [row["low"] for row in found] == sorted(frame["low"].unique())
    for row in found:
        values = list(groups.get_group(row["low"]))
        floats = [float(value) for value in values]
        assert close(row["sum"], sum(values))
        assert close(row["avg"], np.mean(floats))
        assert close(row["min"], min(values))
        assert close(row["max"], max(values))
        assert (row["count"], row["uniqExact"]) == (len(values), len(set(values)))
        for function, level in QUANTILES.items():
            assert close(row[function], np.quantile(floats, level)), function


def test_sums_of_64_bits_do_not_wrap(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    [row] = numbers(ask, everything, [{"function": "sum", "field": "big"}])
    assert row == {"sum_big": sum(frame["big"])}
    assert row["sum_big"] > 2**64


@pytest.mark.parametrize("field", ["text", "day", "moment", "second", "uid", "low", "maybe_text", ODD])
def test_what_has_an_order_has_ends(field: str, ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    asked = [{"function": function, "field": field, "alias": function} for function in ("min", "max", "uniqExact")]
    [row] = numbers(ask, everything, asked)
    values = frame[field][frame[field].notna()]
    assert row["uniqExact"] == values.nunique()
    if field != "uid":  # ClickHouse orders UUIDs by their second half
        assert [row["min"], row["max"]] == [_json(values.min()), _json(values.max())]


def _json(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def test_json_paths(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    held = frame["doc"].map(lambda text: json.loads(text).get("v"))
    floats = [float(value) for value in held if isinstance(value, int | float) and not isinstance(value, bool)]
    asked = [{"function": name, "field": "doc.v", "alias": name} for name in ("count", "sum", "median", "min", "max")]
    [row] = numbers(ask, everything, asked)
    assert row["count"] == held.notna().sum()
    for name, expected in (("sum", sum(floats)), ("median", np.median(floats)), ("min", 1), ("max", float(2**53 + 1))):
        assert close(row[name], expected), name
    groups = numbers(ask, everything, [{"function": "count"}], group_by=["doc.in.deep"])
    deep = frame["doc"].map(lambda text: json.loads(text).get("in", {}).get("deep"))
    by_value = {key if isinstance(key, str) else None: count for key, count in deep.value_counts(dropna=False).items()}
    assert {row["doc.in.deep"]: row["count"] for row in groups} == by_value


def test_no_rows_at_all(ask: Ask, everything: str) -> None:
    asked = [{"function": name, "field": "maybe_int", "alias": name} for name in ("sum", "avg", "min", "median")]
    nothing = {"conditions": [{"field": "id", "operator": "gt", "value": 10**9}]}
    rows = numbers(ask, everything, [*asked, {"function": "count"}], filters=nothing)
    assert rows == [{"sum": 0, "avg": None, "min": None, "median": None, "count": 0}]


def test_having_sort_and_limit(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    rows = numbers(
        ask,
        everything,
        [{"function": "count"}, {"function": "max", "field": "id", "alias": "last"}],
        group_by=["text"],
        having={
            "conditions": [{"field": "count", "operator": "gte", "value": 8}],
            "groups": [
                {"logic": "OR", "conditions": [
                    {"field": "text", "operator": "like", "value": "a%"},
                    {"field": "last", "operator": "gt", "value": 100},
                ]}
            ],
        },
        sort=[{"field": "count", "order": "desc"}],
        limit=3,
    )  # fmt: skip
    groups = frame.groupby("text")["id"].agg(["count", "max"]).reset_index()
    fits = groups[(groups["count"] >= 8) & (groups["text"].str.startswith("a") | (groups["max"] > 100))]
    expected = fits.sort_values(["count", "text"], ascending=[False, True]).head(3)
    # Equal counts are in the order of their bytes, in ClickHouse as in Python.
    assert [(row["text"], row["count"], row["last"]) for row in rows] == list(
        expected.itertuples(index=False, name=None)
    )


def test_a_name_of_a_column_as_alias_changes_nothing(ask: Ask, everything: str, frame: pd.DataFrame) -> None:
    where = {"conditions": [{"field": "id", "operator": "lt", "value": 10}]}
    [row] = numbers(ask, everything, [{"function": "max", "field": "int", "alias": "id"}], filters=where)
    assert row == {"id": max(frame["int"][:10])}


@pytest.mark.parametrize("column", ["moment", "second"])
@pytest.mark.parametrize("interval", Interval)
def test_intervals_in_the_callers_zone(
    interval: Interval, column: str, ask: Ask, everything: str, frame: pd.DataFrame
) -> None:
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"):
        group = {"field": column, "interval": interval}
        rows = numbers(ask, everything, [{"function": "count"}], group_by=[group], timezone=zone)
        expected: dict[str, int] = {}
        for moment in frame[column]:
            key = _json(_start(moment, interval, zone))
            expected[key] = expected.get(key, 0) + 1
        assert {row[column]: row["count"] for row in rows} == expected
        assert [row[column] for row in rows] == sorted(expected)
        assert sum(row["count"] for row in rows) == len(frame)  # the night the clocks change is among them


def _start(moment: datetime, interval: str, zone: str) -> datetime:
    if interval == "second":
        return moment.replace(microsecond=0)
    local = moment.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    if interval == "minute":
        return local.astimezone(UTC)
    if interval == "hour":
        return local.replace(minute=0).astimezone(UTC)
    day = local.replace(hour=0, minute=0, fold=0)
    match interval:
        case "week":
            day -= pd.Timedelta(days=day.weekday())
        case "month":
            day = day.replace(day=1)
        case "quarter":
            day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            day = day.replace(month=1, day=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"aggregations": []}, "invalid", "aggregations"),
        ({}, "required", "aggregations"),
        ({"aggregations": [{"function": "medain", "field": "int"}]}, "unknown_function", "aggregations.0.function"),
        ({"aggregations": [{"function": "sleep(3)"}]}, "unknown_function", "aggregations.0.function"),
        ({"aggregations": [{"function": "sum"}]}, "required", "aggregations.0.field"),
        ({"aggregations": [{"function": "sum", "field": "text"}]}, "function_does_not_fit", "aggregations.0.function"),
        ({"aggregations": [{"function": "max", "field": "tags"}]}, "function_does_not_fit", "aggregations.0.function"),
        ({"aggregations": [{"function": "count"}, {"function": "count"}]}, "duplicate", "aggregations"),
        ({"aggregations": [{"function": "count"}], "group_by": ["tags"]}, "group_does_not_fit", "group_by.0"),
        (
            {"aggregations": [{"function": "count"}], "group_by": [{"field": "text", "interval": "day"}]},
            "interval_does_not_fit",
            "group_by.0.interval",
        ),
        ({"aggregations": [{"function": "count"}], "timezone": "Europe/Berln"}, "unknown_timezone", "timezone"),
        ({"aggregations": [{"function": "count"}], "limit": 0}, "invalid", "limit"),
        ({"aggregations": [{"function": "count"}], "sort": [{"field": "int"}]}, "unknown_field", "sort.0.field"),
    ],
)
def test_refusals(body: dict[str, Any], code: str, attr: str, everything: str, client: Any) -> None:
    answer = client.post("/api/v1/data/aggregate", {"table_name": everything, **body})
    assert answer.status_code == 422
    assert errors(answer) == [(code, attr)]
