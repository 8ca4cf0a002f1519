"""Numbers by group."""

from dataclasses import dataclass

from analytics.query.aggregates import aggregate_made
from analytics.query.fields import Field
from analytics.query.filters import FilterBuilder
from analytics.query.intervals import SETTINGS, interval_start, timezone_check
from analytics.query.problems import QueryProblem
from analytics.query.requests import AggregateRequest, IntervalField, Order
from analytics.query.statements import (
    Output,
    Statement,
    StatementBuilder,
    names_check,
    order_by,
    output_fields,
    selected,
    sort_fields,
)
from analytics.query.tables import Table


@dataclass(frozen=True, slots=True)
class _Columns:
    groups: list[tuple[Output, Field]]
    numbers: list[tuple[Output, Field]]

    @property
    def all(self) -> list[tuple[Output, Field]]:
        return self.groups + self.numbers


def aggregate_statement(table: Table, request: AggregateRequest) -> Statement:
    """Groups with their numbers; without a sort in the order of the groups.

    Raises:
        QueryProblem
    """
    builder = StatementBuilder(table)
    columns = _columns(builder, request)
    outputs = [output for output, _ in columns.all]
    names_check([output.name for output in outputs], attr="aggregations")
    sql = f"SELECT {selected(outputs)} {builder.rows(request.filters)}"
    if columns.groups:
        sql += f" GROUP BY {', '.join(output.alias for output, _ in columns.groups)}"
    resolve = output_fields(columns.all)
    if request.having is not None:
        sql += f" HAVING {FilterBuilder(resolve, builder.parameters).group(request.having, attr='having')}"
    steps = sort_fields(request.sort, resolve)
    asked = {field.name for field, _ in steps}
    rest = [resolve(output.name, "sort") for output, _ in columns.groups if output.name not in asked]
    sql += order_by(steps + [(field, Order.ASC) for field in rest])
    if request.limit is not None:
        sql += f" LIMIT {builder.parameters.add(request.limit, 'UInt64')}"
    return builder.statement(sql, outputs, **SETTINGS)


def _columns(builder: StatementBuilder, request: AggregateRequest) -> _Columns:
    zone = timezone_check(request.timezone)
    groups: list[tuple[Output, Field]] = []
    for index, asked in enumerate(request.group_by):
        attr = f"group_by.{index}"
        field = _group(builder, asked, zone, attr)
        if field.type.is_array:
            raise QueryProblem("group_does_not_fit", "Arrays cannot be grouped by.", attr)
        groups.append((Output(field.name, builder.alias(index), field.sql), field))
    numbers: list[tuple[Output, Field]] = []
    for index, each in enumerate(request.aggregations):
        made = aggregate_made(each, builder.resolve, attr=f"aggregations.{index}")
        output = Output(made.name, builder.alias(len(groups) + index), made.sql)
        numbers.append((output, Field(made.name, made.sql, made.type)))
    return _Columns(groups, numbers)


def _group(builder: StatementBuilder, asked: str | IntervalField, zone: str, attr: str) -> Field:
    if isinstance(asked, str):
        return builder.resolve(asked, attr)
    field = builder.resolve(asked.field, f"{attr}.field")
    if asked.interval is None:
        return field
    return interval_start(field, asked.interval, zone, builder.parameters, attr=f"{attr}.interval")
