"""The SQL of questions, as text: nothing in it but fixed pieces, quoted columns and parameters."""

from typing import Any

import pytest

from analytics.query.aggregate import aggregate_statement
from analytics.query.chart import chart_plan
from analytics.query.requests import AggregateRequest, ChartRequest, ExportQuery, QueryRequest, request_read
from analytics.query.select import all_statement, count_statement, page_statement
from analytics.query.statements import Statement
from analytics.query.tables import Column, Policy, Table

COLUMNS = {
    "id": "UInt32",
    "who": "String",
    "at": "DateTime64(3, 'UTC')",
    "maybe": "Nullable(Float64)",
    "tags": "Array(String)",
    "doc": "String",
    "o`d\\d": "String",
}
TABLE = Table(
    name="t",
    columns={name: Column(name, kind, is_json=name == "doc") for name, kind in COLUMNS.items()},
    stored_as="stored `t`",
    final=True,
    time_column="at",
    order=("id",),
    policy=Policy("who = {policy_user:String}", {"policy_user": "7"}),
)
FROM = "FROM `stored \\`t\\`` FINAL WHERE (who = {policy_user:String})"


def condition(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"filters": {"conditions": [{"field": field, "operator": operator, "value": value}]}}


@pytest.mark.parametrize(
    ("body", "sql", "values"),
    [
        ({}, "", []),
        (condition("id", "eq", 5), "`id` = {p0:Int64}", [5]),
        (condition("id", "neq", 2**63), "`id` != {p0:UInt64}", [2**63]),
        (condition("id", "gt", 1.5), "`id` > {p0:Float64}", [1.5]),
        (condition("id", "in", [1, 2]), "`id` IN {p0:Array(Int64)}", [[1, 2]]),
        (condition("id", "in", [1, 2**63]), "`id` IN {p0:Array(Int256)}", [[1, 2**63]]),
        (condition("id", "in", [-1, 1.5]), "`id` IN {p0:Array(Float64)}", [[-1, 1.5]]),
        (condition("id", "in", []), "0", []),
        (condition("maybe", "not_in", [1]), "`maybe` NOT IN {p0:Array(Float64)}", [[1.0]]),
        (condition("maybe", "is_null"), "isNull(`maybe`)", []),
        (condition("who", "between", ["a", "b"]), "(`who` >= {p0:String} AND `who` <= {p1:String})", ["a", "b"]),
        (condition("who", "ilike", "a%"), "`who` ILIKE {p0:String}", ["a%"]),
        (condition("o`d\\d", "eq", "'; --"), "`o\\`d\\\\d` = {p0:String}", ["'; --"]),
        (condition("tags", "eq", "a"), "has(`tags`, {p0:String})", ["a"]),
        (condition("tags", "neq", ["a"]), "`tags` != {p0:Array(String)}", [["a"]]),
        (
            condition("doc.a.b", "is_null"),
            "isNull(JSONExtract(`doc`, {p0:String}, {p1:String}, 'Nullable(String)'))",
            ["a", "b"],
        ),
        (
            condition('doc.a.0."b.c"', "is_null"),
            "isNull(JSONExtract(arrayMap(node -> if(JSONType(node) = 'Array', JSONExtractRaw(node, {p2:UInt32}), "
            "JSONExtractRaw(node, {p1:String})), [JSONExtractRaw(`doc`, {p0:String})])[1], {p3:String}, "
            "'Nullable(String)'))",
            ["a", "0", 1, "b.c"],
        ),
        (
            condition("doc.a", "eq", "x"),
            "if(JSONType(`doc`, {p0:String}) = 'String', JSONExtractString(`doc`, {p0:String}), NULL) = {p1:String}",
            ["a", "x"],
        ),
    ],
)  # fmt: skip
def test_conditions(body: dict[str, Any], sql: str, values: list[Any]) -> None:
    statement = all_statement(TABLE, request_read({"table_name": "t", "columns": ["id"], **body}, ExportQuery))
    assert statement.sql == f"SELECT `id` AS out_0 {FROM}" + (f" AND {sql}" if sql else "")
    assert list(statement.parameters.values()) == ["7", *values]
    assert statement.settings == {"do_not_merge_across_partitions_select_final": 1}


def test_groups_keep_their_brackets() -> None:
    one = {"field": "id", "operator": "eq", "value": 1}
    filters = {
        "logic": "OR",
        "conditions": [one],
        "groups": [{"conditions": [one, one]}, {}, {"groups": [{"conditions": [one]}]}],
    }
    statement = count_statement(
        TABLE, request_read({"table_name": "t", "filters": filters, "sort": [{"field": "id"}]}, QueryRequest)
    )
    same = "`id` = {p0:Int64}"
    assert statement.sql == f"SELECT count() {FROM} AND ({same} OR ({same} AND {same}) OR {same})"


def _page(**body: Any) -> Statement:
    return page_statement(TABLE, request_read({"table_name": "t", "columns": ["id"], **body}, QueryRequest), None)


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ({}, "ORDER BY `at` DESC, `id` DESC LIMIT {p0:UInt64}"),
        ({"sort": [{"field": "who"}]}, "ORDER BY `who` ASC, `at` ASC, `id` ASC LIMIT {p0:UInt64}"),
        ({"page": 3}, "ORDER BY `at` DESC, `id` DESC LIMIT {p0:UInt64} OFFSET {p1:UInt64}"),
    ],
)
def test_pages(body: dict[str, Any], rest: str) -> None:
    assert _page(**body).sql == f"SELECT `id` AS out_0 {FROM} {rest}"


def test_numbers() -> None:
    body = {
        "table_name": "t",
        "group_by": [{"field": "at", "interval": "month"}],
        "aggregations": [{"function": "quantile(0.9)", "field": "maybe", "alias": "who"}, {"function": "count"}],
        "having": {"conditions": [{"field": "who", "operator": "gt", "value": 2}]},
        "sort": [{"field": "count", "order": "desc"}],
        "timezone": "Europe/Berlin",
        "limit": 5,
    }
    statement = aggregate_statement(TABLE, request_read(body, AggregateRequest))
    start = "toTimeZone(toDateTime64(toStartOfMonth(toDate32(`at`, {p0:String})), 3, {p0:String}), 'UTC')"
    assert statement.sql == (
        f"SELECT {start} AS out_0, quantileExactInclusiveOrNull(0.9)(toFloat64(`maybe`)) AS out_1, count() AS out_2 "
        f"{FROM} GROUP BY out_0 HAVING out_1 > {{p1:Float64}} ORDER BY out_2 DESC, out_0 ASC LIMIT {{p2:UInt64}}"
    )
    assert [output.name for output in statement.outputs] == ["at", "who", "count"]


def test_the_callers_rows_are_chosen_in_every_part_of_a_chart() -> None:
    body = {"table_name": "t", "chart_type": "bar", "x": "who", "series": "doc.a", "y": [{"function": "count"}]}
    sql = chart_plan(TABLE, request_read(body, ChartRequest)).statement.sql
    assert sql.count(" FROM ") == sql.count(FROM) > 2


def test_names_of_expressions_are_never_a_columns() -> None:
    columns = {name: Column(name, "String") for name in ("out_0", "out__1", "x")}
    statement = all_statement(Table("u", columns), ExportQuery(table_name="u"))
    assert [output.alias for output in statement.outputs] == ["out___0", "out___1", "out___2"]
    assert statement.sql.startswith("SELECT `out_0` AS out___0, `out__1` AS out___1, `x` AS out___2 ")
