"""A question as SQL, with the one place where the caller's rows are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.query.columns import column_type
from analytics.query.fields import Field, Resolve, table_fields
from analytics.query.filters import FilterBuilder
from analytics.query.problems import QueryProblem, unknown
from analytics.query.requests import FilterGroup, Order, Sort
from analytics.query.tables import Table, quoted
from analytics.query.values import Parameters


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the answer: `alias` in the SQL, `name` for the caller."""

    name: str
    alias: str
    sql: str
    type: str = ""
    """Of the answer, where it is not ClickHouse's: JSON."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `{name:Type}` where values go, the values, and what its columns are called."""

    sql: str
    parameters: dict[str, Any]
    outputs: tuple[Output, ...]
    settings: dict[str, Any] = field(default_factory=dict)


class StatementBuilder:
    """What every statement over one table needs: its fields, its rows, names for its columns."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.parameters = Parameters(table.policy.parameters if table.policy else None)
        self.resolve: Resolve = table_fields(table, self.parameters)
        # Where a column has the same name as an expression, ClickHouse may take the one for the other, in the
        # caller's rows too: so names of expressions are never a column's.
        self._prefix = "out_"
        while any(name.startswith(self._prefix) for name in table.columns):
            self._prefix += "_"

    def alias(self, number: int) -> str:
        """The SQL's name of the column at this place."""
        return f"{self._prefix}{number}"

    def where(self, filters: FilterGroup | None) -> str:
        """The rows: the caller's own, and of them those that fit. Every statement's rows come from here."""
        conditions = []
        if self.table.policy:
            conditions.append(f"({self.table.policy.sql})")
        if filters is not None:
            conditions.append(FilterBuilder(self.resolve, self.parameters).group(filters, attr="filters"))
        return " AND ".join(conditions) or "1"

    def rows(self, filters: FilterGroup | None) -> str:
        """FROM and WHERE."""
        return f"FROM {self.table.source} WHERE {self.where(filters)}"

    def statement(self, sql: str, outputs: Sequence[Output] = (), **settings: Any) -> Statement:
        """The finished statement."""
        if self.table.final:
            # The sorting key fixes a row's partition, so that copies never lie in two.
            settings["do_not_merge_across_partitions_select_final"] = 1
        return Statement(sql, self.parameters.values, tuple(outputs), settings)


def selected(outputs: Sequence[Output]) -> str:
    """What follows SELECT."""
    return ", ".join(f"{each.sql} AS {each.alias}" for each in outputs)


def names_check(names: Sequence[str], *, attr: str) -> None:
    """Each name once.

    Raises:
        QueryProblem
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise QueryProblem("duplicate", f"{name[:128]!r} would be there twice; an alias tells them apart.", attr)
        seen.add(name)


def order_by(fields: Sequence[tuple[Field, Order]]) -> str:
    """An ORDER BY, or nothing. Nulls come last, as ClickHouse has it; a JSON path's numbers come before its text."""
    steps: list[str] = []
    for each, order in fields:
        way = order.value.upper()
        if each.path:
            steps.append(f"{each.number()} {way}")
        steps.append(f"{each.sql} {way}")
    return f" ORDER BY {', '.join(steps)}" if steps else ""


def sort_fields(sort: Sequence[Sort], resolve: Resolve) -> list[tuple[Field, Order]]:
    """The fields of a sort.

    Raises:
        QueryProblem
    """
    return [(resolve(each.field, f"sort.{index}.field"), each.order) for index, each in enumerate(sort)]


def output_fields(outputs: Sequence[tuple[Output, Field]]) -> Resolve:
    """Finds fields among the columns of an answer, for what comes after grouping."""
    by_name = {
        # A JSON path that was grouped by is text.
        output.name: Field(output.name, output.alias, column_type(field.type.text))
        for output, field in outputs
    }

    def resolve(name: str, attr: str) -> Field:
        if name not in by_name:
            raise unknown("field", name, by_name, attr=attr)
        return by_name[name]

    return resolve


def renamed(statement: Statement) -> str:
    """The statement with the caller's names of its columns, for formats that ClickHouse writes itself."""
    columns = ", ".join(f"{each.alias} AS {quoted(each.name)}" for each in statement.outputs)
    return f"SELECT {columns} FROM ({statement.sql})"  # noqa: S608  # own SQL, names looked up and quoted
