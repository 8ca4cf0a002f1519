"""Paths into JSON: how they are written, and that ClickHouse finds at their end what Python finds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.query.paths import PATH_MAX_PARTS, PathPart, path_arguments, path_parts
from analytics.query.problems import QueryProblem
from analytics.query.values import Parameters
from storage_app.clickhouse import gateway
from tests.analytics.data.conftest import Ask
from tests.analytics.data.followed import followed
from tests.analytics.data.rows import stored_table

KEYS = st.sampled_from(["0", "1", "00", "-1", "a", "a.b", '"', "\\", "", "ä☃", "x y", "1e0"]) | st.text(max_size=5)
# Integers are those of 64 bits: ClickHouse reads no document that holds another.
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(-1e9, 1e9) | st.text(max_size=5)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
STEPS = st.lists(st.integers(0, 3) | KEYS, min_size=1, max_size=PATH_MAX_PARTS)


def quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written(steps: list[str | int]) -> str:
    return ".".join(str(step) if isinstance(step, int) else quoted(step) for step in steps)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("browser", [PathPart("browser")]),
        ("items.0.name", [PathPart("items"), PathPart("0", 0), PathPart("name")]),
        ("12", [PathPart("12", 12)]),
        # In quotes, with a zero before it, with a sign, in other scripts or beyond reason: a key and nothing else.
        ('"0".00.-1.+1.٣.1234567890', [PathPart(key) for key in ("0", "00", "-1", "+1", "٣", "1234567890")]),
        ('"a.b".c', [PathPart("a.b"), PathPart("c")]),
        ('"".x', [PathPart(""), PathPart("x")]),
        ('"\\"\\\\".a"b\\', [PathPart('"\\'), PathPart('a"b\\')]),
    ],
)
def test_how_a_path_is_written(path: str, parts: list[PathPart]) -> None:
    assert path_parts(path, attr="field") == parts


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", '"', '"a', '"a"b', '"a"."', '"\\a"', '"a\\"', ".".join("a" * 17)]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(QueryProblem) as problem:
        path_parts(path, attr="field")
    assert (problem.value.code, problem.value.attr) == ("invalid_path", "field")


@given(STEPS)
def test_a_written_path_is_read_as_it_was_meant(steps: list[str | int]) -> None:
    parts = [PathPart(str(step), step if isinstance(step, int) else None) for step in steps]
    assert path_parts(written(steps), attr="field") == parts


@given(st.text(alphabet='.a0"\\', max_size=12))
def test_whatever_is_written_is_a_path_or_refused(path: str) -> None:
    try:
        parts = path_parts(path, attr="field")
    except QueryProblem:
        return
    again = [part.key if part.number is not None else quoted(part.key) for part in parts]
    assert path_parts(".".join(again), attr="field") == parts


@st.composite
def documents_and_steps(draw: st.DrawFn) -> tuple[Any, list[str | int]]:
    """A document, and steps that mostly lead somewhere."""
    document = node = draw(DOCUMENTS)
    steps: list[str | int] = []
    while isinstance(node, list | dict) and node and draw(st.integers(0, 9)):
        step: str | int
        if isinstance(node, list):
            step = draw(st.integers(0, len(node) - 1))
        else:
            step = draw(st.sampled_from(sorted(node)))
            step = int(step) if step in {"0", "1"} and draw(st.booleans()) else step
        steps.append(step)
        node = followed(node, [step])
    return document, steps + draw(st.lists(st.integers(0, 2) | KEYS, min_size=not steps, max_size=2))


@pytest.mark.clickhouse
@pytest.mark.django_db
@given(documents_and_steps())
def test_clickhouse_finds_what_python_finds(drawn: tuple[Any, list[str | int]]) -> None:
    document, steps = drawn
    parameters = Parameters({"document": json.dumps(document, ensure_ascii=False)})
    arguments = path_arguments("document", path_parts(written(steps), attr="field"), parameters)
    sql = f"SELECT JSONExtractRaw({arguments}) FROM (SELECT materialize({{document:String}}) AS document)"  # noqa: S608
    [[raw]] = gateway.query(sql, parameters.values)
    assert (json.loads(raw) if raw else None) == followed(document, steps)


@pytest.mark.clickhouse
@pytest.mark.django_db
@pytest.mark.redis
def test_they_can_be_shown_sorted_grouped_added_up_and_drawn(ask: Ask) -> None:
    documents = [
        {"items": [{"name": "x", "price": 3}, {"name": "y"}], "a.b": 1},
        {"items": {"0": {"name": "z", "price": 2.5}}, "a.b": 2},
        {"items": [{"name": "x", "price": 4}], "a.b": 1},
        {"items": []},
    ]
    rows = [(number, json.dumps(each)) for number, each in enumerate(documents)]
    name, price, dotted = "doc.items.0.name", "doc.items.0.price", 'doc."a.b"'
    with stored_table("paths", {"id": "UInt8", "doc": "String"}, rows, json_columns=frozenset({"doc"})):
        sort = [{"field": price, "order": "desc"}, {"field": "id"}]
        shown = ask("query", table_name="paths", columns=["id", name, dotted], sort=sort)["data"]
        total = [{"function": "sum", "field": price, "alias": "total"}, {"function": "count"}]
        grouped = ask("aggregate", table_name="paths", group_by=[name, dotted], aggregations=total)["data"]
        most = [{"function": "max", "field": price}]
        drawn = ask("chart", table_name="paths", chart_type="bar", x=name, y=most, limit=1)
    assert shown == [
        {"id": 2, name: "x", dotted: 1},
        {"id": 0, name: "x", dotted: 1},
        {"id": 1, name: "z", dotted: 2},
        {"id": 3, name: None, dotted: None},
    ]
    assert sorted(grouped, key=lambda row: row["total"]) == [
        {name: None, dotted: None, "total": 0, "count": 1},
        {name: "z", dotted: "2", "total": 2.5, "count": 1},
        {name: "x", dotted: "1", "total": 7, "count": 2},
    ]
    assert (drawn["x"], drawn["series"][0]["data"]) == (["x", "other"], [4, 2.5])
