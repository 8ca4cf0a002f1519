"""From a name to SQL: a column of the table, or a path into one that holds JSON."""

from collections.abc import Callable
from dataclasses import dataclass

from analytics.query.columns import ColumnType, Kind, column_type
from analytics.query.paths import path_arguments, path_parts
from analytics.query.problems import unknown
from analytics.query.tables import Table, quoted
from analytics.query.values import Parameters

JSON_NUMBERS = "('Int64', 'UInt64', 'Double')"


@dataclass(frozen=True, slots=True)
class Field:
    """Something to compare, select, group or sort by. Of a path, `sql` gives its value as text."""

    name: str
    sql: str
    type: ColumnType
    path: str = ""
    """Of a JSON path: the arguments of ClickHouse's JSON functions."""

    def number(self) -> str:
        """As a Float64; of a JSON path null unless it is a number."""
        if self.type.kind == Kind.JSON:
            is_number = f"JSONType({self.path}) IN {JSON_NUMBERS}"
            return f"if({is_number}, JSONExtract({self.path}, 'Nullable(Float64)'), NULL)"
        return f"toFloat64({self.sql})"


Resolve = Callable[[str, str], Field]
"""(name, path of the request's part) → the field, or QueryProblem."""


def table_fields(table: Table, parameters: Parameters) -> Resolve:
    """Finds fields among a table's columns."""

    def resolve(name: str, attr: str) -> Field:
        if column := table.columns.get(name):
            return Field(name, quoted(name), column_type(column.type))
        prefix, _, rest = name.partition(".")
        while rest:
            if prefix in table.json_columns:
                return _path_field(name, prefix, rest, parameters, attr)
            part, _, rest = rest.partition(".")
            prefix = f"{prefix}.{part}"
        raise unknown("field", name, table.columns, attr=attr)

    return resolve


def _path_field(name: str, column: str, rest: str, parameters: Parameters, attr: str) -> Field:
    path = path_arguments(quoted(column), path_parts(rest, attr=attr), parameters)
    # Text as it is, everything else as JSON writes it; null where there is nothing, or null.
    sql = f"JSONExtract({path}, 'Nullable(String)')"
    return Field(name, sql, ColumnType("Nullable(String)", Kind.JSON, nullable=True), path)
