"""Rows of a table, a page at a time or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from analytics.query.columns import Kind
from analytics.query.fields import Field
from analytics.query.problems import QueryProblem
from analytics.query.requests import ExportQuery, Order, QueryRequest, Sort
from analytics.query.statements import (
    Output,
    Statement,
    StatementBuilder,
    names_check,
    order_by,
    selected,
    sort_fields,
)
from analytics.query.tables import Table, quoted


@dataclass(frozen=True, slots=True)
class Days:
    """Where a page lies in time: rows of `since <= time < until`, of which `skip` come before the page."""

    since: datetime | None
    until: datetime | None
    skip: int


def sorts_by_time(table: Table, request: QueryRequest) -> Order | None:
    """The way of a page whose order begins with the table's time; None: it begins with something else."""
    if table.time_column is None:
        return None
    if not request.sort:
        return Order.DESC
    return request.sort[0].order if request.sort[0].field == table.time_column else None


def count_statement(table: Table, request: QueryRequest) -> Statement:
    """How many rows there are: one number, or for a page in the order of time one for each UTC day."""
    builder = StatementBuilder(table)
    rows = builder.rows(request.filters)
    way = sorts_by_time(table, request)
    if way is None or table.time_column is None:
        return builder.statement(f"SELECT count() {rows}")
    day = f"toDate32({quoted(table.time_column)}, 'UTC')"
    return builder.statement(f"SELECT {day} AS {builder.alias(0)}, count() {rows} GROUP BY 1 ORDER BY 1 {way.value}")


def days_of_page(counts: Sequence[tuple[date, int]], *, offset: int, limit: int) -> Days | None:
    """The days a page lies in, from the counts of each in the page's order; None: the page is empty.

    Only they are then merged and sorted, however long the table is.
    """
    skipped = seen = 0
    days: list[date] = []
    for day, count in counts:
        seen += count
        if seen <= offset:
            skipped = seen
            continue
        days.append(day)
        if seen >= offset + limit:
            break
    if not days:
        return None
    return Days(_midnight(min(days)), _midnight(max(days)) + timedelta(days=1), offset - skipped)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def page_statement(table: Table, request: QueryRequest, days: Days | None) -> Statement:
    """The rows of one page."""
    builder = StatementBuilder(table)
    outputs = [output for output, _ in _outputs(builder, request.columns)]
    rows = builder.rows(request.filters)
    offset = (request.page - 1) * request.page_size
    if days and table.time_column:
        column, type_name = quoted(table.time_column), "DateTime64(3, 'UTC')"
        rows += f" AND {column} >= {builder.parameters.add(days.since, type_name)}"
        rows += f" AND {column} < {builder.parameters.add(days.until, type_name)}"
        offset = days.skip
    limit = f" LIMIT {builder.parameters.add(request.page_size, 'UInt64')}"
    if offset:
        limit += f" OFFSET {builder.parameters.add(offset, 'UInt64')}"
    order = order_by(_order(builder, request.sort))
    return builder.statement(f"SELECT {selected(outputs)} {rows}{order}{limit}", outputs)


def all_statement(table: Table, request: ExportQuery) -> Statement:
    """Every row that fits; in the order that is asked for, without one in none. JSON paths are text."""
    builder = StatementBuilder(table)
    outputs = [Output(field.name, output.alias, field.sql) for output, field in _outputs(builder, request.columns)]
    rows = builder.rows(request.filters)
    order = order_by(sort_fields(request.sort, builder.resolve))
    limit = f" LIMIT {builder.parameters.add(request.limit, 'UInt64')}" if request.limit is not None else ""
    return builder.statement(f"SELECT {selected(outputs)} {rows}{order}{limit}", outputs)


def sample_statement(table: Table, limit: int) -> Statement:
    """Some rows, the cheapest to read."""
    return all_statement(table, ExportQuery(table_name=table.name, limit=limit))


def _outputs(builder: StatementBuilder, columns: list[str] | None) -> list[tuple[Output, Field]]:
    names = list(builder.table.columns) if columns is None else columns
    if not names:
        raise QueryProblem("required", "Name at least one column, or leave columns out for all of them.", "columns")
    names_check(names, attr="columns")
    found = [builder.resolve(name, f"columns.{index}") for index, name in enumerate(names)]
    return [(_output(builder, index, field), field) for index, field in enumerate(found)]


def _output(builder: StatementBuilder, index: int, field: Field) -> Output:
    if field.type.kind == Kind.JSON:
        sql = f"nullIf(nullIf(JSONExtractRaw({field.path}), ''), 'null')"
        return Output(field.name, builder.alias(index), sql, type="JSON")
    return Output(field.name, builder.alias(index), field.sql)


def _order(builder: StatementBuilder, sort: Sequence[Sort]) -> list[tuple[Field, Order]]:
    """What is asked for, then what makes pages of it: without an order of all rows one could be on two pages."""
    steps = sort_fields(sort, builder.resolve)
    table = builder.table
    way = steps[0][1] if steps else Order.DESC if table.time_column else Order.ASC
    rest = [table.time_column, *table.order] if table.time_column else list(table.order)
    asked = {field.name for field, _ in steps}
    return steps + [(builder.resolve(name, "sort"), way) for name in dict.fromkeys(rest) if name and name not in asked]
