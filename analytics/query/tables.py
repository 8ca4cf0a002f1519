"""Tables as a caller may read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analytics.query.columns import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with ClickHouse's name of its type."""

    name: str
    type: str
    is_json: bool = False
    """Text that holds JSON: paths lead into it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rows a caller sees: a condition on the table's own columns, its values bound."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table the caller may read. `policy` None: every row of it."""

    name: str
    columns: Mapping[str, Column]
    stored_as: str = ""
    """Its name in the database, where that is another."""
    final: bool = False
    """Copies of a row count once only when it is read with FINAL."""
    time_column: str | None = None
    order: tuple[str, ...] = ()
    """Columns that put rows in an order without ties, or nearly."""
    policy: Policy | None = None

    @cached_property
    def source(self) -> str:
        """What follows FROM."""
        return quoted(self.stored_as or self.name) + (" FINAL" if self.final else "")

    @cached_property
    def json_columns(self) -> frozenset[str]:
        """Those that paths lead into."""
        return frozenset(column.name for column in self.columns.values() if column.is_json)


def quoted(name: str) -> str:
    """An identifier as SQL; whoever calls it has looked the name up in a list."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


JSON_TYPE = Kind.JSON.value
