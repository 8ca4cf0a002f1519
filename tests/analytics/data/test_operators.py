"""Every operator on every kind of column finds what pandas finds on the same rows."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest

from tests.analytics.data.conftest import ODD, Ask
from tests.analytics.data.followed import followed

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.redis]

Mask = Callable[["pd.Series[Any]", Any], "pd.Series[bool]"]
COMPARISONS: dict[str, Mask] = {
    "eq": lambda column, value: column == value,
    "neq": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}
# Values as JSON has them, and as the rows have them.
VALUES: dict[str, tuple[list[Any], Callable[[Any], Any]]] = {
    "text": (["", "a", "Äpfel", "back\\slash", "'; DROP TABLE events --", "x\ty\nz", "none\0of them"], str),
    "low": (["x", "y", "yy"], str),
    "int": ([-5, 3, 3.5, "3", 10**30, -(10**20)], lambda v: int(v) if isinstance(v, str) else v),
    "big": ([3, 2**53 + 1, 2**64 - 1, str(2**64 - 1), -1], int),
    "float": ([0.1, 0, -1.5, 1e300], float),
    "dec": ([0, -1.5, "12345678.1234", 0.0001, "0.00001"], lambda v: Decimal(str(v))),
    "flag": ([True, False], bool),
    "uid": ([str(UUID(int=1)), str(UUID(int=9))], UUID),
    "day": (["2025-03-01", "2025-03-15", "1925-01-01", "2200-01-01"], date.fromisoformat),
    "moment": (
        ["2025-03-30T00:00:00Z", "2025-03-30", "2025-03-30T02:00:00.5+02:00", "2025-03-30T00:00:00.123456"],
        lambda v: _utc(datetime.fromisoformat(v)),
    ),
    "second": (["2025-03-30T00:00:00", "2025-03-30T00:00:00.5Z"], lambda v: _utc(datetime.fromisoformat(v))),
    "maybe_int": ([0, 7, 2**62], int),
    "maybe_text": (["", "a"], str),
    "maybe_moment": (["2025-03-30T00:00:00Z"], lambda v: _utc(datetime.fromisoformat(v))),
    ODD: (["a", "naïve ☃"], str),
}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.fixture
def found(ask: Ask, everything: str) -> Callable[..., list[int]]:
    """The ids of the rows that fit one condition."""

    def _found(field: str, operator: str, value: Any = None) -> list[int]:
        condition = {"field": field, "operator": operator, "value": value}
        body = ask(
            "query",
            table_name=everything,
            columns=["id"],
            filters={"conditions": [condition]},
            sort=[{"field": "id"}],
            page_size=1000,
        )
        assert body["total"] == len(body["data"])
        return [row["id"] for row in body["data"]]

    return _found


Found = Callable[..., list[int]]


def ids(frame: pd.DataFrame, mask: "pd.Series[bool]") -> list[int]:
    return [int(each) for each in frame.loc[mask.astype(bool), "id"]]


def known(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    return frame[frame[field].notna()]


@pytest.mark.parametrize("field", VALUES)
def test_comparisons(field: str, found: Found, frame: pd.DataFrame) -> None:
    values, read = VALUES[field]
    rows = known(frame, field)
    for operator, mask in COMPARISONS.items():
        for value in values:
            assert found(field, operator, value) == ids(rows, mask(rows[field], read(value))), (operator, value)


@pytest.mark.parametrize("field", VALUES)
def test_lists_and_spans(field: str, found: Found, frame: pd.DataFrame) -> None:
    values, read = VALUES[field]
    rows = known(frame, field)
    column = rows[field]
    for some in (values, values[:1], values[-1:], []):
        among = column.map(lambda each, some=some: each in [read(value) for value in some])
        assert found(field, "in", some) == ids(rows, among)
        assert found(field, "not_in", some) == ids(rows, ~among.astype(bool))
    low, high = values[0], values[-1]
    inside = (column >= read(low)) & (column <= read(high))
    assert found(field, "between", [low, high]) == ids(rows, inside)


@pytest.mark.parametrize("field", [*VALUES, "tags", "kind", "single"])
def test_nulls(field: str, found: Found, frame: pd.DataFrame) -> None:
    assert found(field, "is_null") == ids(frame, frame[field].isna())
    assert found(field, "is_not_null") == ids(frame, frame[field].notna())


@pytest.mark.parametrize("field", ["text", "low", "maybe_text", ODD, "kind"])
def test_patterns(field: str, found: Found, frame: pd.DataFrame) -> None:
    rows = known(frame, field)
    for pattern in ("a%", "%", "", "_", "a\\%b", "%pfel", "back\\\\%", "%'%", "re_", "%\n%"):
        for operator, flags in (("like", re.DOTALL), ("ilike", re.DOTALL | re.IGNORECASE)):
            expression = re.compile(_expression(pattern), flags)
            mask = rows[field].map(lambda text, expression=expression: bool(expression.fullmatch(text)))
            assert found(field, operator, pattern) == ids(rows, mask), (operator, pattern)


def _expression(pattern: str) -> str:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    special = {"%": ".*", "_": "."}
    return "".join(
        special.get(part) or re.escape(part.removeprefix("\\") if len(part) == 2 else part) for part in parts
    )


def test_single_precision_is_compared_in_its_own(found: Found, frame: pd.DataFrame) -> None:
    single = frame["single"].astype("float32")
    for operator, mask in COMPARISONS.items():
        assert found("single", operator, 0.1) == ids(frame, mask(single, 0.1)), operator
    assert found("single", "in", [0.1, 7]) == ids(frame, frame["single"] == 0.1)


def test_enums(found: Found, frame: pd.DataFrame) -> None:
    assert found("kind", "eq", "red") == ids(frame, frame["kind"] == "red")
    assert found("kind", "neq", "red") == ids(frame, frame["kind"] != "red")
    assert found("kind", "in", ["red", "blue"]) == ids(frame, frame["kind"] == "red")
    assert found("kind", "eq", "blue") == []


def test_arrays(found: Found, frame: pd.DataFrame) -> None:
    tags, numbers = frame["tags"], frame["numbers"]
    assert found("tags", "eq", "a") == ids(frame, tags.map(lambda each: "a" in each))
    assert found("tags", "neq", "a") == ids(frame, tags.map(lambda each: "a" not in each))
    assert found("tags", "eq", ["a", "b"]) == ids(frame, tags.map(lambda each: each == ["a", "b"]))
    assert found("tags", "eq", []) == ids(frame, tags.map(lambda each: not each))
    assert found("tags", "in", ["b", "A"]) == ids(frame, tags.map(lambda each: bool({"b", "A"} & set(each))))
    assert found("tags", "not_in", ["b", "A"]) == ids(frame, tags.map(lambda each: not {"b", "A"} & set(each)))
    assert found("tags", "ilike", "a%") == ids(frame, tags.map(lambda each: bool({"a", "A"} & set(each))))
    assert found("numbers", "eq", 2) == ids(frame, numbers.map(lambda each: 2 in each))
    assert found("numbers", "neq", [1, 2]) == ids(frame, numbers.map(lambda each: each != [1, 2]))


def _same_type(held: Any, value: Any) -> bool:
    if isinstance(value, bool) or isinstance(held, bool):
        return isinstance(value, bool) and isinstance(held, bool)
    if isinstance(value, str):
        return isinstance(held, str)
    return isinstance(held, int | float)


PATHS: dict[str, list[str | int]] = {
    "doc.v": ["v"],
    "doc.list.0": ["list", 0],
    "doc.list.1.v": ["list", 1, "v"],
    'doc."a.b"."c\\"\\\\"': ["a.b", 'c"\\'],
}


def held_at(frame: pd.DataFrame, path: str) -> "pd.Series[Any]":
    return frame["doc"].map(lambda text: followed(json.loads(text), PATHS[path]))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", [1, 2.5, "1", "Firefox", True, False, 2**53 + 1, 2**53])
def test_json_paths_compare_with_their_own_type(value: Any, path: str, found: Found, frame: pd.DataFrame) -> None:
    held = held_at(frame, path)
    fits = held.map(lambda each: _same_type(each, value))
    rows, held = frame[fits], held[fits]
    for operator, mask in COMPARISONS.items():
        assert found(path, operator, value) == ids(rows, mask(held, value)), operator


@pytest.mark.parametrize("path", PATHS)
def test_json_paths_in_lists_patterns_and_nulls(path: str, found: Found, frame: pd.DataFrame) -> None:
    held = held_at(frame, path)
    some = [1, "1", True, 2**53 + 1]
    among = held.map(lambda each: any(_same_type(each, value) and each == value for value in some))
    assert found(path, "in", some) == ids(frame, among)
    assert found(path, "not_in", some) == ids(frame, ~among & held.notna())
    assert found(path, "is_null") == ids(frame, held.isna())
    assert found(path, "is_not_null") == ids(frame, held.notna())
    assert found(path, "like", "Fire%") == found(path, "ilike", "fire%") == ids(frame, held == "Firefox")
    numbers = held.map(lambda each: _same_type(each, 1) and 1 <= each <= 2.5)
    assert found(path, "between", [1, 2.5]) == ids(frame, numbers)


def test_json_paths_to_texts(found: Found, frame: pd.DataFrame) -> None:
    deep = frame["doc"].map(lambda text: json.loads(text).get("in", {}).get("deep"))
    assert found("doc.in.deep", "eq", "Äpfel") == ids(frame, deep == "Äpfel")
    assert found("doc.in.deep", "between", ["a", "b"]) == ids(frame[deep.notna()], deep[deep.notna()].between("a", "b"))


@pytest.mark.parametrize(
    ("field", "operator", "value", "code"),
    [
        ("int", "eq", "three", "invalid_value"),
        ("int", "eq", True, "invalid_value"),
        ("int", "eq", [1], "invalid_value"),
        ("int", "eq", {"a": 1}, "invalid_value"),
        ("int", "eq", None, "null"),
        ("int", "eq", 10**90, "invalid_value"),
        ("int", "like", "3%", "operator_does_not_fit"),
        ("int", "in", 3, "invalid_value"),
        ("int", "in", [1, None], "null"),
        ("int", "in", list(range(10_001)), "too_many"),
        ("int", "between", [1], "invalid_value"),
        ("float", "eq", "1", "invalid_value"),
        ("dec", "eq", "NaN", "invalid_value"),
        ("dec", "eq", "1e99", "invalid_value"),
        ("flag", "eq", 1, "invalid_value"),
        ("uid", "eq", "1234", "invalid_value"),
        ("day", "eq", "2025-02-30", "invalid_value"),
        ("day", "eq", "2025-03-01T00:00:00", "invalid_value"),
        ("moment", "gt", "yesterday", "invalid_value"),
        ("moment", "gt", "0001-01-01", "invalid_value"),
        ("moment", "gt", 1743292800, "invalid_value"),
        ("text", "eq", "x" * 70_000, "invalid_value"),
        ("text", "like", "a\\", "invalid_value"),
        ("text", "like", 5, "invalid_value"),
        ("tags", "gt", "a", "operator_does_not_fit"),
        ("tags", "between", ["a", "b"], "operator_does_not_fit"),
        ("kind", "gt", "red", "operator_does_not_fit"),
        ("doc.v", "eq", {"x": 1}, "invalid_value"),
        ("doc..v", "eq", 1, "invalid_path"),
        ('doc."v', "eq", 1, "invalid_path"),
        ('doc."v"w', "eq", 1, "invalid_path"),
        ('doc."\\v"', "eq", 1, "invalid_path"),
        ("doc." + "a." * 20 + "b", "eq", 1, "invalid_path"),
        ("text.v", "eq", 1, "unknown_field"),
        ("id) OR 1=1 --", "eq", 1, "unknown_field"),
    ],
    ids=range(35),
)
def test_what_does_not_fit_is_refused(
    field: str, operator: str, value: Any, code: str, everything: str, client: Any
) -> None:
    condition = {"field": field, "operator": operator, "value": value}
    body = json.dumps({"table_name": everything, "filters": {"conditions": [condition]}})
    answer = client.post("/api/v1/data/query", body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    [error] = answer.json()["errors"]
    assert error["code"] == code
    assert error["attr"].startswith("filters.conditions.0.")


def test_text_that_is_no_unicode_is_refused(everything: str, client: Any) -> None:
    body = '{"table_name": "events", "columns": ["\\ud800"]}'
    answer = client.post("/api/v1/data/query", body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid_text")
