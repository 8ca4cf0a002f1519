"""What a table is like: its size, its span in time, its columns and how many values they have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from analytics.asking.running import Asker
from analytics.query.columns import column_type
from analytics.query.select import sample_statement
from analytics.query.statements import Statement, StatementBuilder
from analytics.query.tables import Table, quoted
from analytics.tables.access import TableSource, readable_tables, table_source_find
from analytics.tables.models import ColumnDescription
from analytics.tables.schema import table_shape
from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 10

_SIZE = """
SELECT
    any(tables.engine), sum(parts.rows), sum(parts.bytes_on_disk),
    sum(parts.data_compressed_bytes), sum(parts.data_uncompressed_bytes)
FROM system.tables AS tables
LEFT JOIN (SELECT * FROM system.parts WHERE active AND database = currentDatabase()) AS parts
    ON parts.table = tables.name
WHERE tables.database = currentDatabase() AND tables.name = {table:String}
"""


@dataclass(frozen=True, slots=True)
class TableMetadata:
    """A table's size. Rows and times are those of the caller; bytes are the whole table's, and only admins see them."""

    name: str
    description: str
    engine: str
    rows: int
    bytes: int | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    compression_ratio: float | None
    time_column: str | None
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column. `cardinality`: how many different values it has, about; null where that makes no sense."""

    name: str
    type: str
    nullable: bool
    description: str
    cardinality: int | None


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table in the list."""

    name: str
    description: str


def table_list(*, user: User) -> list[TableInfo]:
    """The tables this user may read, by name."""
    sources = readable_tables(user)
    described = ColumnDescription.objects.filter(table_name__in=sources, column_name="")
    texts = dict(described.values_list("table_name", "text"))
    return [TableInfo(name, texts.get(name, sources[name].description)) for name in sorted(sources)]


def table_metadata_get(*, user: User, name: str) -> TableMetadata:
    """One table's size and span.

    Raises:
        QueryProblem, Throttled, and the errors of storage_app.clickhouse.errors; all functions here do.
    """
    source, table = _found(user, name)
    [(engine, _, on_disk, compressed, uncompressed)] = gateway.query(
        _SIZE, {"table": table.stored_as}, timeout_seconds=TIMEOUT_SECONDS
    )
    rows, first_at, last_at = _span(table, Asker(caller=str(user.pk)))
    # Of a table of which somebody sees a part, its size tells of the rest.
    whole = table.policy is None
    return TableMetadata(
        name=name,
        description=_described(name).get("", source.description),
        engine=engine,
        rows=rows,
        bytes=on_disk if whole else None,
        compressed_bytes=compressed if whole else None,
        uncompressed_bytes=uncompressed if whole else None,
        compression_ratio=round(uncompressed / compressed, 2) if whole and compressed else None,
        time_column=table.time_column,
        first_at=first_at,
        last_at=last_at,
    )


def table_columns_get(*, user: User, name: str) -> list[ColumnInfo]:
    """A table's columns, in its order."""
    source, table = _found(user, name)
    texts = {**source.descriptions, **_described(name)}
    counts = _cardinalities(table, Asker(caller=str(user.pk)))
    return [
        ColumnInfo(
            name=column.name,
            type=column.type,
            nullable=column_type(column.type).nullable,
            description=texts.get(column.name, ""),
            cardinality=counts[column.name],
        )
        for column in table.columns.values()
    ]


def table_sample_get(*, user: User, name: str, limit: int) -> tuple[Statement, Any]:
    """Some rows, the cheapest to read: the statement, and its result."""
    _, table = _found(user, name)
    statement = sample_statement(table, limit)
    return statement, Asker(caller=str(user.pk)).ask(statement)


def _found(user: User, name: str) -> tuple[TableSource, Table]:
    table = table_shape(user=user, name=name)
    return table_source_find(user=user, name=name), table


def _described(name: str) -> dict[str, str]:
    return dict(ColumnDescription.objects.filter(table_name=name).values_list("column_name", "text"))


def _span(table: Table, asker: Asker) -> tuple[int, datetime | None, datetime | None]:
    builder = StatementBuilder(table)
    time = quoted(table.time_column) if table.time_column else "CAST(NULL, 'Nullable(DateTime)')"
    sql = f"SELECT count(), minOrNull({time}), maxOrNull({time}) {builder.rows(None)}"
    [(rows, first_at, last_at)] = asker.ask(builder.statement(sql)).rows
    return rows, first_at, last_at


def _cardinalities(table: Table, asker: Asker) -> dict[str, int]:
    """Within about two percent, in one reading; copies of a row have the same values, so they need no merging."""
    builder = StatementBuilder(table)
    columns = ", ".join(f"uniqCombined({quoted(name)})" for name in table.columns)
    source = quoted(table.stored_as or table.name)
    sql = f"SELECT {columns} FROM {source} WHERE {builder.where(None)}"  # noqa: S608  # quoted names of columns
    [counts] = asker.ask(Statement(sql, builder.parameters.values, ())).rows
    return dict(zip(table.columns, counts, strict=True))
