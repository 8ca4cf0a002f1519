"""What an export asks the store: checked, with the names and types of its columns, before the first byte is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from accounts.models import User
from analytics.asking.running import Asker
from analytics.exports.models import ExportFormat
from analytics.query.aggregate import aggregate_statement
from analytics.query.problems import QueryProblem
from analytics.query.requests import AggregateRequest, ExportQuery, request_read
from analytics.query.select import all_statement
from analytics.query.statements import Statement
from analytics.query.tables import quoted
from analytics.tables.schema import table_shape

XLSX_ROWS_MAX = 1_048_575
"""Of a sheet's 1,048,576 the first holds the names."""
XLSX_COLUMNS_MAX = 16_384
_FORMULA_BEGINS = tuple(b"=+-@\t\r\n")
"""By their codes, which ClickHouse compares many times faster than a pattern."""
_IGNORED = ("page", "page_size")


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """The SQL of the rows, with the caller's names, and what its columns are."""

    sql: str
    parameters: Mapping[str, Any]
    settings: Mapping[str, Any]
    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: int | None
    """None: not counted."""
    query_id: str


def export_plan(
    *, user: User, question: Any, file_format: ExportFormat, escape_formulas: bool, counted: bool
) -> ExportPlan:
    """How an export is asked for; its rows are counted where that is wanted, or the format has a bound.

    Raises:
        QueryProblem: it cannot be asked, or does not fit into the format; and what Asker.ask raises.
    """
    statement = _statement(user, question)
    asker = Asker(caller=str(user.pk))
    types = [column.type for column in asker.ask(_only(statement, "SELECT * FROM ({}) LIMIT 0")).columns]
    is_sheet = file_format == ExportFormat.XLSX
    rows = asker.ask(_only(statement, "SELECT count() FROM ({})")).rows[0][0] if counted or is_sheet else None
    if is_sheet and ((rows or 0) > XLSX_ROWS_MAX or len(types) > XLSX_COLUMNS_MAX):
        detail = f"A sheet holds {XLSX_ROWS_MAX:,} rows and {XLSX_COLUMNS_MAX:,} columns; these are {rows:,} rows."
        raise QueryProblem("too_many_rows", f"{detail} Narrow the filters, or take csv or parquet.", "format")
    names = [output.name for output in statement.outputs]
    columns = [
        f"{_written(output.alias, kind, file_format, escape=escape_formulas)} AS {quoted(output.name)}"
        for output, kind in zip(statement.outputs, types, strict=True)
    ]
    sql = f"SELECT {', '.join(columns)} FROM ({statement.sql})"  # noqa: S608  # own SQL, names looked up and quoted
    # The outer SELECT has no order of its own: the inner one's must stay.
    options = statement.settings | {"query_plan_remove_redundant_sorting": 0}
    return ExportPlan(sql, statement.parameters, options, tuple(names), tuple(types), rows, uuid4().hex)


def _statement(user: User, question: Any) -> Statement:
    if isinstance(question, dict) and "aggregations" in question:
        aggregate = request_read(question, AggregateRequest)
        return aggregate_statement(table_shape(user=user, name=aggregate.table_name), aggregate)
    if isinstance(question, dict):
        # A query's page is what a screen shows of it; an export is all of it.
        question = {name: value for name, value in question.items() if name not in _IGNORED}
    query = request_read(question, ExportQuery)
    return all_statement(table_shape(user=user, name=query.table_name), query)


def _only(statement: Statement, template: str) -> Statement:
    return Statement(template.format(statement.sql), statement.parameters, (), statement.settings)


def _written(sql: str, kind: str, file_format: ExportFormat, *, escape: bool) -> str:
    """A column as the format can hold it."""
    is_text = "String" in kind or "Enum" in kind
    if file_format == ExportFormat.CSV and escape and is_text and not kind.startswith("Array"):
        text = f"toString({sql})"
        return f"if(ascii({text}) IN {_FORMULA_BEGINS}, concat('\\'', {text}), {text})"
    if file_format == ExportFormat.PARQUET and ("UUID" in kind or "Enum" in kind) and not kind.startswith("Array"):
        return f"toString({sql})"
    if file_format == ExportFormat.PARQUET and kind in {"Int256", "UInt256", "Int128", "UInt128"}:
        return f"toDecimal128(toString({sql}), 0)"
    return sql
